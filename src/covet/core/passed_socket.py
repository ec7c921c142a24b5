"""
WebSockets over ASGI that another application serves: mounted ones, and raw ASGI middleware.

The messages go on as they are. Nothing stands between but what a server must not see, and the end of the server.
"""

import asyncio
from contextlib import suppress
from typing import Final

from covet.core.asgi_websocket import DENIAL, ASGITransport, check_accept_headers, measure_message, says_nothing
from covet.core.bridge import ClientLeftError, log_silence
from covet.core.kept_receive import KeptReceive
from covet.core.open_sockets import OpenSockets
from covet.exceptions import ServiceUnavailableError
from covet.http.response import Response
from covet.http.websocket_codes import FAILED, NORMAL, check_close, check_refusal, check_subprotocol
from covet.http.websocket_errors import WebSocketDisconnect
from covet.http.websocket_phase import WebSocketPhase
from covet.types import ASGIApp, Message, Receive, Scope, Send

_CONNECTING: Final = WebSocketPhase.CONNECTING
_OPEN: Final = WebSocketPhase.OPEN
_CLOSING: Final = WebSocketPhase.CLOSING
_CLOSED: Final = WebSocketPhase.CLOSED


async def pass_socket(app: ASGIApp, scope: Scope, receive: Receive, send: Send, sockets: OpenSockets) -> None:
    """
    Let another ASGI application serve a WebSocket.

    Args:
        app: The application.
        scope: The scope.
        receive: The server's.
        send: The server's.
        sockets: The open ones.

    Raises:
        Exception: What the application raised; the server logs it, the client gets 500 or 1011.
    """
    passed = PassedSocket(scope, receive, send)
    try:
        await sockets.serve(passed, lambda: app(scope, passed.receive, passed.send))
    except (ClientLeftError, WebSocketDisconnect):
        # It is over: the application let it pass, or neither received nor sent until it was cancelled by the drain.
        return
    except ServiceUnavailableError:
        await passed.abort(503)
    except BaseException:
        await passed.abort(500)
        raise
    else:
        await passed.finish()
    finally:
        await passed.wait_closed()
        passed.release()


class PassedSocket:
    """
    Both directions of one WebSocket.

    Args:
        scope: The scope.
        receive: The server's.
        send: The server's.
    """

    __slots__ = (
        "_closing",
        "_denial",
        "_denial_body",
        "_end",
        "_phase",
        "_receive",
        "_says_nothing",
        "_scope",
        "_send",
        "_stop",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._says_nothing = says_nothing(scope)
        self._receive = KeptReceive(receive, measure_message if self._says_nothing else None)
        self._send = send
        self._phase = _CONNECTING
        # What the stop of the server asks for, and what it has sent.
        self._stop: tuple[int, str] | None = None
        self._end: tuple[int, str] | None = None
        self._closing: asyncio.Future[None] | None = None
        self._denial: Message | None = None
        self._denial_body = b""

    async def receive(self) -> Message:
        """Give the server's next message; the end, once the server stops."""
        if self._end is not None:
            return _make_disconnect(self._end)
        try:
            message: Message = await self._receive()
        except asyncio.CancelledError:
            if self._end is None:
                raise
            # Not the task was cancelled, but what it waits for: by `stop()`.
            return _make_disconnect(self._end)
        if message["type"] != "websocket.disconnect":
            return message
        self._phase = _CLOSED
        return message if self._end is None else _make_disconnect(self._end)

    async def send(self, message: Message) -> None:
        """
        Take a message of the application.

        Raises:
            ClientLeftError: If the connection is over: an `OSError`, as ASGI says.
            WebSocketError: If no wire carries it.
        """
        kind = message["type"]
        if kind == "websocket.close":
            await self._take_close(message)
        elif self._end is not None:
            raise ClientLeftError("The WebSocket is closed.")
        elif kind == "websocket.accept":
            await self._take_accept(message)
        elif kind.startswith(DENIAL):
            await self._take_denial(kind, message)
        else:
            if self._says_nothing:
                self._check(message)
            await self._send(message)

    def _check(self, message: Message) -> None:
        """Refuse to send to a client that has left, in place of the server."""
        if self._receive.check(measure_message(message)[1]) is not None:
            raise ClientLeftError("The WebSocket is closed.")

    async def _take_accept(self, message: Message) -> None:
        if self._stop is not None:
            raise ServiceUnavailableError("The server stops.")
        subprotocol = message.get("subprotocol")
        if subprotocol is not None:
            # APPSEC: docs/security.md, row 48: a line break in it ends Granian's worker.
            check_subprotocol(subprotocol)
        if message.get("headers"):
            check_accept_headers(self._receive.ask)
        await self._send(message)
        self._phase = _OPEN
        if self._stop is not None:
            # The drain began meanwhile.
            await self.stop(*self._stop)

    async def _take_denial(self, kind: str, message: Message) -> None:
        """Send a refusal in one piece: servers differ in what they do with several."""
        if kind == f"{DENIAL}.start":
            check_refusal(message.get("status"))
            self._denial = message
            return
        self._denial_body += message.get("body", b"")
        if self._denial is not None and not message.get("more_body", False):
            await self._refuse(self._denial)

    async def _refuse(self, start: Message) -> None:
        self._phase = _CLOSED
        await self._send(start)
        await self._send({"type": f"{DENIAL}.body", "body": self._denial_body, "more_body": False})

    async def _take_close(self, message: Message) -> None:
        if self._phase is _OPEN:
            check_close(message.get("code", NORMAL), message.get("reason") or "")
        elif self._phase is not _CONNECTING:
            return
        if self._says_nothing and self._phase is _OPEN:
            # As in stop(): what is asked for ahead would keep Granian from closing.
            self._end = message.get("code", NORMAL), message.get("reason") or ""
            self._receive.cancel()
        self._phase = _CLOSED
        await self._send(message)

    # ── The end ──────────────────────────────────────────────────────────────

    async def stop(self, code: int, reason: str = "") -> None:
        """
        Close it because the server stops; if it is not accepted yet, it will not be.

        Args:
            code: The close code.
            reason: The reason.
        """
        self._stop = (code, reason)
        if self._phase is not _OPEN:
            return
        self._phase = _CLOSING
        self._end = self._stop
        # Measured: Granian's `close` waits for its `receive`, which would end with the client's next message only.
        self._receive.cancel()
        closing = self._closing = asyncio.get_running_loop().create_future()
        try:
            # The client may have been faster.
            with suppress(OSError, RuntimeError):
                await self._send({"type": "websocket.close", "code": code, "reason": reason})
        finally:
            closing.set_result(None)

    def release(self) -> None:
        """Ask the server for nothing any more."""
        self._receive.release()

    async def wait_closed(self) -> None:
        """Wait until the close is sent: with the application the connection ends."""
        if self._closing is not None:
            await asyncio.wait({self._closing})

    async def abort(self, status: int, *, code: int = FAILED) -> None:
        """
        End what its application did not.

        Args:
            status: What refuses it.
            code: What closes it, if it is accepted.
        """
        phase, self._phase = self._phase, _CLOSED
        # The client may have been faster, or the server have answered.
        with suppress(OSError, RuntimeError):
            if phase is _CONNECTING:
                await ASGITransport(self._scope, self._receive.ask, self._send).refuse(Response(None, status))
            elif phase is _OPEN:
                self._receive.cancel()
                await self._send({"type": "websocket.close", "code": code, "reason": ""})

    async def finish(self) -> None:
        """Answer for an application that did not, and close what it left open: servers differ in what they do."""
        if self._phase is _CONNECTING and self._denial is not None:
            await self._refuse(self._denial)
        elif self._phase is _CONNECTING:
            log_silence()
        await self.abort(500, code=NORMAL)


def _make_disconnect(end: tuple[int, str]) -> Message:
    return {"type": "websocket.disconnect", "code": end[0], "reason": end[1]}
