"""
Tests of `covet.database.sql_adapter`.
"""

import asyncio
from pathlib import Path

import pytest

from covet.database import (
    DatabaseAccessError,
    DatabaseError,
    DatabaseUnavailableError,
    SQLAdapter,
    SQLiteAdapter,
    get_adapter_registry,
)
from covet.exceptions import ConfigurationError
from tests.unit.database.databases import find_url, open_database, wait_for_connections


async def test_before_the_start_and_after_the_end_it_says_so(database: SQLAdapter, database_url: str) -> None:
    """And `disconnect` may be called again."""
    assert database.is_connected
    assert await database.is_healthy()

    await database.disconnect()
    await database.disconnect()

    assert not database.is_connected
    assert not await database.is_healthy()
    with pytest.raises(DatabaseUnavailableError, match=r"not connected\.\n  Await connect\(url\) first"):
        await database.fetch_val("SELECT 1 AS one")
    await wait_for_connections(database_url, 0)
    await database.connect(database_url)
    assert await database.fetch_val("SELECT 1 AS one") == 1


async def test_it_is_connected_once(tmp_path: Path) -> None:
    """Twice one after the other, or at the same time, is an error; the first one stays."""
    url = f"sqlite:///{tmp_path / 'tea.db'}"
    database = SQLiteAdapter()

    answers = await asyncio.gather(database.connect(url), database.connect(url), return_exceptions=True)

    assert answers[0] is None
    assert isinstance(answers[1], ConfigurationError)
    with pytest.raises(ConfigurationError, match="The database is connected already"):
        await database.connect(url)
    await database.disconnect()
    await wait_for_connections(url, 0)


async def test_an_attempt_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """And the next one may succeed."""
    database = SQLiteAdapter()
    with pytest.raises(DatabaseUnavailableError, match="The file of the database cannot be used"):
        await database.connect(f"sqlite:///{tmp_path / 'nowhere' / 'tea.db'}")
    (tmp_path / "text.db").write_text("This is no database, and long enough to be seen as none." * 10)
    with pytest.raises(DatabaseUnavailableError, match="file is not a database"):
        await database.connect(f"sqlite:///{tmp_path / 'text.db'}")

    await database.connect(f"sqlite:///{tmp_path / 'tea.db'}")

    assert await database.fetch_val("SELECT 1") == 1
    await database.disconnect()


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
async def test_who_is_refused_hears_where_and_no_password(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """A server's refusal is no silence."""
    database_url = find_url(kind, request, tmp_path)
    adapter_url = database_url.rpartition("/")[0] + "/canary_that_is_not_there"
    adapter_url = adapter_url.replace("@", ":secret@") if ":@" not in adapter_url else adapter_url
    adapter = get_adapter_registry().get_or_fail(adapter_url.partition(":")[0])()
    with pytest.raises(DatabaseError, match="refuses the connection") as caught:
        await adapter.connect(adapter_url)

    assert isinstance(caught.value, DatabaseAccessError)
    assert "secret" not in str(caught.value)
    assert "See that the user, the password and the name of the database in the URL are right" in str(caught.value)
    assert not adapter.is_connected


async def test_cancelled_while_it_connects_it_leaves_nothing(database_url: str) -> None:
    """An Nth-operation loop."""
    for steps in range(0, 40, 2):
        adapter = get_adapter_registry().get_or_fail(database_url.partition(":")[0])()
        task = asyncio.create_task(adapter.connect(database_url, min_size=2))
        for _ in range(steps):
            await asyncio.sleep(0 if steps < 20 else 0.0005)
        task.cancel()
        await asyncio.wait((task,))
        if adapter.is_connected:
            await adapter.disconnect()
    await wait_for_connections(database_url, 0)


async def test_a_borrowed_connection_inside_a_transaction_is_its_own(database: SQLAdapter) -> None:
    """Whoever acquires sees what the transaction did."""
    async with database.transaction() as transaction:
        await database.execute("INSERT INTO tea (name) VALUES ($1)", "oolong")
        async with database.acquire() as connection:
            assert connection is transaction.connection
            assert await connection.fetch_val("SELECT count(*) AS n FROM tea") == 1
        assert await database.fetch_val("SELECT count(*) AS n FROM tea") == 1


async def test_many_rows_inside_a_transaction_are_undone_alone(database: SQLAdapter) -> None:
    """They are a savepoint there."""
    async with database.transaction():
        await database.execute("INSERT INTO tea (name) VALUES ($1)", "a")
        with pytest.raises(DatabaseError):
            await database.execute_many("INSERT INTO tea (name) VALUES ($1)", [("b",), ("a",)])
        await database.execute_many("INSERT INTO tea (name) VALUES ($1)", [("c",), ("d",)])

    assert [row["name"] for row in await database.fetch_all("SELECT name FROM tea ORDER BY name")] == ["a", "c", "d"]


async def test_a_database_in_memory_is_healthy_while_it_is_used() -> None:
    """Within a transaction that has its one connection, and for others meanwhile."""
    async with open_database("sqlite://") as database:
        async with database.transaction():
            assert await database.is_healthy()
            assert await asyncio.create_task(database.is_healthy())
        await database.disconnect()
        assert not await database.is_healthy()
