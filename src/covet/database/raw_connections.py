"""
What a pool knows of a connection that nobody has, and does to it.

All that asks the database has bounded time: one that takes longer is silent.
"""

import asyncio
from collections.abc import Iterable
from time import monotonic
from typing import Final

from covet.database.answering import limit_answer
from covet.database.connection import GRACE_SECONDS, PooledConnection
from covet.database.pool_options import PoolOptions

PING_SECONDS: Final = 1.0
RESET_SECONDS: Final = 1.0


# What a fork brought along is kept, so that nobody closes it.
_ABANDONED: Final[list[PooledConnection]] = []


def is_old(pooled: PooledConnection, options: PoolOptions) -> bool:
    """
    Tell whether a connection has been there for so long that it is replaced.

    Args:
        pooled: The connection.
        options: The options of its pool.
    """
    return options.recycle is not None and monotonic() - pooled.opened_at > options.recycle


def is_known(pooled: PooledConnection, options: PoolOptions, epoch: int) -> bool:
    """
    Tell whether a connection was good a moment ago, and no other one has failed since.

    Args:
        pooled: The connection.
        options: The options of its pool.
        epoch: The epoch of its pool.
    """
    return pooled.epoch == epoch and monotonic() - pooled.used_at <= options.check_after


def needs_a_look(pooled: PooledConnection, options: PoolOptions, epoch: int) -> bool:
    """
    Tell whether a connection may be of no use any more.

    Args:
        pooled: The connection.
        options: The options of its pool.
        epoch: The epoch of its pool.
    """
    # PERF: both in one, by one look at the clock (benchmarks/database.py).
    now, recycle = monotonic(), options.recycle
    return (
        pooled.epoch != epoch
        or now - pooled.used_at > options.check_after
        or (recycle is not None and now - pooled.opened_at > recycle)
        or pooled.raw.is_closed
    )


def abandon_connections(connections: Iterable[PooledConnection]) -> None:
    """
    Leave alone for good what a fork brought along: a farewell would end the session of the parent.

    Args:
        connections: The connections; they are neither used nor closed.
    """
    _ABANDONED.extend(connections)


async def ping_connection(pooled: PooledConnection) -> bool:
    """
    Tell whether a connection is good: whether a statement runs on it.

    Args:
        pooled: The connection.
    """
    try:
        async with limit_answer(PING_SECONDS):
            await pooled.raw.fetch_one("SELECT 1 AS one", ())
    except Exception as exc:  # noqa: BLE001 - it is of no use, whatever is wrong with it
        _note_silence(pooled, exc)
        return False
    return True


async def reset_connection(pooled: PooledConnection) -> None:
    """
    End what the last user left open; where that is not possible, the connection is closed.

    Args:
        pooled: The connection.

    Raises:
        CancelledError: If the task was cancelled meanwhile. The connection is either reset then or closed, too.
    """
    cancelled: asyncio.CancelledError | None = None
    is_done = False
    while not (is_done or pooled.raw.is_closed):
        try:
            async with limit_answer(GRACE_SECONDS if pooled.is_late else RESET_SECONDS):
                await pooled.raw.reset()
            is_done = True
        except (Exception, asyncio.CancelledError) as exc:  # noqa: BLE001 - it is closed, whatever is wrong with it
            if isinstance(exc, asyncio.CancelledError):
                cancelled = exc
            # What stood before it has ended, and it can be asked again: a database in memory would go with it.
            if not (isinstance(exc, TimeoutError | asyncio.CancelledError) and pooled.raw.was_stopped):
                _note_silence(pooled, exc)
                pooled.raw.terminate()
    if is_done:
        pooled.is_late = pooled.is_altered = False
    if cancelled is not None:
        raise cancelled


async def close_connection(pooled: PooledConnection, seconds: float) -> None:
    """
    Say goodbye and close a connection; without a goodbye, if that takes long.

    Args:
        pooled: The connection.
        seconds: How long it may take.
    """
    try:
        async with limit_answer(seconds):
            await pooled.raw.close()
    except BaseException as exc:
        _note_silence(pooled, exc)
        pooled.raw.terminate()
        if not isinstance(exc, Exception):
            raise


def _note_silence(pooled: PooledConnection, exc: BaseException) -> None:
    if isinstance(exc, TimeoutError) and not pooled.raw.was_stopped:
        pooled.is_silent = True


__all__ = [
    "PING_SECONDS",
    "RESET_SECONDS",
    "abandon_connections",
    "close_connection",
    "is_known",
    "is_old",
    "needs_a_look",
    "ping_connection",
    "reset_connection",
]
