"""
The handshake tells what its request does.
"""

from covet.http.websocket_handshake import WebSocketHandshake
from tests.unit.http.websocket_transports import make_socket


def test_it_shows_what_the_request_has() -> None:
    """
    The same objects, not copies.
    """
    websocket = make_socket(headers={"cookie": "a=b", "sec-websocket-protocol": "x, y"})
    request = websocket.request

    assert isinstance(websocket, WebSocketHandshake)
    assert websocket.headers is request.headers
    assert websocket.cookies == {"a": "b"}
    assert websocket.query_params["a"] == "b"
    assert (websocket.path, websocket.path_params, str(websocket.url)) == ("/x", {}, "ws://example.com/x?a=b")
    assert websocket.state is request.state
    assert (websocket.client, websocket.app, websocket.route) == (None, None, None)
    assert websocket.offered_subprotocols == ("x", "y")
