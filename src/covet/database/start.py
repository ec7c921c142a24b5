"""
The start of an application whose database does not answer yet: it is waited for, if waiting can help.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Final

from covet.database.errors import DatabaseAccessError, DatabaseUnavailableError

logger = logging.getLogger("covet.database")

DEFAULT_SQLITE: Final = "sqlite:///database.db"
"""Where the data of an application is that says nothing of it."""

_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 2.0


async def connect_patiently(name: str, connect: Callable[[], Awaitable[None]], *, seconds: float) -> None:
    """
    Connect, again and again while nobody answers.

    Args:
        name: What the database is called, for the log.
        connect: Connects it once.
        seconds: For how long it is tried.

    Raises:
        DatabaseAccessError: At once, if the database does not let the application in: waiting does not mend it.
        DatabaseUnavailableError: If nobody answered for that long.
        DatabaseError: If it refuses.
    """
    end, pause = monotonic() + seconds, _FIRST_PAUSE
    while True:
        try:
            return await connect()
        except DatabaseAccessError:
            raise
        except DatabaseUnavailableError as exc:
            if monotonic() + pause > end:
                raise
            logger.warning("The database %r does not answer yet; it is tried again in %.1f s: %s", name, pause, exc)
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


__all__ = ["DEFAULT_SQLITE", "connect_patiently"]
