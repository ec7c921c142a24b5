"""
A store in one file, by SQLite of the standard library: it survives the process, and several processes may share it.

Everything happens in a thread that belongs to the store; the event loop never waits for the disk.
"""

import os
from collections.abc import Sequence
from typing import Any, Final

from covet.options import refuse_unknown
from covet.sessions.errors import SessionStoreError
from covet.sessions.record import SessionRecord
from covet.sqlite_files import FileFormat
from covet.sqlite_threads import SQLiteThread

_FORMAT: Final = FileFormat(
    "sessions",
    application_id=0x43765373,  # "CvSs"
    migrations=(
        (
            """CREATE TABLE covet_sessions (
                key TEXT PRIMARY KEY,
                data TEXT NOT NULL,
                user_id TEXT,
                created_at INTEGER NOT NULL,
                seen_at INTEGER NOT NULL,
                expires_at INTEGER NOT NULL,
                version INTEGER NOT NULL
            ) WITHOUT ROWID""",
            "CREATE INDEX covet_sessions_by_user ON covet_sessions (user_id) WHERE user_id IS NOT NULL",
            "CREATE INDEX covet_sessions_by_end ON covet_sessions (expires_at)",
        ),
    ),
)
_COLUMNS: Final = "key, data, user_id, created_at, seen_at, expires_at, version"
# What has expired goes with what comes, a hundred at a time: nobody waits for more.
_PURGE: Final = (
    "DELETE FROM covet_sessions WHERE key IN (SELECT key FROM covet_sessions WHERE expires_at <= ? LIMIT 100)"
)


class SQLiteSessionStore:
    """
    Keep sessions in a file. What has expired is deleted as new sessions come.

    Args:
        path: The file; it is made if it is not there, its folder is not. Nobody but its owner may read it.
        busy_timeout: Seconds to wait for another process that writes.

    Raises:
        ConfigurationError: If there is no path.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     store = SQLiteSessionStore(f"{folder}/sessions.db")
        ...     await store.create(SessionRecord("5e55", "{}", "7", created_at=0, seen_at=0, expires_at=1))
        ...     deleted = await store.delete_user("7")
        ...     await store.aclose()
        >>> deleted
        1
    """

    @refuse_unknown
    def __init__(self, path: str | os.PathLike[str], *, busy_timeout: float = 5.0) -> None:
        # What is kept survives the process, and not always a loss of power: that costs a login, and waiting for the
        # disk costs more. What is ended is ended for good: see `_end`.
        self._thread = SQLiteThread(
            path,
            _FORMAT,
            owner=type(self).__name__,
            alternative="MemorySessionStore",
            busy_timeout=busy_timeout,
            fail=SessionStoreError,
        )

    async def load(self, key: str, /) -> SessionRecord | None:
        """
        Return a record; `None` if there is none.

        Raises:
            SessionStoreError: If the file cannot be read.
        """
        return await self._thread.run(_load, key)

    async def create(self, record: SessionRecord, /) -> None:
        """
        Keep a new record.

        Raises:
            SessionStoreError: If it cannot be kept.
        """
        await self._thread.run(_create, record)

    async def update(self, record: SessionRecord, /, *, expected_version: int) -> bool:
        """Keep a record in place of another version of it, unless that has gone or changed."""
        return await self._thread.run(_update, record, expected_version)

    async def delete(self, key: str, /) -> bool:
        """Delete a record, and say whether it was there."""
        return await self._thread.run(_end, "DELETE FROM covet_sessions WHERE key = ?", (key,)) > 0

    async def delete_user(self, user_id: str, /) -> int:
        """Delete all records of a user, and say how many there were."""
        return await self._thread.run(_end, "DELETE FROM covet_sessions WHERE user_id = ?", (user_id,))

    async def purge(self, now: int, /) -> int:
        """Delete what has expired, and say how much."""
        return await self._thread.run(_change, "DELETE FROM covet_sessions WHERE expires_at <= ?", (now,))

    async def aclose(self) -> None:
        """Close the file and end the thread, after what was asked before; the next call opens it again."""
        await self._thread.aclose()

    def __repr__(self) -> str:
        return repr(self._thread)


# ── In the thread ────────────────────────────────────────────────────────────


# Any: the connection, whose module is loaded by those who use it, here and below.
def _load(connection: Any, key: str) -> SessionRecord | None:
    rows = connection.execute(f"SELECT {_COLUMNS} FROM covet_sessions WHERE key = ?", (key,)).fetchall()  # noqa: S608
    return SessionRecord(*rows[0]) if rows else None


def _create(connection: Any, record: SessionRecord) -> None:
    connection.execute(
        f"INSERT INTO covet_sessions ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        (
            record.key,
            record.data,
            record.user_id,
            record.created_at,
            record.seen_at,
            record.expires_at,
            record.version,
        ),
    )
    connection.execute(_PURGE, (record.seen_at,))


def _update(connection: Any, record: SessionRecord, expected_version: int) -> bool:
    values = (record.data, record.seen_at, record.expires_at, record.version, record.key, expected_version)
    statement = (
        "UPDATE covet_sessions SET data = ?, seen_at = ?, expires_at = ?, version = ? WHERE key = ? AND version = ?"
    )
    return _change(connection, statement, values) > 0


def _end(connection: Any, statement: str, values: Sequence[object]) -> int:
    """End sessions, and wait for the disk: after a loss of power, who has logged out stays so."""
    connection.execute("PRAGMA synchronous = FULL")
    try:
        return _change(connection, statement, values)
    finally:
        connection.execute("PRAGMA synchronous = NORMAL")


def _change(connection: Any, statement: str, values: Sequence[object]) -> int:
    return int(connection.execute(statement, values).rowcount)
