"""
Tests of `covet.database.drivers.sqlite`.
"""

import asyncio
import sqlite3
import stat
import threading
from pathlib import Path
from time import monotonic
from urllib.parse import quote

import pytest

from covet.database import (
    DatabaseFullError,
    DatabaseUnavailableError,
    QueryError,
    RetryableTransactionError,
    SQLAdapter,
    SQLiteAdapter,
)
from covet.database.drivers.sqlite import SQLiteDriver
from covet.database.url import DatabaseURL
from tests.unit.database.databases import SLOW, list_names, open_database, wait_for_connections, wait_until


async def test_a_file_is_its_owners_and_is_kept_safe(sqlite: SQLAdapter, tmp_path: Path) -> None:
    """Made for its owner alone, with a write-ahead log and foreign keys."""
    assert stat.S_IMODE((tmp_path / "tea.db").stat().st_mode) == 0o600
    assert await sqlite.fetch_val("PRAGMA journal_mode") == "wal"
    assert await sqlite.fetch_val("PRAGMA foreign_keys") == 1
    assert await sqlite.fetch_val("PRAGMA synchronous") == 1


@pytest.mark.parametrize("name", ["a b.db", "a%20b.db", "a?b=c.db", "a#b.db", "ü.db"])
async def test_a_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    """The one that is meant is opened, and no other."""
    async with open_database(f"sqlite:///{tmp_path}/{quote(name)}?synchronous=FULL") as database:
        assert await database.fetch_val("PRAGMA synchronous") == 2
    assert [path.name for path in tmp_path.iterdir()] == [name]


async def test_a_reader_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    """And a writer waits for another one as long as was said."""
    url = f"sqlite:///{tmp_path / 'tea.db'}"
    other = SQLiteAdapter()
    async with open_database(url) as one, one.transaction():
        await other.connect(url, busy_timeout=0.05)
        await one.execute("INSERT INTO tea (name) VALUES ('a')")
        assert await other.fetch_val("SELECT count(*) FROM tea") == 0
        with pytest.raises(RetryableTransactionError, match="Another connection writes to the database") as caught:
            await other.execute("INSERT INTO tea (name) VALUES ('b')")
        await other.disconnect()
    assert "?busy_timeout=10" in str(caught.value)


async def test_whoever_waits_for_a_writer_gets_its_turn(tmp_path: Path) -> None:
    """As soon as the other one has ended, and within the time that was said."""
    url = f"sqlite:///{tmp_path / 'tea.db'}"
    other = SQLiteAdapter()
    async with open_database(url) as one:
        await other.connect(url)
        async with one.transaction():
            await one.execute("INSERT INTO tea (name) VALUES ('a')")
            waiting = [
                asyncio.create_task(other.execute("INSERT INTO tea (name) VALUES ('b')")),
                asyncio.create_task(other.execute_many("INSERT INTO tea (name) VALUES ($1)", [("c",), ("d",)])),
            ]
            await asyncio.sleep(0.1)
            assert not any(task.done() for task in waiting)
        await asyncio.wait_for(asyncio.gather(*waiting), 1)
        assert await list_names(one) == ["a", "b", "c", "d"]
        await other.disconnect()


@pytest.mark.parametrize("way", ["a statement", "a transaction", "many rows", "a time limit"])
async def test_whoever_waits_for_a_writer_can_be_cancelled(tmp_path: Path, way: str) -> None:
    """At once, and the connection is good for what comes after."""
    url = f"sqlite:///{tmp_path / 'tea.db'}"
    other = SQLiteAdapter()

    async def wait() -> None:
        if way == "a transaction":
            async with other.transaction():
                pytest.fail("there was another one")
        elif way == "many rows":
            await other.execute_many("INSERT INTO tea (name) VALUES ($1)", [("b",), ("c",)])
        elif way == "a time limit":
            await asyncio.wait_for(other.execute("INSERT INTO tea (name) VALUES ('b')"), 0.1)
        else:
            await other.execute("INSERT INTO tea (name) VALUES ('b')")

    async with open_database(url) as one:
        await other.connect(url, busy_timeout=30.0, max_size=1)
        async with one.transaction():
            await one.execute("INSERT INTO tea (name) VALUES ('a')")
            waiting = asyncio.create_task(wait())
            await asyncio.sleep(0.15)
            began = monotonic()
            waiting.cancel()
            with pytest.raises((asyncio.CancelledError, TimeoutError)):
                await waiting
            assert monotonic() - began < 1
        await other.insert("tea", {"name": "d"})
        assert await list_names(one) == ["a", "d"]
        assert (other.stats.opened, other.stats.idle) == (1, 1)
        await other.disconnect()


async def test_a_full_database_says_so(sqlite: SQLAdapter) -> None:
    """And works on when there is room."""
    async with sqlite.acquire() as connection:
        await connection.execute("PRAGMA max_page_count = 8")
        with pytest.raises(DatabaseFullError, match="The database cannot grow"):
            for number in range(1000):
                await connection.execute("INSERT INTO tea (name) VALUES ($1)", f"{number} " + "x" * 90)
        await connection.execute("PRAGMA max_page_count = 1000000")
        await connection.execute("INSERT INTO tea (name) VALUES ('fits')")
        assert await connection.fetch_val("PRAGMA integrity_check") == "ok"


async def test_a_slow_statement_ends_when_its_connection_is_closed_at_once(sqlite: SQLAdapter) -> None:
    """The thread does not go on counting."""
    url = str(sqlite.pool.url)
    async with sqlite.acquire() as connection:
        left = asyncio.create_task(connection.fetch_val(SLOW["sqlite"]))
        await asyncio.sleep(0.05)
    with pytest.raises(QueryError, match="interrupted"):
        await left

    await sqlite.disconnect()
    await wait_for_connections(url, 0)


async def test_a_connection_that_is_opened_for_nobody_is_closed(tmp_path: Path) -> None:
    """Whoever wanted it was cancelled meanwhile."""
    url = DatabaseURL.parse(f"sqlite:///{tmp_path / 'tea.db'}")
    for steps in range(4):
        task = asyncio.create_task(SQLiteDriver().connect(url, {}))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await wait_until(lambda: not [thread for thread in threading.enumerate() if thread.name == "sqlite tea.db"])


async def test_each_database_in_memory_is_its_own() -> None:
    """One connection, whatever is asked for."""
    one, two = SQLiteAdapter(), SQLiteAdapter()
    await one.connect("sqlite://", max_size=10)
    await two.connect("sqlite:///:memory:")
    await one.execute("CREATE TABLE tea (name TEXT)")
    async with asyncio.TaskGroup() as group:
        for number in range(20):
            group.create_task(one.execute("INSERT INTO tea VALUES ($1)", f"{number}"))

    assert await one.fetch_val("SELECT count(*) FROM tea") == 20
    assert one.stats.size == 1
    with pytest.raises(QueryError, match="no such table: tea"):
        await two.fetch_val("SELECT count(*) FROM tea")
    await one.disconnect()
    await two.disconnect()


@pytest.mark.parametrize(
    ("query", "value", "text"),
    [
        ("SELECT json_extract('{}', $1)", "canary", "SQLite refuses the statement: JSON path …."),
        ("SELECT nowhere FROM tea WHERE name = $1", "canary", "SQLite refuses the statement: no such column: nowhere."),
        ("SELECT $1 FROM nowhere", "canary", "SQLite refuses the statement: no such table: nowhere."),
        ("SELECT * FROM words WHERE words MATCH $1", "canary:x", "SQLite refuses the statement: no such column …."),
        ("SELECT * FROM words WHERE words MATCH $1", "canary ^ (", "SQLite refuses the statement: fts5 …."),
    ],
)
async def test_what_it_says_of_a_value_is_left_out(sqlite: SQLAdapter, query: str, value: str, text: str) -> None:
    """And what it says of the statement is not."""
    await sqlite.execute("CREATE VIRTUAL TABLE words USING fts5(word)")

    with pytest.raises(QueryError) as caught:
        await sqlite.fetch_all(query, value)

    assert str(caught.value) == text


def test_errors_that_are_not_of_sqlite_are_left_alone() -> None:
    """Those of files are, and so is a text that is none."""
    driver = SQLiteDriver()

    assert driver.translate(LookupError("canary")) is None
    assert isinstance(driver.translate(OSError(5, "broken")), DatabaseUnavailableError)
    assert str(driver.translate(sqlite3.ProgrammingError("odd."))) == "SQLite refuses the statement: odd."
