"""
The streams of an application that are sent now: its stop waits for those that the server has cancelled.

Some servers cancel what is late and stop the application in the same moment; what a stream does in its `finally` may
need what the stop takes away.
"""

import asyncio
import logging
from typing import Any, Final

logger = logging.getLogger("covet.lifespan")

# Time to clean up for those that were cancelled at the end of the drain.
_LAST_SECONDS: Final = 1.0


class OpenStreams:
    """
    The tasks that send streams.

    Example:
        >>> streams = OpenStreams()
        >>> async def send():
        ...     streams.add()
        ...     await asyncio.sleep(0)
        ...     print("closed")
        >>> async def stop():
        ...     await streams.wait_ended()
        ...     print("stopped")
        >>> await asyncio.gather(send(), stop())
        closed
        stopped
        [None, None]
    """

    def __init__(self) -> None:
        # Any: whatever the server's task gives.
        self._tasks: set[asyncio.Task[Any]] = set()

    def add(self) -> None:
        """Count the current task among those that a stop waits for, until it ends."""
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def wait_ended(self) -> None:
        """Wait until they have ended, but not for long: the drain is over."""
        waiting = {task for task in self._tasks if task is not asyncio.current_task()}
        if not waiting:
            return
        _, late = await asyncio.wait(waiting, timeout=_LAST_SECONDS)
        if late:
            logger.warning("%d stream(s) had not ended when the application was stopped.", len(late))
