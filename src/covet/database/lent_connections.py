"""
Connections that somebody has had for long: the log names who, once.
"""

import asyncio
import logging
from collections.abc import Collection
from time import monotonic

from covet.database.connection import PooledConnection

logger = logging.getLogger("covet.database")


class LeakWatch:
    """
    Look at lent connections now and then, while there are any.

    Args:
        name: What the database is called.
        seconds: From when on a connection is out for long; `None` for never.
    """

    __slots__ = ("_lent", "_name", "_seconds", "_timer")

    def __init__(self, name: str, seconds: float | None) -> None:
        self._name = name
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None
        self._lent: Collection[PooledConnection] = ()

    def watch(self, lent: Collection[PooledConnection]) -> None:
        """Look after these, and after what is added to them."""
        if self._timer is None and self._seconds is not None:
            self._lent = lent
            self._timer = asyncio.get_running_loop().call_later(self._seconds / 2, self._look)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        now = monotonic()
        for pooled in self._lent:
            if not pooled.was_warned_about and self._seconds is not None and now - pooled.lent_at >= self._seconds:
                pooled.was_warned_about = True
                logger.warning(
                    "A connection of the database %r is held for %.0f s by %s",
                    self._name,
                    now - pooled.lent_at,
                    pooled.holder,
                )
        if self._lent:
            self.watch(self._lent)
