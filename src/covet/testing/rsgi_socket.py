"""
Stand-ins for the objects that Granian gives to an RSGI application for a WebSocket.

They behave as Granian 2.8.7 (RSGI 1.6) was measured to; each such fact stands beside the line that imitates it.
"""

from collections.abc import Awaitable
from dataclasses import dataclass

from covet.testing.errors import ClientLeft, RSGIProtocolClosed, RSGIProtocolError
from covet.testing.exchange import Recorder
from covet.testing.request import ClientRequest
from covet.testing.rsgi_fakes import RSGIScope
from covet.testing.socket_exchange import Close, SocketExchange


class RSGISocketScope(RSGIScope):
    """The head of a handshake as Granian shows it: as that of a request, `scheme` included, but for `proto`."""

    proto = "ws"

    def __init__(self, request: ClientRequest, client: tuple[str, int]) -> None:
        super().__init__(request, client)


@dataclass(frozen=True, slots=True)
class RSGISocketMessage:
    """Bytes (kind 1) or a text (kind 2)."""

    kind: int
    data: bytes | str


@dataclass(frozen=True, slots=True)
class RSGISocketClose:
    """A close (kind 0): Granian shows neither its code nor its reason."""

    kind: int = 0


class RSGISocketProtocol:
    """
    The object through which an application accepts, refuses and closes a WebSocket.

    Attributes:
        covet_test: Where a framework puts the exceptions that it dealt with.
    """

    def __init__(self, exchange: SocketExchange) -> None:
        self.covet_test: Recorder = exchange.recorder
        self._exchange = exchange
        self.is_closed = False

    async def accept(self) -> "RSGISocketTransport":
        """Accept it; Granian knows no subprotocol and no headers."""
        if self._exchange.is_answered:
            # Granian panics.
            raise self._exchange.fail("accept() was called after the WebSocket was accepted or refused.")
        self._exchange.accept()
        return RSGISocketTransport(self._exchange, self)

    def close(self, status: int | None = None) -> None:
        """Refuse it with a status, or close it: Granian sends no code. A second call does nothing."""
        if self.is_closed:
            return
        self.is_closed = True
        if self._exchange.is_accepted:
            self._exchange.close(Close())
            return
        # Granian ends the process for a status of 0 or above 999.
        if status is None or not 100 <= status <= 999:
            raise self._exchange.fail(f"close() refuses with a status from 100 to 999, got {status!r}.")
        self._exchange.refuse(status, [], b"")

    def covet_test_close(self, code: int, reason: str) -> None:
        """Take a close frame that goes to the client behind the server's back, as one does over a socket."""
        self._exchange.close(Close(code, reason))


class RSGISocketTransport:
    """A WebSocket that was accepted."""

    def __init__(self, exchange: SocketExchange, protocol: RSGISocketProtocol) -> None:
        self._exchange = exchange
        self._protocol = protocol
        self._is_receiving = False
        self._is_over = False

    async def receive(self) -> RSGISocketMessage | RSGISocketClose:
        """Wait for a message; a second wait beside it, or one behind the close, is an error."""
        if self._is_receiving:
            raise RSGIProtocolError
        if self._is_over:
            raise RSGIProtocolClosed
        self._is_receiving = True
        try:
            frame = await self._exchange.receive()
        except ClientLeft:
            self._is_over = True
            raise RSGIProtocolClosed from None
        finally:
            self._is_receiving = False
        if isinstance(frame, Close):
            self._is_over = True
            return RSGISocketClose()
        return RSGISocketMessage(2 if isinstance(frame, str) else 1, frame)

    def send_bytes(self, data: bytes) -> Awaitable[None]:
        """Send bytes; a bytearray will do."""
        if not isinstance(data, bytes | bytearray):
            raise self._exchange.fail(f"send_bytes takes bytes, got {type(data).__name__}.")
        return self._send(bytes(data))

    def send_str(self, data: str) -> Awaitable[None]:
        """Send a text; one that is no UTF-8 fails where it stands."""
        if not isinstance(data, str):
            raise self._exchange.fail(f"send_str takes a str, got {type(data).__name__}.")
        data.encode()
        return self._send(data)

    async def _send(self, data: str | bytes) -> None:
        if self._protocol.is_closed:
            raise RSGIProtocolError
        if self._is_over:
            raise RSGIProtocolClosed
        try:
            await self._exchange.send(data)
        except ClientLeft:
            raise RSGIProtocolClosed from None
