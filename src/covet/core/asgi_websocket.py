"""
WebSockets over ASGI: its messages on one side, a `WebSocket` on the other.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from covet.core.asgi import ASGIRequest
from covet.core.asgi_responses import make_length
from covet.core.disconnects import run_against
from covet.core.kept_receive import KeptReceive
from covet.core.open_sockets import OpenSockets
from covet.core.unmatched import find_asgi_problem
from covet.core.websocket_runner import rules_of, run_websocket
from covet.http.request import Request
from covet.http.response import Response, has_no_body
from covet.http.streamed_response import StreamedResponse
from covet.http.websocket import WebSocket
from covet.http.websocket_codes import ABNORMAL, NO_CODE
from covet.http.websocket_errors import WebSocketDisconnect, WebSocketError
from covet.types import Message, Receive, Scope, Send

DENIAL: Final = "websocket.http.response"


class ASGIHandshake(ASGIRequest):
    """The handshake of a WebSocket that came over ASGI."""

    __slots__ = ("websocket",)

    websocket: WebSocket | None

    @property
    def scope_values(self) -> Mapping[type, object]:
        """What the scope of the connection's services is opened with."""
        return {Request: self, WebSocket: self.websocket}


class ASGITransport:
    """
    One WebSocket of an ASGI server.

    Args:
        scope: The scope.
        receive: The server's.
        send: The server's.
    """

    __slots__ = ("_is_closing", "_receive", "_says_nothing", "_scope", "_send")

    run_against = staticmethod(run_against)

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._says_nothing = says_nothing(scope)
        self._receive = KeptReceive(receive, measure_message)
        self._send = send
        self._is_closing = False

    async def accept(self, subprotocol: str | None, headers: list[tuple[str, str]]) -> None:
        """Answer the handshake."""
        if headers:
            check_accept_headers(self._receive.ask)
        pairs = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await self._send({"type": "websocket.accept", "subprotocol": subprotocol, "headers": pairs})

    async def refuse(self, response: Response) -> None:
        """Answer the handshake with a response, if the server can; else it says 403."""
        if DENIAL not in (self._scope.get("extensions") or {}) or isinstance(response, StreamedResponse):
            await self._send({"type": "websocket.close", "code": 1000, "reason": ""})
            return
        headers = response.encode_headers()
        body = b"" if has_no_body(response.status_code) else response.body
        start = {
            "type": f"{DENIAL}.start",
            "status": response.status_code,
            "headers": [*headers, make_length(len(body))],
        }
        await self._send(start)
        await self._send({"type": f"{DENIAL}.body", "body": body, "more_body": False})

    async def receive(self) -> str | bytes:
        """Wait for a message."""
        try:
            message = await self._receive()
        except asyncio.CancelledError:
            if self._is_closing:
                # Not the task was cancelled, but what it waits for: by `close()`.
                raise WebSocketDisconnect(NO_CODE) from None
            raise
        if message["type"] == "websocket.receive":
            # Either may be left out, or be None.
            text: str | None = message.get("text")
            return message["bytes"] if text is None else text
        raise read_disconnect(message)

    async def send_text(self, text: str) -> None:
        """Send a text."""
        if self._says_nothing:
            self._check(len(text))
        await self._send({"type": "websocket.send", "text": text})

    async def send_bytes(self, data: bytes) -> None:
        """Send bytes."""
        if self._says_nothing:
            self._check(len(data))
        await self._send({"type": "websocket.send", "bytes": data})

    def _check(self, size: int) -> None:
        end = self._receive.check(size)
        if end is not None:
            raise WebSocketDisconnect(ABNORMAL) if isinstance(end, Exception) else read_disconnect(end)

    def read_ahead(self) -> None:
        """Let the server read: uvicorn answers no close behind messages that wait."""
        self._receive.read_ahead()

    def release(self) -> None:
        """Ask the server for nothing any more."""
        self._receive.release()

    async def close(self, code: int, reason: str, *, is_clear: Callable[[], bool]) -> None:  # noqa: ARG002 - the server minds the order
        """Send the close."""
        # Measured: Granian's `close` waits for its `receive`, which would end with the client's next message only.
        self._is_closing = True
        self._receive.cancel()
        await self._send({"type": "websocket.close", "code": code, "reason": reason})


def says_nothing(scope: Scope) -> bool:
    """
    Tell whether the server's `send` may take messages for a client that has left.

    ASGI has it raise an error since version 2.4 of its specification; Granian and Hypercorn keep to 2.3. Whoever only
    sends would go on for ever there, and Granian keeps all that it is given (measured: 2.8.7, a gigabyte in a second).

    Args:
        scope: The scope.

    Example:
        >>> says_nothing({"asgi": {"spec_version": "2.3"}}), says_nothing({"asgi": {"spec_version": "2.10"}})
        (True, False)
    """
    version = str((scope.get("asgi") or {}).get("spec_version", "2.0"))
    return tuple(int(part) for part in version.split(".") if part.isdecimal()) < (2, 4)


def measure_message(message: Message) -> tuple[bool, int]:
    """
    Tell whether a message is the end, and its size.

    Example:
        >>> measure_message({"type": "websocket.receive", "text": "abc"})
        (False, 3)
    """
    return message["type"] != "websocket.receive", len(message.get("text") or message.get("bytes") or b"")


def check_accept_headers(receive: Receive) -> None:
    """
    Refuse headers of an accepted handshake, if the server would leave them out.

    Args:
        receive: The server's.

    Raises:
        WebSocketError: If it is Granian.
    """
    if type(getattr(receive, "__self__", None)).__module__.endswith("granian"):
        # Measured: 2.8.7.
        raise WebSocketError(
            "Granian leaves out the headers of accept().", hint="Leave them out, or serve with uvicorn or Hypercorn."
        )


def read_disconnect(message: Message) -> WebSocketDisconnect:
    """
    Read the message that says that the connection is over.

    Example:
        >>> read_disconnect({"type": "websocket.disconnect", "code": 1001}).code
        1001
    """
    code = message.get("code")
    return WebSocketDisconnect(NO_CODE if code is None else code, message.get("reason") or "")


# Any: a compiled route, and the application, which stands above.
async def serve_asgi_websocket(
    app: Any, compiled: Any, values: Sequence[str], sockets: OpenSockets, scope: Scope, receive: Receive, send: Send
) -> None:
    """
    Serve a WebSocket that came over ASGI.

    Args:
        app: The application.
        compiled: The route, or what stands for none.
        values: The texts of the path's parameters; the error to answer with, where there is no route.
        sockets: The open ones.
        scope: The scope, whose path is that below the application's own prefix.
        receive: The server's.
        send: The server's.
    """
    message = await receive()
    if message["type"] != "websocket.connect":
        # The client was faster.
        return
    problem = find_asgi_problem(scope, scope["path"])
    if problem is None and compiled.websocket is None:
        problem = values[0]  # type: ignore[assignment] # as documented
    request = ASGIHandshake().begin(compiled, app, {**scope, "method": "GET"}, receive, None, values)
    transport = ASGITransport(scope, receive, send)
    request.websocket = websocket = WebSocket(request, transport, rules_of(compiled))
    try:
        await run_websocket(compiled, websocket, sockets, problem)
    finally:
        transport.release()
