"""
Whether an implementation fits its interface: checked when it is registered, without making an instance.
"""

import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from types import UnionType
from typing import Any, Union, get_args

from covet.class_annotations import type_variables
from covet.di.errors import RegistrationError
from covet.di.registration import Registration, describe_callable
from covet.introspection import Annotation, origin_of, type_name
from covet.types import UNSET

# What a factory may be annotated to return around the service itself.
_WRAPPERS = (
    AsyncGenerator,
    AsyncIterator,
    Generator,
    Iterator,
    AbstractAsyncContextManager,
    AbstractContextManager,
)

_SPECIAL = frozenset(
    f"__{name}__"
    for name in (
        *("call", "len", "contains", "getitem", "setitem", "delitem", "iter", "next", "aiter", "anext", "await"),
        *("enter", "exit", "aenter", "aexit"),
    )
)


def check_registration(registration: Registration) -> None:
    """
    Check that what is registered can stand for its interface.

    Raises:
        RegistrationError: If it cannot; the text says what is missing.
    """
    interface = class_of(registration.interface)
    if registration.instance is not UNSET:
        _check_instance(registration, interface)
    elif registration.factory is not None:
        if not callable(registration.factory):
            raise _refuse(registration, f"factory={registration.factory!r} is not callable", "Pass a function.")
    elif registration.implementation is not None:
        _check_implementation(registration, interface)


def check_returned(registration: Registration, returned: Annotation) -> None:
    """
    Check the annotated result of a factory against the interface.

    Raises:
        RegistrationError: If it makes something else.
    """
    product = unwrap_product(returned)
    cls, interface = class_of(product), class_of(registration.interface)
    if cls is None or interface is None or is_protocol(cls) or cls is object:
        return
    if product is registration.maker:
        _check_class(registration, cls, interface, cls.__qualname__)
    else:
        name = f"the factory {describe_callable(registration.factory)} returns {type_name(product)}, which"
        _check_class(registration, cls, interface, name, "Let it return what is registered, or mend its annotation.")


def unwrap_product(returned: Annotation) -> Annotation:
    """
    Take the generator or context manager off the return annotation of a factory.

    Example:
        >>> unwrap_product(Iterator[int])
        <class 'int'>
    """
    if origin_of(returned) in _WRAPPERS:
        return get_args(returned)[0]
    return returned


def class_of(annotation: Annotation) -> type | None:
    """
    Name the class behind an annotation; `None` if there is no single one.

    Example:
        >>> class_of(dict[str, int]), class_of(int | None)
        (<class 'dict'>, None)
    """
    if annotation is Any:
        return None
    if hasattr(annotation, "__supertype__"):  # a NewType
        return class_of(annotation.__supertype__)
    origin = origin_of(annotation)
    if origin in {Union, UnionType}:
        return None
    cls = annotation if origin is None else origin
    return cls if isinstance(cls, type) else None


def is_protocol(cls: type) -> bool:
    """Tell whether it is a Protocol itself, not a class that implements one."""
    return bool(getattr(cls, "_is_protocol", False))


def is_abstract(annotation: Annotation) -> bool:
    """Tell whether no instance can be made of it: a Protocol, an ABC, something that is no class."""
    cls = class_of(annotation)
    if cls is None or hasattr(annotation, "__supertype__"):
        return True
    return is_protocol(cls) or inspect.isabstract(cls)


def _check_instance(registration: Registration, interface: type | None) -> None:
    if interface is None:
        return
    instance, wanted = registration.instance, type_name(registration.interface)
    name = f"the instance of {type(instance).__qualname__}"
    if is_protocol(interface):
        members = missing_members(instance, interface)
        if members:
            problem = f"{name} does not fit the Protocol {wanted}: {', '.join(members)} missing"
            raise _refuse(registration, problem, "Give it what is missing.")
    elif not _is_instance(instance, interface):
        raise _refuse(registration, f"{name} is no {wanted}", f"Register an instance of {wanted}.")


def _check_implementation(registration: Registration, interface: type | None) -> None:
    implementation = registration.implementation
    cls = class_of(implementation)
    if cls is None or hasattr(implementation, "__supertype__"):
        raise _refuse(
            registration,
            f"the implementation {describe_callable(implementation)} is no class",
            "Pass a class, or what makes the instances as factory=.",
        )
    if is_protocol(cls):
        raise _refuse(registration, f"{cls.__qualname__} is a Protocol", "Name the class that implements it.")
    if inspect.isabstract(cls):
        missing = ", ".join(sorted(getattr(cls, "__abstractmethods__", ())))
        raise _refuse(
            registration,
            f"{cls.__qualname__} is abstract: {missing} missing",
            "Implement what is missing, or name the class that does.",
        )
    if interface is None or cls is interface:
        return
    _check_class(registration, cls, interface, cls.__qualname__)
    _check_arguments(registration, interface)


def _check_class(registration: Registration, cls: type, interface: type, name: str, hint: str = "") -> None:
    wanted = type_name(registration.interface)
    if is_protocol(interface):
        members = [] if interface in cls.__mro__ else missing_members(cls, interface)
        if members:
            raise _refuse(
                registration,
                f"{name} does not fit the Protocol {wanted}: {', '.join(members)} missing",
                hint or f"Implement what is missing in {cls.__qualname__}.",
            )
    elif not _is_subclass(cls, interface):
        raise _refuse(
            registration,
            f"{name} is no {wanted}",
            hint or f"Let {cls.__qualname__} inherit from {wanted}, or make {wanted} a Protocol.",
        )


def _check_arguments(registration: Registration, interface: type) -> None:
    """Compare the arguments of a generic interface with those that the implementation gives it."""
    wanted = get_args(registration.interface)
    if not wanted:
        return
    given = type_variables(registration.implementation).get(interface, {})
    for argument, variable in zip(wanted, getattr(interface, "__parameters__", ()), strict=False):
        actual = given.get(variable, argument)
        if isinstance(actual, type) and isinstance(argument, type) and actual is not argument:
            raise _refuse(
                registration,
                f"{type_name(registration.implementation)} is a {interface.__qualname__}[{type_name(actual)}]",
                f"Register it for {interface.__qualname__}[{type_name(actual)}].",
            )


def missing_members(candidate: object, protocol: type) -> list[str]:
    """
    List the members of a Protocol that a class or an object lacks.

    Attributes that a class sets in its constructor cannot be seen: only methods count.

    Example:
        >>> from typing import Protocol
        >>> class Closeable(Protocol):
        ...     def close(self) -> None: ...
        >>> missing_members(int, Closeable)
        ['close()']
    """
    missing = []
    for base in protocol.__mro__:
        if not is_protocol(base):
            continue
        for name, member in vars(base).items():
            is_method = inspect.isfunction(member) and (not name.startswith("_") or name in _SPECIAL)
            if is_method and not callable(_find_member(candidate, name)):
                missing.append(f"{name}()")
    return sorted(set(missing))


def _find_member(candidate: object, name: str) -> object:
    if name not in _SPECIAL:
        return getattr(candidate, name, None)
    # A class has special methods of its own class, too: `type.__call__` calls any.
    cls = candidate if isinstance(candidate, type) else type(candidate)
    return next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)


def _is_instance(instance: object, interface: Any) -> bool:  # Any: an ABC decides itself what it takes
    try:
        return isinstance(instance, interface)
    except TypeError:
        return True


def _is_subclass(cls: type, interface: Any) -> bool:  # Any: an ABC decides itself what it takes
    try:
        return issubclass(cls, interface)
    except TypeError:
        return True


def _refuse(registration: Registration, problem: str, hint: str) -> RegistrationError:
    name = registration.key.name
    return RegistrationError(f"{name} cannot be registered like this: {problem}.", where=registration.where, hint=hint)
