"""
Bodies that are waited for whole: one look now and then at who still waits, and next to nothing for who does not.

A body nearly always comes with its head, so a deadline for each would cost more than reading it. Who waits says so in
a dictionary; a timer that runs only while somebody does gives up those that wait too long, at most two looks late.
"""

import asyncio
from collections.abc import Awaitable
from typing import Any, Final, TypeVar

from covet.exceptions import RequestTimeoutError
from covet.http.body import BodyLimits, check_declared_length

T = TypeVar("T")
# Any: whatever the task's coroutine returns.
Task = asyncio.Task[Any]

_LONGEST_PAUSE: Final = 1.0
_SHORTEST_PAUSE: Final = 0.005
_LOOKS: Final = 5
_MAX_KNOWN: Final = 1024


class DeclaredLengths(dict[str | None, tuple[int, float]]):
    """
    What the texts of `Content-Length` mean under some limits: the size, and the seconds that it may take.

    Looking a text up is cheaper than reading it; those that are not good never get in.

    Args:
        limits: What is allowed.

    Example:
        >>> lengths = DeclaredLengths(BodyLimits(max_size=1000, grace=5.0, min_rate=100))
        >>> lengths.learn("500"), lengths.get("500")
        ((500, 10.0), (500, 10.0))
        >>> lengths.learn("1001")
        Traceback (most recent call last):
            ...
        covet.exceptions.ContentTooLargeError: The limit is 1000 bytes.
    """

    __slots__ = ("_limits",)

    def __init__(self, limits: BodyLimits) -> None:
        super().__init__()
        self._limits = limits

    def learn(self, content_length: str) -> tuple[int, float]:
        """
        Read a `Content-Length` and remember it, if there is room.

        Raises:
            BadRequestError: If it is malformed.
            ContentTooLargeError: If it is above the limit.
        """
        limits = self._limits
        size = check_declared_length(content_length.encode("latin-1", "replace"), limits)
        declared = size, limits.grace + size / limits.min_rate if limits.min_rate else float("inf")
        if len(self) < _MAX_KNOWN:
            self[content_length] = declared
        return declared


class BodyWatch(dict[Task, float]):
    """
    The tasks of one event loop that wait for a body, and the seconds that each may wait.

    Whoever begins to wait puts its task in, and takes it out when the wait is over.

    Args:
        loop: The event loop.
        pause: Seconds from one look to the next.
    """

    __slots__ = ("_expired", "_loop", "_pause", "_since")

    def __init__(self, loop: asyncio.AbstractEventLoop, pause: float) -> None:
        super().__init__()
        self._loop = loop
        self._pause = pause
        # When each was first seen waiting, and with what patience, which is an object of its own for each wait:
        # nobody pays for a clock of its own.
        self._since: dict[Task, tuple[float, float]] = {}
        # How often each was cancelled by others before it was given up.
        self._expired: dict[Task, int] = {}
        loop.call_later(pause, self._look)

    def _look(self) -> None:
        if not self:
            # The next one who waits starts another.
            del WATCHES[self._loop]
            return
        now = self._loop.time()
        seen, self._since = self._since, {}
        for task, seconds in self.items():
            patience, since = seen.get(task, (seconds, now))
            if patience is not seconds:
                since = now
            self._since[task] = seconds, since
            if now - since >= seconds and task not in self._expired:
                self._expired[task] = task.cancelling()
                task.cancel()
        self._loop.call_later(self._pause, self._look)

    def explain(self, task: Task, exc: BaseException) -> RequestTimeoutError | None:
        """
        Return what an error means that ended a wait; `None` if it is not the end of the patience.

        Args:
            task: The task that waited.
            exc: The error.
        """
        before = self._expired.pop(task, None)
        # The rule of asyncio.timeout: swallow our own cancellation only, and only if nobody else cancelled too.
        if before is not None and task.uncancel() <= before and isinstance(exc, asyncio.CancelledError):
            return RequestTimeoutError("The body came too slowly.")
        return None


WATCHES: Final[dict[asyncio.AbstractEventLoop, BodyWatch]] = {}
"""The event loops in which somebody has waited for a body within the last seconds."""


async def wait_watched(awaitable: Awaitable[T], seconds: float) -> T:
    """
    Wait for something that cannot be begun by hand, no longer than a client may take.

    Args:
        awaitable: What is waited for.
        seconds: How long it may take.

    Raises:
        RequestTimeoutError: If it takes longer.
    """
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("A body is waited for in a task.")
    watch = WATCHES.get(task.get_loop()) or start_watch(task.get_loop(), seconds)
    watch[task] = seconds
    try:
        return await awaitable
    except BaseException as exc:
        error = watch.explain(task, exc)
        if error is None:
            raise
        raise error from exc
    finally:
        del watch[task]


def start_watch(loop: asyncio.AbstractEventLoop, seconds: float) -> BodyWatch:
    """
    Start to watch the bodies of an event loop that has no watch.

    Args:
        loop: The event loop.
        seconds: How long the first one may wait.
    """
    for closed in [other for other in WATCHES if other.is_closed()]:
        del WATCHES[closed]
    pause = min(_LONGEST_PAUSE, max(_SHORTEST_PAUSE, seconds / _LOOKS))
    watch = WATCHES[loop] = BodyWatch(loop, pause)
    return watch
