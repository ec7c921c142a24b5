"""
Layers that want to know which route they are around: asked once, when the route is compiled.

It is for what is checked at start-up and decided per route, such as a guard; a layer without `bind_route` costs
nothing. What is around a router is not around an application that is mounted in it: a layer that must not be missing
there says so by `check_mount`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from covet.core.middleware import Layer, Middleware, make_layer, read_priority
from covet.core.route import Mount, Route
from covet.core.services import Services
from covet.exceptions import ConfigurationError


@dataclass(frozen=True, slots=True)
class LayerBinding:
    """
    Where a layer stands.

    Attributes:
        route: The route.
        outer: The middleware around the layer, the outermost first.
        inner: The middleware inside of it, the outermost first.
        services: What can be injected.
        app: The application; `None` where there is none, as in a pipeline by itself.
    """

    route: Route
    outer: Sequence[object]
    inner: Sequence[object]
    services: Services
    app: Any  # the application's class stands on a higher floor


def may_bring(layers: Sequence[object], name: str) -> bool:
    """
    Tell whether some middleware may bring what one is for: it is that one, or one of the application's own.

    Args:
        layers: The middleware.
        name: The class of the middleware that is for it.

    Example:
        >>> may_bring([], "SessionMiddleware"), may_bring([lambda request, call_next: None], "SessionMiddleware")
        (False, True)
    """
    for layer in layers:
        cls = type(layer)
        if not cls.__module__.startswith("covet.") or any(base.__name__ == name for base in cls.__mro__):
            return True
    return False


@runtime_checkable
class BindsToRoutes(Protocol):
    """Middleware that is another one for each route."""

    def bind_route(self, binding: LayerBinding, /) -> Middleware | None:
        """
        Say what stands in the middleware's place around a route; `None` leaves it out.

        Args:
            binding: Where it stands.

        Raises:
            ConfigurationError: If it cannot do its work there.
        """
        ...


@runtime_checkable
class ChecksMounts(Protocol):
    """Middleware of a router that must not be missing around what is mounted in it."""

    def check_mount(self, prefix: str, inner: Sequence[object], /) -> None:
        """
        Refuse an application that is mounted in the router.

        Args:
            prefix: Where it is mounted.
            inner: The middleware that would stand inside, the outermost first.

        Raises:
            ConfigurationError: If the middleware would be missing there.
        """
        ...


def check_mounts(mounts: Iterable[Mount]) -> Iterator[ConfigurationError]:
    """
    Find the mounted applications around which middleware of their routers would be missing.

    Args:
        mounts: All of them; files have the middleware around them.
    """
    for mount in mounts:
        if mount.route is not None:
            continue
        around = sorted((item for group in mount.groups for item in group.middleware), key=read_priority)
        for index, item in enumerate(around):
            if isinstance(item, ChecksMounts) and not isinstance(item, type):
                try:
                    item.check_mount(mount.prefix or "/", around[index + 1 :])
                except ConfigurationError as exc:
                    yield exc


def bind_layers(layers: Sequence[Layer], route: Route, services: Services, app: object) -> tuple[Layer, ...]:
    """
    Let each layer that wants to see the route it is around.

    Args:
        layers: The layers, the outermost first.
        route: The route.
        services: What can be injected.
        app: The application.

    Raises:
        ConfigurationError: If one cannot do its work there.
    """
    if not any(isinstance(layer.middleware, BindsToRoutes) for layer in layers):
        return tuple(layers)
    all_middleware = [layer.middleware for layer in layers]
    bound: list[Layer] = []
    for index, layer in enumerate(layers):
        middleware = layer.middleware
        if not isinstance(middleware, BindsToRoutes):
            bound.append(layer)
            continue
        binding = LayerBinding(route, all_middleware[:index], all_middleware[index + 1 :], services, app)
        found = middleware.bind_route(binding)
        if found is not None:
            bound.append(layer if found is layer.middleware else make_layer(found))
    return tuple(bound)


def bind_handshake(middleware: Iterable[object], route: Route, services: Services, app: object) -> tuple[Layer, ...]:
    """
    Let the middleware of an application see what stands for no route: it is asked there about WebSockets, too.

    Args:
        middleware: All of it, the outermost first.
        route: What stands for no route.
        services: What can be injected.
        app: The application.

    Raises:
        ConfigurationError: If one cannot do its work there.
    """
    layers = [layer for layer in map(make_layer, middleware) if layer.serves(is_websocket=True)]
    return bind_layers(layers, route, services, app)
