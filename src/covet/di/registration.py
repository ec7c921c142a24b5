"""
What is registered: an interface, how its instances are made, and how long they live.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, NamedTuple

from covet.introspection import Annotation, split_annotated, type_name, unalias
from covet.types import UNSET

# The framework's own frames are not where a user registered something.
_OWN: Final = "covet."


class Lifetime(Enum):
    """How long an instance lives."""

    SINGLETON = "singleton"
    """One instance for the container; it is closed by `container.aclose()`."""
    SCOPED = "scoped"
    """One instance for each scope, such as a request; it is closed with the scope."""
    TRANSIENT = "transient"
    """A new instance for each use; it is closed with the scope it was made in."""


class Key(NamedTuple):
    """
    What a service is found by.

    Attributes:
        interface: The type, resolved and without `Annotated`.
        qualifier: The word that tells several of one type apart.
    """

    interface: Annotation
    qualifier: str | None = None

    @property
    def name(self) -> str:
        """
        The name for messages.

        Example:
            >>> Key(list[int], "primes").name
            "list[int] 'primes'"
        """
        name = type_name(self.interface)
        return name if self.qualifier is None else f"{name} {self.qualifier!r}"


def read_key(annotation: Annotation, metadata: tuple[object, ...] = ()) -> Key:
    """
    Make the key of an annotation: the first text in `Annotated`, or in something's `qualifier` there, is the qualifier.

    Example:
        >>> from typing import Annotated
        >>> read_key(Annotated[int, "answer"])
        Key(interface=<class 'int'>, qualifier='answer')
    """
    inner, own = split_annotated(annotation)
    words = (item if isinstance(item, str) else getattr(item, "qualifier", None) for item in (*metadata, *own))
    return Key(unalias(inner), next((word for word in words if isinstance(word, str)), None))


@dataclass(frozen=True, slots=True)
class Registration:
    """
    One registration, as `DependencyContainer.register` keeps it.

    Attributes:
        interface: What is asked for.
        implementation: The class whose instances are given out; `None` if a factory makes them.
        factory: What makes them.
        lifetime: How long they live.
        kwargs: Arguments that are given, not wired.
        qualifier: The word that tells several registrations of one interface apart.
        when: The condition: a bool, or a function that is called when the container is built.
        enter: Whether what is made is entered as a context manager; `None` is the rule of `register`.
        close: How an instance is closed: the name of its method, or a function that takes it.
        instance: The object itself, if it was made elsewhere.
        where: The place of the registration, as `path:line`.
    """

    interface: Annotation
    implementation: Annotation = None  # a class, or an alias of a generic one
    # Any: factories take what is wired.
    factory: Callable[..., Any] | None = None
    lifetime: Lifetime = Lifetime.TRANSIENT
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    qualifier: str | None = None
    when: bool | Callable[[], object] | None = None
    enter: bool | None = None
    close: str | Callable[[Any], object] | None = None
    instance: Any = UNSET
    where: str = ""

    @property
    def key(self) -> Key:
        """What it is found by."""
        return Key(self.interface, self.qualifier)

    @property
    def maker(self) -> Any:
        """What is called for an instance: the factory, or else the implementation."""
        return self.factory if self.factory is not None else self.implementation


@dataclass(frozen=True, slots=True)
class Decoration:
    """
    A wrapper around what is registered.

    Attributes:
        key: The service that is wrapped.
        decorator: A class or function; its parameter that is annotated with the interface gets what is wrapped.
        kwargs: Arguments that are given, not wired.
        where: The place of the decoration, as `path:line`.
    """

    key: Key
    decorator: Callable[..., Any]  # Any: decorators take what is wired
    kwargs: Mapping[str, Any]
    where: str


def find_caller() -> str:
    """Name the line that called into the framework, as `path:line`."""
    frame = sys._getframe(1)  # noqa: SLF001 - the documented name of it
    while frame.f_back is not None and str(frame.f_globals.get("__name__", "")).startswith(_OWN):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def describe_callable(func: object) -> str:
    """
    Name a class or function for messages.

    Example:
        >>> describe_callable(read_key)
        'read_key'
    """
    while hasattr(func, "func"):
        func = func.func
    return type_name(func) if hasattr(func, "__qualname__") or hasattr(func, "__origin__") else type(func).__name__
