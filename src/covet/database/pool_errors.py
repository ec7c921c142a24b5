"""
What a pool says when it has no connection to lend.
"""

from collections.abc import Iterable
from time import monotonic
from typing import Final

from covet.database.connection import PooledConnection
from covet.database.errors import DatabaseUnavailableError, PoolTimeoutError
from covet.database.url import DatabaseURL

_LONGEST: Final = 200


def make_closed_error(name: str) -> DatabaseUnavailableError:
    """Say that the pool of a database is not open."""
    return DatabaseUnavailableError(
        f"The pool of the database {name!r} is not open.",
        hint="Await connect() or initialize() first; a plugin does so when the application starts.",
    )


def make_silence_error(name: str, url: DatabaseURL, seconds: float | None = None) -> DatabaseUnavailableError:
    """Say that a database did not answer, and in which time where it was asked."""
    how = "does not answer" if seconds is None else f"did not answer within {seconds:g} s"
    return DatabaseUnavailableError(
        f"The database {name!r} at {url} {how}.",
        hint="See that it runs, and that nothing between here and there keeps it from answering.",
    )


def make_timeout_error(name: str, seconds: float, lent: Iterable[PooledConnection]) -> PoolTimeoutError:
    """Say that no connection became free, and who has them."""
    now = monotonic()
    holders = sorted(lent, key=lambda pooled: pooled.lent_at)
    return PoolTimeoutError(
        f"None of the {len(holders)} connections of the database {name!r} became free within {seconds:g} s.",
        holders=tuple(f"{_shorten(pooled.holder)} for {now - pooled.lent_at:.1f} s" for pooled in holders),
        hint="Hold them for less time, or allow more of them: pool_size.",
    )


def _shorten(holder: str) -> str:
    """Write a statement of many lines in one, so that the list stays one."""
    line = " ".join(holder.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
