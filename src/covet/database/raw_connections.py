"""
What a pool does to a connection that nobody has, each within bounded time: a database that takes longer is silent.
"""

import asyncio
from typing import Final

from covet.database.connection import GRACE_SECONDS, PooledConnection

PING_SECONDS: Final = 1.0
RESET_SECONDS: Final = 1.0


async def ping_connection(pooled: PooledConnection) -> bool:
    """
    Tell whether a connection is good: whether a statement runs on it.

    Args:
        pooled: The connection.
    """
    try:
        async with asyncio.timeout(PING_SECONDS):
            await pooled.raw.fetch_one("SELECT 1 AS one", ())
    except Exception as exc:  # noqa: BLE001 - it is of no use, whatever is wrong with it
        _note_silence(pooled, exc)
        return False
    return True


async def reset_connection(pooled: PooledConnection) -> bool:
    """
    End what the last user left open, and tell whether that was possible; if not, the connection is closed.

    Args:
        pooled: The connection.
    """
    if pooled.raw.is_closed:
        return False
    try:
        async with asyncio.timeout(GRACE_SECONDS if pooled.is_late else RESET_SECONDS):
            await pooled.raw.reset()
    except BaseException as exc:
        _note_silence(pooled, exc)
        pooled.raw.terminate()
        if not isinstance(exc, Exception):
            raise
        return False
    pooled.is_late = False
    return True


async def close_connection(pooled: PooledConnection, seconds: float) -> None:
    """
    Say goodbye and close a connection; without a goodbye, if that takes long.

    Args:
        pooled: The connection.
        seconds: How long it may take.
    """
    try:
        async with asyncio.timeout(seconds):
            await pooled.raw.close()
    except BaseException as exc:
        _note_silence(pooled, exc)
        pooled.raw.terminate()
        if not isinstance(exc, Exception):
            raise


def _note_silence(pooled: PooledConnection, exc: BaseException) -> None:
    if isinstance(exc, TimeoutError) and not pooled.raw.was_stopped:
        pooled.is_silent = True


__all__ = ["PING_SECONDS", "RESET_SECONDS", "close_connection", "ping_connection", "reset_connection"]
