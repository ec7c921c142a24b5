"""
ASGI 3 without a server: builds the scope, delivers the messages and is strict about those it gets.

The specification is https://asgi.readthedocs.io/en/latest/specs/www.html, HTTP version 2.4.
"""

import asyncio
import copy
from typing import Any
from urllib.parse import unquote

from covet.exceptions import LifespanError
from covet.testing.asgi_messages import check_headers, check_links, check_message
from covet.testing.asgi_socket import ASGISocket
from covet.testing.errors import ClientLeft, ProtocolViolation
from covet.testing.exchange import Exchange, Recorder
from covet.testing.socket_exchange import SocketExchange
from covet.testing.wire import RawHeaders
from covet.types import ASGIApp, Message, Scope

_SPEC_VERSION = "2.4"
_EARLY_HINT = "http.response.early_hint"


class ASGITransport:
    """
    Drive an ASGI application.

    Args:
        app: The application.
        client: The address that the application sees as the client's.
    """

    def __init__(self, app: ASGIApp, *, client: tuple[str, int]) -> None:
        self._app = app
        self._client = client
        # What the lifespan put there; every request gets a shallow copy, as the specification says.
        self._state: dict[str, Any] = {}
        self._lifespan: _Lifespan | None = None

    async def startup(self) -> None:
        """Run the lifespan's start; an application without one is fine."""
        self._state.clear()
        lifespan = _Lifespan(self._app, self._state)
        await lifespan.start()
        self._lifespan = lifespan

    async def shutdown(self) -> None:
        """Run the lifespan's end."""
        if self._lifespan is not None:
            lifespan, self._lifespan = self._lifespan, None
            await lifespan.stop()

    async def handle(self, exchange: Exchange) -> None:
        """Call the application for one request."""
        connection = _Connection(exchange)
        scope = self._make_scope(exchange)
        scope["extensions"][_EARLY_HINT] = {}
        await self._app(scope, connection.receive, connection.send)

    async def handle_socket(self, exchange: SocketExchange) -> None:
        """Call the application for one WebSocket."""
        socket = ASGISocket(exchange)
        scope = self._make_scope(exchange)
        del scope["method"]
        scope["type"] = "websocket"
        scope["scheme"] = "wss" if scope["scheme"] == "https" else "ws"
        offered = b",".join(value for name, value in exchange.request.headers if name == b"sec-websocket-protocol")
        scope["subprotocols"] = [name.strip() for name in offered.decode("latin-1").split(",") if name.strip()]
        scope["extensions"]["websocket.http.response"] = {}
        await self._app(scope, socket.receive, socket.send)

    def _make_scope(self, exchange: Exchange | SocketExchange) -> Scope:
        request = exchange.request
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": _SPEC_VERSION},
            "http_version": "1.1",
            "method": request.method,
            "scheme": request.origin.scheme,
            # As uvicorn does: what is not UTF-8 becomes U+FFFD.
            "path": unquote(request.raw_path, errors="replace"),
            "raw_path": request.raw_path.encode("ascii"),
            "query_string": request.query.encode("ascii"),
            "root_path": "",
            "headers": [(name, value) for name, value in request.headers],
            "client": self._client,
            "server": (request.origin.host, request.origin.port),
            "state": copy.copy(self._state),
            "extensions": {"covet.test": exchange.recorder},
        }


class _Connection:
    """The two callables of one request."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._is_started = False
        self._body_done = False

    async def receive(self) -> Message:
        exchange = self._exchange
        if not self._body_done and not exchange.is_over.is_set():
            try:
                data = await exchange.receive_body()
            except ClientLeft:
                return {"type": "http.disconnect"}
            if data is None or isinstance(exchange.request.body, bytes):
                self._body_done = True
            return {"type": "http.request", "body": data or b"", "more_body": not self._body_done}
        await exchange.is_over.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        exchange = self._exchange
        try:
            kind, headers, body = self._check(message)
        except ProtocolViolation as violation:
            raise exchange.fail(violation) from None
        if exchange.has_left.is_set():
            raise ClientLeft("The client has left.")
        if kind == "http.response.start":
            self._is_started = True
            exchange.start(message.get("status"), headers)
            return
        if kind == _EARLY_HINT:
            exchange.hint([link for _, link in headers])
            return
        exchange.write(body)
        if not message.get("more_body", False):
            exchange.finish()
            return
        # A server's send lets others run, and waits for a client that reads slowly.
        await asyncio.sleep(0)
        await exchange.wait_drained()

    def _check(self, message: Message) -> tuple[str, RawHeaders, bytes]:
        """Refuse a message that has no place here; give its type, headers and body."""
        kind = check_message(message)
        if self._exchange.is_complete:
            raise ProtocolViolation(f"{kind!r} was sent after the response was complete.")
        if kind == "http.response.start":
            if self._is_started:
                raise ProtocolViolation("'http.response.start' was sent twice.")
            return kind, check_headers(message.get("headers", [])), b""
        if kind == _EARLY_HINT:
            if self._is_started:
                raise ProtocolViolation(f"{kind!r} was sent after the response had begun.")
            return kind, [(b"link", link) for link in check_links(message.get("links"))], b""
        if kind == "http.response.body":
            if not self._is_started:
                raise ProtocolViolation("'http.response.body' was sent before 'http.response.start'.")
            return kind, [], _check_body(message)
        raise ProtocolViolation(
            f"{kind!r} was sent; over HTTP an application sends 'http.response.start' and 'http.response.body'."
        )


def _check_body(message: Message) -> bytes:
    body = message.get("body", b"")
    if not isinstance(body, bytes):
        raise ProtocolViolation(f"A message's body must be bytes, got {type(body).__name__}.")
    if not isinstance(message.get("more_body", False), bool):
        raise ProtocolViolation(f"A message's more_body must be a bool, got {message['more_body']!r}.")
    return body


class _Lifespan:
    """One run of the lifespan protocol, in a task of its own from start to end."""

    def __init__(self, app: ASGIApp, state: dict[str, Any]) -> None:
        self._app = app
        self._state = state
        self._recorder: Recorder = {"exceptions": []}
        self._to_app: asyncio.Queue[Message] = asyncio.Queue()
        self._phase = "startup"
        self._answer: str | None = None
        self._failure = ""
        self._answered = asyncio.Event()
        self._was_asked = False
        self._violation: ProtocolViolation | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="covet-test-lifespan")
        # What it raises is looked at here, or is nobody's business: asyncio need not report it.
        self._task.add_done_callback(lambda task: task.cancelled() or task.exception())
        await self._ask("startup")
        if self._answer is None and self._task.done():
            # An application that knows no lifespan returns, or raises before it asks for a message.
            if self._was_asked:
                await self._raise_failure()
            self._check_violation()

    async def stop(self) -> None:
        if self._task is None:
            return
        if not self._task.done():
            self._phase, self._answer = "shutdown", None
            await self._ask("shutdown")
            await asyncio.wait({self._task})
        self._check_violation()
        if self._was_asked or self._recorder["exceptions"]:
            self._raise_exceptions()

    async def _run(self) -> None:
        scope: Scope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": self._state,
            "extensions": {"covet.test": self._recorder},
        }
        try:
            await self._app(scope, self._receive, self._send)
        finally:
            self._answered.set()

    async def _ask(self, phase: str) -> None:
        self._answered.clear()
        self._to_app.put_nowait({"type": f"lifespan.{phase}"})
        await self._answered.wait()
        if self._violation is not None or self._answer == "failed":
            await self._raise_failure()

    async def _receive(self) -> Message:
        self._was_asked = True
        return await self._to_app.get()

    async def _send(self, message: Message) -> None:
        try:
            self._answer = self._check(message)
        except ProtocolViolation as violation:
            # Who never asked what the scope is about knows no lifespan, and is answered as by a server: with an
            # error of its own.
            if self._was_asked:
                self._violation = self._violation or violation
                self._answered.set()
            raise
        self._failure = str(message.get("message", ""))
        self._answered.set()

    def _check(self, message: Message) -> str:
        """Refuse a message that is no answer to the present phase; give its last word."""
        kind = check_message(message)
        answers = (f"lifespan.{self._phase}.complete", f"lifespan.{self._phase}.failed")
        if kind not in answers:
            raise ProtocolViolation(f"{kind!r} was sent during {self._phase}; expected one of {answers!r}.")
        if self._answer is not None:
            raise ProtocolViolation(f"{kind!r} was sent after the {self._phase} was answered.")
        return kind.rpartition(".")[2]

    async def _raise_failure(self) -> None:
        """Let the application finish, then raise its own error, or one that has its message."""
        task = self._task
        if task is not None:
            # It has answered; what it does now is to return or to raise.
            done, _ = await asyncio.wait({task}, timeout=5)
            if not done:
                task.cancel()
                await asyncio.wait({task}, timeout=1)
        self._check_violation()
        self._raise_exceptions()
        if self._answer == "failed":
            raise LifespanError(self._failure or f"The {self._phase} failed.", step=self._phase)

    def _check_violation(self) -> None:
        if self._violation is not None:
            raise self._violation

    def _raise_exceptions(self) -> None:
        for exc in self._recorder["exceptions"]:
            raise exc
        task = self._task
        if task is not None and task.done() and not task.cancelled():
            escaped = task.exception()
            if escaped is not None:
                raise escaped
