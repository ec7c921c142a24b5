"""
Routes by name, for reverse URLs.
"""

from covet.core.route import Route
from covet.error_text import describe_callable
from covet.exceptions import ItemNotFoundError, RouteError


class RouteNames:
    """
    The names of a router's routes.

    A name that was given belongs to one route. A name that a route has from its handler may occur several times, as
    long as nobody asks for it; a given name goes before it.
    """

    def __init__(self) -> None:
        self._given: dict[str, Route] = {}
        self._derived: dict[str, list[Route]] = {}

    def check(self, route: Route) -> None:
        """
        Refuse a given name that another route has.

        Raises:
            RouteError: Naming both.
        """
        other = self._given.get(route.name) if route.named else None
        if other is not None:
            raise RouteError(
                f"The name {route.name!r} belongs to {other} ({describe_callable(other.handler)}) already.",
                route=str(route),
                hint=(
                    "Give include_router a name_prefix."
                    if other.handler == route.handler and len(route.groups) > 1
                    else "Give each route a name of its own."
                ),
            )

    def add(self, route: Route) -> None:
        """Take in a checked route."""
        if route.named:
            self._given[route.name] = route
        else:
            self._derived.setdefault(route.name, []).append(route)

    def find(self, name: str) -> Route:
        """
        Find the route of a name.

        Raises:
            ItemNotFoundError: If there is none.
            RouteError: If several have it from their handlers, with different paths, or it is no text.
        """
        if not isinstance(name, str):
            hint = f"Write {name.__name__!r}." if hasattr(name, "__name__") else None
            raise RouteError(f"A route is found by its name, a text, got {type(name).__name__}.", hint=hint)
        if name in self._given:
            return self._given[name]
        routes = self._derived.get(name)
        if not routes:
            raise ItemNotFoundError(name, available={*self._given, *self._derived}, registry="the names of routes")
        if len({route.path for route in routes}) > 1:
            listed = ", ".join(sorted(route.path for route in routes))
            raise RouteError(f"Several routes are called {name!r}: {listed}.", hint="Give them names with name=….")
        return routes[0]
