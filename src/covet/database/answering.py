"""
How long a database has to answer: time in which the application itself stood still is none of it.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

_STEPS: Final = 4
_LONGEST_LATENESS: Final = 5.0


@asynccontextmanager
async def limit_answer(seconds: float) -> AsyncIterator[None]:
    """
    Cancel the block when a database has had its time, and say so with `TimeoutError`.

    Unlike `asyncio.timeout`, it counts in steps, and one that ends late is not counted: while something blocks the
    event loop, an answer may have come that nobody could take. Of a loop that is always late it ends, too: after four
    times as long, or five seconds more.

    Args:
        seconds: How long it has.

    Raises:
        TimeoutError: From the block, when the time is up. A cancellation from outside stays one.

    Example:
        >>> try:
        ...     async with limit_answer(0.01):
        ...         await asyncio.sleep(10)
        ... except TimeoutError:
        ...     print("silent")
        silent
    """
    loop, step = asyncio.get_running_loop(), seconds / _STEPS
    end = loop.time() + max(4 * seconds, seconds + _LONGEST_LATENESS)
    timer: asyncio.TimerHandle

    def tick(left: int, due: float) -> None:
        nonlocal timer
        now = loop.time()
        left -= now < due + step
        if left and now < end:
            timer = loop.call_later(step, tick, left, now + step)
        else:
            limit.reschedule(now)

    async with asyncio.timeout(None) as limit:
        timer = loop.call_later(step, tick, _STEPS, loop.time() + step)
        try:
            yield
        finally:
            timer.cancel()


__all__ = ["limit_answer"]
