"""
A store in one file, by SQLite of the standard library: it survives the process, and several processes may share it.

Everything happens in a thread that belongs to the store; the event loop never waits for the disk.
"""

import os
from collections.abc import Iterable
from typing import Any, Final

from covet.events.errors import EventStoreError
from covet.events.event import Event
from covet.events.event_filter import EventFilter
from covet.events.store import EVERYTHING
from covet.events.stored_event import StoreRecord
from covet.events.stored_form import EventReader, StoredForm, write_event, write_moment
from covet.options import refuse_unknown
from covet.serialization import encode_json
from covet.sqlite_files import FileFormat
from covet.sqlite_threads import SQLiteThread

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
        self._reader = EventReader(classes)
        self._thread = SQLiteThread(
            path,
            _FORMAT,
            owner=type(self).__name__,
            alternative="MemoryEventStore",
            busy_timeout=busy_timeout,
            fail=EventStoreError,
            is_durable=is_durable,
        )

    async def append(self, event: Event, /) -> int:
        """
        Keep an event; it is in the file when this returns.

        Raises:
            EventStoreError: If it cannot be kept.
        """
        return await self._thread.run(self._append, event)

    async def read(
        self, wanted: EventFilter = EVERYTHING, *, after: int = 0, limit: int | None = None
    ) -> list[StoreRecord]:
        """
        Read events in order.

        Raises:
            EventStoreError: If the file cannot be read.
        """
        return await self._thread.run(self._read, wanted, after, limit)

    async def last_position(self) -> int:
        """Give the position of the last event there is; 0 without any."""
        return await self._thread.run(_find_last_position)

    async def count(self, wanted: EventFilter = EVERYTHING) -> int:
        """Count events."""
        return await self._thread.run(_count, wanted)

    async def purge(self, wanted: EventFilter = EVERYTHING) -> int:
        """Delete events."""
        return await self._thread.run(_purge, wanted)

    async def aclose(self) -> None:
        """Close the file and end the thread, after what was asked before; the next call opens it again."""
        await self._thread.aclose()

    def __repr__(self) -> str:
        return repr(self._thread)

    # ── In the thread ────────────────────────────────────────────────────────

    # Any: the connection, whose module is loaded by those who use it, here and below.
    def _append(self, connection: Any, event: Event) -> int:
        form = write_event(event)
        self._reader.notice(event)
        values = (form.event_id, form.event_type, form.timestamp, form.metadata, form.data)
        connection.execute(
            "INSERT INTO covet_events (event_id, event_type, timestamp, metadata, data) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (event_id) DO NOTHING",
            values,
        )
        [(position,)] = connection.execute("SELECT position FROM covet_events WHERE event_id = ?", (form.event_id,))
        return int(position)

    def _read(self, connection: Any, wanted: EventFilter, after: int, limit: int | None) -> list[StoreRecord]:
        condition, values = _write_condition(wanted)
        columns = "position, event_id, event_type, timestamp, metadata, data"
        rows = connection.execute(
            f"SELECT {columns} FROM covet_events WHERE position > ? AND {condition} ORDER BY position LIMIT ?",  # noqa: S608
            (after, *values, -1 if limit is None else limit),
        )
        return [StoreRecord(position, self._reader.read(StoredForm(*stored))) for position, *stored in rows]


def _find_last_position(connection: Any) -> int:
    [(position,)] = connection.execute("SELECT coalesce(max(position), 0) FROM covet_events")
    return int(position)


def _count(connection: Any, wanted: EventFilter) -> int:
    condition, values = _write_condition(wanted)
    [(count,)] = connection.execute(f"SELECT count(*) FROM covet_events WHERE {condition}", values)  # noqa: S608
    return int(count)


def _purge(connection: Any, wanted: EventFilter) -> int:
    condition, values = _write_condition(wanted)
    return int(connection.execute(f"DELETE FROM covet_events WHERE {condition}", values).rowcount)  # noqa: S608


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
