"""
Tests of `covet.database.connection`.
"""

import asyncio
import logging
import traceback
from contextlib import aclosing, suppress

import pytest

from covet.database import (
    ConnectionBusyError,
    DatabaseConnection,
    DatabaseError,
    DatabaseUnavailableError,
    QueryError,
    Result,
    SQLAdapter,
    UniqueViolationError,
)
from tests.unit.database.databases import SLOW, list_names, open_database, wait_for_connections, wait_until

MANY = [(f"tea {number:04}", number) for number in range(2000)]


async def fill(database: SQLAdapter) -> None:
    """Put many teas in."""
    await database.execute_many("INSERT INTO tea (name, price) VALUES ($1, $2)", MANY)


async def test_statements_give_what_they_say(database: SQLAdapter) -> None:
    """By values in order and by name, with no row, one and several."""
    async with database.acquire() as connection:
        inserted = await connection.execute("INSERT INTO tea (name, price) VALUES ($1, $2), ($3, $2)", "a", 3, "b")
        assert inserted.rows_affected == 2
        updated = await connection.execute("UPDATE tea SET price = :price WHERE price = 3", price=4)
        assert updated.rows_affected == 2

        assert await connection.fetch_one("SELECT name FROM tea WHERE name = $1", "c") is None
        assert await connection.fetch_val("SELECT name FROM tea WHERE name = $1", "c") is None
        assert await connection.fetch_all("SELECT name FROM tea WHERE name = $1", "c") == []
        assert await connection.fetch_one("SELECT name, price FROM tea ORDER BY name") == {"name": "a", "price": 4}
        assert await connection.fetch_all("SELECT name FROM tea ORDER BY name") == [{"name": "a"}, {"name": "b"}]
        assert await connection.execute_many("INSERT INTO tea (name) VALUES ($1)", []) == Result(0)


async def test_many_are_all_or_none(database: SQLAdapter) -> None:
    """Also on a connection of one's own, with as many as go to the server in several messages."""
    long = "x" * 90
    rows = [(f"{number:06}{long}",) for number in range(15_000)] + [("000000" + long,)]
    async with database.acquire() as connection:
        with pytest.raises(DatabaseError):
            await connection.execute_many("INSERT INTO tea (name) VALUES ($1)", rows)

        assert await connection.fetch_val("SELECT count(*) AS n FROM tea") == 0
        result = await connection.execute_many("INSERT INTO tea (name) VALUES ($1)", rows[:3])
        assert result.rows_affected == 3
        await connection.execute_many("DELETE FROM tea WHERE name LIKE '0%'", [()])
        assert await connection.fetch_val("SELECT count(*) AS n FROM tea") == 0


@pytest.mark.parametrize("way", ["adapter", "connection"])
async def test_a_transaction_goes_on_without_any_of_many(database: SQLAdapter, way: str) -> None:
    """Whoever catches the error commits what stood before, and none of those that came before the bad one."""
    rows = [("a",), ("b",), ("a",)]
    async with database.transaction() as transaction:
        queries = database if way == "adapter" else transaction.connection
        await queries.execute("INSERT INTO tea (name) VALUES ('before')")
        with pytest.raises(UniqueViolationError):
            # One by one, as every driver runs such a statement.
            await queries.execute_many("INSERT INTO tea (name) SELECT $1 WHERE 1 = 1", rows)
        await queries.execute_many("INSERT INTO tea (name) VALUES ($1)", [("after",)])

    assert await list_names(database) == ["after", "before"]


@pytest.mark.parametrize("values", ["$1, $2", ":name, :price"])
async def test_many_may_change_what_is_there(database: SQLAdapter, values: str) -> None:
    """With placeholders behind the row, with percent signs of the statement's own, in front of it and behind it."""
    conflict = "ON DUPLICATE KEY UPDATE" if database.scheme == "mysql" else "ON CONFLICT (name) DO UPDATE SET"
    price = values.partition(", ")[2]
    await database.execute("INSERT INTO tea (name, price) VALUES ('a', 1)")

    await database.execute_many(
        f"INSERT INTO tea (name, price) VALUES ({values}) {conflict} price = {price} + 100 % 7",
        [("a", 10), ("b", 20), ("a", 30)]
        if values == "$1, $2"
        else [{"name": name, "price": price} for name, price in (("a", 10), ("b", 20), ("a", 30))],
    )

    assert await database.fetch_all("SELECT name, price FROM tea ORDER BY name") == [
        {"name": "a", "price": 32},
        {"name": "b", "price": 20},
    ]


async def test_many_that_are_cancelled_in_a_transaction_are_undone_with_it(database: SQLAdapter) -> None:
    """The task hears of its cancellation, whatever became of the connection."""
    query = f"INSERT INTO tea (name) SELECT CAST(slow AS CHAR(9)) FROM ({SLOW[database.scheme]}) AS s"

    async def work() -> None:
        async with database.transaction() as transaction:
            await database.execute("INSERT INTO tea (name) VALUES ('before')")
            await transaction.connection.execute_many(query, [()])

    task = asyncio.create_task(work())
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await list_names(database) == []


@pytest.mark.parametrize("query", ["SELECT 1 AS a, 2 AS b, 3 AS a", "SELECT name, price AS name, id FROM tea"])
async def test_two_columns_of_one_name_are_refused(database: SQLAdapter, query: str) -> None:
    """One of them would be lost in a row."""
    await database.execute("INSERT INTO tea (name, price) VALUES ('oolong', 3)")

    async def stream() -> None:
        async with aclosing(database.stream(query)) as rows:
            async for _ in rows:
                pass

    for ask in (lambda: database.fetch_one(query), lambda: database.fetch_all(query), stream):
        with pytest.raises(QueryError, match=r"Two columns are called '(a|name)'\.\n  Give one") as caught:
            await ask()
        assert caught.value.query == query
    assert await list_names(database) == ["oolong"]


@pytest.mark.parametrize("batch_size", [0, -1, True, "7"])
async def test_a_batch_has_a_row(database: SQLAdapter, batch_size: int) -> None:
    """Of none the stream would end at once, or never."""
    with pytest.raises(ValueError, match=r"batch_size must be at least 1, got "):
        async for _ in database.stream("SELECT name FROM tea", batch_size=batch_size):
            pass


async def test_a_stream_gives_all_rows_in_batches(database: SQLAdapter) -> None:
    """Whatever the size of a batch."""
    await fill(database)

    for batch_size in (1, 7, 2000, 5000):
        stream = database.stream(
            "SELECT name, price FROM tea WHERE price >= $1 ORDER BY price", 1900, batch_size=batch_size
        )
        assert [row["price"] async for row in stream] == list(range(1900, 2000))
    assert database.stats.idle == database.stats.size


async def test_a_cursor_gives_its_connection_back_wherever_the_loop_ends(database_url: str) -> None:
    """The only one there is, so that the next statement would wait for it."""
    async with open_database(database_url, max_size=1, timeout=5) as database:
        await fill(database)
        async with database.cursor(
            "SELECT price FROM tea WHERE price >= $1 ORDER BY price", 1900, batch_size=7
        ) as rows:
            async for row in rows:
                if row["price"] == 1950:
                    break

        assert database.stats.idle == database.stats.size
        async with database.acquire() as connection, connection.cursor("SELECT price FROM tea") as rows:
            assert len([row async for row in rows]) == 2000
        assert await database.fetch_val("SELECT COUNT(*) FROM tea") == 2000


@pytest.mark.parametrize("where", ["adapter", "connection", "transaction"])
async def test_a_stream_that_is_broken_off_leaves_nothing_open(
    database_url: str, where: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The connection works on or is gone, a transaction goes on, and nobody reads the rest of the rows."""
    caplog.set_level(logging.INFO)
    async with open_database(database_url, max_size=1, timeout=5) as database:
        await fill(database)
        query = "SELECT name FROM tea ORDER BY name"

        if where == "adapter":
            async with aclosing(database.stream(query, batch_size=10)) as rows:
                assert await anext(rows) == {"name": "tea 0000"}
        elif where == "connection":
            async with database.acquire() as connection, aclosing(connection.stream(query, batch_size=10)) as rows:
                assert await anext(rows) == {"name": "tea 0000"}
        else:
            async with database.transaction():
                await database.execute("INSERT INTO tea (name) VALUES ($1)", "mine")
                for _ in range(2):
                    async with aclosing(database.stream(query, batch_size=10)) as rows:
                        assert await anext(rows) == {"name": "mine"}
                assert await database.fetch_val("SELECT count(*) AS n FROM tea") == 2001

        assert await database.fetch_val("SELECT count(*) AS n FROM tea") == 2000 + (where == "transaction")
        await database.execute("DELETE FROM tea")
        assert database.stats.size == database.stats.idle == 1
        assert caplog.text == ""
        await database.disconnect()
        await wait_for_connections(database_url, 0)


async def test_a_stream_that_nobody_closed_is_closed_with_its_generator(database_url: str) -> None:
    """`break` without `aclosing`: the connection is back a moment later."""
    async with open_database(database_url, max_size=1, timeout=5) as database:
        await fill(database)

        async for row in database.stream("SELECT name FROM tea ORDER BY name", batch_size=10):
            assert row == {"name": "tea 0000"}
            break
        assert await database.fetch_val("SELECT count(*) AS n FROM tea") == 2000

        async with database.acquire() as connection:
            async for _ in connection.stream("SELECT name FROM tea", batch_size=10):
                break
            with pytest.raises(ConnectionBusyError, match="or a stream that was not closed"):
                await connection.fetch_val("SELECT 1 AS one")
        assert await database.fetch_val("SELECT count(*) AS n FROM tea") == 2000
        assert database.stats.size == database.stats.idle == 1


async def test_a_stream_whose_statement_fails_keeps_its_transaction(database: SQLAdapter) -> None:
    """Where the database allows to go on: in a savepoint, all do."""
    async with database.transaction():
        await database.execute("INSERT INTO tea (name) VALUES ($1)", "mine")
        with pytest.raises(QueryError):
            async with database.transaction():
                async for _ in database.stream("SELEC"):
                    pass
        assert await database.fetch_val("SELECT name FROM tea") == "mine"

    assert await list_names(database) == ["mine"]


async def test_a_stream_that_is_cancelled_gives_its_connection_back(database_url: str) -> None:
    """While it waits for the database, whenever that is."""
    async with open_database(database_url, max_size=1, timeout=5) as database:
        await fill(database)

        async def read() -> None:
            async for _ in database.stream("SELECT name FROM tea ORDER BY name", batch_size=1):
                pass

        for steps in range(0, 60, 3):
            task = asyncio.create_task(read())
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait((task,))
            assert await database.fetch_val("SELECT $1 AS mine", f"answer {steps}") == f"answer {steps}"
        assert database.stats.size == database.stats.idle == 1


async def test_a_cancelled_statement_is_no_answer_to_the_next(database_url: str) -> None:
    """Cancelled after each of its steps in turn, while another one waits for the same connection."""
    async with open_database(database_url, max_size=1, timeout=10) as database:
        for steps in range(40):
            task = asyncio.create_task(database.fetch_val("SELECT $1 AS mine", f"former {steps}"))
            following = asyncio.create_task(database.fetch_val("SELECT $1 AS mine", f"next {steps}"))
            for _ in range(steps % 20):
                await asyncio.sleep(0 if steps < 20 else 0.0002)
            task.cancel()
            assert await following == f"next {steps}"
            with suppress(asyncio.CancelledError):
                assert await task == f"former {steps}"
        assert database.stats.size == database.stats.idle == 1


async def test_a_cancelled_statement_ends_in_the_database(database_url: str) -> None:
    """It does not run on, and the connection works on or is gone."""
    async with open_database(database_url, max_size=2, timeout=5) as database:
        task = asyncio.create_task(database.fetch_val(SLOW[database.scheme]))
        await wait_until(lambda: database.stats.size == 1 and database.stats.idle == 0)
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        assert await database.fetch_val("SELECT 1 AS one") == 1
        assert database.stats.size == database.stats.idle
        await database.disconnect()
        await wait_for_connections(database_url, 0)


async def test_a_statement_has_a_time(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """`query_timeout`: it ends, says so, and is told to the log of slow ones; a row of a stream has it too."""
    async with open_database(database_url, max_size=1, query_timeout=0.2, slow_query=0.1) as database:
        slow = SLOW[database.scheme]
        with pytest.raises(DatabaseUnavailableError, match=r"The database did not answer within 0\.2 s"):
            await database.fetch_val(slow)
        with pytest.raises(DatabaseUnavailableError, match=r"The database did not answer within 0\.2 s"):
            async for _ in database.stream(slow):
                pass

        assert await database.fetch_val("SELECT 1 AS one") == 1
        assert slow in caplog.text


async def test_two_tasks_at_once_are_told(database: SQLAdapter) -> None:
    """One of them has the connection; the other one does not disturb it."""
    async with database.acquire() as connection:
        assert isinstance(connection, DatabaseConnection)
        results = await asyncio.gather(
            *(connection.fetch_val("SELECT $1 AS mine", f"{number}") for number in range(5)), return_exceptions=True
        )

        assert results[0] == "0"
        assert {type(result) for result in results[1:]} == {ConnectionBusyError}
        assert await connection.fetch_val("SELECT 1 AS one") == 1


async def test_many_tasks_have_their_own_answers(database: SQLAdapter) -> None:
    """Four connections, a hundred tasks."""

    async def ask(number: int) -> None:
        assert await database.fetch_val("SELECT $1 AS mine", f"{number}") == f"{number}"

    async with asyncio.TaskGroup() as group:
        for number in range(100):
            group.create_task(ask(number))

    assert database.stats.size == database.stats.idle <= 4


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("INSERT INTO tea (name, price) VALUES ($1, $2)", ("a", "canary")),
        ("INSERT INTO tea (name, price) VALUES ($1, $2)", ("canary" * 100, -1)),
        ("INSERT INTO tea (name, price) VALUES ($1, $2)", ("canary", 10**30)),
        ("INSERT INTO tea (name, price) VALUES ($1, $2)", ("canary", -1)),
        ("INSERT INTO tea (name, price) VALUES ($1, $2)", (b"canary\xff", -1)),
        ("INSERT INTO tea (name, price) VALUES ($1, $2)", ("canary\ud800", 1)),
        ("INSERT INTO tea (name, price) VALUES ($1, $2)", ("canary\udc27", 1)),
        ("INSERT INTO tea (name, price) VALUES ($1, $2)", ("canary\0", -1)),
        ("INSERT INTO tea (name, price) VALUES ($1, $2)", ({"canary": object()}, 1)),
        ("INSERT INTO tea (id, name) VALUES (1, $1), (1, $1)", ("canary",)),
        ("INSERT INTO tea (name) VALUES ($1), ($1)", ("canary",)),
        ("SELECT 9223372036854775807 * $1 + abs($1) AS a FROM canary", (424_242,)),
        ("SELECT CAST($1 AS DATE) AS a, CAST($2 AS DATE) AS a", ("canary", "canary' near 'x")),
        ("SELECT JSON_EXTRACT($1, $2) AS a", ('{"a": 1}', "canary")),
        ("SELECT JSON_EXTRACT($1, '$.a') AS a, CAST($1 AS JSON) AS b", ("{canary",)),
        ("SELECT $1 REGEXP $2 AS a", ("a", "canary(")),
        ("SELECT nothing $1", ("canary",)),
        ("SELECT CONVERT($1 USING canary2) AS a, $1::int AS b", ("canary",)),
        ("SELECT STR_TO_DATE($1, '%d') AS a FROM nowhere WHERE $1 <> 'a'", ("canary",)),
        ("SELECT $1 AS a, $2 AS a", ("canary", "canary")),
    ],
)
async def test_no_error_quotes_a_value(
    database: SQLAdapter, query: str, values: tuple[object, ...], caplog: pytest.LogCaptureFixture
) -> None:
    """Neither its text nor its traceback, and no line of the log."""
    caplog.set_level(logging.DEBUG)

    async def stream() -> None:
        async for _ in database.stream(query, *values):
            pass

    plain = query.replace("canary", "")
    for ask in (
        lambda: database.execute(query, *values),
        lambda: database.fetch_one(query, *values),
        lambda: database.fetch_all(query, *values),
        lambda: database.execute_many(query, [values]),
        stream,
    ):
        try:
            await ask()
        except DatabaseError as exc:
            lines = [line.replace(query, plain) for line in traceback.format_exception(exc)]
            text = "".join(line for line in lines if not line.lstrip().startswith(("File", "await", "async")))
            said = [str(exc), repr(exc), str(exc.__cause__), *map(str, exc.args), text, caplog.text]
            allowed = "canary2" if "canary2" in query else "FROM canary" if "FROM canary" in query else None
            if allowed is None:
                assert not [words for words in said if "canary" in words or "424242" in words]
            else:
                assert not [words for words in said if "424242" in words or "'canary'" in words]
        await database.execute("DELETE FROM tea")


async def test_each_kind_of_broken_constraint_has_its_error(database: SQLAdapter) -> None:
    """With the name of the constraint, and without the values."""
    await database.execute("CREATE TABLE pot (tea INTEGER NOT NULL, FOREIGN KEY (tea) REFERENCES tea (id))")
    await database.execute("INSERT INTO tea (name) VALUES ($1)", "canary")
    for query, values, kind in (
        ("INSERT INTO tea (name) VALUES ($1)", ("canary",), "UniqueViolationError"),
        ("INSERT INTO tea (name, price) VALUES ($1, $2)", ("canary2", -424_242), "CheckViolationError"),
        ("INSERT INTO tea (name) VALUES ($1)", (None,), "NotNullViolationError"),
        ("INSERT INTO pot (tea) VALUES ($1)", (424_242,), "ForeignKeyViolationError"),
        ("INSERT INTO pot (tea) VALUES ($1)", (None,), "NotNullViolationError"),
    ):
        with pytest.raises(DatabaseError) as caught:
            await database.execute(query, *values)
        assert type(caught.value).__name__ == kind
        assert "canary" not in str(caught.value)
        assert "424242" not in str(caught.value)
        assert getattr(caught.value, "query", None) == query


@pytest.mark.parametrize("values", [{}, {"name": "a"}])
async def test_a_placeholder_is_not_called_as_an_option_is(sqlite: SQLAdapter, values: dict[str, str]) -> None:
    """Its value would be the option's; what stands in a literal is none."""
    query = "SELECT 1 AS one WHERE 1 < :batch_size" + " AND 'a' = :name" * bool(values)
    with pytest.raises(QueryError) as caught:
        async with aclosing(sqlite.stream(query, batch_size=5, **values)) as rows:
            await anext(rows)
    assert caught.value.message == ":batch_size is the name of an option of stream(), which would take its value."
    assert caught.value.hint == "Call the placeholder something else."

    async with aclosing(sqlite.stream("SELECT ':batch_size' AS it", batch_size=5)) as rows:
        assert await anext(rows) == {"it": ":batch_size"}
