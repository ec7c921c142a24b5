"""
Asking a server for messages so that none is lost when the wait for one is given up.

Granian's `receive` gives what looks like a future. Whoever is cancelled while waiting for it cancels it, and a message
that comes in that moment is gone (measured: 2.8.7, one of four with a limit of a millisecond). So it is left alone:
whoever asks next gets what it brings.

A handler that only sends asks for nothing. Some servers tell only who asks that the client has left, and Granian
answers a client's close only then; so messages can be read ahead, and are kept for whoever asks next.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Generator
from contextvars import Context
from types import coroutine
from typing import Any, Final, Self

from covet.http.websocket_codes import POLICY
from covet.http.websocket_errors import WebSocketMessageError

# What is read ahead at most: what is beyond it waits at the server, as it does while nothing is read ahead.
MAX_AHEAD: Final = 1_048_576
# What a message takes besides its data.
_MESSAGE_SIZE: Final = 512
# How much and how long is sent on while so much waits: behind it, the end could not be seen.
MAX_BLIND: Final = 16_777_216
BLIND_SECONDS: Final = 60.0


def _never(_message: object) -> tuple[bool, int]:
    return False, 0


class KeptReceive:
    """
    Ask for the next message. One waits at a time.

    Args:
        ask: The server's own `receive`.
        read: Tells whether a message is the end, and its size; without it, nothing is read ahead.

    Attributes:
        ask: The server's own `receive`.
        end: The message or the error that ended the connection, as soon as it was read ahead.
        is_full: Whether as much as may be was read ahead, so that no end is seen.

    Example:
        >>> messages = asyncio.Queue()
        >>> async def receive_twice():
        ...     receive = KeptReceive(lambda: asyncio.ensure_future(messages.get()))
        ...     try:
        ...         await asyncio.wait_for(receive(), 0.01)
        ...     except TimeoutError:
        ...         messages.put_nowait("late")
        ...     return await receive()
        >>> await receive_twice()
        'late'
    """

    __slots__ = (
        "_blind_bytes",
        "_blind_since",
        "_has_asked",
        "_held",
        "_is_ahead",
        "_is_waited_for",
        "_pending",
        "_read",
        "_size",
        "_wait",
        "ask",
        "end",
        "is_full",
    )

    # Any: what a server gives for a message.
    def __init__(
        self, ask: Callable[[], Awaitable[Any]], read: Callable[[Any], tuple[bool, int]] | None = None
    ) -> None:
        self.ask = ask
        self.end: Any = None
        self.is_full = False
        self._read = read
        self._pending: Any = None
        self._wait = _Wait()
        self._is_waited_for = False
        self._has_asked = False
        self._is_ahead = False
        # What was read ahead: messages and their sizes.
        self._held: deque[tuple[Any, int]] = deque()
        self._size = 0
        self._blind_bytes = 0
        self._blind_since = 0.0

    @coroutine
    def __call__(self) -> Generator[Any, Any, Any]:
        """
        Wait for the next message.

        Raises:
            asyncio.CancelledError: If the task was cancelled, or what is waited for: by `cancel()`.
        """
        self._has_asked = True
        if self._is_ahead:
            if self._held:
                return self._take_held()
            self._stop_ahead()
        pending = self._pending
        if pending is not None and pending.done():
            self._pending = None
            return pending.result()
        self._is_waited_for = True
        try:
            if pending is None:
                pending = self.ask()
                if not hasattr(pending, "add_done_callback"):
                    # A coroutine is cancelled where it waits, and has taken nothing by then.
                    return (yield from pending.__await__())
                self._pending = pending
            yield self._wait.on(pending)
        finally:
            self._is_waited_for = False
        self._pending = None
        return pending.result()

    def cancel(self) -> None:
        """Ask for nothing any more: who waits is cancelled."""
        self._stop_ahead()
        pending = self._pending
        if pending is not None:
            pending.cancel()

    def release(self) -> None:
        """
        Let go of all that the server gave, once nobody asks any more.

        Granian closes a connection when nobody holds it, and what it gave holds whom it calls.
        """
        self.cancel()
        self._pending = None
        self._held.clear()

    # ── What nobody has asked for yet ────────────────────────────────────────

    def read_ahead(self) -> None:
        """Ask for messages while nobody waits for one, and keep them: the end is seen as soon as it comes."""
        if self._is_ahead or self._is_waited_for or self._read is None:
            return
        self._is_ahead = True
        if self._pending is None:
            self._pending = self._ask_for_later()
        self._look()

    # Any: as above.
    def check(self, size: int) -> Any:
        """
        Read ahead for a message that is about to be sent.

        Args:
            size: Its size.

        Returns:
            What ended the connection, if it has ended.

        Raises:
            WebSocketMessageError: If so much waits that the end could not be seen, and much was sent all the same.
        """
        if self._has_asked:
            # PERF: whoever receives between its messages sees the end there; reading ahead for it would cost
            # four times as much in an echo whose server gives coroutines (benchmarks/websocket.py).
            self._has_asked = False
            return self.end
        self.read_ahead()
        if not self.is_full:
            return self.end
        now = asyncio.get_running_loop().time()
        if not self._blind_since:
            self._blind_since = now
        self._blind_bytes += size
        if self._blind_bytes > MAX_BLIND or now - self._blind_since > BLIND_SECONDS:
            raise WebSocketMessageError("Too many messages came that were not received.", code=POLICY)
        return None

    # Any: as above.
    def _ask_for_later(self) -> Any:
        pending = self.ask()
        return pending if hasattr(pending, "add_done_callback") else asyncio.ensure_future(pending)

    def _look(self) -> None:
        """Keep the messages that are there, and be called when there is another."""
        while self._pending.done():
            try:
                message = self._pending.result()
            except asyncio.CancelledError:
                # The server's loop ends.
                self._is_ahead = False
                return
            except Exception as exc:  # noqa: BLE001 - it is raised again for whoever asks
                self.end = exc.with_traceback(None)
                return
            is_end, size = (self._read or _never)(message)
            if is_end:
                self.end = message
                return
            if self._size >= MAX_AHEAD:
                self.is_full = True
                return
            self._held.append((message, size + _MESSAGE_SIZE))
            self._size += size + _MESSAGE_SIZE
            self._pending = self._ask_for_later()
        self._pending.add_done_callback(self._arrive)

    def _arrive(self, pending: object) -> None:
        if self._is_ahead and pending is self._pending:
            self._look()

    # Any: as above.
    def _take_held(self) -> Any:
        message, size = self._held.popleft()
        self._size -= size
        self._blind_bytes, self._blind_since = 0, 0.0
        if self.is_full:
            self.is_full = False
            self._look()
        return message

    def _stop_ahead(self) -> None:
        if self._is_ahead:
            self._is_ahead = False
            if self._pending is not None and not self._pending.done():
                self._pending.remove_done_callback(self._arrive)


class _Wait:
    """
    What a task waits for in place of the server's future, which is not cancelled with it.

    PERF: asyncio takes for a future whatever has these methods. One of its own, set by the server's, would cost another
    turn of the loop: 23 of the 184 thousand instructions of an echo on Granian; this one costs 3
    (benchmarks/websocket.py).
    """

    __slots__ = ("_asyncio_future_blocking", "_callback", "_context", "_error", "_loop", "_pending")

    def __init__(self) -> None:
        self._asyncio_future_blocking = False
        self._callback: Callable[[object], object] | None = None
        self._context: Context | None = None
        self._error: asyncio.CancelledError | None = None
        self._loop = asyncio.get_running_loop()
        # Any: the server's.
        self._pending: Any = None

    # Any: as above.
    def on(self, pending: Any) -> Self:
        """Wait for something else."""
        self._pending = pending
        # The mark by which a task tells `await` from `yield`.
        self._asyncio_future_blocking = True
        return self

    def add_done_callback(self, callback: Callable[[object], object], *, context: Context | None = None) -> None:
        """Call the task when there is a message; one callback at a time, as Granian has it."""
        self._callback = callback
        self._context = context
        self._pending.add_done_callback(self._wake, context=context)

    def _wake(self, pending: object) -> None:
        callback = self._callback
        if callback is not None and pending is self._pending:
            self._callback = None
            callback(self)

    def cancel(self, msg: object = None) -> bool:
        """Wake the task with its cancellation, and leave the server's future alone."""
        callback = self._callback
        if callback is None:
            return False
        self._callback = None
        self._pending.remove_done_callback(self._wake)
        self._error = asyncio.CancelledError() if msg is None else asyncio.CancelledError(msg)
        self._loop.call_soon(callback, self, context=self._context)
        return True

    def result(self) -> None:
        """Raise the cancellation, if there was one; the message is asked for where it is wanted."""
        error, self._error = self._error, None
        if error is not None:
            raise error
