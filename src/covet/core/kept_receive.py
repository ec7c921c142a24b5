"""
Asking a server for messages so that none is lost when the wait for one is given up.

Granian's `receive` gives what looks like a future. Whoever is cancelled while waiting for it cancels it, and a message
that comes in that moment is gone (measured: 2.8.7, one of four with a limit of a millisecond). So it is left alone:
whoever asks next gets what it brings.
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextvars import Context
from types import coroutine
from typing import Any, Self


class KeptReceive:
    """
    Ask for the next message. One waits at a time.

    Args:
        ask: The server's own `receive`.

    Attributes:
        ask: The same.

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

    __slots__ = ("_pending", "_wait", "ask")

    # Any: what a server gives for a message.
    def __init__(self, ask: Callable[[], Awaitable[Any]]) -> None:
        self.ask = ask
        self._pending: Any = None
        self._wait = _Wait()

    @coroutine
    def __call__(self) -> Generator[Any, Any, Any]:
        """
        Wait for the next message.

        Raises:
            asyncio.CancelledError: If the task was cancelled, or what is waited for: by `cancel()`.
        """
        pending = self._pending
        if pending is None:
            pending = self.ask()
            if not hasattr(pending, "add_done_callback"):
                # A coroutine is cancelled where it waits, and has taken nothing by then.
                return (yield from pending.__await__())
            self._pending = pending
        elif pending.done():
            self._pending = None
            return pending.result()
        yield self._wait.on(pending)
        self._pending = None
        return pending.result()

    def cancel(self) -> None:
        """Ask for nothing any more: who waits is cancelled."""
        pending = self._pending
        if pending is not None:
            pending.cancel()


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
