"""
The routes of a plugin: closed while it is not there, so that nobody is served by what did not start.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from covet.core.route import Mount, Route
from covet.core.route_options import Handler
from covet.core.routing import CovetRouter
from covet.core.unmatched import refuse_closed


class PluginRoutes:
    """
    What a plugin added to the routes of its application, and what it mounted there.

    Closing costs the others nothing: it is not a question per request, but another handler.

    Example:
        >>> from covet import CovetPy
        >>> from covet.testing import TestClient
        >>> app = CovetPy()
        >>> routes = PluginRoutes()
        >>> with routes.collect(app.router):
        ...     @app.get("/shop")
        ...     async def shop() -> str:
        ...         return "open"
        >>> routes.close()
        >>> (await TestClient(app).get("/shop")).status_code
        503
        >>> routes.open()
        >>> (await TestClient(app).get("/shop")).text
        'open'
    """

    __slots__ = ("_handlers", "_is_closed", "_mounts", "_routes")

    def __init__(self) -> None:
        self._routes: list[Route] = []
        self._mounts: list[Mount] = []
        # The handlers of the routes while those are closed.
        self._handlers: list[Handler] = []
        self._is_closed = False

    @contextmanager
    def collect(self, router: CovetRouter) -> Iterator[None]:
        """Take in what is added to a router within the block, also if the block fails."""
        present = {id(item) for item in (*_list_routes(router), *router.mounts)}
        try:
            yield
        finally:
            is_closed = self._is_closed
            self.open()
            self._routes += [route for route in _list_routes(router) if id(route) not in present]
            self._mounts += [mount for mount in router.mounts if id(mount) not in present]
            if is_closed:
                self.close()

    def close(self) -> None:
        """Answer 503 from now on; what is around the routes stays."""
        if self._is_closed:
            return
        self._is_closed = True
        self._handlers = [route.handler for route in self._routes]
        for route in self._routes:
            if route.socket is None:
                _exchange(route, _refuse)
            else:
                _exchange(route, _refuse_websocket)
        for mount in self._mounts:
            mount.is_closed = True

    def open(self) -> None:
        """Answer as before."""
        if not self._is_closed:
            return
        self._is_closed = False
        for route, handler in zip(self._routes, self._handlers, strict=True):
            _exchange(route, handler)
        for mount in self._mounts:
            mount.is_closed = False


def _list_routes(router: CovetRouter) -> list[Route]:
    return [*router.routes, *router.websocket_routes]


def _exchange(route: Route, handler: Handler) -> None:
    route.handler = handler
    # The application compiles it again, with the next request for it.
    route.endpoint = None


async def _refuse() -> NoReturn:
    raise refuse_closed()


# Any: a `WebSocket`, whose class is loaded with the first route of WebSockets.
async def _refuse_websocket(websocket: Any) -> NoReturn:  # noqa: ARG001 - what such a handler takes
    await _refuse()
