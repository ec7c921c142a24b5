"""
The routes of a plugin: closed while it is not there, so that nobody is served by what did not start.
"""

from collections.abc import Iterable
from typing import Any, NoReturn

from covet.core.route import Handler, Route
from covet.exceptions import ServiceUnavailableError


class PluginRoutes:
    """
    What a plugin added to the routes of its application.

    Closing costs the others nothing: it is not a question per request, but another handler.

    Example:
        >>> from covet import CovetPy
        >>> from covet.testing import TestClient
        >>> app = CovetPy()
        >>> @app.get("/shop")
        ... async def shop() -> str:
        ...     return "open"
        >>> routes = PluginRoutes(app.router.routes)
        >>> routes.close()
        >>> (await TestClient(app).get("/shop")).status_code
        503
        >>> routes.open()
        >>> (await TestClient(app).get("/shop")).text
        'open'
    """

    __slots__ = ("_closed", "_routes")

    def __init__(self, routes: Iterable[Route] = ()) -> None:
        self._routes = tuple(routes)
        self._closed: tuple[Handler, ...] | None = None

    def close(self) -> None:
        """Answer 503 from now on; what is around the routes stays."""
        if self._closed is not None:
            return
        self._closed = tuple(route.handler for route in self._routes)
        for route in self._routes:
            if route.socket is None:
                _exchange(route, _refuse)
            else:
                _exchange(route, _refuse_websocket)

    def open(self) -> None:
        """Answer as before."""
        if self._closed is None:
            return
        for route, handler in zip(self._routes, self._closed, strict=True):
            _exchange(route, handler)
        self._closed = None


def _exchange(route: Route, handler: Handler) -> None:
    route.handler = handler
    # The application compiles it again, with the next request for it.
    route.endpoint = None


async def _refuse() -> NoReturn:
    raise ServiceUnavailableError("This part of the application is not available at the moment.")


# Any: a `WebSocket`, whose class is loaded with the first route of WebSockets.
async def _refuse_websocket(websocket: Any) -> NoReturn:  # noqa: ARG001 - what such a handler takes
    await _refuse()
