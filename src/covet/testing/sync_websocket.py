"""The client's end of a WebSocket, for code that is not async."""

# Any: JSON is whatever the application sent.
from typing import Any

from covet.http.websocket_errors import WebSocketDisconnect
from covet.testing.portal import Portal
from covet.testing.websocket import ClientWebSocket


class SyncClientWebSocket:
    """
    The methods of a `ClientWebSocket`, without `await`.

    Args:
        socket: The other one.
        portal: Where it lives.

    Attributes:
        subprotocol: What the application agreed to.
        headers: The headers of its answer.
    """

    def __init__(self, socket: ClientWebSocket, portal: Portal) -> None:
        self._socket = socket
        self._portal = portal
        self.subprotocol = socket.subprotocol
        self.headers = socket.headers

    def receive(self) -> str | bytes:
        """Wait for the application's next message."""
        return self._portal.call(self._socket.receive)

    def receive_text(self) -> str:
        """Wait for a text; bytes fail the test."""
        return self._portal.call(self._socket.receive_text)

    def receive_bytes(self) -> bytes:
        """Wait for bytes; a text fails the test."""
        return self._portal.call(self._socket.receive_bytes)

    # Any: as above.
    def receive_json(self) -> Any:
        """Wait for a message and read it as JSON."""
        return self._portal.call(self._socket.receive_json)

    def receive_close(self) -> WebSocketDisconnect:
        """Wait until the application closes, and give code and reason; a message fails the test."""
        return self._portal.call(self._socket.receive_close)

    def send_text(self, text: str) -> None:
        """Send a text."""
        self._portal.call(lambda: self._socket.send_text(text))

    def send_bytes(self, data: bytes) -> None:
        """Send bytes."""
        self._portal.call(lambda: self._socket.send_bytes(data))

    def send_json(self, value: object) -> None:
        """Send a value as JSON, in a text."""
        self._portal.call(lambda: self._socket.send_json(value))

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection from the client's side."""
        self._portal.call(lambda: self._socket.close(code, reason))

    def leave(self) -> None:
        """Cut the connection without a close, as a client does that dies."""
        self._portal.call(self._socket.leave)
