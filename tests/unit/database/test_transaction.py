"""
Tests of `covet.database.transaction`.
"""

import asyncio
import logging
from contextlib import suppress
from pathlib import Path

import pytest

from covet.database import (
    ConnectionBusyError,
    DatabaseUnavailableError,
    QueryError,
    RetryableTransactionError,
    SQLAdapter,
    TransactionError,
    transaction,
)
from covet.database.connection import DatabaseConnection
from covet.database.transaction import find_transaction
from covet.events import Event, EventBus
from covet.exceptions import ConfigurationError
from tests.unit.database.databases import find_url, list_names, open_database


class Brewed(Event):
    """Tea was made."""

    event_type: str = "tea.brewed"
    name: str


async def brew(database: SQLAdapter, name: str) -> None:
    """Put a tea in, as code does that knows nothing of transactions."""
    await database.execute("INSERT INTO tea (name) VALUES ($1)", name)


async def test_what_a_block_did_is_there_afterwards(database: SQLAdapter) -> None:
    """Statements of the adapter run on the transaction's connection."""
    async with database.transaction():
        await brew(database, "oolong")
        async with transaction(database) as inner:
            assert await inner.connection.fetch_val("SELECT count(*) FROM tea") == 1

    assert await list_names(database) == ["oolong"]
    assert database.stats.idle == database.stats.size


async def test_a_block_that_fails_leaves_nothing(database: SQLAdapter) -> None:
    """The error comes out as it is."""
    with pytest.raises(LookupError, match="no more tea"):
        async with database.transaction():
            await brew(database, "oolong")
            raise LookupError("no more tea")

    assert await list_names(database) == []
    assert database.stats.idle == database.stats.size


async def test_others_see_nothing_before_the_end(database: SQLAdapter) -> None:
    """A task that is started inside has no part in it."""
    async with database.transaction():
        await brew(database, "oolong")
        assert await asyncio.create_task(list_names(database)) == []
        assert await list_names(database) == ["oolong"]


async def test_a_savepoint_is_undone_alone(database: SQLAdapter) -> None:
    """What the outer transaction did stays, and so does what comes after."""
    async with database.transaction():
        await brew(database, "a")
        with pytest.raises(LookupError):
            async with database.transaction():
                await brew(database, "b")
                async with database.transaction():
                    await brew(database, "c")
                raise LookupError
        async with database.transaction():
            await brew(database, "d")

    assert await list_names(database) == ["a", "d"]


async def test_a_statement_that_fails_does_not_end_a_savepoint(database: SQLAdapter) -> None:
    """PostgreSQL refuses all that comes after an error, up to the savepoint."""
    async with database.transaction():
        await brew(database, "a")
        with pytest.raises(QueryError):
            async with database.transaction():
                await database.execute("INSERT INTO tea (name) VALUES ($1)", "a")
        await brew(database, "b")

    assert await list_names(database) == ["a", "b"]


async def test_a_transaction_of_a_connection(database: SQLAdapter) -> None:
    """The connection that was borrowed is used, and kept afterwards."""
    async with database.acquire() as connection:
        async with database.transaction(connection=connection) as inner:
            assert inner.connection is connection
            await brew(database, "a")
        with pytest.raises(LookupError):
            async with database.transaction(connection=connection):
                await connection.execute("INSERT INTO tea (name) VALUES ($1)", "b")
                raise LookupError
        assert await connection.fetch_val("SELECT count(*) FROM tea") == 1


async def test_a_connection_has_one_transaction_whatever_stands_between(database: SQLAdapter) -> None:
    """One of another connection between them hides the outer one from nobody: the inner one is a savepoint."""
    async with database.acquire() as first, database.acquire() as second:
        with pytest.raises(LookupError):
            async with database.transaction(connection=first):
                await first.execute("INSERT INTO tea (name) VALUES ($1)", "a")
                async with (
                    database.transaction(connection=second, read_only=True),
                    database.transaction(connection=first) as inner,
                ):
                    assert inner.depth == 1
                    await first.execute("INSERT INTO tea (name) VALUES ($1)", "b")
                raise LookupError

    assert await list_names(database) == []


async def test_hooks_are_called_after_the_commit_in_order(database: SQLAdapter) -> None:
    """Functions and coroutine functions; those of a savepoint that was undone never."""
    calls: list[str] = []

    async def call_later() -> None:
        calls.append(f"async {await list_names(database)}")

    async with database.transaction() as outer:
        database.on_commit(lambda: calls.append("first"))
        outer.on_commit(call_later)
        with pytest.raises(LookupError):
            async with database.transaction():
                database.on_commit(lambda: calls.append("undone"))
                raise LookupError
        async with database.transaction():
            database.on_commit(lambda: calls.append("inner"))
        await brew(database, "a")
        assert calls == []

    assert calls == ["first", "async ['a']", "inner"]


async def test_a_hook_that_fails_is_logged(sqlite: SQLAdapter, caplog: pytest.LogCaptureFixture) -> None:
    """The others are called, and what was committed stays."""
    calls: list[str] = []

    def fail() -> None:
        raise ValueError("no kettle")

    async with sqlite.transaction():
        await brew(sqlite, "a")
        sqlite.on_commit(fail)
        sqlite.on_commit(lambda: calls.append("second"))

    assert calls == ["second"]
    assert await list_names(sqlite) == ["a"]
    assert "A function that was to be called after a commit failed" in caplog.text
    assert "no kettle" in caplog.text


async def test_events_are_delivered_after_the_commit(sqlite: SQLAdapter) -> None:
    """Those of a block that fails are not delivered, and neither are those of a savepoint that was undone."""
    bus = EventBus()
    sqlite.follow(bus)
    heard: list[str] = []
    bus.subscribe("tea.*", lambda event: heard.append(event.name))

    async with sqlite.transaction():
        await bus.publish(Brewed(name="a"))
        with pytest.raises(LookupError):
            async with sqlite.transaction():
                await bus.publish(Brewed(name="b"))
                raise LookupError
        assert heard == []
    with pytest.raises(LookupError):
        async with sqlite.transaction():
            await bus.publish(Brewed(name="c"))
            raise LookupError

    assert heard == ["a"]
    await bus.aclose()


async def test_hooks_are_called_though_events_were_not_delivered(sqlite: SQLAdapter) -> None:
    """The task is cancelled while a handler takes its time; what was committed was."""
    bus = EventBus()
    sqlite.follow(bus)
    began, calls = asyncio.Event(), []

    async def wait(_: Brewed) -> None:
        began.set()
        await asyncio.Event().wait()

    async def work() -> None:
        async with sqlite.transaction() as unit:
            unit.on_commit(lambda: calls.append("committed"))
            await bus.publish(Brewed(name="a"))

    bus.subscribe(Brewed, wait)
    task = asyncio.create_task(work())
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert calls == ["committed"]
    await bus.aclose()


async def test_a_read_only_transaction_writes_nothing(database: SQLAdapter) -> None:
    """And the next one on the same connection may write."""
    with pytest.raises(QueryError, match=r"(?i)read.?only"):
        async with database.transaction(read_only=True):
            assert await list_names(database) == []
            await brew(database, "a")
    async with database.transaction():
        await brew(database, "a")

    assert await list_names(database) == ["a"]


async def test_an_error_that_is_swallowed_does_not_hide_that_nothing_was_committed(database: SQLAdapter) -> None:
    """PostgreSQL rolls back where COMMIT is asked for, and calls that no error; the others commit the rest."""
    hooks: list[str] = []

    async def work() -> None:
        async with database.transaction() as unit:
            unit.on_commit(lambda: hooks.append("committed"))
            await brew(database, "a")
            with suppress(QueryError):
                await brew(database, "a")

    if database.scheme != "postgresql":
        await work()
        assert (await list_names(database), hooks) == (["a"], ["committed"])
        return
    with pytest.raises(TransactionError, match="A statement of the transaction failed, and PostgreSQL has rolled"):
        await work()
    assert (await list_names(database), hooks) == ([], [])
    assert database.stats.closed == 0


async def test_an_isolation_that_a_database_has(database: SQLAdapter) -> None:
    """All have serializable ones."""
    async with database.transaction(isolation="serializable"):
        await brew(database, "a")

    assert await list_names(database) == ["a"]


async def test_an_isolation_that_is_none_is_refused(sqlite: SQLAdapter) -> None:
    """With those that there are."""
    with pytest.raises(ConfigurationError, match=r"SQLite has no isolation 'snapshot'\.\n  Available: serializable"):
        sqlite.transaction(isolation="snapshot")  # type: ignore[arg-type]


async def test_a_savepoint_has_no_isolation_of_its_own(sqlite: SQLAdapter) -> None:
    """It would be ignored."""
    async with sqlite.transaction():
        with pytest.raises(TransactionError, match="shares its isolation"):
            async with sqlite.transaction(read_only=True):
                pass


async def test_a_transaction_is_for_one_block(sqlite: SQLAdapter) -> None:
    """Entered again, or used outside, it says so."""
    unit = sqlite.transaction()
    with pytest.raises(TransactionError, match="The transaction is not open"):
        _ = unit.connection
    async with unit:
        pass
    with pytest.raises(TransactionError, match="A transaction is for one block"):
        async with unit:
            pass
    with pytest.raises(TransactionError, match="No transaction is open here"):
        sqlite.on_commit(lambda: None)


async def test_two_tasks_do_not_share_a_connection(database: SQLAdapter) -> None:
    """The second one is told so, and the first one is not disturbed."""
    async with database.acquire() as connection:
        results = await asyncio.gather(
            *(connection.execute("INSERT INTO tea (name) VALUES ($1)", f"tea {number}") for number in range(2)),
            return_exceptions=True,
        )
        assert isinstance(results[1], ConnectionBusyError)
        assert "runs a statement of another task" in str(results[1])
        assert await connection.fetch_all("SELECT name FROM tea") == [{"name": "tea 0"}]


async def test_a_transaction_whose_connection_is_lost_says_so(sqlite: SQLAdapter) -> None:
    """And the next one gets another connection."""
    with pytest.raises(DatabaseUnavailableError, match="The connection was lost, and its transaction with it"):
        async with sqlite.transaction() as unit:
            await brew(sqlite, "a")
            sqlite.pool.terminate(unit.connection)

    assert await list_names(sqlite) == []


async def test_a_transaction_that_lost_is_run_again(database_url: str) -> None:
    """Two that change the same rows in the other order, and both succeed in the end."""
    async with open_database(database_url, max_size=4) as database:
        await database.execute_many("INSERT INTO tea (name, price) VALUES ($1, $2)", [("a", 0), ("b", 0)])
        attempts = 0
        both = asyncio.Barrier(2)

        async def raise_prices(connection: DatabaseConnection, first: str, second: str) -> None:
            nonlocal attempts
            attempts += 1
            await connection.execute("UPDATE tea SET price = price + 1 WHERE name = $1", first)
            if attempts <= 2 and not database_url.startswith("sqlite"):
                await both.wait()
            await connection.execute("UPDATE tea SET price = price + 1 WHERE name = $1", second)

        async with asyncio.TaskGroup() as group:
            group.create_task(database.run_in_transaction(raise_prices, "a", "b"))
            group.create_task(database.run_in_transaction(raise_prices, "b", "a"))

        assert await database.fetch_all("SELECT price FROM tea") == [{"price": 2}, {"price": 2}]
        assert attempts == (2 if database_url.startswith("sqlite") else 3)


async def test_a_transaction_that_always_loses_is_given_up(sqlite: SQLAdapter) -> None:
    """After five attempts, with the last error."""
    attempts = 0

    async def lose(connection: DatabaseConnection) -> None:
        nonlocal attempts
        attempts += 1
        raise RetryableTransactionError(f"lost {attempts}")

    with pytest.raises(RetryableTransactionError, match="lost 5"):
        await sqlite.run_in_transaction(lose)
    async with sqlite.transaction():
        with pytest.raises(TransactionError, match="cannot be run again alone"):
            await sqlite.run_in_transaction(lose)


@pytest.mark.parametrize(
    ("kind", "expected", "message"),
    [
        ("postgresql", QueryError, "current transaction is aborted"),
        ("mysql", TransactionError, "The database has ended the transaction"),
    ],
)
async def test_a_block_that_goes_on_after_it_lost_keeps_nothing(
    kind: str, expected: type[Exception], message: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """MySQL would carry out what comes after a deadlock by itself, without what was before."""
    async with open_database(find_url(kind, request, tmp_path), max_size=4) as database:
        await database.execute_many("INSERT INTO tea (name, price) VALUES ($1, $2)", [("a", 0), ("b", 0)])
        both = asyncio.Barrier(2)
        lost: list[str] = []

        async def change(first: str, second: str) -> None:
            async with database.transaction():
                await brew(database, f"{first} before")
                await database.execute("UPDATE tea SET price = price + 1 WHERE name = $1", first)
                await both.wait()
                try:
                    await database.execute("UPDATE tea SET price = price + 1 WHERE name = $1", second)
                except RetryableTransactionError:
                    lost.append(first)
                await brew(database, f"{first} after")

        results = await asyncio.gather(change("a", "b"), change("b", "a"), return_exceptions=True)

        assert len(lost) == 1
        [error] = [result for result in results if result is not None]
        assert type(error) is expected
        assert message in str(error)
        winner = "b" if lost == ["a"] else "a"
        assert await list_names(database) == sorted(["a", "b", f"{winner} before", f"{winner} after"])
        assert database.stats.idle == database.stats.size


async def test_a_block_that_goes_on_after_a_timeout_keeps_nothing(tmp_path: Path) -> None:
    """SQLite undoes all of a transaction when one of its statements is interrupted."""
    async with open_database(f"sqlite:///{tmp_path / 'tea.db'}", query_timeout=0.1) as database:
        with pytest.raises(TransactionError, match="The database has ended the transaction"):
            async with database.transaction():
                await brew(database, "before")
                with pytest.raises(DatabaseUnavailableError, match=r"did not answer within 0\.1 s"):
                    await database.execute(
                        "INSERT INTO tea (name) WITH RECURSIVE counted (n) AS"
                        " (SELECT 1 UNION ALL SELECT n + 1 FROM counted) SELECT n FROM counted"
                    )
                await brew(database, "after")

        assert await list_names(database) == []
        async with database.transaction():
            await brew(database, "later")
        assert await list_names(database) == ["later"]


async def test_a_failed_begin_gives_its_connection_back(sqlite: SQLAdapter) -> None:
    """SQLite has one writer: who waits for it in vain holds nothing afterwards."""
    async with open_database_again(sqlite) as other:
        async with sqlite.transaction():
            with pytest.raises(RetryableTransactionError, match="Another connection writes to the database"):
                async with other.transaction():
                    pass

        assert other.stats.size == other.stats.idle
        assert find_transaction(other.pool) is None


def open_database_again(database: SQLAdapter) -> "_Again":
    """Open the file of a database with connections of another adapter, which wait for a moment only."""
    return _Again(database)


class _Again:
    def __init__(self, database: SQLAdapter) -> None:
        self._url = database.pool.url
        self._adapter = type(database)()

    async def __aenter__(self) -> SQLAdapter:
        await self._adapter.connect(str(self._url), name="again", busy_timeout=0.05)
        return self._adapter

    async def __aexit__(self, *_: object) -> None:
        await self._adapter.disconnect()


async def test_cancelled_at_any_point_it_is_whole_or_nothing(
    database: SQLAdapter, caplog: pytest.LogCaptureFixture
) -> None:
    """An Nth-operation loop: the task is cancelled after each of its steps in turn."""
    caplog.set_level(logging.CRITICAL)

    async def work(number: int) -> None:
        async with database.transaction():
            await brew(database, f"{number} a")
            async with database.transaction():
                await brew(database, f"{number} b")

    for steps in range(60):
        task = asyncio.create_task(work(steps))
        for _ in range(steps):
            await asyncio.sleep(0 if steps < 30 else 0.0002)
        task.cancel()
        await asyncio.wait((task,))

        names = await list_names(database)
        mine = [name for name in names if name.startswith(f"{steps} ")]
        assert mine in ([], [f"{steps} a", f"{steps} b"])
        assert database.stats.idle == database.stats.size
        if not task.cancelled():
            task.result()


async def test_children_that_need_what_their_parent_holds_are_told_at_once(sqlite: SQLAdapter) -> None:
    """SQLite has one writer: a parent that waits for children that write would wait for ever."""

    async def write(way: str) -> None:
        if way == "a row":
            await sqlite.insert("tea", {"name": way})
        elif way == "rows":
            await sqlite.execute_many("INSERT INTO tea (name) VALUES ($1)", [(way,)])
        elif way == "a transaction":
            async with sqlite.transaction():
                await brew(sqlite, way)
        else:
            await brew(sqlite, way)

    began = asyncio.get_running_loop().time()
    with pytest.raises(TransactionError) as caught:
        async with sqlite.transaction():
            await brew(sqlite, "parent")
            assert await asyncio.create_task(list_names(sqlite)) == []
            async with sqlite.transaction():
                results = await asyncio.gather(
                    *(write(way) for way in ("a row", "rows", "a transaction", "a statement")), return_exceptions=True
                )
            assert all(isinstance(result, TransactionError) for result in results)
            raise results[0]  # type: ignore[misc]

    assert asyncio.get_running_loop().time() - began < 2
    assert str(caught.value).startswith("What this task needs is held by the transaction of test_children_that_need")
    assert "in whose block it was started.\n  Await it in the block itself" in str(caught.value)
    assert await list_names(sqlite) == []
    assert sqlite.stats.idle == sqlite.stats.size


async def test_a_child_that_nobody_waits_for_has_its_turn_after_the_block(sqlite: SQLAdapter) -> None:
    """However long that takes, as long as something is done in it. A parent that only reads is in nobody's way."""
    async with sqlite.transaction():
        child = asyncio.create_task(brew(sqlite, "child"))
        for number in range(8):
            await brew(sqlite, f"parent {number}")
            await asyncio.sleep(0.1)
        assert not child.done()
    await child
    assert "child" in await list_names(sqlite)

    async with sqlite.transaction(read_only=True):
        await asyncio.create_task(brew(sqlite, "another"))
    assert "another" in await list_names(sqlite)


async def test_a_child_needs_the_only_connection(database_url: str) -> None:
    """Whatever kind of database it is, and whatever the child wants."""
    async with open_database(database_url, max_size=1, timeout=30) as database:

        async def borrow() -> None:
            async with database.acquire():
                pytest.fail("there was another one")

        for work in (lambda: list_names(database), borrow):
            with pytest.raises(TransactionError, match="What this task needs is held by the transaction of"):
                async with database.transaction(), asyncio.timeout(5):
                    await asyncio.create_task(work())
        assert database.stats.idle == database.stats.size == 1
