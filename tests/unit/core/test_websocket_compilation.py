"""
Routes of WebSockets are compiled with the first connection, and checked at the start.
"""

import pytest

from covet import CovetPy
from covet.core.websocket_compilation import compile_websocket
from covet.exceptions import RouteError
from covet.http.websocket import WebSocket
from covet.testing import TestClient


async def handler(websocket: WebSocket) -> None:
    """Accept."""
    await websocket.accept()


async def test_the_endpoint_is_compiled_once() -> None:
    """
    The first connection writes it, the second one finds it.
    """
    app = CovetPy()
    route = app.add_websocket_route("/", handler)
    app.compile()
    before = route.endpoint.websocket

    for _ in range(2):
        async with TestClient(app).websocket_connect("/") as socket:
            await socket.receive_close()

    assert before.__module__ == compile_websocket.__module__
    assert route.endpoint.websocket.__name__ == "endpoint"


async def test_subprotocols_do_not_start_over_rsgi() -> None:
    """
    A browser that offers some gives up without an answer; the error says what to do.
    """
    app = CovetPy()
    app.add_websocket_route("/", handler, subprotocols=["chat"])

    with pytest.raises(RouteError, match=r"WEBSOCKET /.*RSGI cannot tell a client which subprotocol was chosen"):
        async with TestClient(app, protocol="rsgi"):
            raise AssertionError
    async with TestClient(app) as client, client.websocket_connect("/", subprotocols=["a", "chat"]) as socket:
        assert socket.subprotocol == "chat"
