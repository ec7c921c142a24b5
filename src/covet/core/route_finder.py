"""
What can be asked about the routes of a router: which one answers, what else a path has, where a name leads.
"""

from collections.abc import Callable
from typing import Literal

from covet.core.route import WEBSOCKET, Mount, Resolution, Route, RouteMatch
from covet.core.route_table import RouteTable
from covet.core.route_tree import RouteTree, allowed_methods
from covet.http.percent import encode_path

TrailingSlash = Literal["strict", "redirect", "ignore"]


class RouteFinder:
    """
    The base of a router: its look-ups. What declares routes sets these attributes.

    Attributes:
        tree: The routes by path; `tree.static` and `tree.find()` are for whoever dispatches.
        websocket_tree: The routes of WebSockets by path.
    """

    tree: RouteTree[Route]
    websocket_tree: RouteTree[Route]
    _table: RouteTable
    _trailing_slash: TrailingSlash | None

    @property
    def routes(self) -> tuple[Route, ...]:
        """All routes in order of declaration, those of included routers with their full paths."""
        return tuple(self._table.routes)

    @property
    def served_routes(self) -> tuple[Route, ...]:
        """The same, and the routes that stand behind mounts: those that serve files."""
        return self._table.served_routes

    @property
    def methods(self) -> frozenset[str]:
        """The methods that routes may have; HTTP's others are refused."""
        return frozenset(self._table.methods)

    @property
    def prepare(self) -> Callable[[Route | Mount], None] | None:
        """What is called with every new route or mount before requests can find it; an error of its keeps it out."""
        return self._table.prepare

    @prepare.setter
    def prepare(self, prepare: Callable[[Route | Mount], None] | None) -> None:
        self._table.prepare = prepare

    @property
    def websocket_routes(self) -> tuple[Route, ...]:
        """All WebSocket routes in order of declaration."""
        return tuple(self._table.websocket_routes)

    @property
    def needs_asgi(self) -> bool:
        """Whether a WebSocket route has what RSGI cannot carry: subprotocols."""
        return any(route.socket.subprotocols for route in self._table.websocket_routes)

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """All mounted applications, the longest prefix first."""
        return tuple(self._table.mounts)

    @property
    def trailing_slash(self) -> TrailingSlash:
        """What happens to a path whose other spelling exists."""
        return self._trailing_slash or "redirect"

    def match_route(self, path: str, method: str) -> RouteMatch | None:
        """
        Find the route that answers a request.

        Args:
            path: The decoded path.
            method: The method, in capitals.

        Returns:
            The route with its handler and the values of its parameters; `None` if no route answers.
        """
        found = self.resolve(path, method)
        if found.route is None:
            return None
        try:
            params = found.route.convert(found.values)
        except ValueError:
            return None
        return RouteMatch(found.route.handler, params, found.route)

    def resolve(self, path: str, method: str) -> Resolution:
        """
        Decide everything about a path and a method: route, 405, mounted application, redirect or nothing (404).

        A less specific route answers a method that the first one lacks. Dispatch looks into `tree` first and comes here
        when that has no answer.
        """
        tables: list[dict[str, Route]] = []
        for table, values in self.tree.find_all(path):
            route = table.get(method)
            if route is not None:
                return Resolution(route=route, values=values)
            tables.append(table)
        if tables:
            return Resolution(allowed=allowed_methods(*tables))
        mount = self.find_mount(path)
        if mount is not None and (mount.route is None or mount.is_closed):
            return Resolution(mount=mount)
        # Routes go before files: so does the other spelling of one.
        other = self._find_other_spelling(path)
        if mount is not None and mount.route is not None and other is None:
            return _resolve_file(mount.route, path[len(mount.prefix) + 1 :], method)
        if other is None:
            return Resolution()
        if self._trailing_slash == "ignore":
            return self.resolve(other, method)
        return Resolution(redirect=encode_path(other))

    def resolve_websocket(self, path: str) -> Resolution:
        """Decide what serves a WebSocket: a route, a mounted application or nothing. It is never redirected."""
        for table, values in self.websocket_tree.find_all(path):
            return Resolution(route=table[WEBSOCKET], values=values)
        mount = self.find_mount(path)
        if mount is not None:
            return Resolution(mount=mount)
        other = path[:-1] if path.endswith("/") else f"{path}/"
        if self._trailing_slash == "ignore" and other and self.websocket_tree.find(other) is not None:
            return self.resolve_websocket(other)
        return Resolution()

    def find_mount(self, path: str) -> Mount | None:
        """Find the mounted application with the longest prefix; prefixes end where segments end."""
        for mount in self._table.mounts:
            if path.startswith(mount.prefix) and path[len(mount.prefix) : len(mount.prefix) + 1] in {"", "/"}:
                return mount
        return None

    def url_for(self, name: str, /, **params: object) -> str:
        """
        Write the path of a route, percent-encoded.

        Args:
            name: The route's name: the one given, or else its handler's.
            **params: The values of its path's parameters.

        Raises:
            ItemNotFoundError: If no route has the name.
            RouteError: If a parameter is missing, unknown or cannot stand in a path.
        """
        return self._table.names.find(name).template.build(params)

    def _find_other_spelling(self, path: str) -> str | None:
        """Find the path with or without its last slash that exists, if the policy asks for it."""
        # APPSEC: a target that starts with two slashes (browsers read a backslash as one) names another host.
        if self._trailing_slash == "strict" or path[1:2] in {"/", "\\"} or path.endswith("//"):
            return None
        other = path[:-1] if path.endswith("/") else f"{path}/"
        return other if other and self.tree.find(other) is not None else None


def _resolve_file(route: Route, path: str, method: str) -> Resolution:
    """Answer with a route behind a mount, whose path holds whatever follows the prefix."""
    if method in route.methods:
        return Resolution(route=route, values=(path,))
    return Resolution(allowed=allowed_methods(dict.fromkeys(route.methods)))
