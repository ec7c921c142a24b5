"""
From a server's call to what serves the WebSocket; it is loaded with the first one that comes.
"""

from collections.abc import Callable, Sequence
from typing import Any

from covet.core.asgi_websocket import serve_asgi_websocket
from covet.core.mounts import MountedApplications
from covet.core.open_sockets import OpenSockets
from covet.core.passed_socket import pass_socket
from covet.core.route import Mount, Resolution, Route
from covet.core.rsgi_types import RSGIScope, RSGIWebSocketProtocol
from covet.core.rsgi_websocket import serve_rsgi_websocket
from covet.core.socket_bridge import bridge_socket
from covet.core.unmatched import find_asgi_problem, find_rsgi_problem, refuse_closed
from covet.exceptions import HTTPError, NotFoundError
from covet.types import ASGIApp, Receive, Scope, Send


class WebSocketDispatch:
    """
    Serve the WebSockets of an application.

    Args:
        app: The application.
        prepare: Compiles a route that has to be compiled again.
        mounts: What is known about the applications that are mounted in it.

    Attributes:
        sockets: The open ones.
    """

    # Any: the application, which stands above.
    def __init__(self, app: Any, prepare: Callable[[Route], None], mounts: MountedApplications) -> None:
        self.sockets = OpenSockets(app)
        app.wait_at_stop(self.sockets)
        self._app = app
        self._prepare = prepare
        self._mounts = mounts

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
        mount = self._find_mount(found, lambda: find_asgi_problem(scope, path))
        refusal = None if mount is None else self._app.find_mount_refusal(mount, scope, receive)
        if mount is not None and refusal is None:
            await self.pass_on(mount.app, self._mounts.make_scope(scope, root, path, mount), receive, send)
            return
        if root:
            scope = {**scope, "path": path, "root_path": "", "covet.root_path": root}
        compiled, values = self._choose(found, unmatched) if refusal is None else (unmatched, (refusal,))
        await serve_asgi_websocket(self._app, compiled, values, self.sockets, scope, receive, send)

    async def pass_on(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """
        Let another application serve one that came over ASGI.

        Args:
            app: The application.
            scope: Its scope.
            receive: The server's.
            send: The server's.
        """
        await pass_socket(app, scope, receive, send, self.sockets)

    # Any: as above.
    async def serve_rsgi(
        self, found: Resolution, unmatched: Any, scope: RSGIScope, protocol: RSGIWebSocketProtocol
    ) -> None:
        """
        Serve one that came over RSGI.

        Args:
            found: What the router knows about its path.
            unmatched: What answers in place of a route.
            scope: The head of the handshake.
            protocol: The server's.
        """
        mount = self._find_mount(found, lambda: find_rsgi_problem(scope))
        refusal = None if mount is None else self._app.find_mount_refusal(mount, scope, protocol)
        if mount is not None and refusal is None:
            state = self._mounts.copy_state(mount)
            await self.bridge(mount.app, unmatched, scope, protocol, root_path=mount.prefix, state=state)
            return
        compiled, values = self._choose(found, unmatched) if refusal is None else (unmatched, (refusal,))
        await serve_rsgi_websocket(self._app, compiled, values, self.sockets, scope, protocol)

    # Any: as above; the state is the other application's own.
    async def bridge(
        self,
        app: ASGIApp,
        unmatched: Any,
        scope: RSGIScope,
        protocol: RSGIWebSocketProtocol,
        *,
        root_path: str = "",
        state: dict[str, Any] | None = None,
    ) -> None:
        """
        Let an ASGI application serve one that came over RSGI.

        Args:
            app: The application.
            unmatched: What answers in place of a route.
            scope: The head of the handshake.
            protocol: The server's.
            root_path: The prefix that the application is mounted under.
            state: What the application has put into its state at start.
        """
        await bridge_socket(self._app, unmatched, self.sockets, app, scope, protocol, root_path=root_path, state=state)

    @staticmethod
    def _find_mount(found: Resolution, find_problem: Callable[[], HTTPError | None]) -> Mount | None:
        """Tell which mounted application serves it; none does one whose head is wrong."""
        mount = found.mount
        is_served = mount is not None and mount.route is None and not mount.is_closed and find_problem() is None
        return mount if is_served else None

    # Any: as above, and a compiled route.
    def _choose(self, found: Resolution, unmatched: Any) -> tuple[Any, Sequence[Any]]:
        if found.route is None:
            is_closed = found.mount is not None and found.mount.is_closed
            return unmatched, (refuse_closed() if is_closed else NotFoundError(),)
        if found.route.endpoint is None:
            self._prepare(found.route)
        return found.route.endpoint, found.values
