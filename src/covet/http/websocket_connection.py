"""
How a WebSocket begins and ends: accepted or refused, closed by one of the sides.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final, NoReturn

from covet.exceptions import ServiceUnavailableError
from covet.http.request import Request
from covet.http.response import Response
from covet.http.response_headers import check_header_name, check_header_value
from covet.http.websocket_codes import ABNORMAL, NORMAL, check_close, check_refusal, check_subprotocol
from covet.http.websocket_errors import WebSocketDisconnect, WebSocketError, WebSocketStateError
from covet.http.websocket_handshake import WebSocketHandshake
from covet.http.websocket_phase import WebSocketPhase, may_follow
from covet.http.websocket_rules import WebSocketRules
from covet.http.websocket_transport import WebSocketTransport
from covet.types import UNSET, UnsetType

_CONNECTING: Final = WebSocketPhase.CONNECTING
_OPEN: Final = WebSocketPhase.OPEN
_CLOSING: Final = WebSocketPhase.CLOSING
_CLOSED: Final = WebSocketPhase.CLOSED


class WebSocketConnection(WebSocketHandshake):
    """
    The life of a WebSocket.

    Args:
        request: The handshake.
        transport: What carries it.
        rules: What the route allows.

    Attributes:
        phase: Where it stands.
        subprotocol: What was agreed on, once it is accepted.
    """

    __slots__ = ("_closing", "_end", "_rules", "_sending", "_stop", "_transport", "phase", "subprotocol")

    def __init__(self, request: Request, transport: WebSocketTransport, rules: WebSocketRules) -> None:
        super().__init__(request)
        self.phase = _CONNECTING
        self.subprotocol: str | None = None
        self._transport = transport
        self._rules = rules
        self._stop: tuple[int, str] | None = None
        self._closing: asyncio.Future[None] | None = None
        # Messages that are under way, and those that were broken off in the midst.
        self._sending = 0
        self._end: WebSocketDisconnect | None = None

    async def accept(
        self,
        subprotocol: str | UnsetType | None = UNSET,
        *,
        headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    ) -> None:
        """
        Accept the connection: messages can go both ways from now on.

        Args:
            subprotocol: What to agree on; by default the route's best one that the client offers.
            headers: Further headers of the answer, if the server can carry some.

        Raises:
            WebSocketStateError: If it was accepted or refused before.
            WebSocketError: If the client does not offer the subprotocol, or the server cannot carry it or the headers.
            WebSocketDisconnect: If the client has left.
            ServiceUnavailableError: If the server stops.
        """
        if self.phase is not _CONNECTING:
            raise self._end or WebSocketStateError("The WebSocket is accepted already.")
        if self._stop is not None:
            raise ServiceUnavailableError("The server stops.")
        offered = self.offered_subprotocols
        chosen = self._rules.choose(offered) if subprotocol is UNSET else subprotocol
        if chosen is not None and check_subprotocol(chosen) not in offered:
            raise WebSocketError(
                f"The client does not offer the subprotocol {chosen!r}.",
                hint=f"It offers: {', '.join(offered) or 'none'}.",
            )
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        checked = [(check_header_name(name), check_header_value(name, value)) for name, value in pairs]
        if any(name.startswith("sec-websocket-") for name, _ in checked):
            raise WebSocketError("The headers sec-websocket-* are the server's own; a subprotocol is an argument.")
        try:
            await self._transport.accept(chosen, checked)
        except WebSocketDisconnect as exc:
            raise self._note_end(exc) from None
        self.subprotocol = chosen
        self._move(_OPEN)
        if self._stop is not None:
            # The drain began meanwhile.
            await self.close(*self._stop)
            raise WebSocketDisconnect(*self._stop)

    async def refuse(self, response: Response | int = 403) -> None:
        """
        Answer the handshake with an error in place of accepting it.

        To raise an `HTTPError` before `accept()` does the same, with a problem for a body.

        Args:
            response: A status, or a response; a server that cannot carry its body sends the status alone.

        Raises:
            WebSocketStateError: If the connection was accepted before.
        """
        if self.phase is _CLOSED:
            return
        if self.phase is not _CONNECTING:
            raise WebSocketStateError(
                "A WebSocket that was accepted cannot be refused any more.", hint="Close it: close(1008)."
            )
        answer = Response(None, response) if isinstance(response, int) else response
        check_refusal(answer.status_code)
        self._end = WebSocketDisconnect(ABNORMAL)
        self._move(_CLOSED)
        await self._transport.refuse(answer)

    # ── The end ──────────────────────────────────────────────────────────────

    @property
    def close_code(self) -> int | None:
        """The code that ended the connection; `None` while it has not ended."""
        return None if self._end is None else self._end.code

    @property
    def close_reason(self) -> str:
        """The reason that came with it."""
        return "" if self._end is None else self._end.reason

    async def close(self, code: int = NORMAL, reason: str = "") -> None:
        """
        Close the connection; one that is not accepted yet is refused with 403. Closing twice does nothing.

        Args:
            code: The close code: 1000 to 1014 without the reserved ones, or 3000 to 4999.
            reason: A few words for the other side, of at most 123 bytes.

        Raises:
            WebSocketError: If the code or the reason cannot be sent.
        """
        check_close(code, reason)
        if self.phase is _CONNECTING:
            await self.refuse()
            return
        if self.phase is not _OPEN:
            if self._closing is not None:
                # Another task closes it: the handler must not end, and with it the connection, before that is sent.
                await asyncio.wait({self._closing})
            return
        self._end = WebSocketDisconnect(code, reason)
        self._move(_CLOSING)
        closing = self._closing = asyncio.get_running_loop().create_future()
        try:
            await self._transport.close(code, reason, is_clear=self._is_clear)
        except (OSError, RuntimeError, WebSocketDisconnect):
            # The client was faster.
            self._move(_CLOSED)
        finally:
            self._closing = None
            closing.set_result(None)

    def _is_clear(self) -> bool:
        """Tell whether no message is being sent any more, and none was broken off."""
        return not self._sending

    async def stop(self, code: int, reason: str = "") -> None:
        """
        Close the connection because the server stops; if it is not accepted yet, it will not be.

        Args:
            code: The close code.
            reason: The reason.
        """
        self._stop = check_close(code, reason)
        if self.phase is _OPEN:
            await self.close(code, reason)

    def _move(self, phase: WebSocketPhase) -> None:
        if may_follow(phase, self.phase):
            self.phase = phase

    def _note_end(self, exc: WebSocketDisconnect) -> WebSocketDisconnect:
        """Take note that the connection is over; what ended it first is what counts."""
        if self._end is None:
            # Without its trace, whose frames would keep the connection.
            self._end = WebSocketDisconnect(exc.code, exc.reason)
        self._move(_CLOSED)
        return WebSocketDisconnect(self._end.code, self._end.reason)

    def _lose(self, exc: Exception) -> WebSocketDisconnect:
        return self._note_end(exc if isinstance(exc, WebSocketDisconnect) else WebSocketDisconnect(ABNORMAL))

    def _refuse_use(self, what: str) -> NoReturn:
        if self._end is not None:
            raise WebSocketDisconnect(self._end.code, self._end.reason)
        raise WebSocketStateError(
            f"To {what} comes too early: the WebSocket is {self.phase.value}.",
            hint="Write `await websocket.accept()` first.",
        )

    def __repr__(self) -> str:
        return f"<WebSocket {self.phase.value} {self.path!r}>"
