"""
Tasks that wait for a connection, in the order in which they came.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from covet.database.connection import PooledConnection


class Waiters:
    """
    A queue of tasks. Each is given a connection, or the news that it may open one.

    Example:
        >>> waiters = Waiters()
        >>> len(waiters), waiters.give(None)
        (0, False)
    """

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[PooledConnection | None]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def give(self, pooled: PooledConnection | None) -> bool:
        """
        Give a connection to the first, or `None`: there is room for a new one. Tell whether anybody waited.

        Args:
            pooled: The connection.
        """
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(pooled)
                return True
        return False

    def fail(self, make_error: Callable[[], Exception]) -> None:
        """
        Tell all that they wait in vain.

        Args:
            make_error: Makes an error for each: one that several tasks raise would gather the tracebacks of all.
        """
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_exception(make_error())

    async def wait(
        self, seconds: float, pass_on: Callable[[PooledConnection | None], object], *, is_first: bool = False
    ) -> PooledConnection | None:
        """
        Wait for a turn.

        Args:
            seconds: How long.
            pass_on: Called with what was given in the very moment in which the task was cancelled.
            is_first: Whether it stands before all others: it had its turn, and somebody else was quicker.

        Raises:
            TimeoutError: If it did not come in time.
        """
        waiter: asyncio.Future[PooledConnection | None] = asyncio.get_running_loop().create_future()
        if is_first:
            self._waiting.appendleft(waiter)
        else:
            self._waiting.append(waiter)
        try:
            # A future that is awaited by itself would be cancelled with its task, and what it was given be lost.
            await asyncio.wait((waiter,), timeout=max(seconds, 0))
        except asyncio.CancelledError:
            if waiter.done() and waiter.exception() is None:
                pass_on(waiter.result())
            self._leave(waiter)
            raise
        if not waiter.done():
            self._leave(waiter)
            raise TimeoutError
        return waiter.result()

    def _leave(self, waiter: "asyncio.Future[PooledConnection | None]") -> None:
        waiter.cancel()
        with suppress(ValueError):
            self._waiting.remove(waiter)
