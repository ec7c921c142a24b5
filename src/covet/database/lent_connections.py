"""
Connections that somebody has: since when, and who. The log names whoever has one for long, once.
"""

import asyncio
import logging
from collections.abc import Iterator
from time import monotonic

from covet.database.connection import PooledConnection

logger = logging.getLogger("covet.database")


class LentConnections:
    """
    The connections of a pool that are lent, and a look at them now and then, while there are any.

    Args:
        name: What the database is called.
        seconds: From when on a connection is out for long; `None` for never.
    """

    __slots__ = ("_lent", "_name", "_seconds", "_timer")

    def __init__(self, name: str, seconds: float | None) -> None:
        self._name = name
        self._seconds = seconds
        self._timer: asyncio.TimerHandle | None = None
        self._lent: set[PooledConnection] = set()

    def __iter__(self) -> Iterator[PooledConnection]:
        return iter(self._lent)

    def add(self, pooled: PooledConnection, holder: str) -> None:
        """Take note that somebody has a connection from now on."""
        pooled.holder = holder
        pooled.lent_at = monotonic()
        pooled.was_warned_about = False
        self._lent.add(pooled)
        if self._timer is None and self._seconds is not None:
            self._watch(self._seconds)

    def discard(self, pooled: PooledConnection) -> None:
        """Take note that a connection is given back."""
        self._lent.discard(pooled)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _watch(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds / 2, self._look, seconds)

    def _look(self, seconds: float) -> None:
        self._timer = None
        now = monotonic()
        for pooled in self._lent:
            if not pooled.was_warned_about and now - pooled.lent_at >= seconds:
                pooled.was_warned_about = True
                logger.warning(
                    "A connection of the database %r is held for %.0f s by %s",
                    self._name,
                    now - pooled.lent_at,
                    pooled.holder,
                )
        if self._lent:
            self._watch(seconds)


__all__ = ["LentConnections"]
