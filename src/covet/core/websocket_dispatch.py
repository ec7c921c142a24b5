"""
From a server's call to what serves the WebSocket; it is loaded with the first one that comes.
"""

from collections.abc import Callable, Sequence
from typing import Any

from covet.core.asgi_websocket import serve_asgi_websocket
from covet.core.open_sockets import OpenSockets
from covet.core.route import Resolution, Route
from covet.core.rsgi_types import RSGIHandshake, RSGIScope
from covet.core.rsgi_websocket import serve_rsgi_websocket
from covet.exceptions import NotFoundError
from covet.types import Receive, Scope, Send


class WebSocketDispatch:
    """
    Serve the WebSockets of an application.

    Args:
        app: The application.
        prepare: Compiles a route that has to be compiled again.

    Attributes:
        sockets: The open ones.
    """

    # Any: the application, which stands above.
    def __init__(self, app: Any, prepare: Callable[[Route], None]) -> None:
        self.sockets = OpenSockets(app)
        app.wait_at_stop(self.sockets)
        self._app = app
        self._prepare = prepare

    # Any: what stands for no route.
    async def serve_asgi(
        self, found: Resolution, unmatched: Any, scope: Scope, root: str, path: str, receive: Receive, send: Send
    ) -> None:
        """
        Serve one that came over ASGI.

        Args:
            found: What the router knows about its path.
            unmatched: What answers in place of a route.
            scope: The scope.
            root: The prefix that the application is mounted under.
            path: The path below it.
            receive: The server's.
            send: The server's.
        """
        if root:
            scope = {**scope, "path": path, "root_path": "", "covet.root_path": root}
        compiled, values = self._choose(found, unmatched)
        await serve_asgi_websocket(self._app, compiled, values, self.sockets, scope, receive, send)

    # Any: as above.
    async def serve_rsgi(self, found: Resolution, unmatched: Any, scope: RSGIScope, protocol: RSGIHandshake) -> None:
        """
        Serve one that came over RSGI.

        Args:
            found: What the router knows about its path.
            unmatched: What answers in place of a route.
            scope: The head of the handshake.
            protocol: The server's.
        """
        compiled, values = self._choose(found, unmatched)
        await serve_rsgi_websocket(self._app, compiled, values, self.sockets, scope, protocol)

    # Any: as above, and a compiled route.
    def _choose(self, found: Resolution, unmatched: Any) -> tuple[Any, Sequence[Any]]:
        if found.route is None:
            return unmatched, (NotFoundError(),)
        if found.route.endpoint is None:
            self._prepare(found.route)
        return found.route.endpoint, found.values
