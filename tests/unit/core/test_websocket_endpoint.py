"""
The endpoint of a route of WebSockets has nothing in it that the route does not use.
"""

import linecache

from covet import CovetPy
from covet.core.websocket_endpoint import compile_socket_endpoint
from covet.http.websocket import WebSocket
from covet.middleware import Middleware


class Hook(Middleware):
    """Look at WebSockets."""

    def websocket_connect(self, websocket: WebSocket) -> None:
        """Look."""


def write(app: CovetPy) -> str:
    """
    Compile the one route of an application, and return its source.
    """
    app.compile()
    endpoint = compile_socket_endpoint(app.router.websocket_routes[0].endpoint)
    return "".join(linecache.getlines(endpoint.__code__.co_filename))


async def handler(websocket: WebSocket) -> None:
    """Do nothing."""


async def handler_of_a_room(websocket: WebSocket, room: int) -> None:
    """Do nothing."""


def test_a_plain_handler_is_called_and_nothing_else() -> None:
    """
    No scope, no binding, no hook.
    """
    app = CovetPy()
    app.add_websocket_route("/", handler)

    lines = [line.strip() for line in write(app).splitlines() if "#" not in line]

    assert lines == ["async def endpoint(websocket, request):", "await handler(websocket)"]


def test_what_is_used_is_written() -> None:
    """
    Parameters are read, and each hook is asked before them.
    """
    app = CovetPy(middleware=[Hook()])
    app.add_websocket_route("/{room}", handler_of_a_room)

    source = write(app)

    assert source.index("websocket_connect_0") < source.index("argument_1 =") < source.index("await handler(")
