"""
Tests of `covet.database.drivers.mysql`.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing
from types import SimpleNamespace
from typing import Any

import pytest

from covet.database import DatabaseUnavailableError, MySQLAdapter, QueryError, SQLAdapter, UniqueViolationError
from covet.database.drivers.mysql import MySQLDriver, _make_rows
from covet.database.url import DatabaseURL
from tests.unit.database.databases import open_database, wait_for_connections

REFUSED = "MySQL refuses the statement"
UNFIT = "A value does not fit its column"


@pytest.fixture
async def mysql(mysql_url: str) -> AsyncIterator[SQLAdapter]:
    """A database of MySQL."""
    async with open_database(mysql_url, max_size=3) as database:
        yield database


def make_error(kind: str, number: int, text: str) -> Exception:
    """Make an error of the library."""
    errors: Any = MySQLDriver().errors
    error: Exception = getattr(errors, kind)(number, text)
    return error


async def test_a_session_is_strict_and_in_utc(mysql: SQLAdapter) -> None:
    """And in UTF-8 of four bytes."""
    assert await mysql.fetch_one(
        "SELECT @@time_zone AS zone, @@character_set_connection AS letters, @@sql_mode LIKE '%STRICT_TRANS%' AS strict"
    ) == {"zone": "+00:00", "letters": "utf8mb4", "strict": 1}
    with pytest.raises(QueryError, match=r"A value does not fit its column: it is too long \(1406\)"):
        await mysql.insert("tea", {"name": "canary" * 100})


@pytest.mark.parametrize(
    ("kind", "number", "text", "expected"),
    [
        ("ProgrammingError", 1146, "Table 'shop.teas' is none", f"{REFUSED}: Table 'shop.teas' is none (1146)."),
        ("ProgrammingError", 1064, "You have an error near 'canary'", f"{REFUSED}: You have an error (1064)."),
        ("OperationalError", 1690, "Out of range in '(canary)'", f"{REFUSED}: Out of range in … (1690)."),
        ("OperationalError", 1411, "Incorrect: 'canary' for f", f"{REFUSED}: Incorrect: … for f (1411)."),
        ("OperationalError", 1300, "Invalid string: 'can'ary'", f"{REFUSED}: Invalid string: … (1300)."),
        ("OperationalError", 1526, "No partition for 424242", f"{UNFIT}: no partition takes it (1526)."),
        ("DataError", 1366, "Incorrect: 'canary'", f"{UNFIT}: it is none of the column's type (1366)."),
        ("IntegrityError", 1062, "'can' for key 'ary' for key 'name'", "There is such a row already: name."),
        ("IntegrityError", 1586, "Duplicate entry 'canary' for key 'name'", "There is such a row already: name."),
        ("IntegrityError", 1022, "Can't write; duplicate key in 'canary'", "There is such a row already."),
        ("IntegrityError", 1761, "Duplicate for 'canary'", "Duplicate for …."),
        ("OperationalError", 1213, "Deadlock found", "MySQL: Deadlock found."),
        ("OperationalError", 2013, "Lost connection", "MySQL: Lost connection."),
        ("InterfaceError", 0, "Cancelled 'canary'", "The connection to MySQL was lost: Cancelled …."),
    ],
)
def test_what_the_server_quotes_is_left_out(kind: str, number: int, text: str, expected: str) -> None:
    """Unless it is a name."""
    translated = MySQLDriver().translate(make_error(kind, number, text), "SELECT")

    assert str(translated) == expected
    assert "canary" not in str(translated)


async def test_warnings_are_left_with_the_server(mysql: SQLAdapter, caplog: pytest.LogCaptureFixture) -> None:
    """Their texts quote values, and the library would log them."""
    caplog.set_level(logging.DEBUG)

    for query in ("SELECT CAST($1 AS DATE) AS it", "SELECT CAST($1 AS SIGNED) AS it"):
        await mysql.fetch_all(query, "canary")
        async for _ in mysql.stream(query, "canary"):
            pass
        await mysql.execute(query, "canary")

    assert "canary" not in caplog.text


async def test_a_stream_in_a_transaction_that_is_broken_off_is_read_to_its_end(mysql: SQLAdapter) -> None:
    """The transaction would be lost with its connection."""
    await mysql.execute_many("INSERT INTO tea (name) VALUES ($1)", [(f"{number}",) for number in range(5000)])

    async with mysql.transaction():
        await mysql.insert("tea", {"name": "mine"})
        async with aclosing(mysql.stream("SELECT name FROM tea", batch_size=1)) as rows:
            await anext(rows)
        assert await mysql.fetch_val("SELECT count(*) AS n FROM tea") == 5001

    assert await mysql.fetch_val("SELECT count(*) AS n FROM tea") == 5001
    assert mysql.stats.closed == 0


async def test_the_server_runs_one_statement_of_a_text(mysql: SQLAdapter) -> None:
    """Also of a text that nobody has read before, and after the reset of a session."""
    raw = await MySQLDriver().connect(mysql.pool.url, {})
    await raw.reset()
    for run in (raw.execute, raw.fetch_one, raw.fetch_all, raw.execute_many):
        with pytest.raises(Exception, match="You have an error in your SQL syntax"):
            await run("SELECT 1 AS one; DELETE FROM tea", [()] if run == raw.execute_many else ())
    assert await raw.fetch_one("SELECT 3 AS three", ()) == {"three": 3}
    await raw.close()


async def test_a_connection_that_the_server_ends_is_unavailable(mysql: SQLAdapter) -> None:
    """The next one is another."""
    with pytest.raises(DatabaseUnavailableError):
        async with mysql.transaction():
            number = await mysql.fetch_val("SELECT connection_id() AS it")
            await asyncio.create_task(mysql.execute(f"KILL {number:d}"))
            await mysql.insert("tea", {"name": "a"})

    assert await mysql.fetch_val("SELECT count(*) AS n FROM tea") == 0


async def test_locks_of_tables_go_with_their_block(mysql: SQLAdapter) -> None:
    """Others would wait for ever."""
    async with mysql.acquire() as connection:
        await connection.execute("LOCK TABLES tea WRITE")

    async with asyncio.timeout(5), asyncio.TaskGroup() as group:
        for number in range(3):
            group.create_task(mysql.insert("tea", {"name": f"{number}"}))


async def test_a_server_that_is_not_there_says_where_it_should_be() -> None:
    """By a socket, too."""
    for url in ("mysql://ada:secret@127.0.0.1:1/shop", "mysql://ada:secret@localhost/shop?unix_socket=/nowhere"):
        with pytest.raises(DatabaseUnavailableError, match="Nobody answers as MySQL at mysql://ada") as caught:
            await MySQLAdapter().connect(url)
        assert "secret" not in str(caught.value)


async def test_what_runs_on_a_connection_is_ended(mysql: SQLAdapter, mysql_url: str) -> None:
    """And ending what is not there is no error."""
    driver = MySQLDriver()

    await driver.kill(DatabaseURL.parse(mysql_url), {}, 2**31)
    await driver.kill(DatabaseURL.parse("mysql://127.0.0.1:1/shop"), {}, 5)

    await mysql.disconnect()
    await wait_for_connections(mysql_url, 0)


def test_columns_of_json_are_read() -> None:
    """MySQL has a type of its own for them, MariaDB has texts."""
    assert _make_rows([("it", 245), ("text", 253)], [('{"a": 1}', '{"a": 1}'), (None, None)]) == [
        {"it": {"a": 1}, "text": '{"a": 1}'},
        {"it": None, "text": None},
    ]


async def test_constraints_have_their_names(mysql: SQLAdapter) -> None:
    """As the database calls them."""
    await mysql.insert("tea", {"name": "canary"})

    with pytest.raises(UniqueViolationError) as caught:
        await mysql.insert("tea", {"name": "canary"})

    assert caught.value.constraint == "name"


def test_errors_that_are_not_of_the_library_are_left_alone() -> None:
    """Those of sockets are not."""
    driver = MySQLDriver()

    assert driver.translate(LookupError("canary")) is None
    assert isinstance(driver.translate(ConnectionResetError()), DatabaseUnavailableError)
    assert not driver.is_error(SimpleNamespace())  # type: ignore[arg-type]
