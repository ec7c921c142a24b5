"""
Deadlines that cost no timer each: one sweep per event loop looks after all of them.

A request with a deadline would otherwise arm and cancel a timer that almost never fires. The sweep
runs at most every second, or earlier if a deadline is nearer, and only while there are deadlines.
"""

import asyncio
from collections.abc import Coroutine, Generator
from types import TracebackType, coroutine
from typing import Any, Final, Self, TypeVar
from weakref import WeakKeyDictionary, ref

T = TypeVar("T")

DRAIN_IS_OVER: Final = "the server stops and the drain timeout is over"
"""What a server cancels a late request with; it is answered as 503."""

_LONGEST_SWEEP: Final = 1.0
_SHORTEST_SWEEP: Final = 0.005


class Deadline:
    """
    Cancel the block it guards when the time is up, and say so with `TimeoutError`.

    Unlike `asyncio.timeout` it arms no timer of its own; it may fire up to a millisecond-scale sweep late.

    Args:
        seconds: How long the block may take.

    Attributes:
        elapsed: Seconds that the block took, once it is left.
        is_expired: The time was up.

    Raises:
        TimeoutError: From the `with` block, when the time is up. A cancellation from outside stays one.

    Example:
        >>> try:
        ...     with Deadline(0.01):
        ...         await asyncio.sleep(10)
        ... except TimeoutError:
        ...     print("too slow")
        too slow
    """

    __slots__ = ("_cancelling", "_started", "_sweeper", "_task", "elapsed", "is_expired", "seconds", "when")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.is_expired = False
        self.elapsed = 0.0

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("A Deadline guards code that runs in an asyncio task.")
        loop = task.get_loop()
        sweeper = _SWEEPERS.get(loop)
        if sweeper is None:
            sweeper = _SWEEPERS[loop] = _Sweeper()
        self._task = task
        self._cancelling = task.cancelling()
        self._sweeper = sweeper
        self._started = loop.time()
        self.when = self._started + self.seconds
        sweeper.add(self, loop)
        return self

    def expire(self) -> None:
        """End the block now, as if the time were up."""
        self.is_expired = True
        self._task.cancel()

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._sweeper.entries.pop(self, None)
        self.elapsed = self._task.get_loop().time() - self._started
        # The rule of asyncio.timeout: swallow our own cancellation only, and only if nobody else cancelled too.
        if self.is_expired and self._task.uncancel() <= self._cancelling and exc_type is asyncio.CancelledError:
            raise TimeoutError(f"The time of {self.seconds} s is up.") from exc


# Any: what a coroutine passes between itself and the event loop is theirs.
@coroutine
def resume(step: Coroutine[Any, Any, T], waiting: Any) -> Generator[Any, Any, T]:
    """
    Await a coroutine that was begun by hand and did not end at once.

    Whoever begins it sees whether it must wait, and can spare a `Deadline` if not.

    Args:
        step: The coroutine.
        waiting: What its `send(None)` gave.

    Example:
        >>> async def wait_if_need_be(step):
        ...     try:
        ...         waiting = step.send(None)
        ...     except StopIteration as ended:
        ...         return ended.value
        ...     with Deadline(5):
        ...         return await resume(step, waiting)
        >>> await wait_if_need_be(asyncio.sleep(0.001, "done"))
        'done'
    """
    # PEP 380 by hand up to the next step; an event loop sends nothing, and so does `yield from` to what was begun.
    while True:
        try:
            yield waiting
        except GeneratorExit:
            step.close()
            raise
        except BaseException as exc:  # noqa: BLE001 - the coroutine decides what becomes of it
            try:
                waiting = step.throw(exc)
            except StopIteration as ended:
                return ended.value  # type: ignore[no-any-return] # a StopIteration forgets the type
        else:
            return (yield from step)  # type: ignore[no-any-return] # as above


class _Sweeper:
    """The deadlines of one event loop, and the one timer that looks after them."""

    __slots__ = ("_handle", "_next", "entries")

    def __init__(self) -> None:
        # A dict keeps insertion order and removes in constant time.
        self.entries: dict[Deadline, None] = {}
        # Weak: the handle knows its loop, and what stands in _SWEEPERS must not keep a loop alive.
        self._handle: ref[asyncio.TimerHandle] | None = None
        self._next = 0.0

    def add(self, deadline: Deadline, loop: asyncio.AbstractEventLoop) -> None:
        self.entries[deadline] = None
        if self._handle is None or deadline.when < self._next:
            self._arm(loop, deadline.when)

    def _arm(self, loop: asyncio.AbstractEventLoop, when: float) -> None:
        handle = None if self._handle is None else self._handle()
        if handle is not None:
            handle.cancel()
        now = loop.time()
        self._next = max(now + _SHORTEST_SWEEP, min(when, now + _LONGEST_SWEEP))
        self._handle = ref(loop.call_at(self._next, self._sweep, loop))

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        self._handle = None
        now = loop.time()
        nearest = now + _LONGEST_SWEEP
        for deadline in list(self.entries):
            if deadline.when <= now:
                del self.entries[deadline]
                deadline.expire()
            elif deadline.when < nearest:
                nearest = deadline.when
        if self.entries:
            self._arm(loop, nearest)


_SWEEPERS: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, _Sweeper]] = WeakKeyDictionary()
