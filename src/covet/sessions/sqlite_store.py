"""
A store in one file, by SQLite of the standard library: it survives the process, and several processes may share it.

Everything happens in a thread that belongs to the store; the event loop never waits for the disk.
"""

import asyncio
import os
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from covet.exceptions import ConfigurationError
from covet.options import refuse_unknown
from covet.sessions.errors import SessionStoreError
from covet.sessions.record import SessionRecord
from covet.sqlite_files import FileFormat, open_sqlite

T = TypeVar("T")

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
        self._path = os.fspath(path)
        if self._path in {"", ":memory:"}:
            raise ConfigurationError(
                f"The path of a store of sessions is a file, got {self._path!r}.",
                hint="MemorySessionStore() needs none.",
            )
        self._busy_timeout = busy_timeout
        # Any: the module is loaded by those who use it. Only the store's thread touches the connection.
        self._connection: Any = None
        self._thread: ThreadPoolExecutor | None = None

    async def load(self, key: str, /) -> SessionRecord | None:
        """
        Return a record; `None` if there is none.

        Raises:
            SessionStoreError: If the file cannot be read.
        """
        return await self._run(self._load, key)

    async def create(self, record: SessionRecord, /) -> None:
        """
        Keep a new record.

        Raises:
            SessionStoreError: If it cannot be kept.
        """
        await self._run(self._create, record)

    async def update(self, record: SessionRecord, /, *, expected_version: int) -> bool:
        """Keep a record in place of another version of it, unless that has gone or changed."""
        return await self._run(self._update, record, expected_version)

    async def delete(self, key: str, /) -> bool:
        """Delete a record, and say whether it was there."""
        return await self._run(self._change, "DELETE FROM covet_sessions WHERE key = ?", (key,)) > 0

    async def delete_user(self, user_id: str, /) -> int:
        """Delete all records of a user, and say how many there were."""
        return await self._run(self._change, "DELETE FROM covet_sessions WHERE user_id = ?", (user_id,))

    async def purge(self, now: int, /) -> int:
        """Delete what has expired, and say how much."""
        return await self._run(self._change, "DELETE FROM covet_sessions WHERE expires_at <= ?", (now,))

    async def aclose(self) -> None:
        """Close the file and end the thread, after what was asked before; the next call opens it again."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        try:
            await asyncio.get_running_loop().run_in_executor(thread, self._close)
        finally:
            thread.shutdown(wait=False)

    def __repr__(self) -> str:
        return f"<SQLiteSessionStore {self._path!r}>"

    def __del__(self) -> None:
        if getattr(self, "_thread", None) is not None:
            warnings.warn(f"{self!r} was never closed: await its aclose().", ResourceWarning, stacklevel=1)

    # Any: whatever the work takes.
    async def _run(self, work: Callable[..., T], *arguments: Any) -> T:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="covet-session-store")
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._guard, work, *arguments)

    # ── In the thread ────────────────────────────────────────────────────────

    # Any: as above.
    def _guard(self, work: Callable[..., T], *arguments: Any) -> T:
        import sqlite3

        try:
            return work(*arguments)
        except (sqlite3.Error, OSError) as exc:
            raise SessionStoreError(
                f"The store of sessions {self._path!r} failed: {exc}.",
                hint="See that its folder is there, that both may be written, and that it is a store of sessions.",
            ) from exc

    def _load(self, key: str) -> SessionRecord | None:
        rows = self._open().execute(f"SELECT {_COLUMNS} FROM covet_sessions WHERE key = ?", (key,)).fetchall()  # noqa: S608
        return SessionRecord(*rows[0]) if rows else None

    def _create(self, record: SessionRecord) -> None:
        connection = self._open()
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

    def _update(self, record: SessionRecord, expected_version: int) -> bool:
        values = (record.data, record.seen_at, record.expires_at, record.version, record.key, expected_version)
        statement = (
            "UPDATE covet_sessions SET data = ?, seen_at = ?, expires_at = ?, version = ? WHERE key = ? AND version = ?"
        )
        return self._change(statement, values) > 0

    def _change(self, statement: str, values: Sequence[object]) -> int:
        return int(self._open().execute(statement, values).rowcount)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    # Any: as above.
    def _open(self) -> Any:
        if self._connection is None:
            # A session survives the process, and not always a loss of power: that costs a login, and waiting for the
            # disk costs more.
            self._connection = open_sqlite(self._path, _FORMAT, busy_timeout=self._busy_timeout, fail=SessionStoreError)
        return self._connection
