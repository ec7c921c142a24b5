"""
The WebSockets of an ASGI application behind RSGI: for mounted applications and raw ASGI middleware.

ASGI's messages on one side, a `WebSocket` on the other: it refuses what no wire carries, closes with the codes that
the server has no word for, and is closed when the server stops.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final, cast

from covet.core.asgi_websocket import DENIAL
from covet.core.bridge import ClientLeftError, log_silence, make_asgi_scope
from covet.core.errors import contain
from covet.core.open_sockets import OpenSockets
from covet.core.rsgi_types import RSGIProtocol, RSGIScope, RSGIWebSocketProtocol
from covet.core.rsgi_websocket import SOCKET_SCHEMES, RSGIHandshake, RSGITransport
from covet.exceptions import ServiceUnavailableError
from covet.http.websocket import WebSocket
from covet.http.websocket_codes import FAILED, NORMAL, check_refusal
from covet.http.websocket_errors import WebSocketDisconnect
from covet.http.websocket_phase import WebSocketPhase
from covet.http.websocket_rules import WebSocketRules
from covet.types import ASGIApp, Message, Scope

_CONNECTING: Final = WebSocketPhase.CONNECTING


# Any: what stands for no route, and the application that has it, which stands above; the state is the other one's own.
async def bridge_socket(
    owner: Any,
    unmatched: Any,
    sockets: OpenSockets,
    app: ASGIApp,
    scope: RSGIScope,
    protocol: RSGIWebSocketProtocol,
    *,
    root_path: str = "",
    state: dict[str, Any] | None = None,
) -> None:
    """
    Let an ASGI application serve a WebSocket that came over RSGI.

    Args:
        owner: The application that it came to.
        unmatched: What answers there in place of a route.
        sockets: The open ones.
        app: The application that serves it.
        scope: The head of the handshake.
        protocol: The server's.
        root_path: The prefix that the application is mounted under.
        state: What the application has put into its state at start.

    Raises:
        Exception: What the application raised; the server logs it, the client gets 500 or 1011.
    """
    transport = RSGITransport(scope, protocol, sockets)
    # What belongs to a body is never asked for.
    request = RSGIHandshake().begin(unmatched, owner, scope, cast("RSGIProtocol", protocol), ())
    # Origins and sizes are the application's own business, as they are over ASGI.
    websocket = WebSocket(request, transport, WebSocketRules(max_message_size=None))
    asgi_scope = make_socket_scope(scope, websocket.offered_subprotocols, root_path, {} if state is None else state)
    recorder = getattr(protocol, "covet_test", None)
    if recorder is not None:
        asgi_scope["extensions"]["covet.test"] = recorder
    try:
        await _serve(app, asgi_scope, websocket, sockets)
    finally:
        try:
            await transport.linger()
        finally:
            transport.release()


# Any: as above.
def make_socket_scope(
    scope: RSGIScope, subprotocols: Sequence[str], root_path: str, state: dict[str, Any]
) -> dict[str, Any]:
    """
    Write the head of a handshake that came over RSGI as an ASGI scope.

    It says that a refusal may be a response, of which RSGI sends the status: otherwise each would be a 403.

    Args:
        scope: The head.
        subprotocols: What the client offers.
        root_path: The prefix that the application is mounted under.
        state: What the application has put into its state at start.
    """
    head = make_asgi_scope(scope, root_path, state)
    del head["method"]
    return {
        **head,
        "type": "websocket",
        "scheme": SOCKET_SCHEMES.get(scope.scheme, scope.scheme),
        "subprotocols": list(subprotocols),
        "extensions": {DENIAL: {}},
    }


async def _serve(app: ASGIApp, scope: Scope, websocket: WebSocket, sockets: OpenSockets) -> None:
    bridge = SocketBridge(websocket)
    try:
        await sockets.serve(websocket, lambda: app(scope, bridge.receive, bridge.send))
    except (ClientLeftError, WebSocketDisconnect):
        # It is over: the application let it pass, or neither received nor sent until it was cancelled by the drain.
        await bridge.finish(is_expected=True)
    except ServiceUnavailableError:
        await bridge.abort(503)
    except (SystemExit, KeyboardInterrupt) as exc:
        await bridge.abort(500)
        raise contain(exc) from exc
    except BaseException:
        await bridge.abort(500)
        raise
    else:
        await bridge.finish()


class SocketBridge:
    """
    Both directions of one WebSocket, as an ASGI application knows them.

    Args:
        websocket: The WebSocket.
    """

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._is_told = False
        self._is_answered = asyncio.Event()
        self._denial: int | None = None

    # ── From the client ──────────────────────────────────────────────────────

    async def receive(self) -> Message:
        """Give the next message: the handshake, then the client's, then the end as often as it is asked for."""
        if not self._is_told:
            self._is_told = True
            return {"type": "websocket.connect"}
        if self._websocket.phase is _CONNECTING:
            await self._is_answered.wait()
        try:
            message = await self._websocket.receive()
        except WebSocketDisconnect as exc:
            return {"type": "websocket.disconnect", "code": exc.code, "reason": exc.reason}
        return {"type": "websocket.receive", "text" if isinstance(message, str) else "bytes": message}

    # ── To the client ────────────────────────────────────────────────────────

    async def send(self, message: Message) -> None:
        """
        Take a message of the application.

        Raises:
            ClientLeftError: If the connection is over: an `OSError`, as ASGI says.
            WebSocketError: If RSGI cannot carry it.
            RuntimeError: If it has no place there.
        """
        websocket = self._websocket
        kind = message["type"]
        try:
            if kind == "websocket.send":
                # Either may be left out, or be None.
                text: str | None = message.get("text")
                await (websocket.send_bytes(message["bytes"]) if text is None else websocket.send_text(text))
            elif kind == "websocket.close":
                await websocket.close(message.get("code", NORMAL), message.get("reason") or "")
            elif websocket.phase is not _CONNECTING:
                raise _refuse(kind)
            else:
                await self._answer(kind, message)
        except WebSocketDisconnect as exc:
            raise ClientLeftError("The WebSocket is closed.") from exc
        finally:
            if websocket.phase is not _CONNECTING:
                self._is_answered.set()

    async def _answer(self, kind: str, message: Message) -> None:
        """Take what answers the handshake."""
        if kind == "websocket.accept" and self._denial is None:
            headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message.get("headers", ())]
            await self._websocket.accept(message.get("subprotocol"), headers=headers)
        elif kind == f"{DENIAL}.start" and self._denial is None:
            self._denial = check_refusal(message.get("status"))
        elif kind == f"{DENIAL}.body" and self._denial is not None:
            if not message.get("more_body", False):
                await self._websocket.refuse(self._denial)
        else:
            raise _refuse(kind)

    # ── The end ──────────────────────────────────────────────────────────────

    async def abort(self, status: int) -> None:
        """End what its application did not: refuse with a status, or close with 1011."""
        if self._websocket.phase is _CONNECTING:
            await self._websocket.refuse(status)
        await self._websocket.close(FAILED)

    async def finish(self, *, is_expected: bool = False) -> None:
        """Answer for an application that did not, and close what it left open."""
        if self._websocket.phase is not _CONNECTING:
            await self._websocket.close(NORMAL)
        elif self._denial is not None:
            await self._websocket.refuse(self._denial)
        else:
            if not is_expected:
                log_silence()
            await self._websocket.refuse(500)


def _refuse(kind: str) -> RuntimeError:
    return RuntimeError(f"The application sent {kind!r}, which has no place there.")
