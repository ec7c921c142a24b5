"""
The client's end of a WebSocket works without `await`.
"""

import pytest

from covet import CovetPy
from covet.http.websocket import WebSocket
from covet.testing import SyncClientWebSocket, TestClient, WebSocketRefusedError
from tests.integration.wire import WireProtocol, on_both_protocols


def make_app() -> CovetPy:
    """
    Make an application that echoes.
    """
    app = CovetPy()

    @app.websocket("/echo")
    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        async for message in websocket:
            await websocket.send(message)
            if message == "end":
                await websocket.close(4000, "done")

    return app


@on_both_protocols
def test_both_ways_and_the_end(protocol: WireProtocol) -> None:
    """
    Every method does what its sister does.
    """
    with TestClient(make_app(), protocol=protocol) as client:
        with client.websocket_connect("/echo") as socket:
            assert isinstance(socket, SyncClientWebSocket)
            socket.send_text("a")
            socket.send_bytes(b"b")
            socket.send_json([1])
            got = [socket.receive_text(), socket.receive_bytes(), socket.receive_json()]
            socket.send_text("end")
            got.append(socket.receive())
            end = socket.receive_close()
        with client.websocket_connect("/echo") as socket:
            socket.close(1001)
        with client.websocket_connect("/echo") as socket:
            socket.leave()

    assert got == ["a", b"b", [1], "end"]
    assert (end.code, end.reason, socket.subprotocol) == (4000, "done", None)


@on_both_protocols
def test_a_refusal_is_raised(protocol: WireProtocol) -> None:
    """
    And an error of the test's own passes.
    """
    with TestClient(make_app(), protocol=protocol) as client:
        with pytest.raises(WebSocketRefusedError), client.websocket_connect("/nowhere"):
            raise AssertionError
        with pytest.raises(KeyError), client.websocket_connect("/echo"):
            raise KeyError
