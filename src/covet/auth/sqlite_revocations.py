"""
What is revoked, in one file that the workers of a machine share, by SQLite of the standard library.

Everything happens in a thread; the event loop never waits for the disk.
"""

import os
from collections.abc import Callable
from time import time
from typing import Any, Final, TypeVar

from covet.auth.errors import AuthStoreError
from covet.options import refuse_unknown
from covet.sqlite_files import FileFormat, open_sqlite
from covet.threads import ThreadLimiter

T = TypeVar("T")

_FORMAT: Final = FileFormat(
    "revocations",
    application_id=0x43765276,  # "CvRv"
    migrations=(
        (
            "CREATE TABLE covet_revocations (key TEXT PRIMARY KEY, expires_at REAL NOT NULL) WITHOUT ROWID",
            "CREATE INDEX covet_revocations_by_end ON covet_revocations (expires_at)",
        ),
    ),
)
_PURGE_EVERY: Final = 60.0


class SQLiteRevocations:
    """
    Keep what is revoked in a file.

    Args:
        path: The file; it is made if it is not there, its folder is not.
        busy_timeout: Seconds to wait for another process that writes.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     store = SQLiteRevocations(f"{folder}/revoked.db")
        ...     print(await store.add("a", time() + 60), await store.contains("a"))
        ...     await store.aclose()
        True True
    """

    @refuse_unknown
    def __init__(self, path: str | os.PathLike[str], *, busy_timeout: float = 5.0) -> None:
        self._path = os.fspath(path)
        self._busy_timeout = busy_timeout
        # One after the other: the connection belongs to one call at a time.
        self._limiter = ThreadLimiter(1)
        # Any: the module is loaded with the first call.
        self._database: Any = None
        self._next_purge = 0.0

    async def add(self, key: str, expires_at: float, /) -> bool:
        """
        Put a text in, until a moment in seconds since 1970; it is in the file when this returns.

        Raises:
            AuthStoreError: If it cannot be written.
        """
        return await self._limiter.run(self._guard, self._add, key, expires_at)

    async def contains(self, *keys: str) -> bool:
        """
        Tell whether one of some texts is in.

        Raises:
            AuthStoreError: If the file cannot be read.
        """
        return await self._limiter.run(self._guard, self._contains, keys)

    async def aclose(self) -> None:
        """Close the file; the next call opens it again."""
        await self._limiter.run(self._close)

    def __repr__(self) -> str:
        return f"<SQLiteRevocations {self._path!r}>"

    # ── In a thread ──────────────────────────────────────────────────────────

    # Any: whatever the work takes.
    def _guard(self, work: Callable[..., T], *arguments: Any) -> T:
        import sqlite3

        try:
            if self._database is None:
                self._database = self._open()
            return work(*arguments)
        except (sqlite3.Error, OSError) as exc:
            raise AuthStoreError(
                f"The store of revocations {self._path!r} failed: {exc}.",
                hint="See that its folder is there, that both may be written, and that the file is such a store.",
            ) from exc

    # Any: the connection.
    def _open(self) -> Any:
        # One call at a time has it, in whatever thread.
        return open_sqlite(
            self._path, _FORMAT, busy_timeout=self._busy_timeout, fail=AuthStoreError, check_same_thread=False
        )

    def _add(self, key: str, expires_at: float) -> bool:
        now, database = time(), self._database
        if now >= self._next_purge:
            self._next_purge = now + _PURGE_EVERY
            database.execute("DELETE FROM covet_revocations WHERE expires_at <= ?", (now,))
        # One statement: of two workers one changes a row that is not there or over.
        added = database.execute(
            "INSERT INTO covet_revocations (key, expires_at) VALUES (?, ?)"
            " ON CONFLICT (key) DO UPDATE SET expires_at = excluded.expires_at WHERE expires_at <= ?",
            (key, expires_at, now),
        )
        return bool(added.rowcount == 1)

    def _contains(self, keys: tuple[str, ...]) -> bool:
        marks = ", ".join("?" * len(keys))
        found = self._database.execute(
            f"SELECT 1 FROM covet_revocations WHERE key IN ({marks}) AND expires_at > ? LIMIT 1",  # noqa: S608
            (*keys, time()),
        ).fetchone()
        return found is not None

    def _close(self) -> None:
        database, self._database = self._database, None
        if database is not None:
            database.close()
