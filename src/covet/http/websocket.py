"""
A WebSocket, as handlers and middleware see it.

It begins as a request, the handshake, which is there for all that a request tells. What cannot stand on the wire is
refused in here, before a server sees it.
"""

import asyncio
from collections.abc import AsyncIterable, Awaitable
from typing import Any, Final, Literal, NoReturn, Self, TypeVar, overload

from covet.exceptions import ClientDisconnectedError
from covet.http.request import Request
from covet.http.websocket_codes import POLICY, TOO_BIG, UNSUPPORTED
from covet.http.websocket_connection import WebSocketConnection
from covet.http.websocket_errors import (
    WebSocketDisconnect,
    WebSocketError,
    WebSocketMessageError,
    WebSocketStateError,
)
from covet.http.websocket_messages import is_larger, read_json
from covet.http.websocket_phase import WebSocketPhase
from covet.http.websocket_rules import MessageRate, WebSocketRules
from covet.http.websocket_transport import WebSocketTransport
from covet.introspection import Annotation
from covet.serialization import encode_json

T = TypeVar("T")

Invalid = Literal["close", "raise"]

_OPEN: Final = WebSocketPhase.OPEN
# Some servers take messages for a client that is gone without ever waiting: each sixteenth send gives others a turn.
_TURN: Final = 15


class WebSocket(WebSocketConnection):
    """
    A connection over which both sides send messages as they like.

    The framework makes them; a handler takes one, and calls `accept()` first. Several tasks may send at once; one
    at a time receives.

    Args:
        request: The handshake.
        transport: What carries it.
        rules: What the route allows.

    Attributes:
        request: The handshake, a request like any other.
        phase: Where it stands.
        subprotocol: What was agreed on, once it is accepted.
        close_code: The code that ended it; `None` while it has not ended.
        close_reason: The reason that came with it.

    Example:
        >>> from covet import CovetPy
        >>> from covet.testing import TestClient
        >>> app = CovetPy()
        >>> @app.websocket("/echo")
        ... async def echo(websocket: WebSocket) -> None:
        ...     await websocket.accept()
        ...     async for message in websocket:
        ...         await websocket.send(message)
        >>> async with TestClient(app).websocket_connect("/echo") as socket:
        ...     await socket.send_text("hello")
        ...     await socket.receive_text()
        'hello'
    """

    __slots__ = ("__weakref__", "_is_receiving", "_max_size", "_only_sends", "_rate", "_sent")

    def __init__(self, request: Request, transport: WebSocketTransport, rules: WebSocketRules) -> None:
        super().__init__(request, transport, rules)
        self._max_size = rules.max_message_size
        rate = rules.max_messages_per_second
        self._rate = None if rate is None else MessageRate(rate)
        self._is_receiving = False
        self._sent = 0
        # Whether nothing was received since the last message was sent.
        self._only_sends = True

    # ── Messages that come ───────────────────────────────────────────────────

    async def receive(self) -> str | bytes:
        """
        Wait for the next message, of either kind.

        Raises:
            WebSocketDisconnect: If the connection is over.
            WebSocketMessageError: If it is too large, or one too many; the connection is closed then.
            WebSocketStateError: If the connection was not accepted, or another task waits already.
        """
        if self.phase is not _OPEN:
            self._refuse_use("receive")
        if self._is_receiving:
            raise WebSocketStateError("Another task waits for a message of this WebSocket already.")
        self._is_receiving = True
        self._only_sends = False
        try:
            message = await self._transport.receive()
        except WebSocketDisconnect as exc:
            raise self._note_end(exc) from None
        finally:
            self._is_receiving = False
        if self._rate is not None and not self._rate.takes():
            await self._reject(WebSocketMessageError("There are too many messages.", code=POLICY))
        size = self._max_size
        if size is not None and len(message) * 4 > size and is_larger(message, size):
            await self._reject(WebSocketMessageError(f"A message has more than {size} bytes.", code=TOO_BIG))
        return message

    async def receive_text(self) -> str:
        """
        Wait for a text.

        Raises:
            WebSocketMessageError: If bytes come; the connection is closed with 1003.
            WebSocketDisconnect: If the connection is over.
        """
        message = await self.receive()
        if not isinstance(message, str):
            await self._reject(WebSocketMessageError("A text was expected, bytes came.", code=UNSUPPORTED))
        return message

    async def receive_bytes(self) -> bytes:
        """
        Wait for bytes.

        Raises:
            WebSocketMessageError: If a text comes; the connection is closed with 1003.
            WebSocketDisconnect: If the connection is over.
        """
        message = await self.receive()
        if not isinstance(message, bytes):
            await self._reject(WebSocketMessageError("Bytes were expected, a text came.", code=UNSUPPORTED))
        return message

    # Any: JSON is whatever the client sent.
    @overload
    async def receive_json(self, model: None = None, *, invalid: Invalid = "close") -> Any: ...

    @overload
    async def receive_json(self, model: type[T], *, invalid: Invalid = "close") -> T: ...

    # Any: a union is a type, too, but type checkers know it by no `type[T]`.
    @overload
    async def receive_json(self, model: Annotation, *, invalid: Invalid = "close") -> Any: ...

    async def receive_json(self, model: Annotation = None, *, invalid: Invalid = "close") -> Any:
        """
        Wait for JSON, as text or bytes, and validate it.

        Args:
            model: The type that it must have; anything that a body can be. `None` takes any JSON.
            invalid: What becomes of a message that does not fit. `"close"` closes the connection: with 1007 if it is
                no JSON, with 1008 if it has another type. `"raise"` leaves it open: catch the error, and go on.

        Raises:
            WebSocketMessageError: If the message does not fit; `errors` lists everything that is wrong.
            WebSocketDisconnect: If the connection is over.
        """
        if invalid not in ("close", "raise"):
            raise WebSocketError(f"invalid must be 'close' or 'raise', got {invalid!r}.")
        message = await self.receive()
        try:
            return read_json(message, model)
        except WebSocketMessageError as exc:
            if invalid == "close":
                await self.close(exc.code, exc.message)
            raise

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str | bytes:
        try:
            return await self.receive()
        except WebSocketDisconnect:
            raise StopAsyncIteration from None

    # ── Messages that go ─────────────────────────────────────────────────────

    async def send_text(self, text: str) -> None:
        """
        Send a text, and wait until the server has taken it: a client that reads slowly slows its sender down.

        Raises:
            WebSocketDisconnect: If the connection is over.
            WebSocketStateError: If it was not accepted.
            WebSocketError: If it is no text, or has lone surrogates.
        """
        if self.phase is not _OPEN:
            self._refuse_use("send")
        if not isinstance(text, str):
            raise WebSocketError(f"send_text() takes a text, got {type(text).__name__}.")
        self._sending += 1
        try:
            await self._transport.send_text(text)
        except UnicodeEncodeError:
            self._sending -= 1
            raise WebSocketError("A text with a lone surrogate cannot be sent: UTF-8 has none.") from None
        except (OSError, RuntimeError, WebSocketDisconnect) as exc:
            raise self._lose(exc) from None
        self._sending -= 1
        self._sent += 1
        if self._only_sends:
            self._transport.read_ahead()
        self._only_sends = True
        if not self._sent & _TURN:
            await asyncio.sleep(0)

    async def send_bytes(self, data: bytes | bytearray | memoryview) -> None:
        """
        Send bytes, and wait until the server has taken them.

        Raises:
            WebSocketDisconnect: If the connection is over.
            WebSocketStateError: If it was not accepted.
            WebSocketError: If they are none.
        """
        if self.phase is not _OPEN:
            self._refuse_use("send")
        if not isinstance(data, bytes | bytearray | memoryview):
            raise WebSocketError(f"send_bytes() takes bytes, got {type(data).__name__}.")
        self._sending += 1
        try:
            await self._transport.send_bytes(data if isinstance(data, bytes) else bytes(data))
        except (OSError, RuntimeError, WebSocketDisconnect) as exc:
            raise self._lose(exc) from None
        self._sending -= 1
        self._sent += 1
        if self._only_sends:
            self._transport.read_ahead()
        self._only_sends = True
        if not self._sent & _TURN:
            await asyncio.sleep(0)

    async def send_json(self, value: object) -> None:
        """
        Send a value as JSON, in a text: whatever a handler of HTTP could return.

        Raises:
            SerializationError: If it has no JSON.
            WebSocketDisconnect: If the connection is over.
        """
        await self.send_text(encode_json(value).decode())

    async def send(self, message: object) -> None:
        """Send a text as a text, bytes as bytes, and anything else as JSON."""
        if isinstance(message, str):
            await self.send_text(message)
        elif isinstance(message, bytes | bytearray | memoryview):
            await self.send_bytes(bytes(message))
        else:
            await self.send_json(message)

    async def send_all(self, messages: AsyncIterable[object]) -> None:
        """
        Send messages as they come, until there are no more, the client leaves, or the server stops.

        What the client sends meanwhile is read and let go.

        Args:
            messages: Where they come from, such as a subscription of a `Broadcaster`.

        Raises:
            WebSocketDisconnect: If the connection ends first.
        """
        await self.run_until_disconnect(self._pump(messages))

    async def _pump(self, messages: AsyncIterable[object]) -> None:
        async for message in messages:
            await self.send(message)

    # Any: whatever the call gives.
    async def run_until_disconnect(self, call: Awaitable[Any]) -> Any:
        """
        Await something, but cancel it when the connection ends; what the client sends meanwhile is let go.

        Args:
            call: What is wanted. It must not receive.

        Raises:
            WebSocketDisconnect: If the connection ends first.
        """
        watching: asyncio.Future[None] | None = None

        async def watch() -> None:
            nonlocal watching
            watching = asyncio.get_running_loop().create_future()
            try:
                await self._wait_end()
            finally:
                watching.set_result(None)

        try:
            return await self._transport.run_against(call, watch)
        except ClientDisconnectedError:
            # Another client's than ours would be an error.
            if self._end is None:
                raise
            raise self._note_end(self._end) from None
        finally:
            # Its cancellation takes a turn or two: whoever receives next must not find it still waiting for a message.
            if watching is not None and not watching.done():
                await asyncio.wait({watching})

    async def _wait_end(self) -> None:
        try:
            while True:
                await self.receive()
        except (WebSocketDisconnect, WebSocketMessageError):
            return

    # ── What is refused ──────────────────────────────────────────────────────

    async def _reject(self, error: WebSocketMessageError) -> NoReturn:
        await self.close(error.code, error.message)
        raise error


__all__ = ["WebSocket", "WebSocketPhase", "WebSocketTransport"]
