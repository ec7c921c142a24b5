"""
A database that has stopped answering: it is asked again in the background, and all hear at once that nobody answers.
"""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from time import monotonic
from typing import Any, Final, Generic, TypeVar

from covet.database.connection import GRACE_SECONDS

T = TypeVar("T")

_PAUSE_SECONDS: Final = 0.1


class Silence(Generic[T]):
    """
    Whether a database is silent, and what asks it meanwhile.

    Without it, each task would wait for as long as it may before it finds out for itself. One that may ask waits for a
    moment: a database that is there again answers in that time. What takes longer is found for the next one.

    Args:
        keep: Called with what was found when nobody waited for it any more.

    Attributes:
        is_on: Whether the database is silent.

    Example:
        >>> silence = Silence[str](keep=print)
        >>> silence.begin()
        >>> silence.may_ask()
        False
        >>> silence.end()
        >>> silence.is_on, silence.may_ask()
        (False, True)
    """

    __slots__ = ("_asked_at", "_keep", "_task", "is_on")

    def __init__(self, keep: Callable[[T], object]) -> None:
        self.is_on = False
        self._keep = keep
        self._asked_at = float("-inf")
        self._task: asyncio.Task[T] | None = None

    def begin(self) -> None:
        """Take note that nobody answered."""
        self.is_on = True
        self._asked_at = monotonic()

    def end(self) -> None:
        """Take note that somebody answered."""
        self.is_on = False

    def may_ask(self) -> bool:
        """Tell whether a task may ask: one at a time does, and not again at once."""
        if not self.is_on:
            return True
        return self._task is None and monotonic() - self._asked_at >= _PAUSE_SECONDS

    # Any: what a coroutine passes to its loop is its own.
    async def ask(self, search: Coroutine[Any, Any, T]) -> T | None:
        """
        Ask a silent database, and wait for a moment.

        Args:
            search: What asks.

        Returns:
            What was found; `None` if the database has not answered yet. It is kept as soon as it does.
        """
        task = self._task = asyncio.get_running_loop().create_task(search)
        task.add_done_callback(self._note_end)
        try:
            await asyncio.wait((task,), timeout=GRACE_SECONDS)
        except asyncio.CancelledError:
            task.add_done_callback(partial(_hand_over, self._keep))
            raise
        if task.done():
            return task.result()
        task.add_done_callback(partial(_hand_over, self._keep))
        return None

    async def stop(self) -> None:
        """Ask no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    def _note_end(self, _: "asyncio.Task[T]") -> None:
        self._task = None
        self._asked_at = monotonic()


def _hand_over(keep: Callable[[T], object], task: "asyncio.Task[T]") -> None:
    if not task.cancelled() and task.exception() is None:
        keep(task.result())


__all__ = ["Silence"]
