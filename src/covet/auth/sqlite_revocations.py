"""
What is revoked, in one file that the workers of a machine share, by SQLite of the standard library.

Everything happens in a thread; the event loop never waits for the disk.
"""

import os
from time import time
from typing import Any, Final

from covet.auth.errors import AuthStoreError
from covet.options import refuse_unknown
from covet.sqlite_files import FileFormat
from covet.sqlite_threads import SQLiteThread

_FORMAT: Final = FileFormat(
    "revocations",
    application_id=0x43765276,  # "CvRv"
    migrations=(
        (
            "CREATE TABLE covet_revocations (key TEXT PRIMARY KEY, expires_at REAL NOT NULL) WITHOUT ROWID",
            "CREATE INDEX covet_revocations_by_end ON covet_revocations (expires_at)",
        ),
        ("ALTER TABLE covet_revocations ADD COLUMN value TEXT NOT NULL DEFAULT ''",),
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
        self._thread = SQLiteThread(
            path,
            _FORMAT,
            owner=type(self).__name__,
            alternative="MemoryRevocations",
            busy_timeout=busy_timeout,
            fail=AuthStoreError,
            # A token that was revoked must not come back, nor a refresh token that was used.
            is_durable=True,
        )
        self._next_purge = 0.0

    async def add(self, key: str, expires_at: float, /) -> bool:
        """
        Put a text in, until a moment in seconds since 1970; it is in the file when this returns.

        Raises:
            AuthStoreError: If it cannot be written.
        """
        return await self._thread.run(self._add, key, expires_at)

    async def contains(self, *keys: str) -> bool:
        """
        Tell whether one of some texts is in.

        Raises:
            AuthStoreError: If the file cannot be read.
        """
        return bool(await self._thread.run(_find, keys))

    async def put(self, key: str, value: str, expires_at: float, /) -> None:
        """
        Put a text in with another one that belongs to it, in the place of what it had, until a moment.

        Raises:
            AuthStoreError: If it cannot be written.
        """
        await self._thread.run(_put, key, value, expires_at)

    async def find(self, *keys: str) -> dict[str, str]:
        """
        Give those of some texts that are in, each with what belongs to it; one that was added has whatever text.

        Raises:
            AuthStoreError: If the file cannot be read.
        """
        return await self._thread.run(_find, keys)

    async def aclose(self) -> None:
        """Close the file and end the thread, after what was asked before; the next call opens it again."""
        await self._thread.aclose()

    def __repr__(self) -> str:
        return repr(self._thread)

    # ── In the thread ────────────────────────────────────────────────────────

    # Any: the connection, whose module is loaded by those who use it, here and below.
    def _add(self, connection: Any, key: str, expires_at: float) -> bool:
        now = time()
        if now >= self._next_purge:
            self._next_purge = now + _PURGE_EVERY
            connection.execute("DELETE FROM covet_revocations WHERE expires_at <= ?", (now,))
        # One statement: of two workers one changes a row that is not there or over.
        added = connection.execute(
            "INSERT INTO covet_revocations (key, expires_at) VALUES (?, ?)"
            " ON CONFLICT (key) DO UPDATE SET expires_at = excluded.expires_at, value = '' WHERE expires_at <= ?",
            (key, expires_at, now),
        )
        return bool(added.rowcount == 1)


def _put(connection: Any, key: str, value: str, expires_at: float) -> None:
    connection.execute(
        "INSERT OR REPLACE INTO covet_revocations (key, expires_at, value) VALUES (?, ?, ?)", (key, expires_at, value)
    )


def _find(connection: Any, keys: tuple[str, ...]) -> dict[str, str]:
    marks = ", ".join("?" * len(keys))
    return dict(
        connection.execute(
            f"SELECT key, value FROM covet_revocations WHERE key IN ({marks}) AND expires_at > ?",  # noqa: S608
            (*keys, time()),
        ).fetchall()
    )
