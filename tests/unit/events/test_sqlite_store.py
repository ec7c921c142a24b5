"""
Tests of the store in a file; what every store promises is in `covet.testing.event_store`.
"""

import asyncio
import sqlite3
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from covet.events.bus import EventBus
from covet.events.errors import EventStoreError
from covet.events.event import Event
from covet.events.event_filter import make_filter
from covet.events.sqlite_store import SQLiteEventStore
from covet.events.stored_event import StoredEvent
from covet.exceptions import ConfigurationError
from covet.options import UnknownOptionError


class Logged(Event):
    """An event."""

    event_type: str = "sqlite.logged"
    number: int = 1


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Name a file that is not there."""
    return tmp_path / "events.db"


async def test_events_survive_the_store(path: Path) -> None:
    """Another store of the same file has them, and goes on where it stood."""
    store = SQLiteEventStore(path)
    await store.append(Logged(number=1))
    await store.aclose()

    other = SQLiteEventStore(str(path))
    position = await other.append(Logged(number=2))
    records = await other.read()
    await other.aclose()

    assert position == 2
    assert [getattr(record.event, "number", None) for record in records] == [1, 2]


async def test_events_survive_a_process_that_dies(path: Path) -> None:
    """What was appended is in the file, though nobody closed it."""
    program = (
        "import asyncio, os, sys\nfrom covet.events import Event, SQLiteEventStore\n"
        "async def main():\n    await SQLiteEventStore(sys.argv[1]).append(Event())\n    os._exit(3)\n"
        "asyncio.run(main())\n"
    )
    ended = await asyncio.to_thread(lambda: subprocess.run([sys.executable, "-c", program, path], check=False))

    store = SQLiteEventStore(path)
    count = await store.count()
    await store.aclose()

    assert (ended.returncode, count) == (3, 1)


async def test_two_stores_may_share_a_file(path: Path) -> None:
    """As the workers of a server do: nothing is lost, and positions are those of both."""
    stores = [SQLiteEventStore(path, is_durable=False) for _ in range(2)]

    positions = await asyncio.gather(*(store.append(Logged()) for store in stores for _ in range(20)))
    for store in stores:
        await store.aclose()

    assert sorted(positions) == list(range(1, 41))


async def test_the_file_is_written_ahead_of_itself(path: Path) -> None:
    """WAL lets readers and a writer at it at once."""
    store = SQLiteEventStore(path)
    await store.append(Logged())

    assert path.with_name("events.db-wal").exists()
    await store.aclose()


async def test_the_loop_never_waits_for_the_file(path: Path) -> None:
    """Everything runs in one thread of the store."""
    store = SQLiteEventStore(path)
    await store.count()

    names = [thread.name for thread in threading.enumerate() if thread.name.startswith("covet-events")]
    await store.aclose()

    assert len(names) == 1


async def test_it_opens_again_after_it_was_closed(path: Path) -> None:
    """An application may start again."""
    store = SQLiteEventStore(path)
    await store.append(Logged())
    await store.aclose()

    assert await store.count() == 1
    await store.aclose()


async def test_an_unknown_event_comes_as_it_was_and_is_replayed_by_its_type(path: Path) -> None:
    """Who subscribed to the type or a pattern gets it; who subscribed to a class does not."""
    store = SQLiteEventStore(path)
    await store.append(Logged())
    await store.aclose()
    connection = sqlite3.connect(path)
    connection.execute("UPDATE covet_events SET event_type = 'sqlite.forgotten'")
    connection.commit()
    connection.close()
    bus, seen = EventBus(store=SQLiteEventStore(path)), list[Any]()
    bus.subscribe("sqlite.*", lambda event: seen.append(event))
    bus.subscribe(Event, lambda event: seen.append("class"))

    result = await bus.replay()
    await bus.aclose()

    assert result.is_ok
    [stored] = seen
    assert isinstance(stored, StoredEvent)
    assert (stored.event_type, stored.data) == ("sqlite.forgotten", {"number": 1})


async def test_values_are_never_part_of_a_statement(path: Path) -> None:
    """A quote in an identifier is a character."""
    store = SQLiteEventStore(path)
    await store.append(Logged())

    assert await store.count(make_filter(event_ids=["') OR 1=1 --", '"'])) == 0
    assert await store.count(make_filter(event_ids=[str(number) for number in range(40_000)])) == 0
    assert await store.count() == 1
    await store.aclose()


async def test_a_newer_file_is_left_alone(path: Path) -> None:
    """The text has both versions."""
    store = SQLiteEventStore(path)
    await store.append(Logged())
    await store.aclose()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 9")
    connection.close()

    with pytest.raises(EventStoreError) as caught:
        await store.count()
    await store.aclose()

    assert "has version 9 of the store of events, and this CovetPy knows 1." in str(caught.value)
    assert "Use the CovetPy that wrote it, or a newer one." in str(caught.value)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("CREATE TABLE users (id INTEGER)", "is a database with other tables."),
        ("PRAGMA application_id = 7", "belongs to another program."),
    ],
)
async def test_a_database_of_something_else_is_left_alone(path: Path, statement: str, message: str) -> None:
    """A slip in the settings writes no table into it."""
    connection = sqlite3.connect(path)
    connection.execute(statement)
    connection.commit()
    connection.close()
    before = path.read_bytes() if "users" not in statement else b""
    store = SQLiteEventStore(path)

    with pytest.raises(EventStoreError) as caught:
        await store.append(Logged())
    await store.aclose()

    assert message in str(caught.value)
    assert not before or path.read_bytes() == before


@pytest.mark.parametrize("content", [None, b"no database at all, but long enough to be looked at" * 20])
async def test_a_file_that_cannot_be_opened_says_so(tmp_path: Path, content: bytes | None) -> None:
    """A missing folder, and a file of another kind."""
    path = tmp_path / ("missing/events.db" if content is None else "events.db")
    if content is not None:
        path.write_bytes(content)
    store = SQLiteEventStore(path)

    with pytest.raises(EventStoreError) as caught:
        await store.append(Logged())
    await store.aclose()

    assert f"The store of events {str(path)!r} failed: " in str(caught.value)
    assert "See that its folder is there" in str(caught.value)


async def test_a_store_that_fails_costs_no_handler_its_event(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The publisher learns of both."""
    bus, seen = EventBus(store=SQLiteEventStore(tmp_path / "missing" / "events.db")), list[Event]()
    bus.subscribe(Logged, lambda event: seen.append(event))

    result = await bus.publish(Logged())
    await bus.aclose()

    assert len(seen) == 1
    assert isinstance(result.store_error, EventStoreError)
    assert "The store did not keep sqlite.logged" in caplog.text


@pytest.mark.parametrize("path", ["", ":memory:"])
def test_it_is_a_file(path: str) -> None:
    """The text names what needs none."""
    with pytest.raises(ConfigurationError, match=r"(?s)is a file, got .*MemoryEventStore\(\) needs none"):
        SQLiteEventStore(path)


def test_unknown_options_are_refused() -> None:
    """Nothing is swallowed."""
    with pytest.raises(UnknownOptionError, match="Did you mean 'is_durable'"):
        SQLiteEventStore("events.db", durable=True)  # type: ignore[call-arg]


async def test_a_failed_beginning_tells_its_cause(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite may have rolled back by itself: that there is nothing to roll back any more hides nothing."""

    class Full(sqlite3.Connection):
        def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
            if statement == "COMMIT":
                super().execute("ROLLBACK")
                raise sqlite3.OperationalError("database or disk is full")
            return super().execute(statement, *values)

    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Full))
    store = SQLiteEventStore(path)

    with pytest.raises(EventStoreError, match="database or disk is full"):
        await store.append(Logged())

    await store.aclose()
