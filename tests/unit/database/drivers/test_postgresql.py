"""
Tests of `covet.database.drivers.postgresql`.
"""

import asyncio
from collections.abc import AsyncIterator

import pytest

from covet.database import (
    DatabaseUnavailableError,
    PostgreSQLAdapter,
    QueryError,
    Result,
    RetryableTransactionError,
    SQLAdapter,
    UniqueViolationError,
)
from covet.database.drivers.postgresql import PostgreSQLDriver, _choose_ssl, _read_status
from covet.database.url import DatabaseURL
from tests.unit.database.databases import open_database


@pytest.fixture
async def postgresql(postgresql_url: str) -> AsyncIterator[SQLAdapter]:
    """A database of PostgreSQL."""
    async with open_database(postgresql_url, max_size=3) as database:
        yield database


async def test_options_reach_the_server(postgresql_url: str) -> None:
    """By the URL, or by name."""
    for url, options in (
        (f"{postgresql_url}?application_name=till&statement_cache_size=0", {}),
        (postgresql_url, {"application_name": "till", "statement_cache_size": 0}),
    ):
        database = PostgreSQLAdapter()
        await database.connect(url, **options)
        assert await database.fetch_val("SHOW application_name") == "till"
        assert await database.fetch_val("SELECT count(*) FROM pg_prepared_statements") == 0
        await database.disconnect()


@pytest.mark.parametrize(
    ("host", "ssl"),
    [("", "disable"), ("localhost", "disable"), ("127.0.0.1", "disable"), ("/run/pg", "disable"), ("db.x", "prefer")],
)
def test_what_leaves_the_machine_is_encrypted_if_it_can_be(host: str, ssl: str) -> None:
    """Unless something else is asked for."""
    assert _choose_ssl(DatabaseURL("postgresql", host=host)) == ssl


@pytest.mark.parametrize(
    ("status", "rows"), [("INSERT 0 3", 3), ("UPDATE 0", 0), ("SELECT 12", 12), ("CREATE TABLE", 0), ("", 0)]
)
def test_what_the_server_says_of_a_statement(status: str, rows: int) -> None:
    """The number of rows stands last."""
    assert _read_status(status) == Result(rows)


async def test_a_value_that_does_not_fit_is_named_by_its_placeholder(postgresql: SQLAdapter) -> None:
    """With what to do, and without the value."""
    with pytest.raises(QueryError) as caught:
        await postgresql.fetch_all("SELECT name FROM tea WHERE name = $1 AND price = $2", "a", "canary")

    assert str(caught.value) == (
        "The value of $2 does not fit what the statement wants.\n"
        "  PostgreSQL says by the column or a cast, $1::integer, which type a value has to have."
    )


async def test_constraints_have_their_names(postgresql: SQLAdapter) -> None:
    """As the database calls them."""
    await postgresql.insert("tea", {"name": "a"})

    with pytest.raises(UniqueViolationError) as caught:
        await postgresql.insert("tea", {"name": "a"})

    assert caught.value.constraint == "tea_name_key"


async def test_a_connection_that_the_server_ends_is_unavailable(postgresql: SQLAdapter) -> None:
    """In a statement, in a transaction and in a stream; the next one is another connection."""
    async with postgresql.acquire() as connection:
        number = await connection.fetch_val("SELECT pg_backend_pid()")
        await postgresql.pool.take_back(await postgresql.pool.lend("warm"))
        await asyncio.create_task(postgresql.execute("SELECT pg_terminate_backend($1)", number))
        with pytest.raises(DatabaseUnavailableError):
            await connection.fetch_val("SELECT 1")
    with pytest.raises(DatabaseUnavailableError):
        async with postgresql.transaction() as transaction:
            number = await postgresql.fetch_val("SELECT pg_backend_pid()")
            await asyncio.create_task(postgresql.execute("SELECT pg_terminate_backend($1)", number))
            await postgresql.execute("INSERT INTO tea (name) VALUES ('a')")
            assert transaction.depth == 0
    with pytest.raises(DatabaseUnavailableError):
        async for _ in postgresql.stream("SELECT * FROM generate_series(1, 100000) AS n", batch_size=10):
            number = number or 0
            await postgresql.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    assert await postgresql.fetch_val("SELECT count(*) FROM tea") == 0
    assert postgresql.stats.size == postgresql.stats.idle


async def test_a_deferred_constraint_fails_at_the_end_of_its_transaction(postgresql: SQLAdapter) -> None:
    """With its own error, and the connection works on."""
    await postgresql.execute("CREATE TABLE pot (tea INTEGER REFERENCES tea DEFERRABLE INITIALLY DEFERRED)")

    with pytest.raises(Exception, match="violates foreign key constraint") as caught:
        async with postgresql.transaction():
            await postgresql.execute("INSERT INTO pot VALUES (99)")

    assert type(caught.value).__name__ == "ForeignKeyViolationError"
    assert postgresql.stats.closed == 0
    assert await postgresql.fetch_val("SELECT count(*) FROM pot") == 0


async def test_a_lock_that_is_not_there_at_once_can_be_tried_again(postgresql: SQLAdapter) -> None:
    """NOWAIT."""
    await postgresql.insert("tea", {"name": "a"})
    async with postgresql.transaction():
        await postgresql.execute("UPDATE tea SET price = 1")

        with pytest.raises(RetryableTransactionError):
            await asyncio.create_task(postgresql.fetch_all("SELECT * FROM tea FOR UPDATE NOWAIT"))


def test_errors_that_are_not_of_the_library_are_left_alone() -> None:
    """Those of sockets are not."""
    driver = PostgreSQLDriver()

    assert driver.translate(LookupError("canary")) is None
    assert isinstance(driver.translate(ConnectionResetError()), DatabaseUnavailableError)


async def test_json_is_read_and_written(postgresql: SQLAdapter) -> None:
    """As values, in columns and in arrays of documents."""
    assert await postgresql.fetch_val("SELECT $1::jsonb", {"a": [1, 2]}) == {"a": [1, 2]}
    assert await postgresql.fetch_val("""SELECT '{"a": null}'::json""") == {"a": None}
    with pytest.raises(QueryError):
        await postgresql.fetch_val("SELECT $1::jsonb", {"canary": object()})
