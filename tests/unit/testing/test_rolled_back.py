"""
Tests of `covet.testing.rolled_back`.
"""

import pytest

from covet.database import DatabasePool, DatabaseUnavailableError, UniqueViolationError
from covet.testing import create_test_database
from covet.testing.rolled_back import RolledBackDriver
from tests.unit.database.fake_driver import FakeConnection, FakeDriver


async def open_pool() -> tuple[DatabasePool, FakeConnection]:
    """A pool within a transaction, and what its database hears."""
    fake = FakeDriver()
    raw = FakeConnection(fake, 1)
    pool = DatabasePool("postgresql://nowhere/tea", driver=RolledBackDriver(fake, raw), max_size=1)
    await pool.connect()
    return pool, raw


async def test_transactions_are_savepoints() -> None:
    """And a statement of none is one of its own, since PostgreSQL refuses all that follows an error."""
    pool, raw = await open_pool()
    async with pool.acquire() as connection:
        await connection.execute("one")
        await connection.control("BEGIN ISOLATION LEVEL SERIALIZABLE")
        await connection.execute("two")
        await connection.control("COMMIT")

    assert raw.said == [
        "SAVEPOINT covet_of_a_statement",
        "one",
        "RELEASE SAVEPOINT covet_of_a_statement",
        "SAVEPOINT covet_of_a_test",
        "two",
        "RELEASE SAVEPOINT covet_of_a_test",
    ]
    await pool.disconnect()
    assert not raw.is_closed


@pytest.mark.parametrize("statement", ["ROLLBACK", "rollback;", " ROLLBACK WORK"])
async def test_what_is_rolled_back_is_the_savepoint(statement: str) -> None:
    """Also what was left open; the test's transaction goes on."""
    pool, raw = await open_pool()
    async with pool.acquire() as connection:
        await connection.control("BEGIN")
        await connection.control(statement)
        await connection.control("ROLLBACK")
        await connection.control("begin")

    undone = ["SAVEPOINT covet_of_a_test", "ROLLBACK TO SAVEPOINT covet_of_a_test", "RELEASE SAVEPOINT covet_of_a_test"]
    assert raw.said == undone * 2
    await pool.disconnect()


async def test_many_are_all_or_none() -> None:
    """As they are without a test's transaction around them."""
    database = await create_test_database("sqlite://", schema=["CREATE TABLE tea (name TEXT UNIQUE)"])
    async with database.rollback():
        async with database.acquire() as connection:
            with pytest.raises(UniqueViolationError):
                await connection.execute_many("INSERT INTO tea VALUES ($1)", [("a",), ("b",), ("a",)])
        assert await database.fetch_all("SELECT name FROM tea") == []
    await database.drop()


async def test_a_connection_that_was_lost_is_not_replaced() -> None:
    """Another one would know nothing of what the test did."""
    pool, raw = await open_pool()
    async with pool.acquire():
        raw.terminate()

    with pytest.raises(DatabaseUnavailableError, match="The connection of the test was lost"):
        async with pool.acquire():
            pass
    await pool.disconnect()


async def test_a_connection_that_was_given_up_begins_anew() -> None:
    """What was open on it is undone first."""
    pool, raw = await open_pool()
    async with pool.acquire() as connection:
        await connection.control("BEGIN")
        pool.terminate(connection)
    async with pool.acquire() as connection:
        assert connection.pooled is not None
        assert not connection.pooled.raw.is_in_transaction

    assert "ROLLBACK TO SAVEPOINT covet_of_a_test" in raw.said
    await pool.disconnect()
