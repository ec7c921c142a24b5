"""
What is registered: the surface that start-up works with.

It checks what can be checked at once, and leaves the rest to the graph. Nothing is made here.
"""

from collections.abc import Callable, Iterator
from typing import Any

from covet.di.checks import check_registration, is_abstract
from covet.di.errors import DuplicateRegistrationError, FrozenContainerError, RegistrationError
from covet.di.nodes import Catalogue
from covet.di.registration import Decoration, Key, Lifetime, Registration, find_caller, read_key
from covet.exceptions import suggest
from covet.introspection import Annotation


class Registrar:
    """
    Take registrations until the container is built.

    Args:
        catalogue: Where they are kept.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._is_frozen = False

    @property
    def registrations(self) -> Iterator[Registration]:
        """All registrations, in order."""
        for registrations in self._catalogue.registrations.values():
            yield from registrations

    def register(
        self,
        interface: Annotation,
        implementation: Annotation = None,  # a class, or an alias of a generic one
        factory: Callable[..., Any] | None = None,  # Any: the result may come awaited, generated or entered
        lifetime: Lifetime = Lifetime.TRANSIENT,
        *,
        qualifier: str | None = None,
        replace: bool = False,
        when: bool | Callable[[], object] | None = None,
        enter: bool | None = None,
        close: str | Callable[[Any], object] | None = None,
        **kwargs: Any,  # Any: whatever constructor or factory takes
    ) -> None:
        """
        Say how the instances of a type are made, and how long they live.

        Parameters of constructors and factories are wired by their annotations. A factory is a function, a
        coroutine function, a lambda, a partial, a callable object, a class, a generator or async generator function,
        or one that is made by `contextlib.contextmanager` or `asynccontextmanager`: what stands behind the `yield`
        runs when the scope is closed.

        Args:
            interface: What will be asked for: a class, a Protocol, an ABC, a generic alias, a `NewType`, or
                `Annotated[T, "qualifier"]`. An open generic class stands for all its closed forms.
            implementation: The class whose instances are given out; the interface itself by default.
            factory: What makes them instead.
            lifetime: How long they live.
            qualifier: Tells several registrations of one interface apart.
            replace: Take the place of a registration that is there.
            when: Register only under this condition; a function is called when the container is built.
            enter: Whether the instance is entered as a context manager, and left at the end of its life. By default
                it is if its class is one, unless the class comes from the standard library (entering a lock would
                acquire it).
            close: How an instance is closed at the end of its life: the name of its method, or a function.
            **kwargs: Arguments to give; they win before wiring.

        Raises:
            RegistrationError: If it cannot be: what is given does not fit the interface, or options contradict.
            DuplicateRegistrationError: If there is a registration already; the text names both places.
            FrozenContainerError: If the container is built.
        """
        key = _read_key(interface, qualifier)
        where = find_caller()
        if implementation is not None and factory is not None:
            raise RegistrationError(
                f"{key.name} is registered with an implementation and a factory.", where=where, hint="Give one of them."
            )
        if not isinstance(lifetime, Lifetime):
            raise RegistrationError(
                f"{lifetime!r} is no lifetime.",
                where=where,
                hint=f"Write Lifetime.{'TRANSIENT' if callable(lifetime) else str(lifetime).upper()}: "
                + suggest(str(lifetime).upper(), Lifetime.__members__),
            )
        if implementation is None and factory is None:
            if is_abstract(key.interface):
                raise RegistrationError(
                    f"{key.name} is registered alone, and no instance can be made of it.",
                    where=where,
                    hint="Name the class that implements it, or a factory=.",
                )
            implementation = key.interface
        self._add(
            Registration(
                interface=key.interface,
                implementation=implementation,
                factory=factory,
                lifetime=lifetime,
                kwargs=kwargs,
                qualifier=key.qualifier,
                when=when,
                enter=enter,
                close=close,
                where=where,
            ),
            replace=replace,
        )

    def register_instance(
        self,
        interface: Annotation,
        instance: object,
        *,
        qualifier: str | None = None,
        replace: bool = False,
        when: bool | Callable[[], object] | None = None,
    ) -> None:
        """
        Give out an object that was made elsewhere; it is never closed here.

        Args:
            interface: What will be asked for.
            instance: The object.
            qualifier: Tells several registrations of one interface apart.
            replace: Take the place of a registration that is there.
            when: Register only under this condition; a function is called when the container is built.

        Raises:
            RegistrationError: If the object does not fit.
            DuplicateRegistrationError: If there is a registration already.
            FrozenContainerError: If the container is built.
        """
        key = _read_key(interface, qualifier)
        self._add(
            Registration(
                interface=key.interface,
                lifetime=Lifetime.SINGLETON,
                qualifier=key.qualifier,
                when=when,
                instance=instance,
                where=find_caller(),
            ),
            replace=replace,
        )

    def decorate(
        self,
        interface: Annotation,
        decorator: Callable[..., Any],  # Any: the result may come awaited, generated or entered
        *,
        qualifier: str | None = None,
        **kwargs: Any,  # Any: whatever the decorator takes
    ) -> None:
        """
        Wrap what is registered: whoever asks for the interface gets the wrapper.

        The decorator's parameter that is annotated with the interface gets what it wraps, its others are wired.
        Several decorators wrap each other, the last one outermost. A wrapper lives as long as what it wraps.

        Args:
            interface: Whose instances are wrapped.
            decorator: A class or a factory.
            qualifier: Which one, if several are registered.
            **kwargs: Arguments to give; they win before wiring.

        Raises:
            FrozenContainerError: If the container is built.
        """
        key = _read_key(interface, qualifier)
        where = find_caller()
        self._refuse_frozen(key, where)
        self._catalogue.decorations.append(Decoration(key, decorator, kwargs, where))

    def declare(self, interface: Annotation) -> None:
        """
        Promise that whoever opens a scope gives a value of this type: `container.scope(values={Request: request})`.

        Raises:
            FrozenContainerError: If the container is built.
            DuplicateRegistrationError: If the type is registered.
        """
        where = find_caller()
        key = read_key(interface)
        self._refuse_frozen(key, where)
        first = next(iter(self._catalogue.registrations.get(key, ())), None)
        if first is not None:
            raise DuplicateRegistrationError(key.name, first=first.where, where=where)
        self._catalogue.declared[key.interface] = where

    def _add(self, registration: Registration, *, replace: bool) -> None:
        key = registration.key
        self._refuse_frozen(key, registration.where)
        check_registration(registration)
        present = self._catalogue.registrations.setdefault(key, [])
        declared = self._catalogue.declared.get(key.interface) if key.qualifier is None else None
        if declared is not None and not replace:
            raise DuplicateRegistrationError(key.name, first=declared, where=registration.where)
        if replace:
            present.clear()
            self._catalogue.declared.pop(key.interface, None)
        # A condition that is a function is asked when the container is built: only then is it known whether both count.
        counting = [other for other in present if other.when in {None, True}]
        if counting and registration.when in {None, True}:
            raise DuplicateRegistrationError(key.name, first=counting[0].where, where=registration.where)
        present.append(registration)

    def _refuse_frozen(self, key: Key, where: str) -> None:
        if self._is_frozen:
            raise FrozenContainerError(
                f"{key.name} comes too late: the container is built.",
                where=where,
                hint="Register before the application starts; a test puts something else in its place with override().",
            )


def _read_key(interface: Annotation, qualifier: str | None) -> Key:
    return read_key(interface, () if qualifier is None else (qualifier,))
