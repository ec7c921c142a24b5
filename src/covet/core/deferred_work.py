"""
What runs after responses: the stop of an application waits for it, as for requests.

Some servers end as soon as the last response was sent; what was deferred would end with them.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

logger = logging.getLogger("covet.lifespan")

# Between the cancelling of what is late and the stop: time to clean up, and to say so in the log.
_LAST_SECONDS: Final = 1.0


class DeferredWork:
    """
    The tasks that run deferred work, and the patience that a stop has with them.

    Example:
        >>> work = DeferredWork()
        >>> with work.running():
        ...     await asyncio.sleep(0)
        >>> await work.finish()
    """

    def __init__(self) -> None:
        # Any: whatever the server's task gives.
        self._tasks: set[asyncio.Task[Any]] = set()
        self._deadline: float | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count the current task among those that a stop waits for."""
        task = asyncio.current_task()
        if task is None:
            yield
            return
        self._tasks.add(task)
        try:
            yield
        finally:
            self._tasks.discard(task)

    def begin_drain(self, timeout: float) -> None:
        """
        Let the time run that everything under way gets; it runs from the first call.

        Args:
            timeout: Seconds.
        """
        if self._deadline is None:
            self._deadline = asyncio.get_running_loop().time() + timeout

    async def finish(self) -> None:
        """Wait for what is deferred; cancel what is late. A later start begins anew."""
        deadline, self._deadline = self._deadline, None
        current = asyncio.current_task()
        waiting = {task for task in self._tasks if task is not current}
        if not waiting:
            return
        loop = asyncio.get_running_loop()
        _, late = await asyncio.wait(waiting, timeout=0.0 if deadline is None else max(0.0, deadline - loop.time()))
        if late:
            logger.warning("Deferred work of %d request(s) did not finish in time and is cancelled.", len(late))
            for task in late:
                task.cancel()
            await asyncio.wait(late, timeout=_LAST_SECONDS)
