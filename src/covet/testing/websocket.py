"""
What a test has of a WebSocket: the client's end of it.
"""

from base64 import b64encode
from collections.abc import Sequence
from os import urandom

# Any: JSON is whatever the application sent.
from typing import Any

from covet.http.headers import Headers
from covet.http.websocket_errors import WebSocketDisconnect
from covet.serialization import encode_json, get_json_serializer
from covet.testing.socket_exchange import Close, SocketExchange


def make_handshake_headers(subprotocols: Sequence[str]) -> list[tuple[str, str]]:
    """
    Make the headers that make a request the handshake of a WebSocket (RFC 6455 §4.1).

    Args:
        subprotocols: What the client offers.
    """
    if isinstance(subprotocols, str):
        raise TypeError(f"subprotocols is a list of names, got {subprotocols!r}. Write [{subprotocols!r}].")
    key = b64encode(urandom(16)).decode()
    headers = [("connection", "Upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "13")]
    headers.append(("sec-websocket-key", key))
    return [*headers, ("sec-websocket-protocol", ", ".join(subprotocols))] if subprotocols else headers


class ClientWebSocket:
    """
    The client's end of a WebSocket; `TestClient.websocket_connect` gives it.

    What the application closes raises `WebSocketDisconnect` in `receive()`, with its code and reason.

    Args:
        exchange: What carries it.

    Attributes:
        subprotocol: What the application agreed to.
        headers: The headers of its answer.
    """

    def __init__(self, exchange: SocketExchange) -> None:
        self._exchange = exchange
        self.subprotocol = exchange.subprotocol
        self.headers = Headers.from_bytes(exchange.headers)

    async def receive(self) -> str | bytes:
        """
        Wait for the application's next message.

        Raises:
            WebSocketDisconnect: If the application has closed, or the client has.
            Exception: What the application raised, with `raise_app_exceptions=True`.
        """
        return await self._exchange.take()

    async def receive_text(self) -> str:
        """Wait for a text; bytes fail the test."""
        message = await self.receive()
        if not isinstance(message, str):
            raise AssertionError(f"A text was expected, bytes came: {message!r}.")  # noqa: TRY004 - it fails the test
        return message

    async def receive_bytes(self) -> bytes:
        """Wait for bytes; a text fails the test."""
        message = await self.receive()
        if not isinstance(message, bytes):
            raise AssertionError(f"Bytes were expected, a text came: {message!r}.")  # noqa: TRY004 - it fails the test
        return message

    # Any: as above.
    async def receive_json(self) -> Any:
        """Wait for a message and read it as JSON."""
        message = await self.receive()
        return get_json_serializer().deserialize(message.encode() if isinstance(message, str) else message)

    async def receive_close(self) -> WebSocketDisconnect:
        """Wait until the application closes, and give code and reason; a message fails the test."""
        try:
            message = await self.receive()
        except WebSocketDisconnect as exc:
            return exc
        raise AssertionError(f"A close was expected, a message came: {message!r}.")

    async def send_text(self, text: str) -> None:
        """Send a text."""
        self._exchange.put(text)

    async def send_bytes(self, data: bytes) -> None:
        """Send bytes."""
        self._exchange.put(data)

    async def send_json(self, value: object) -> None:
        """Send a value as JSON, in a text."""
        self._exchange.put(encode_json(value).decode())

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the connection from the client's side."""
        self._exchange.close_client(Close(code, reason))

    async def leave(self) -> None:
        """Cut the connection without a close, as a client does that dies."""
        self._exchange.leave()
