"""
Tests of engines.
"""

import asyncio
import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from covet.database.errors import DatabaseUnavailableError, ForeignKeyViolationError, PoolTimeoutError
from covet.database.orm import create_engine
from covet.database.orm.engine import Begin
from covet.exceptions import ConfigurationError
from covet.options import UnknownOptionError


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("oracle://db/x", "The ORM knows no database of the kind 'oracle'.\n  Available: mysql, postgresql, sqlite."),
        ("postgre://db/x", "The ORM knows no database of the kind 'postgre'.\n  Did you mean 'postgresql'?"),
        ("shop.db", "it has no scheme"),
    ],
)
def test_unknown_databases_are_refused(url: str, message: str) -> None:
    """The error says which ones there are."""
    with pytest.raises(ConfigurationError) as caught:
        create_engine(url)

    assert message in str(caught.value)


def test_unknown_options_are_refused() -> None:
    """None of them is swallowed."""
    with pytest.raises(UnknownOptionError, match="pool_size"):
        create_engine("sqlite://", poolsize=3)  # type: ignore[call-arg]

    with pytest.raises(ConfigurationError, match="neither 'deferred' nor 'immediate'"):
        create_engine("sqlite://", sqlite_begin="exclusive")  # type: ignore[arg-type]


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
async def test_nobody_answers(scheme: str) -> None:
    """It is a 503, and neither its text nor its cause shows the password."""
    engine = create_engine(f"{scheme}://ada:enigma@127.0.0.1:1/shop")

    with pytest.raises(DatabaseUnavailableError) as caught:
        async with engine.connect():
            pass

    await engine.dispose()
    assert caught.value.status_code == 503
    assert f" at {scheme}://ada:**********@127.0.0.1:1/shop: " in str(caught.value)
    assert "enigma" not in f"{caught.value} {caught.value.__cause__!r}"


async def test_file_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    """SQLite is a database like any other."""
    engine = create_engine(f"sqlite:///{tmp_path}/missing/shop.db")
    others = set(threading.enumerate())

    with pytest.raises(DatabaseUnavailableError):
        async with engine.connect():
            pass

    await engine.dispose()
    # The driver's thread still has something to say to this loop, which ends with the test.
    async with asyncio.timeout(10):
        while any("connection_worker" in thread.name for thread in set(threading.enumerate()) - others):
            await asyncio.sleep(0.001)


async def test_pool_gives_up_in_time(tmp_path: Path) -> None:
    """Whoever waits too long for a connection gets a 503 that says what to do."""
    engine = create_engine(f"sqlite:///{tmp_path}/shop.db", pool_size=1, pool_timeout=0.05)

    async with engine.connect():
        with pytest.raises(PoolTimeoutError) as caught:
            async with engine.connect():
                pass

    await engine.dispose()
    assert str(caught.value) == (
        "None of the 1 connections became free within 0.05 seconds.\n"
        "  Commit earlier, keep sessions short, or raise pool_size=."
    )


async def test_sqlite_is_set_up(tmp_path: Path) -> None:
    """Foreign keys are checked, writes go ahead of readers, locks are waited for."""
    engine = create_engine(f"sqlite:///{tmp_path}/shop.db")

    async with engine.connect() as connection:
        found = [
            (await connection.execute(text(f"PRAGMA {name}"))).scalar_one()
            for name in ("foreign_keys", "journal_mode", "busy_timeout")
        ]

    await engine.dispose()
    assert found == [1, "wal", 5000]


async def test_foreign_keys_hold_in_memory_as_well() -> None:
    """A test sees what production will."""
    engine = create_engine("sqlite://")

    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE a (id INTEGER PRIMARY KEY, parent REFERENCES a (id))"))
        with pytest.raises(ForeignKeyViolationError):
            await connection.execute(text("INSERT INTO a VALUES (1, 7)"))

    await engine.dispose()


async def test_sqlite_in_memory_is_one_database() -> None:
    """All sessions see the same, one after the other: none takes part in another's transaction."""
    engine = create_engine("sqlite://")
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE numbers (n INTEGER)"))

    async def add(number: int) -> None:
        async with engine.connect() as connection:
            await connection.execute(text(f"INSERT INTO numbers VALUES ({number})"))
            await asyncio.sleep(0)
            await (connection.commit() if number % 2 else connection.rollback())

    async with asyncio.TaskGroup() as group:
        for number in range(8):
            group.create_task(add(number))

    async with engine.connect() as connection:
        found = (await connection.execute(text("SELECT n FROM numbers ORDER BY n"))).scalars().all()
    await engine.dispose()
    assert found == [1, 3, 5, 7]


async def test_savepoints_work(engine: AsyncEngine) -> None:
    """SQLite's driver would commit before one; here it does not begin by itself."""
    async with engine.connect() as connection:
        await connection.execute(text("INSERT INTO users (name, age, password_hash) VALUES ('Ada', 1, '')"))
        inner = await connection.begin_nested()
        await connection.execute(text("UPDATE users SET age = 2"))
        await inner.rollback()
        age = (await connection.execute(text("SELECT age FROM users"))).scalar_one()
        await connection.rollback()
        count = (await connection.execute(text("SELECT COUNT(*) FROM users"))).scalar_one()

    assert (age, count) == (1, 0)


@pytest.mark.parametrize(("begin", "waits"), [("immediate", True), ("deferred", False)])
async def test_sqlite_begins_as_it_is_told(tmp_path: Path, begin: Begin, waits: bool) -> None:
    """An immediate transaction has the lock for writing from its beginning on, whatever it does first."""
    engine = create_engine(f"sqlite:///{tmp_path}/shop.db", sqlite_begin=begin)

    async with engine.connect() as first, engine.connect() as second:
        await second.execute(text("PRAGMA busy_timeout = 20"))
        await second.rollback()
        await first.execute(text("SELECT 1"))
        try:
            await second.execute(text("SELECT 1"))
            waited = False
        except Exception as exc:
            waited = type(exc).__name__ == "RetryableTransactionError"

    await engine.dispose()
    assert waited is waits


async def test_a_connection_that_its_server_has_closed_is_replaced(postgresql_url: str) -> None:
    """Whoever comes next notices nothing, though it was in use just now."""
    engine = create_engine(postgresql_url, pool_size=2)
    async with engine.connect() as second:
        async with engine.connect() as first:
            closed = (await first.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        await second.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": closed})
    await asyncio.sleep(0.1)

    async with engine.connect() as first, engine.connect() as second:
        found = {(await each.execute(text("SELECT pg_backend_pid()"))).scalar_one() for each in (first, second)}

    await engine.dispose()
    assert len(found) == 2
    assert closed not in found
