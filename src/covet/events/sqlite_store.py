"""
A store in one file, by SQLite of the standard library: it survives the process, and several processes may share it.

Everything happens in a thread that belongs to the store; the event loop never waits for the disk.
"""

import asyncio
import os
import warnings
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from covet.events.errors import EventError, EventStoreError
from covet.events.event import Event
from covet.events.event_filter import EventFilter
from covet.events.store import EVERYTHING
from covet.events.stored_event import StoreRecord
from covet.events.stored_form import EventReader, StoredForm, write_event, write_moment
from covet.exceptions import ConfigurationError
from covet.options import refuse_unknown
from covet.serialization import encode_json
from covet.sqlite_files import FileFormat, open_sqlite

T = TypeVar("T")

_FORMAT: Final = FileFormat(
    "events",
    application_id=0x43764576,  # "CvEv"
    migrations=(
        (
            """CREATE TABLE covet_events (
                position INTEGER PRIMARY KEY AUTOINCREMENT,
                event_id TEXT NOT NULL UNIQUE,
                event_type TEXT NOT NULL,
                timestamp TEXT NOT NULL,
                metadata TEXT NOT NULL,
                data TEXT NOT NULL
            )""",
            "CREATE INDEX covet_events_by_type ON covet_events (event_type, position)",
            "CREATE INDEX covet_events_by_time ON covet_events (timestamp)",
        ),
    ),
)


class SQLiteEventStore:
    """
    Keep events in a file.

    Fields and metadata are kept as JSON, and events are made again by their types; one whose class is unknown, or has
    other fields now, comes back as a `StoredEvent`.

    Args:
        path: The file; it is made if it is not there, its folder is not.
        classes: The classes that are meant where several have one event type; those that were appended here are known.
        is_durable: Whether an event that was appended survives a loss of power; if not, it survives a crash of the
            process only, and appending is much faster.
        busy_timeout: Seconds to wait for another process that writes.

    Raises:
        ConfigurationError: If there is no path.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     store = SQLiteEventStore(f"{folder}/events.db")
        ...     position = await store.append(Event(metadata={"source": "import"}))
        ...     await store.aclose()
        ...     [record] = await store.read()
        ...     await store.aclose()
        >>> record.event.metadata["source"]
        'import'
    """

    @refuse_unknown
    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        classes: Iterable[type[Event]] = (),
        is_durable: bool = True,
        busy_timeout: float = 5.0,
    ) -> None:
        self._path = os.fspath(path)
        if self._path in {"", ":memory:"}:
            raise ConfigurationError(
                f"The path of an event store is a file, got {self._path!r}.", hint="MemoryEventStore() needs none."
            )
        self._reader = EventReader(classes)
        self._options = (self._path, is_durable, busy_timeout)
        self._database = _Database(*self._options)
        self._thread: ThreadPoolExecutor | None = None

    async def append(self, event: Event, /) -> int:
        """
        Keep an event; it is in the file when this returns.

        Raises:
            EventStoreError: If it cannot be kept.
        """
        return await self._run(self._append, event)

    async def read(
        self, wanted: EventFilter = EVERYTHING, *, after: int = 0, limit: int | None = None
    ) -> list[StoreRecord]:
        """
        Read events in order.

        Raises:
            EventStoreError: If the file cannot be read.
        """
        return await self._run(self._read, wanted, after, limit)

    async def last_position(self) -> int:
        """Give the position of the last event there is; 0 without any."""
        return await self._run(self._last_position)

    async def count(self, wanted: EventFilter = EVERYTHING) -> int:
        """Count events."""
        return await self._run(self._count, wanted)

    async def purge(self, wanted: EventFilter = EVERYTHING) -> int:
        """Delete events."""
        return await self._run(self._purge, wanted)

    async def aclose(self) -> None:
        """Close the file and end the thread, after what was asked before; the next call opens it again."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        database, self._database = self._database, _Database(*self._options)
        try:
            await asyncio.get_running_loop().run_in_executor(thread, database.close)
        finally:
            thread.shutdown(wait=False)

    def __repr__(self) -> str:
        return f"<SQLiteEventStore {self._path!r}>"

    def __del__(self) -> None:
        if getattr(self, "_thread", None) is not None:
            warnings.warn(f"{self!r} was never closed: await its aclose().", ResourceWarning, stacklevel=1)

    # Any: whatever the work takes.
    async def _run(self, work: Callable[..., T], *arguments: Any) -> T:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="covet-event-store")
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, self._guard, work, self._database, *arguments
        )

    # ── In the thread ────────────────────────────────────────────────────────

    # Any: as above.
    def _guard(self, work: Callable[..., T], *arguments: Any) -> T:
        import sqlite3

        try:
            return work(*arguments)
        except EventError:
            raise
        except (sqlite3.Error, OSError) as exc:
            raise EventStoreError(
                f"The event store {self._path!r} failed: {exc}.",
                hint="See that its folder is there, that both may be written, and that the file is a store of events.",
            ) from exc

    def _append(self, database: "_Database", event: Event) -> int:
        form = write_event(event)
        self._reader.notice(event)
        values = (form.event_id, form.event_type, form.timestamp, form.metadata, form.data)
        database.execute(
            "INSERT INTO covet_events (event_id, event_type, timestamp, metadata, data) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (event_id) DO NOTHING",
            values,
        )
        [(position,)] = database.execute("SELECT position FROM covet_events WHERE event_id = ?", (form.event_id,))
        return int(position)

    def _read(self, database: "_Database", wanted: EventFilter, after: int, limit: int | None) -> list[StoreRecord]:
        condition, values = _write_condition(wanted)
        columns = "position, event_id, event_type, timestamp, metadata, data"
        rows = database.execute(
            f"SELECT {columns} FROM covet_events WHERE position > ? AND {condition} ORDER BY position LIMIT ?",  # noqa: S608
            (after, *values, -1 if limit is None else limit),
        )
        return [StoreRecord(position, self._reader.read(StoredForm(*stored))) for position, *stored in rows]

    def _last_position(self, database: "_Database") -> int:
        [(position,)] = database.execute("SELECT coalesce(max(position), 0) FROM covet_events", ())
        return int(position)

    def _count(self, database: "_Database", wanted: EventFilter) -> int:
        condition, values = _write_condition(wanted)
        [(count,)] = database.execute(f"SELECT count(*) FROM covet_events WHERE {condition}", values)  # noqa: S608
        return int(count)

    def _purge(self, database: "_Database", wanted: EventFilter) -> int:
        condition, values = _write_condition(wanted)
        return database.change(f"DELETE FROM covet_events WHERE {condition}", values)  # noqa: S608


class _Database:
    """The connection, opened when it is first used; only the store's thread comes here."""

    def __init__(self, path: str, is_durable: bool, busy_timeout: float) -> None:
        self._path = path
        self._is_durable = is_durable
        self._busy_timeout = busy_timeout
        # Any: the module is loaded by those who use it.
        self._connection: Any = None

    def execute(self, statement: str, values: Sequence[object]) -> list[Any]:
        rows: list[Any] = self._open().execute(statement, values).fetchall()
        return rows

    def change(self, statement: str, values: Sequence[object]) -> int:
        return int(self._open().execute(statement, values).rowcount)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> Any:
        if self._connection is None:
            self._connection = open_sqlite(
                self._path,
                _FORMAT,
                busy_timeout=self._busy_timeout,
                fail=EventStoreError,
                is_durable=self._is_durable,
            )
        return self._connection


def _write_condition(wanted: EventFilter) -> tuple[str, tuple[object, ...]]:
    """Write a filter as a condition; all that comes from outside is a value, never text of the statement."""
    parts: list[str] = []
    values: list[object] = []
    if wanted.patterns is not None and "*" not in wanted.patterns:
        choices = []
        for pattern in wanted.patterns:
            if pattern.endswith("*"):
                # All that begin with "user.": "/" is the character after the dot.
                choices.append("event_type >= ? AND event_type < ?")
                values += [pattern[:-1], f"{pattern[:-2]}/"]
            else:
                choices.append("event_type = ?")
                values.append(pattern)
        parts.append(f"({' OR '.join(choices) or '0'})")
    if wanted.since is not None:
        parts.append("timestamp >= ?")
        values.append(write_moment(wanted.since))
    if wanted.until is not None:
        parts.append("timestamp < ?")
        values.append(write_moment(wanted.until))
    if wanted.event_ids is not None:
        # One value, however many there are: SQLite takes a limited number.
        parts.append("event_id IN (SELECT value FROM json_each(?))")
        values.append(encode_json(sorted(wanted.event_ids)).decode())
    return " AND ".join(parts) or "1", tuple(values)
