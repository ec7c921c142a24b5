"""
Bodies that are waited for whole: one look now and then at who still waits, and next to nothing for who does not.

A body nearly always comes with its head, so a deadline for each would cost more than reading it. Who waits says so in
a dictionary; a timer that runs only while somebody does gives up those that wait too long, at most two looks late.
"""

import asyncio
from typing import Any, Final

from covet.exceptions import ClientDisconnectedError, RequestTimeoutError
from covet.http.body import BodyLimits, check_declared_length

# Any: whatever the task's coroutine returns.
Task = asyncio.Task[Any]

LEFT: Final = "The client left before the end of its request."

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
        # When each was first seen waiting: nobody pays for a clock of its own.
        self._since: dict[Task, float] = {}
        # How often each was cancelled by others before it was given up.
        self._expired: dict[Task, int] = {}
        loop.call_later(pause, self._look)

    def _look(self) -> None:
        if not self:
            # The next one who waits starts another.
            del WATCHES[self._loop]
            return
        now = self._loop.time()
        self._since = {task: self._since.get(task, now) for task in self}
        for task, since in self._since.items():
            if now - since >= self[task] and task not in self._expired:
                self._expired[task] = task.cancelling()
                task.cancel()
        self._loop.call_later(self._pause, self._look)

    def explain(self, task: Task, exc: BaseException) -> ClientDisconnectedError | RequestTimeoutError | None:
        """
        Return what an error means that ended a wait; `None` if it is nothing that this module knows.

        Args:
            task: The task that waited.
            exc: The error.
        """
        before = self._expired.pop(task, None)
        if isinstance(exc, RuntimeError):
            # Granian's RSGIProtocolClosed; its module is no dependency.
            return ClientDisconnectedError(LEFT)
        # The rule of asyncio.timeout: swallow our own cancellation only, and only if nobody else cancelled too.
        if before is not None and task.uncancel() <= before and isinstance(exc, asyncio.CancelledError):
            return RequestTimeoutError("The body came too slowly.")
        return None


WATCHES: Final[dict[asyncio.AbstractEventLoop, BodyWatch]] = {}
"""The event loops in which somebody has waited for a body within the last seconds."""


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
