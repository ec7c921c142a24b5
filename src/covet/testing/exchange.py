"""
One request and its response, with the application on one end and the client on the other.

Both protocols meet here: a transport turns the application's calls into `start`, `write` and
`finish`, the client reads `head` and `chunk`. Nothing here knows ASGI or RSGI.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from contextvars import Context
from typing import Protocol, TypedDict

from covet.testing.errors import ClientLeft, IncompleteResponseError, ProtocolViolation, RSGIProtocolClosed
from covet.testing.request import ClientRequest
from covet.testing.wire import BodyMeter, RawHeaders, check_header, check_status

# As much as a server's socket buffer holds before an ASGI server pauses the application.
_HIGH_WATER = 65_536


class Recorder(TypedDict):
    """
    The list into which a framework puts the exceptions that it turned into responses.

    An ASGI application finds it in `scope["extensions"]["covet.test"]`, an RSGI application in the
    protocol's attribute `covet_test`.
    """

    exceptions: list[BaseException]


class Exchange:
    """
    Carry one request to the application and its response back.

    Args:
        request: What the client sends.
        raise_app_exceptions: Raise what the application raised, in the test.
        leave_timeout: Seconds that the application has to finish once the client left.
    """

    def __init__(self, request: ClientRequest, *, raise_app_exceptions: bool, leave_timeout: float) -> None:
        self.request = request
        self.recorder: Recorder = {"exceptions": []}
        self.status: int | None = None
        self.headers: RawHeaders = []
        self.early_hints: list[str] = []
        self.is_complete = False
        self.has_left = asyncio.Event()
        self.is_over = asyncio.Event()
        self.violation: ProtocolViolation | None = None
        self._raise_app_exceptions = raise_app_exceptions
        self._leave_timeout = leave_timeout
        self._meter: BodyMeter | None = None
        self._chunks: deque[bytes] = deque()
        self._buffered = 0
        self._changed = asyncio.Event()
        self._drained = asyncio.Event()
        self._drained.set()
        self._body = request.iter_body()
        self._body_lock = asyncio.Lock()
        self._body_ended = False
        self._body_error: BaseException | None = None
        self._pull: asyncio.Task[bytes | None] | None = None
        self._task: asyncio.Task[None] | None = None

    # The application's end

    def fail(self, violation: ProtocolViolation) -> ProtocolViolation:
        """Remember the first violation, so that the test sees it even if the application does not let it through."""
        if self.violation is None:
            self.violation = violation
        self._notify()
        return violation

    def hint(self, links: list[bytes]) -> None:
        """Take the links of early hints."""
        self.early_hints += [link.decode("latin-1").strip() for link in links]

    def start(self, status: object, headers: RawHeaders) -> None:
        """Take the response's head."""
        try:
            checked = check_status(status)
            for name, value in headers:
                check_header(name, value)
            self._meter = BodyMeter(self.request.method, checked, headers)
        except ProtocolViolation as violation:
            raise self.fail(violation) from None
        self.status = checked
        self.headers = headers
        self._notify()

    def write(self, data: bytes) -> None:
        """Take a part of the response's body."""
        if self._meter is None:
            raise self.fail(ProtocolViolation("The body was sent before the response was started."))
        try:
            self._meter.add(data)
        except ProtocolViolation as violation:
            raise self.fail(violation) from None
        if data and not self.has_left.is_set():
            self._chunks.append(data)
            self._buffered += len(data)
            if self._buffered >= _HIGH_WATER:
                self._drained.clear()
        self._notify()

    def finish(self) -> None:
        """Take the end of the response."""
        if self._meter is not None:
            try:
                self._meter.finish()
            except ProtocolViolation as violation:
                raise self.fail(violation) from None
        self.is_complete = True
        self.is_over.set()
        self._notify()

    async def wait_drained(self) -> None:
        """Wait until the client has read enough for more to be sent."""
        await self._drained.wait()

    async def receive_body(self) -> bytes | None:
        """
        Take the next part of the request's body; `None` is its end.

        Raises:
            ClientLeft: If the client leaves before it has sent all.
        """
        if isinstance(self.request.body, bytes):
            # It is there already: nothing to wait for.
            is_first, self._body_ended = not self._body_ended, True
            return self.request.body or None if is_first else None
        # The part is pulled by a task of its own, so that an application that stops waiting for it
        # (a timeout, a race against the disconnect) loses nothing.
        async with self._body_lock:
            if self._body_ended:
                return None
            if self._pull is None:
                self._pull = asyncio.ensure_future(self._next_part(self._body))
            left = asyncio.ensure_future(self.has_left.wait())
            try:
                await asyncio.wait({self._pull, left}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                left.cancel()
            if not self._pull.done():
                raise ClientLeft("The client left before it had sent its whole request.")
            pull, self._pull = self._pull, None
            try:
                part = pull.result()
            except Exception as exc:  # the test's own error, raised again in the test
                self._body_error = exc
                self.leave()
                raise ClientLeft("The client failed while it sent its request.") from exc
            self._body_ended = part is None
            return part

    @staticmethod
    async def _next_part(body: AsyncIterator[bytes]) -> bytes | None:
        return await anext(body, None)

    # The client's end

    def run(self, handle: Callable[["Exchange"], Coroutine[object, object, None]], context: Context) -> None:
        """Start the application on this exchange, in a task of its own."""
        self._task = asyncio.get_running_loop().create_task(handle(self), name="covet-test-request", context=context)
        self._task.add_done_callback(lambda _: self._notify())

    async def head(self) -> int:
        """Wait for the response's head."""
        while self.status is None and not self._is_done():
            await self._wait_changed()
        if self._has_failed():
            self.leave()
        if self.status is None or self._has_failed():
            await self.settle()
        if self.status is None:
            raise self._describe_silence()
        return self.status

    async def chunk(self) -> bytes | None:
        """Read the next part of the response's body; `None` is its end."""
        while not self._chunks and not self.is_complete and not self._is_done():
            await self._wait_changed()
        if not self._chunks:
            return None
        data = self._chunks.popleft()
        self._buffered -= len(data)
        if self._buffered < _HIGH_WATER:
            self._drained.set()
        return data

    @property
    def is_read(self) -> bool:
        """Whether the response is complete and the client has read all of it."""
        return self.is_complete and not self._chunks

    def leave(self) -> None:
        """Tell the application that the client has left."""
        self.has_left.set()
        self.is_over.set()
        self._drained.set()
        self._notify()

    async def settle(self) -> None:
        """
        Wait until the application has finished, and raise what went wrong in it.

        Raises:
            ProtocolViolation: If it broke a protocol.
            TimeoutError: If it goes on although the client left.
        """
        if self._task is None:
            return
        # After a violation nothing the application does matters: do not wait for it for ever.
        timeout = self._leave_timeout if self.has_left.is_set() or self.violation is not None else None
        done, _ = await asyncio.wait({self._task}, timeout=timeout)
        if not done:
            await self._cancel(self._task)
        elif not self._task.cancelled():
            # Asked for here, so that asyncio does not report it once more.
            self._task.exception()
        await self._close_body()
        if self.violation is not None:
            raise self.violation
        if not done:
            raise TimeoutError(
                f"The application went on for {self._leave_timeout} s after the client had left "
                f"({self.request.method} {self.request.target}); leave_timeout= sets how long it may."
            )
        if self._body_error is not None:
            raise self._body_error
        self._raise_escaped(self._task)

    async def abandon(self) -> None:
        """Leave and wait for the application, on the way out of another error: raise nothing of its own."""
        self.leave()
        with contextlib.suppress(Exception):
            await self.settle()

    def _raise_escaped(self, task: asyncio.Task[None]) -> None:
        escaped = asyncio.CancelledError() if task.cancelled() else task.exception()
        expected = isinstance(escaped, ClientLeft | RSGIProtocolClosed | asyncio.CancelledError)
        exceptions = [*self.recorder["exceptions"]]
        if escaped is not None and not expected and escaped not in exceptions:
            exceptions.append(escaped)
        if exceptions and self._raise_app_exceptions:
            raise exceptions[0]
        if self.has_left.is_set() or self.is_complete:
            return
        if escaped is None:
            raise self._describe_silence()
        if self.status is None:
            # What a server does: it logs the exception and answers.
            self.start(500, [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"21")])
            self.write(b"Internal Server Error")
            self.finish()
            return
        raise IncompleteResponseError(
            f"The application stopped with {escaped!r} in the middle of its response to "
            f"{self.request.method} {self.request.target}."
        ) from escaped

    def _describe_silence(self) -> ProtocolViolation:
        missing = "answering" if self.status is None else "finishing its response"
        return ProtocolViolation(
            f"The application returned without {missing} ({self.request.method} {self.request.target})."
        )

    async def _close_body(self) -> None:
        if self._pull is not None:
            await self._cancel(self._pull)
            self._pull = None
        close = getattr(self._body, "aclose", None)
        if close is not None:
            await close()

    @staticmethod
    async def _cancel(task: "asyncio.Task[None] | asyncio.Task[bytes | None]") -> None:
        task.cancel()
        await asyncio.wait({task}, timeout=1)

    def _is_done(self) -> bool:
        return self._task is None or self._task.done() or self.violation is not None

    def _has_failed(self) -> bool:
        return self.violation is not None or bool(self._raise_app_exceptions and self.recorder["exceptions"])

    def _notify(self) -> None:
        self._changed.set()

    async def _wait_changed(self) -> None:
        self._changed.clear()
        await self._changed.wait()


class Transport(Protocol):
    """What the client needs of a protocol: to drive an application over it, without a socket."""

    async def startup(self) -> None:
        """Run the application's start-up; its error is raised."""

    async def shutdown(self) -> None:
        """Run the application's shutdown; its error is raised."""

    def handle(self, exchange: Exchange) -> Coroutine[object, object, None]:
        """Call the application for one request."""
