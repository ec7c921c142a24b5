"""
What a pool does to a driver's connection between two borrowers, each within bounded time.
"""

import asyncio
from typing import Final

from covet.database.driver import DriverConnection

_SECONDS: Final = 5.0


async def reset_connection(raw: DriverConnection) -> bool:
    """
    End what the last user left open, and tell whether that was possible; if not, the connection is closed.

    Args:
        raw: The connection.
    """
    if raw.is_closed:
        return False
    try:
        async with asyncio.timeout(_SECONDS):
            await raw.reset()
    except BaseException as exc:
        raw.terminate()
        if not isinstance(exc, Exception):
            raise
        return False
    return True


async def close_connection(raw: DriverConnection) -> None:
    """
    Say goodbye and close a connection; without a goodbye, if that takes long.

    Args:
        raw: The connection.
    """
    try:
        async with asyncio.timeout(_SECONDS):
            await raw.close()
    except BaseException as exc:
        raw.terminate()
        if not isinstance(exc, Exception):
            raise
