"""
WebSockets over RSGI: Granian's objects on one side, a `WebSocket` on the other.

Facts of Granian that shape it: it tells neither code nor reason of a close, and has no word for those of ours; it
accepts without a subprotocol and without headers; it puts whatever status it is given on the wire.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, Self, cast

from covet.core.compiled_route import CompiledRoute
from covet.core.disconnects import run_against
from covet.core.kept_receive import KeptReceive
from covet.core.open_sockets import OpenSockets
from covet.core.rsgi import RSGIRequest
from covet.core.rsgi_types import RSGIMessage, RSGIProtocol, RSGIScope, RSGIWebSocketProtocol
from covet.core.unmatched import find_rsgi_problem
from covet.core.websocket_runner import rules_of, run_websocket
from covet.deadlines import Deadline
from covet.http.request import Request
from covet.http.response import Response
from covet.http.websocket import WebSocket
from covet.http.websocket_codes import ABNORMAL, NO_CODE, make_close_frame
from covet.http.websocket_errors import WebSocketDisconnect, WebSocketError

# How long a client may take to answer a close, before its connection is cut.
LINGER_SECONDS: Final = 2.0
# How long a send that is under way may take, before the connection is closed without a code.
SEND_SECONDS: Final = 1.0
_POLL_SECONDS: Final = 0.005
_CLOSE: Final = 0
SOCKET_SCHEMES: Final = {"http": "ws", "https": "wss"}


class RSGIHandshake(RSGIRequest):
    """The handshake of a WebSocket that came over RSGI."""

    __slots__ = ("websocket",)

    websocket: WebSocket | None

    @property
    def scope_values(self) -> Mapping[type, object]:
        """What the scope of the connection's services is opened with."""
        return {Request: self, WebSocket: self.websocket}

    # Any: as in the base.
    def begin(
        self, compiled: CompiledRoute, app: Any, scope: RSGIScope, protocol: RSGIProtocol, path_values: Sequence[str]
    ) -> Self:
        """Set what a constructor would: the scheme is that of WebSockets, as ASGI has it."""
        super().begin(compiled, app, scope, protocol, path_values)
        self.scheme = SOCKET_SCHEMES.get(scope.scheme, scope.scheme)
        return self


class RSGITransport:
    """
    One WebSocket of an RSGI server.

    Args:
        scope: The head of the handshake.
        protocol: The server's.
        sockets: The open ones, whose close frames it shares.
    """

    __slots__ = ("_closed_at", "_protocol", "_receive", "_scope", "_sockets", "send_bytes", "send_text")

    _receive: KeptReceive
    send_text: Callable[[str], Awaitable[None]]
    send_bytes: Callable[[bytes], Awaitable[None]]

    run_against = staticmethod(run_against)

    def __init__(self, scope: RSGIScope, protocol: RSGIWebSocketProtocol, sockets: OpenSockets) -> None:
        self._scope = scope
        self._protocol = protocol
        self._sockets = sockets
        self._closed_at: float | None = None

    async def accept(self, subprotocol: str | None, headers: list[tuple[str, str]]) -> None:
        """Answer the handshake."""
        if subprotocol is not None or headers:
            what = f"The subprotocol {subprotocol!r}" if subprotocol is not None else "A header of accept()"
            raise WebSocketError(
                f"{what} cannot be sent over RSGI, which has no word for it.", hint='Serve with interface="asgi".'
            )
        try:
            socket = await self._protocol.accept()
        except RuntimeError as exc:
            raise WebSocketDisconnect(ABNORMAL) from exc
        self._receive = KeptReceive(socket.receive, self._measure)
        # PERF: the server's own methods, without one of ours between (benchmarks/websocket.py).
        self.send_text = socket.send_str
        self.send_bytes = socket.send_bytes

    async def refuse(self, response: Response) -> None:
        """Answer the handshake with the status of a response: nothing else can be sent."""
        self._protocol.close(response.status_code)

    async def receive(self) -> str | bytes:
        """Wait for a message."""
        try:
            message: RSGIMessage = await self._receive()
        except RuntimeError as exc:
            raise WebSocketDisconnect(ABNORMAL) from exc
        if message.kind == _CLOSE:
            raise WebSocketDisconnect(NO_CODE)
        return message.data

    def read_ahead(self) -> None:
        """Let Granian read, which answers a close only then."""
        self._receive.read_ahead()

    def _measure(self, message: RSGIMessage) -> tuple[bool, int]:
        """Tell whether a message that is read ahead is the end, and its size."""
        if message.kind != _CLOSE:
            return False, len(message.data)
        # Granian takes messages behind a close until the connection is cut.
        self.send_text = self.send_bytes = _refuse_message
        return True, 0

    async def close(self, code: int, reason: str, *, is_clear: Callable[[], bool]) -> None:
        """Send the close, with its code and reason if there is a way around the server."""
        in_test = getattr(self._protocol, "covet_test_close", None)
        if in_test is not None:
            # A test client has no connection to write to.
            in_test(code, reason)
            return
        # A frame of ours must not get into the midst of one of the server's.
        clock = asyncio.get_running_loop()
        limit = clock.time() + SEND_SECONDS
        while not is_clear() and clock.time() < limit:  # noqa: ASYNC110 - the hot path sets no event
            await asyncio.sleep(_POLL_SECONDS)
        if is_clear() and await self._sockets.close_frames.write(self._scope, make_close_frame(code, reason)):
            self._closed_at = clock.time()
            return
        self._protocol.close()

    def release(self) -> None:
        """Let go of what the server gave: it closes the connection when nobody holds it any more."""
        if hasattr(self, "_receive"):
            self._receive.release()
        for name in ("_receive", "send_text", "send_bytes"):
            if hasattr(self, name):
                delattr(self, name)

    async def linger(self) -> None:
        """
        Give the client time to answer a close of ours, then let the server close the connection.

        To cut it at once could lose the close frame: a client that still sends has the connection reset.
        """
        if self._closed_at is None:
            return
        seconds = self._closed_at + LINGER_SECONDS - asyncio.get_running_loop().time()
        if seconds <= 0:
            return
        with suppress(TimeoutError, WebSocketDisconnect), Deadline(seconds):
            while True:
                await self.receive()


async def _refuse_message(_message: str | bytes) -> None:
    raise WebSocketDisconnect(NO_CODE)


# Any: a compiled route, and the application, which stands above.
async def serve_rsgi_websocket(
    app: Any,
    compiled: Any,
    values: Sequence[str],
    sockets: OpenSockets,
    scope: RSGIScope,
    protocol: RSGIWebSocketProtocol,
) -> None:
    """
    Serve a WebSocket that came over RSGI.

    Args:
        app: The application.
        compiled: The route, or what stands for none.
        values: The texts of the path's parameters; the error to answer with, where there is no route.
        sockets: The open ones.
        scope: The head of the handshake.
        protocol: The server's.
    """
    problem = find_rsgi_problem(scope)
    if problem is None and compiled.websocket is None:
        problem = values[0]  # type: ignore[assignment] # as documented
    transport = RSGITransport(scope, protocol, sockets)
    # What belongs to a body is never asked for.
    as_http = cast("RSGIProtocol", protocol)
    request = RSGIHandshake().begin(compiled, app, scope, as_http, values)
    request.websocket = websocket = WebSocket(request, transport, rules_of(compiled))
    try:
        await run_websocket(compiled, websocket, sockets, problem)
    finally:
        try:
            await transport.linger()
        finally:
            transport.release()
