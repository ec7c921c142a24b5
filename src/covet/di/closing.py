"""
Closing what was opened: last in, first out, whatever happens meanwhile.

Cancellation does not reach what is being closed, a deadline does. Every failure is logged and kept, none stops the
others.
"""

import asyncio
import gc
import logging
import sys
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import Any, Final, NamedTuple

from covet.di.errors import DisposalError

logger = logging.getLogger("covet.di")

DEFAULT_CLOSE_TIMEOUT: Final = 10.0
# How long what was cancelled because the time was up may take to notice.
_GRACE: Final = 1.0

# The loop itself keeps its tasks by weak references only.
_CLOSINGS: Final[set[asyncio.Task[None]]] = set()

Failure = tuple[str, BaseException]


class Exit(NamedTuple):
    """
    Something that is to be closed.

    Attributes:
        name: The service.
        close: Closes it; it gets the error that ended the scope, if there is one.
        is_async: Whether the result is awaited.
        context: The context variables it was opened with; `None` are those of whoever closes it.
    """

    name: str
    close: Callable[[BaseException | None], Any]  # Any: what is awaited, if anything
    is_async: bool
    context: Context | None = None


async def close_exits(exits: list[Exit], error: BaseException | None, *, seconds: float) -> list[Failure]:
    """
    Close everything, the last first.

    Args:
        exits: What is to be closed; it is emptied.
        error: What ended the scope, for those who want to know, such as a transaction.
        seconds: How long all of it may take; what is late is cancelled.

    Returns:
        The failures.

    Raises:
        CancelledError: If it was asked for meanwhile; everything is closed by then.
    """
    failures: list[Failure] = []
    # What needs no waiting needs no task.
    while exits and not exits[-1].is_async:
        _close_now(exits.pop(), error, failures)
    if exits:
        await _close_in_task(exits, error, seconds, failures)
    return failures


def close_abandoned(item: Exit) -> None:
    """
    Close what was opened for a scope that was over by then: nobody waits for it, failures are logged.

    Args:
        item: What is to be closed.
    """
    if item.is_async:
        _Closing([item], None, DEFAULT_CLOSE_TIMEOUT, []).start(copy_context())
    else:
        _close_now(item, None, [])


def report_failures(failures: list[Failure], error: BaseException | None) -> None:
    """
    Raise the failures of closing, or leave a note of them on the error that is under way.

    Raises:
        DisposalError: If there are failures and no other error.
    """
    if not failures:
        return
    if error is None:
        raise DisposalError(failures)
    for name, failure in failures:
        error.add_note(f"Closing {name} failed, too: {type(failure).__name__}: {failure}")


def _close_now(item: Exit, error: BaseException | None, failures: list[Failure]) -> None:
    try:
        if item.context is None:
            item.close(error)
        else:
            item.context.run(item.close, error)
    except BaseException as exc:  # noqa: BLE001 - whatever it is, the others are closed first
        _note(item, exc, error, failures)


def _note(item: Exit, exc: BaseException, error: BaseException | None, failures: list[Failure]) -> None:
    # A generator that lets the scope's own error pass has not failed.
    if exc is error:
        return
    logger.error("Closing %s failed", item.name, exc_info=exc)
    failures.append((item.name, exc))


async def _close_in_task(
    exits: list[Exit], error: BaseException | None, seconds: float, failures: list[Failure]
) -> None:
    """Close in a task of its own, which whoever cancels us does not reach."""
    me = asyncio.current_task()
    cancelling = 0 if me is None else me.cancelling()
    closing = _Closing(exits, error, seconds, failures)
    closing.start(_context_of(me))
    if isinstance(error, GeneratorExit):
        # A coroutine that is being closed cannot wait; the task goes on without it.
        return
    cancelled: asyncio.CancelledError | None = None
    while not closing.is_over:
        try:
            await closing.wait()
        except asyncio.CancelledError as exc:
            cancelled = exc
    if cancelled is not None and (me is None or me.cancelling() > cancelling):
        raise cancelled


def _context_of(task: "asyncio.Task[Any] | None") -> Context:
    """
    Find the context variables of a task itself, not a copy.

    What a generator sets when it begins it can only reset there.
    """
    if task is None:
        return copy_context()
    if sys.version_info >= (3, 12):
        return task.get_context()
    # Python 3.11 keeps it to itself.
    return next((item for item in gc.get_referents(task) if isinstance(item, Context)), None) or copy_context()


class _Closing:
    """
    The closing of one scope, in its own task.

    When the time is up, what is being closed is cancelled, and so is what follows, at its first wait. Who does not
    end then is left behind: nobody can stop a coroutine that does not want to.
    """

    __slots__ = (
        "_current",
        "_error",
        "_exits",
        "_failures",
        "_is_begun",
        "_is_late",
        "_seconds",
        "_task",
        "_timer",
        "_waiter",
        "is_over",
    )

    def __init__(self, exits: list[Exit], error: BaseException | None, seconds: float, failures: list[Failure]) -> None:
        self._exits = exits
        self._error = error
        self._seconds = seconds
        self._failures = failures
        self._current = ""
        self._is_late = False
        # A task that is cancelled before its first step does nothing at all, and says nothing.
        self._is_begun = False
        self._waiter: asyncio.Future[None] | None = None
        self.is_over = False

    def start(self, context: Context) -> None:
        """Begin, with these context variables."""
        loop = asyncio.get_running_loop()
        # Not by the loop's task factory: an eager one would run it before it is known here.
        self._task = asyncio.Task(self._run(), loop=loop, name="covet.di: closing", context=context)
        _CLOSINGS.add(self._task)
        self._task.add_done_callback(_CLOSINGS.discard)
        self._timer = loop.call_later(self._seconds, self._expire)

    async def wait(self) -> None:
        """Wait for the end; whoever is cancelled meanwhile may wait again."""
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter

    async def _run(self) -> None:
        self._is_begun = True
        while self._exits:
            item = self._exits.pop()
            self._current = item.name
            if item.is_async:
                await self._close(item)
            else:
                _close_now(item, self._error, self._failures)
        self._end()

    async def _close(self, item: Exit) -> None:
        try:
            if item.context is None:
                if self._is_late:
                    self._task.cancel()
                await item.close(self._error)
            else:
                await self._begin(item, item.context)
        except asyncio.CancelledError as exc:
            if not self._is_late:
                _note(item, exc, self._error, self._failures)
                return
            self._task.uncancel()
            late = TimeoutError(f"closing took longer than {self._seconds:g} s and was cancelled")
            _note(item, late, self._error, self._failures)
        except BaseException as exc:  # noqa: BLE001 - whatever it is, the others are closed first
            _note(item, exc, self._error, self._failures)

    def _begin(self, item: Exit, context: Context) -> "asyncio.Task[None]":
        """Begin to close in these context variables; if the time is up, it is cancelled at its first wait."""
        self._is_begun = False

        async def close() -> None:
            self._is_begun = True
            await item.close(self._error)

        loop = asyncio.get_running_loop()
        task = asyncio.Task(close(), loop=loop, context=context)
        if self._is_late:
            # What is called soon is called in order: the first step comes before this.
            loop.call_soon(task.cancel)
        return task

    def _expire(self) -> None:
        loop = asyncio.get_running_loop()
        if not self._is_begun:
            loop.call_soon(self._expire)
            return
        self._is_late = True
        self._task.cancel()
        self._timer = loop.call_later(_GRACE, self._give_up)

    def _give_up(self) -> None:
        left = [self._current, *(item.name for item in reversed(self._exits))]
        logger.error("Closing does not end, and is left behind: %s", ", ".join(left))
        for name in left:
            self._failures.append((name, TimeoutError("closing did not end when it was cancelled")))
        self._end()

    def _end(self) -> None:
        self.is_over = True
        self._timer.cancel()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
