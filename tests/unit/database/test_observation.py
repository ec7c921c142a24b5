"""
Tests of `covet.database.observation`.
"""

import asyncio
import logging
from contextlib import aclosing
from pathlib import Path

import pytest

from covet.database import DatabaseUnavailableError, SQLAdapter, SQLiteAdapter
from covet.database.observation import Observation
from covet.events import DatabaseQueryEvent, EventBus
from covet.exceptions import ConfigurationError
from tests.unit.database.databases import open_database


def test_nothing_is_measured_for_nobody() -> None:
    """Somebody wants to know: a subscriber, the log, or both."""
    observation = Observation("shop")
    bus = EventBus()
    observation.follow(bus)
    assert not observation.is_wanted

    subscription = bus.subscribe(DatabaseQueryEvent, lambda _: None)
    assert observation.is_wanted
    assert observation.bus is bus
    subscription.unsubscribe()
    assert not observation.is_wanted
    observation.set_echo(True)
    assert observation.is_wanted
    assert Observation("shop", slow_query=0.5).is_wanted


async def test_a_bus_forgets_who_follows_it_no_more(tmp_path: Path) -> None:
    """However often a database is connected, and where it cannot be."""
    bus, database = EventBus(), SQLiteAdapter()
    database.follow(bus)
    for _ in range(3):
        await database.connect(f"sqlite:///{tmp_path / 'a.db'}")
        database.follow(bus)
        assert len(bus._listeners) == 1
        await database.disconnect()
        with pytest.raises(DatabaseUnavailableError):
            await database.connect(f"sqlite:///{tmp_path / 'nowhere' / 'a.db'}")

    assert bus._listeners == []


async def test_the_time_of_whoever_reads_a_stream_is_not_the_statements(caplog: pytest.LogCaptureFixture) -> None:
    """It is not slow because somebody takes long with its rows."""
    async with open_database("sqlite://", slow_query=0.2) as database:
        await database.execute_many("INSERT INTO tea (name) VALUES ($1)", [("a",), ("b",), ("c",)])
        async with aclosing(database.stream("SELECT name FROM tea", batch_size=1)) as rows:
            async for _ in rows:
                await asyncio.sleep(0.1)

    assert "took" not in caplog.text


@pytest.mark.parametrize("slow_query", [-1, float("nan")])
def test_a_time_that_is_none_is_refused(slow_query: float) -> None:
    """With its value."""
    with pytest.raises(ConfigurationError, match="slow_query must be seconds from 0 on, or None, got"):
        Observation("shop", slow_query=slow_query)


async def test_subscribers_hear_of_what_was_run(database: SQLAdapter) -> None:
    """Text and number of rows, of statements that fail as well, and no value."""
    bus = EventBus()
    heard: list[tuple[str, int]] = []
    hearing = bus.subscribe(DatabaseQueryEvent, lambda event: heard.append((event.query, event.rows_affected)))
    database.follow(bus)

    await database.execute("INSERT INTO tea (name) VALUES ($1), ($2)", "canary", "b")
    await database.fetch_all("SELECT name FROM tea")
    async for _ in database.stream("SELECT id FROM tea"):
        pass
    with pytest.raises(Exception, match=r"(?i)unique|such a row"):
        await database.execute("INSERT INTO tea (name) VALUES ($1)", "canary")
    hearing.unsubscribe()
    await bus.drain()

    assert heard == [
        ("INSERT INTO tea (name) VALUES ($1), ($2)", 2),
        ("SELECT name FROM tea", 2),
        ("SELECT id FROM tea", 2),
        ("INSERT INTO tea (name) VALUES ($1)", 0),
    ]
    await bus.aclose()


async def test_echo_writes_each_statement(sqlite: SQLAdapter, caplog: pytest.LogCaptureFixture) -> None:
    """Until it is switched off."""
    caplog.set_level(logging.INFO, "covet.database")
    observation = sqlite.pool.observation
    observation.set_echo(True)
    await sqlite.fetch_val("SELECT $1", "canary")
    observation.set_echo(False)
    await sqlite.fetch_val("SELECT 2")

    [line] = [record.getMessage() for record in caplog.records]
    assert line.startswith("default: 0.0")
    assert line.endswith(" s, 1 rows: SELECT $1")
