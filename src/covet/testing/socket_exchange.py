"""
One WebSocket, with the application on one end and the client on the other.

Both protocols meet here, as in `exchange` for requests. Nothing here knows ASGI or RSGI.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context
from dataclasses import dataclass
from typing import Protocol

from covet.http.websocket_errors import WebSocketDisconnect
from covet.testing.errors import ClientLeft, ProtocolViolation, RSGIProtocolClosed, WebSocketRefusedError
from covet.testing.exchange import Recorder, Transport
from covet.testing.request import ClientRequest
from covet.testing.wire import RawHeaders

# As for a response's body: what a socket's buffer holds before the application is paused.
_HIGH_WATER = 65_536
_NO_CODE = 1005
_ABNORMAL = 1006


@dataclass(frozen=True, slots=True)
class Close:
    """
    A close frame.

    Attributes:
        code: Its code; `None` if it has none.
        reason: Its reason.
    """

    code: int | None = None
    reason: str = ""

    def make_error(self) -> WebSocketDisconnect:
        """Make the error that says so."""
        return WebSocketDisconnect(_NO_CODE if self.code is None else self.code, self.reason)


Frame = str | bytes | Close


class _Way:
    """The frames of one direction that were sent and not received yet."""

    def __init__(self) -> None:
        self.frames: deque[Frame] = deque()
        self.buffered = 0
        self.changed = asyncio.Event()

    def put(self, frame: Frame) -> None:
        self.frames.append(frame)
        self.buffered += 0 if isinstance(frame, Close) else len(frame)
        self.changed.set()

    def take(self) -> Frame:
        frame = self.frames.popleft()
        self.buffered -= 0 if isinstance(frame, Close) else len(frame)
        self.changed.set()
        return frame

    async def wait(self) -> None:
        self.changed.clear()
        await self.changed.wait()


class SocketExchange:
    """
    Carry one WebSocket between an application and a test.

    Args:
        request: The handshake.
        raise_app_exceptions: Raise what the application raised, in the test.
        leave_timeout: Seconds that the application has to finish once the connection is over.

    Attributes:
        subprotocol: What the application agreed to.
        headers: The headers of its answer.
    """

    def __init__(self, request: ClientRequest, *, raise_app_exceptions: bool, leave_timeout: float) -> None:
        self.request = request
        self.recorder: Recorder = {"exceptions": []}
        self.subprotocol: str | None = None
        self.headers: RawHeaders = []
        self.violation: ProtocolViolation | None = None
        self.is_accepted = False
        self.has_left = False
        # The close frames of both sides, as soon as they are sent.
        self.app_close: Close | None = None
        self.client_close: Close | None = None
        self._refusal: tuple[int, RawHeaders, bytes] | None = None
        self._to_app = _Way()
        self._to_client = _Way()
        self._raise_app_exceptions = raise_app_exceptions
        self._leave_timeout = leave_timeout
        self._task: asyncio.Task[None] | None = None

    # ── The application's end ────────────────────────────────────────────────

    def fail(self, message: str) -> ProtocolViolation:
        """Remember the first violation, so that the test sees it even if the application does not let it through."""
        violation = ProtocolViolation(message)
        if self.violation is None:
            self.violation = violation
        self._notify()
        return violation

    @property
    def is_answered(self) -> bool:
        """Whether the handshake was accepted or refused."""
        return self.is_accepted or self._refusal is not None

    def accept(self, subprotocol: str | None = None, headers: RawHeaders | None = None) -> None:
        """Take the application's consent."""
        self.is_accepted = True
        self.subprotocol = subprotocol
        self.headers = headers or []
        self._notify()

    def refuse(self, status: int, headers: RawHeaders, body: bytes) -> None:
        """Take the application's refusal; the first answer counts."""
        if not self.is_answered:
            self._refusal = status, headers, body
            self._notify()

    async def send(self, message: str | bytes) -> None:
        """
        Take a message for the client, and wait while it reads too slowly.

        Raises:
            ClientLeft: If it has left.
        """
        if self.has_left or self.client_close is not None:
            raise ClientLeft("The client has left.")
        self._to_client.put(message)
        await asyncio.sleep(0)
        while self._to_client.buffered >= _HIGH_WATER and not self.has_left:
            await self._to_client.wait()

    def close(self, close: Close) -> None:
        """Take the application's close; the client answers it as soon as it comes."""
        if self.app_close is None:
            self.app_close = close
            self._to_client.put(close)
            if self.client_close is None and not self.has_left:
                self._to_app.put(close)

    async def receive(self) -> Frame:
        """
        Wait for the client's next message, or its close.

        Raises:
            ClientLeft: If it has left without one.
        """
        while not self._to_app.frames:
            if self.has_left:
                raise ClientLeft("The client has left.")
            await self._to_app.wait()
        return self._to_app.take()

    # ── The client's end ─────────────────────────────────────────────────────

    def run(self, handle: Callable[["SocketExchange"], Coroutine[object, object, None]], context: Context) -> None:
        """Start the application on this WebSocket, in a task of its own."""
        self._task = asyncio.get_running_loop().create_task(handle(self), name="covet-test-websocket", context=context)
        self._task.add_done_callback(lambda _: self._notify())

    async def wait_answer(self) -> None:
        """
        Wait until the application has accepted.

        Raises:
            WebSocketRefusedError: If it refused.
            Exception: What it raised.
        """
        while not (self.is_answered or self._is_over):
            await self._to_client.wait()
        if self.is_accepted and self.violation is None:
            return
        self.has_left = True
        await self.settle()
        if self._refusal is None:
            raise ProtocolViolation(f"The application returned without an answer to {self.request.target}.")
        raise WebSocketRefusedError(*self._refusal)

    def put(self, message: str | bytes) -> None:
        """
        Send a message of the client's.

        Raises:
            WebSocketDisconnect: If the connection is over.
        """
        if self.client_close is not None:
            raise self.client_close.make_error()
        if self.app_close is not None:
            raise self.app_close.make_error()
        if self.has_left or self._is_over:
            raise WebSocketDisconnect(_ABNORMAL)
        self._to_app.put(message)

    async def take(self) -> str | bytes:
        """
        Wait for the application's next message.

        Raises:
            WebSocketDisconnect: If the connection is over.
            Exception: What the application raised.
        """
        way = self._to_client
        while not way.frames:
            if self.client_close is not None:
                raise self.client_close.make_error()
            if self.has_left or self._is_over:
                await self.settle()
                raise WebSocketDisconnect(_ABNORMAL)
            await way.wait()
        if isinstance(way.frames[0], Close):
            # It stays there: whoever asks again hears the same.
            raise way.frames[0].make_error()
        message = way.take()
        if isinstance(message, Close):
            raise message.make_error()
        return message

    def close_client(self, close: Close) -> None:
        """Send the client's close, unless the application's came first."""
        if self.client_close is None and self.app_close is None and not self.has_left:
            self.client_close = close
            self._to_app.put(close)
            self._notify()

    def leave(self) -> None:
        """Cut the connection, as a client does that dies."""
        self.has_left = True
        self._notify()

    async def settle(self) -> None:
        """
        Wait until the application has finished, and raise what went wrong in it.

        Raises:
            ProtocolViolation: If it broke a protocol.
            TimeoutError: If it goes on although the connection is over.
        """
        if self._task is None:
            return
        done, _ = await asyncio.wait({self._task}, timeout=self._leave_timeout)
        if not done:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=1)
        escaped: BaseException | None = None
        if self._task.done():
            escaped = asyncio.CancelledError() if self._task.cancelled() else self._task.exception()
        if self.violation is not None:
            raise self.violation
        if not done:
            raise TimeoutError(
                f"The application went on for {self._leave_timeout} s after the WebSocket of {self.request.target} "
                "was over; leave_timeout= sets how long it may."
            )
        expected = isinstance(escaped, ClientLeft | RSGIProtocolClosed | asyncio.CancelledError)
        exceptions = [*self.recorder["exceptions"], *([] if escaped is None or expected else [escaped])]
        if exceptions and self._raise_app_exceptions:
            raise exceptions[0]

    async def abandon(self) -> None:
        """Leave and wait for the application, on the way out of another error: raise nothing of its own."""
        self.leave()
        with contextlib.suppress(Exception):
            await self.settle()

    @property
    def _is_over(self) -> bool:
        return self._task is None or self._task.done() or self.violation is not None

    def _notify(self) -> None:
        self._to_app.changed.set()
        self._to_client.changed.set()


class SocketTransport(Transport, Protocol):
    """What the client needs of a protocol, for WebSockets too."""

    def handle_socket(self, exchange: SocketExchange) -> Coroutine[object, object, None]:
        """Call the application for one WebSocket."""
