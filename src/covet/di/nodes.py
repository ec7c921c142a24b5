"""
The parts of the graph: services, what they need, and what the container knows before they are wired.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from covet.di.maker import Maker
from covet.di.registration import Decoration, Key, Lifetime, Registration
from covet.introspection import Annotation, ParameterInfo
from covet.types import UNSET


class Source(Enum):
    """Where an argument comes from."""

    SERVICE = "service"
    """Another service."""
    ALL = "all"
    """All services of one interface, whatever their qualifiers."""
    PROVIDER = "provider"
    """A `Provider` of another service, which is resolved later."""
    CONTEXT = "context"
    """A value that the opener of the scope gives."""
    SCOPE = "scope"
    """The scope itself."""
    CONTAINER = "container"
    """The container."""
    CONSTANT = "constant"
    """A keyword of the registration."""


@dataclass(frozen=True, slots=True)
class Dependency:
    """
    One argument of a call, and where it comes from.

    Attributes:
        parameter: The parameter's name.
        source: Where it comes from.
        nodes: The services; several for `Source.ALL`.
        value: The constant, the declared type or the collection's class.
        is_named: Whether it has to be passed by its name.
    """

    parameter: str
    source: Source
    nodes: "tuple[Node, ...]" = ()
    value: Any = UNSET  # Any: whatever was registered
    is_named: bool = False


@dataclass(eq=False, slots=True)
class Node:
    """
    One service, or one layer of it.

    Attributes:
        key: What it is found by; `None` for whoever only asks, such as a handler.
        name: Its name for messages.
        lifetime: How long an instance lives; `None` for whoever only asks.
        where: The place of its registration.
        registration: The registration; `None` for whoever only asks.
        maker: What makes its instances; `None` if there is one already, or if it cannot be read.
        is_inner: Whether it is what a decorator wraps: it belongs to its wrapper.
        dependencies: What it needs.
    """

    key: Key | None
    name: str
    lifetime: Lifetime | None
    where: str
    registration: Registration | None = None
    maker: Maker | None = None
    is_inner: bool = False
    dependencies: tuple[Dependency, ...] = ()

    @property
    def word(self) -> str:
        """The word for its lifetime, for messages."""
        return "" if self.lifetime is None else self.lifetime.value

    def needed(self) -> "Iterable[tuple[Dependency, Node]]":
        """List the services that must be there before an instance can be made."""
        for dependency in self.dependencies:
            if dependency.source is not Source.PROVIDER:
                for node in dependency.nodes:
                    yield dependency, node


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Demand:
    """
    Somebody who asks without being a service, such as a handler.

    Attributes:
        name: Its name for messages.
        where: Its place.
        parameters: What it asks for.
    """

    name: str
    where: str
    parameters: tuple[ParameterInfo, ...]


@dataclass(slots=True)
class Catalogue:
    """
    What the container knows before it is built.

    Attributes:
        registrations: The registrations of each key, in order.
        declared: The types that the opener of a scope gives, and where they were declared.
        decorations: The wrappers, innermost first.
        demands: Who asks without being a service.
        specials: The classes of the container and of its scopes.
        instances: What `override` puts in the place of services.
        conditions: What the conditions said when the container was built, by the registrations' ids.
    """

    registrations: dict[Key, list[Registration]] = field(default_factory=dict)
    declared: dict[Annotation, str] = field(default_factory=dict)
    decorations: list[Decoration] = field(default_factory=list)
    demands: list[Demand] = field(default_factory=list)
    specials: dict[Annotation, Source] = field(default_factory=dict)
    instances: dict[Key, Any] = field(default_factory=dict)  # Any: whatever a test puts there
    conditions: dict[int, bool] = field(default_factory=dict)
