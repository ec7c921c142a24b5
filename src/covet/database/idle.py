"""
Connections that nobody has needed for long: they are closed, also where nobody asks for one any more.
"""

import asyncio
from collections.abc import Awaitable, Callable


class IdleWatch:
    """
    Look for such connections now and then, while there are free ones.

    Args:
        seconds: After how long nobody needs a connection; `None` for never.
        close_idle: Closes those that nobody has needed for so long, and tells whether others are left to look after.
    """

    __slots__ = ("_close_idle", "_seconds", "_task", "_timer")

    def __init__(self, seconds: float | None, close_idle: Callable[[float], Awaitable[bool]]) -> None:
        self._seconds = seconds
        self._close_idle = close_idle
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None

    def watch(self) -> None:
        """Look after what is free from now on."""
        if self._timer is None and self._seconds is not None:
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self._begin)

    async def stop(self) -> None:
        """Look no more; what is being closed is closed."""
        if self._timer is not None:
            self._timer.cancel()
        # Nothing begins any more.
        self._seconds = None
        if self._task is not None:
            await asyncio.wait((self._task,))

    def _begin(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._look())

    async def _look(self) -> None:
        seconds = self._seconds
        is_left = seconds is not None and await self._close_idle(seconds)
        self._timer = self._task = None
        if is_left:
            self.watch()
