"""
Layers that want to know which route they are around: asked once, when the route is compiled.

It is for what is checked at start-up and decided per route, such as a guard; a layer without `bind_route` costs
nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from covet.core.middleware import Layer, Middleware, make_layer
from covet.core.route import Route
from covet.core.services import Services


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
