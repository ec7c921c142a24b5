"""
Clients that leave while their request is answered: noticing it, and ending the work for them.

A message of the request's body must never be lost to whoever only wanted to know whether the client is there.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import CoroutineType
from typing import Any, Final, TypeVar

from covet.deadlines import resume
from covet.exceptions import ClientDisconnectedError
from covet.types import Message, Receive

T = TypeVar("T")

# What is read ahead of the application at most: as much as a socket's buffer holds.
MAX_HELD: Final = 65_536
# How many pieces of a stream are sent before the event loop gets a turn.
PIECES_PER_TURN: Final = 16
# Turns of the event loop in which a server says what it knows already.
_TURNS: Final = 2


# Any: whatever the call gives.
async def run_against(call: Awaitable[Any], wait_left: Callable[[], Awaitable[None]]) -> Any:
    """
    Await a call in this task, but cancel it when the client leaves first.

    Args:
        call: What is wanted.
        wait_left: Waits until the client has left; it is cancelled once the call has ended.

    Raises:
        ClientDisconnectedError: If the client left first.

    Example:
        >>> await run_against(asyncio.sleep(0, "done"), asyncio.Event().wait)
        'done'
    """
    task = asyncio.current_task()
    if task is None:
        return await call
    # PERF: what ends without waiting needs nobody who watches meanwhile (benchmarks/event_streams.py).
    step = call if isinstance(call, CoroutineType) else _as_coroutine(call)
    try:
        waiting = step.send(None)
    except StopIteration as ended:
        return ended.value
    has_left = is_over = False

    async def watch() -> None:
        nonlocal has_left
        await wait_left()
        # One that is cancelled may end as if the client had left: the task is at something else by then.
        if not is_over:
            has_left = True
            task.cancel()

    watcher = asyncio.ensure_future(watch())
    watcher.add_done_callback(_look_at)
    cancelling = task.cancelling()
    try:
        result = await resume(step, waiting)
    except asyncio.CancelledError as exc:
        # The rule of asyncio.timeout: swallow our own cancellation only, and only if nobody else cancelled too.
        if has_left and task.uncancel() <= cancelling:
            raise ClientDisconnectedError("The client left.") from exc
        raise
    except BaseException:
        if has_left:
            task.uncancel()
        raise
    finally:
        # It is not awaited: a cancellation that struck here would be taken for one from outside.
        is_over = True
        # The loop may be gone, where the task's coroutine is closed.
        with suppress(RuntimeError):
            watcher.cancel()
    if has_left:
        # The call did not let itself be cancelled, or ended in the same turn.
        task.uncancel()
    return result


async def is_done_soon(awaitable: Awaitable[None]) -> bool:
    """
    Tell whether something ends within a turn of the loop; it is cancelled if it does not.

    Example:
        >>> await is_done_soon(asyncio.sleep(0)), await is_done_soon(asyncio.sleep(10))
        (True, False)
    """
    waiting = asyncio.ensure_future(_as_coroutine(awaitable))
    waiting.add_done_callback(_look_at)
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    is_done = waiting.done()
    waiting.cancel()
    return is_done


class Inbox:
    """
    The messages of one ASGI request, when several want them: the body's reader and who waits for the end.

    One call of `receive` is under way at a time, and what it brings is kept for whom it is for.

    Args:
        receive: The server's.
        is_complete: Whether the whole body was read before.

    Attributes:
        has_left: Whether the client has left.
    """

    __slots__ = ("_chunks", "_held", "_is_complete", "_pending", "_receive", "_room", "_waiters", "has_left")

    def __init__(self, receive: Receive, *, is_complete: bool) -> None:
        self.has_left = False
        self._receive = receive
        self._is_complete = is_complete
        self._chunks: deque[bytes] = deque()
        self._held = 0
        self._room = asyncio.Event()
        self._pending: asyncio.Future[Message] | None = None
        self._waiters = 0

    async def next_chunk(self) -> bytes | None:
        """
        Wait for the next piece of the body; `None` is its end.

        Raises:
            ClientDisconnectedError: If the client left before the end of its request.
        """
        while not self._chunks:
            if self._is_complete:
                return None
            if self.has_left:
                raise ClientDisconnectedError("The client left before the end of its request.")
            await self._take()
        chunk = self._chunks.popleft()
        self._held -= len(chunk)
        self._room.set()
        return chunk

    async def wait_left(self) -> None:
        """Wait until the client has left; so much of the body is read ahead as a socket's buffer holds."""
        while not self.has_left:
            while self._is_full:
                self._room.clear()
                await self._room.wait()
            await self._take()

    async def poll(self) -> bool:
        """Tell whether the client has left, as far as the server knows already."""
        while not self.has_left and not self._is_full:
            pending = self._begin()
            for _ in range(_TURNS):
                if pending.done():
                    break
                await asyncio.sleep(0)
            if not pending.done():
                self._give_up()
                break
            self._note(pending)
        return self.has_left

    async def close(self) -> None:
        """Ask the server for nothing more: the request is over."""
        pending, self._pending = self._pending, None
        if pending is not None:
            pending.cancel()

    @property
    def _is_full(self) -> bool:
        return self._held >= MAX_HELD and not self._is_complete

    async def _take(self) -> None:
        """Wait for one message, together with whoever else does."""
        pending = self._begin()
        self._waiters += 1
        try:
            await asyncio.wait({pending})
        finally:
            self._waiters -= 1
            if pending.done():
                self._note(pending)
            else:
                self._give_up()

    async def _ask(self) -> Message:
        return await self._receive()

    def _begin(self) -> "asyncio.Future[Message]":
        if self._pending is None:
            # Not ensure_future alone: what Granian returns looks like a future, but calls back one waiter only.
            self._pending = asyncio.ensure_future(self._ask())
            self._pending.add_done_callback(_look_at)
        return self._pending

    def _give_up(self) -> None:
        # What may bring a piece of the body is kept for whoever reads next: cancelled in the moment in which it
        # comes, the piece would be lost.
        if self._pending is not None and not self._waiters and self._is_complete:
            self._pending.cancel()
            self._pending = None

    def _note(self, pending: "asyncio.Future[Message]") -> None:
        if self._pending is not pending:
            # Another one that waited for it was first.
            return
        self._pending = None
        message = pending.result()
        if message["type"] == "http.disconnect":
            self.has_left = True
            return
        chunk: bytes = message.get("body", b"")
        self._chunks.append(chunk)
        self._held += len(chunk)
        self._is_complete = not message.get("more_body", False)


async def _as_coroutine(awaitable: Awaitable[T]) -> T:
    return await awaitable


def _look_at(future: "asyncio.Future[Any]") -> None:
    """Fetch what a future raised, which is its waiter's business or nobody's: asyncio need not report it."""
    if not future.cancelled():
        future.exception()
