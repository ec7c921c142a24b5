"""
Tests of `covet.database.pool`.
"""

import asyncio
import gc
import multiprocessing
import os
import time
from pathlib import Path
from typing import Any

import pytest

from covet.database import (
    ConnectionReleasedError,
    DatabasePool,
    DatabaseUnavailableError,
    PoolTimeoutError,
    QueryError,
    SQLAdapter,
)
from covet.database.connection import DatabaseConnection
from covet.database.drivers.sqlite import SQLiteConnection
from tests.unit.database.databases import SLOW, open_database, wait_until
from tests.unit.database.fake_driver import FakeDriver, fail, never


def make_pool(driver: FakeDriver, **options: Any) -> DatabasePool:
    """A pool of connections to nowhere."""
    return DatabasePool("postgresql://nowhere/tea", driver=driver, **options)


async def settle() -> None:
    """Let all tasks come to where they wait."""
    for _ in range(10):
        await asyncio.sleep(0)


async def number_of(pool: DatabasePool) -> int:
    """Borrow a connection, and tell which it was."""
    async with pool.acquire() as connection:
        number: int = await connection.fetch_val("SELECT number")
        return number


async def test_connections_are_opened_when_they_are_needed() -> None:
    """And used again; `min_size` opens some at the start."""
    driver = FakeDriver()
    pool = make_pool(driver, min_size=2, max_size=3)
    await pool.connect()
    assert (len(driver.connections), pool.stats.size, pool.stats.idle) == (2, 2, 2)
    await pool.connect()

    assert await number_of(pool) == await number_of(pool)
    async with pool.acquire(), pool.acquire(), pool.acquire():
        assert (pool.stats.size, pool.stats.idle) == (3, 0)

    await pool.disconnect()
    assert [connection.closed for connection in driver.connections] == ["closed"] * 3
    assert pool.stats.size == 0


async def test_a_pool_that_is_not_open_lends_nothing() -> None:
    """Before the start and after the end."""
    driver = FakeDriver()
    pool = make_pool(driver)
    with pytest.raises(DatabaseUnavailableError, match="The pool of the database 'default' is not open"):
        await number_of(pool)

    await pool.connect()
    await number_of(pool)
    await pool.disconnect()
    with pytest.raises(DatabaseUnavailableError, match="is not open"):
        await number_of(pool)


async def test_who_waits_in_vain_hears_who_holds() -> None:
    """A line for each, the longest first."""
    pool = make_pool(FakeDriver(), max_size=2)
    await pool.connect()

    async with pool.acquire():
        second = await pool.lend("SELECT\n  something", None)
        with pytest.raises(PoolTimeoutError) as caught:
            await pool.lend("third", 0.01)
        await pool.take_back(second)

    assert caught.value.message.startswith("None of the 2 connections of the database 'default' became free")
    assert "test_who_waits_in_vain_hears_who_holds() in " in caught.value.holders[0]
    assert caught.value.holders[1].startswith("SELECT something for 0.")
    assert pool.stats.timeouts == 1
    await pool.disconnect()


async def test_a_free_connection_is_lent_without_waiting() -> None:
    """If there is one, and it is known to be good; the former holder has no part in it."""
    driver = FakeDriver()
    pool = make_pool(driver, max_size=1)
    await pool.connect()
    assert pool.lend_free("nobody has opened one") is None

    former = await pool.lend("former")
    assert pool.lend_free("it is lent") is None
    assert pool.keep(former)
    assert not pool.keep(former)

    mine = pool.lend_free("mine")
    assert mine is not None
    assert former.is_released
    with pytest.raises(ConnectionReleasedError):
        await former.fetch_val("SELECT number")
    assert await mine.fetch_val("SELECT number") == 1
    assert pool.keep(mine)
    driver.connections[0].terminate()
    assert pool.lend_free("it is closed") is None
    await pool.disconnect()


@pytest.mark.parametrize("leave", ["is_altered", "is_running", "closed", "begun"])
async def test_what_was_left_open_is_not_kept_as_it_is(leave: str) -> None:
    """It stays lent until somebody ends it: nothing of the former holder is seen by the next."""
    driver = FakeDriver()
    pool = make_pool(driver, max_size=1)
    await pool.connect()
    connection = await pool.lend("holder")
    pooled = connection.pooled
    assert pooled is not None
    if leave == "closed":
        pooled.raw.terminate()
    elif leave == "begun":
        driver.connections[0].is_begun = True
    else:
        setattr(pooled, leave, True)

    assert not pool.keep(connection)

    assert not connection.is_released
    await pool.take_back(connection, is_clean=True)
    assert connection.is_released
    can_be_reset = leave in {"is_altered", "begun"}
    assert ("reset" in driver.connections[0].said) is can_be_reset
    assert pool.stats.idle == (1 if can_be_reset else 0)
    await pool.disconnect()


async def test_a_pool_that_was_closed_keeps_nothing() -> None:
    """However clean it is."""
    driver = FakeDriver()
    pool = make_pool(driver)
    await pool.connect()
    connection = await pool.lend("holder")

    await pool.disconnect()

    assert not pool.keep(connection)
    await pool.take_back(connection, is_clean=True)
    assert driver.connections[0].is_closed


async def test_no_connection_is_lost_whenever_a_waiter_is_cancelled() -> None:
    """An Nth-operation loop: cancelled at the very moment in which it is given one, before and after."""
    pool = make_pool(FakeDriver(), max_size=1)
    await pool.connect()
    for steps in range(25):
        holder = await pool.lend("holder")
        waiter = asyncio.create_task(number_of(pool))
        next_waiter = asyncio.create_task(number_of(pool))
        await settle()

        giving = asyncio.create_task(pool.take_back(holder))
        for _ in range(steps):
            await asyncio.sleep(0)
        waiter.cancel()
        await asyncio.wait((waiter, giving, next_waiter), timeout=5)

        assert await next_waiter >= 1
        assert (pool.stats.size, pool.stats.idle, pool.stats.waiting) == (1, 1, 0)
    await pool.disconnect()


async def test_closed_while_lent_the_others_hear_of_it() -> None:
    """Who waits is told; what is lent is closed when it comes back, and nobody gets another one."""
    driver = FakeDriver()
    pool = make_pool(driver, max_size=1)
    await pool.connect()
    async with pool.acquire() as connection:
        waiters = [asyncio.create_task(number_of(pool)) for _ in range(2)]
        await settle()
        await pool.disconnect()
        answers = await asyncio.gather(*waiters, return_exceptions=True)
        assert [type(answer) for answer in answers] == [DatabaseUnavailableError] * 2
        assert await connection.fetch_val("SELECT number") == 1

    assert driver.connections[0].is_closed
    assert pool.stats.size == 0


async def test_nobody_is_lent_a_connection_that_was_opened_after_the_end() -> None:
    """Whether it was being opened, or was about to be."""
    driver = FakeDriver()
    pool = make_pool(driver, max_size=1)
    await pool.connect()
    may_open = asyncio.Event()
    driver.hooks["connect"] = may_open.wait
    opening = asyncio.create_task(number_of(pool))
    await settle()

    await pool.disconnect()
    may_open.set()
    with pytest.raises(DatabaseUnavailableError, match="is not open"):
        await opening
    assert [connection.closed for connection in driver.connections] == ["terminated"]
    assert pool.stats.size == 0

    pool = make_pool(driver, max_size=1)
    await pool.connect()
    holder = await pool.lend("holder")
    waiter = asyncio.create_task(number_of(pool))
    await settle()
    assert holder.pooled is not None
    holder.pooled.raw.terminate()
    await pool.take_back(holder)  # There is room: the waiter may open one.
    await pool.disconnect()
    with pytest.raises(DatabaseUnavailableError, match="is not open"):
        await waiter
    assert len(driver.connections) == 2


async def test_closed_while_a_connection_is_reset_it_keeps_none() -> None:
    """The one that was on its way back is closed."""
    driver = FakeDriver()
    pool = make_pool(driver)
    await pool.connect()
    may_reset = asyncio.Event()
    driver.hooks["reset"] = may_reset.wait
    connection = await pool.lend("holder")
    giving = asyncio.create_task(pool.take_back(connection))
    await settle()

    await pool.disconnect()
    may_reset.set()
    await giving

    assert driver.connections[0].is_closed
    assert (pool.stats.size, pool.stats.idle) == (0, 0)


async def test_an_opening_that_fails_leaves_room_for_the_next() -> None:
    """Failed or cancelled, and the one who waits behind tries."""
    driver = FakeDriver()
    pool = make_pool(driver, max_size=1)
    await pool.connect()
    driver.hooks["connect"] = fail
    with pytest.raises(OSError, match="canary"):
        await number_of(pool)
    driver.hooks["connect"] = never
    first = asyncio.create_task(number_of(pool))
    await settle()
    second = asyncio.create_task(number_of(pool))
    await settle()

    driver.hooks.clear()
    first.cancel()

    assert await second == 1
    with pytest.raises(asyncio.CancelledError):
        await first
    await pool.disconnect()


async def test_a_database_that_does_not_answer_is_not_waited_for() -> None:
    """`connect_timeout` is a time of its own."""
    driver = FakeDriver()
    driver.hooks["connect"] = never
    pool = make_pool(driver, connect_timeout=0.01)
    await pool.connect()

    with pytest.raises(
        DatabaseUnavailableError,
        match=r"'default' at postgresql://nowhere/tea did not answer within 0\.01 s",
    ):
        await number_of(pool)
    assert pool.stats.size == 0
    await pool.disconnect()


async def test_a_connection_that_was_lost_is_not_lent_again() -> None:
    """And the others are looked at before they are: what has ended one may have ended all."""
    driver = FakeDriver()
    pool = make_pool(driver, max_size=2)
    await pool.connect()
    async with pool.acquire() as one, pool.acquire():
        assert one.pooled is not None
        one.pooled.raw.terminate()

    assert pool.stats.size == 1
    assert await number_of(pool) == 2
    assert driver.connections[1].said.count("SELECT 1 AS one") == 1
    assert await number_of(pool) == 2
    assert driver.connections[1].said.count("SELECT 1 AS one") == 1
    await pool.disconnect()


@pytest.mark.parametrize("hook", [fail, None])
async def test_what_fails_when_it_is_looked_at_is_replaced(hook: Any) -> None:
    """Without a word to whoever borrows; after `recycle` seconds in any case."""
    driver = FakeDriver()
    pool = make_pool(driver, check_after=0.001, recycle=None if hook else 0.001)
    await pool.connect()
    assert await number_of(pool) == 1
    await asyncio.sleep(0.01)
    if hook is not None:
        driver.hooks["SELECT 1 AS one"] = hook

    assert await number_of(pool) == 2
    assert driver.connections[0].closed == ("terminated" if hook else "closed")
    assert (pool.stats.opened, pool.stats.closed) == (2, 1)
    await pool.disconnect()


async def test_what_cannot_be_reset_is_not_lent_again() -> None:
    """Nobody knows what is open on it."""
    driver = FakeDriver()
    pool = make_pool(driver)
    await pool.connect()
    driver.hooks["reset"] = fail

    assert (await number_of(pool), await number_of(pool)) == (1, 2)
    assert driver.connections[0].closed == "terminated"
    await pool.disconnect()


async def test_a_task_cancelled_while_its_connection_is_reset_loses_it_to_nobody() -> None:
    """It is closed."""
    driver = FakeDriver()
    pool = make_pool(driver, max_size=1)
    await pool.connect()
    driver.hooks["reset"] = never
    task = asyncio.create_task(number_of(pool))
    await wait_until(lambda: driver.connections and "reset" in driver.connections[0].said)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    driver.hooks.clear()
    assert driver.connections[0].closed == "terminated"
    assert await number_of(pool) == 2
    await pool.disconnect()


async def test_a_statement_that_was_left_behind_takes_its_connection_along() -> None:
    """A task that goes on after the block has ended meets nobody else's."""
    driver = FakeDriver()
    pool = make_pool(driver, max_size=1)
    await pool.connect()
    driver.hooks["SELECT slow"] = never
    async with pool.acquire() as connection:
        left = asyncio.create_task(connection.fetch_one("SELECT slow"))
        await settle()

    assert driver.connections[0].closed == "terminated"
    assert await number_of(pool) == 2
    left.cancel()
    await asyncio.wait((left,))
    assert pool.stats.idle == pool.stats.size == 1
    await pool.disconnect()


async def test_connections_that_nobody_needs_are_closed() -> None:
    """But for `min_size` of them."""
    driver = FakeDriver()
    pool = make_pool(driver, min_size=1, max_size=4, idle_timeout=0.02)
    await pool.connect()
    async with pool.acquire(), pool.acquire(), pool.acquire():
        pass
    assert pool.stats.size == 3

    await wait_until(lambda: pool.stats.size == 1)

    assert sorted(connection.closed for connection in driver.connections) == ["", "closed", "closed"]
    assert await number_of(pool) in {1, 2, 3}
    await pool.disconnect()


async def test_whoever_waits_longer_is_served_first() -> None:
    """A task that comes in the moment in which there is room does not push in."""
    driver = FakeDriver()
    pool = make_pool(driver, max_size=1)
    await pool.connect()
    order: list[str] = []

    async def use(name: str) -> None:
        async with pool.acquire():
            order.append(name)
            await settle()

    holder = await pool.lend("holder")
    waiting = []
    for name in ("a", "b"):
        waiting.append(asyncio.create_task(use(name)))
        await settle()
    assert holder.pooled is not None
    holder.pooled.raw.terminate()
    await pool.take_back(holder)
    waiting.append(asyncio.create_task(use("c")))
    await asyncio.wait(waiting)

    assert order.index("a") < order.index("b")
    await pool.disconnect()


async def test_a_handle_that_was_given_back_is_of_no_use(database: SQLAdapter) -> None:
    """Somebody else may have the connection."""
    async with database.acquire() as connection:
        assert not connection.is_released
    kept: DatabaseConnection = connection

    for use in (
        lambda: kept.execute("SELECT 1"),
        lambda: kept.fetch_one("SELECT 1 AS one"),
        lambda: kept.execute_many("INSERT INTO tea (name) VALUES ($1)", [("a",)]),
        lambda: anext(kept.stream("SELECT 1 AS one")),
        lambda: kept.insert("tea", {"name": "a"}),
        lambda: kept.control("COMMIT"),
    ):
        with pytest.raises(Exception, match="This connection was given back to the pool") as caught:
            await use()
        assert type(caught.value).__name__ == "ConnectionReleasedError"
    await database.pool.take_back(kept)
    assert database.stats.idle == database.stats.size


async def test_what_was_left_open_is_no_matter_of_the_next_user(database_url: str) -> None:
    """BEGIN without an end: it is rolled back."""
    async with open_database(database_url, max_size=1) as database:
        await database.execute("INSERT INTO tea (name) VALUES ($1)", "kept")
        async with database.acquire() as connection:
            await connection.control("BEGIN")
            await connection.execute("INSERT INTO tea (name) VALUES ($1)", "undone")

        assert await database.fetch_all("SELECT name FROM tea") == [{"name": "kept"}]


async def test_settings_that_covet_relies_on_are_set_again(database_url: str) -> None:
    """Whoever borrows a connection may change them, and the next one finds them as they were."""
    changes = {
        "sqlite": ("PRAGMA foreign_keys = OFF", "PRAGMA foreign_keys", 1),
        "postgresql": ("SET standard_conforming_strings = off", "SHOW standard_conforming_strings", "on"),
        "mysql": (
            "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'",
            "SELECT @@sql_mode LIKE '%NO_BACKSLASH%' AS it",
            0,
        ),
    }
    async with open_database(database_url, max_size=1) as database:
        change, question, answer = changes[database.scheme]
        async with database.acquire() as connection:
            await connection.execute(change)

        assert await database.fetch_val(question) == answer


async def test_a_database_in_memory_outlives_what_goes_wrong() -> None:
    """It is its connection, which is not given up for a cancelled statement, a failed COMMIT or a broken-off stream."""
    async with open_database("sqlite://") as database:
        await database.execute("INSERT INTO tea (name) VALUES ($1)", "oolong")
        await database.execute("CREATE TABLE pot (tea INTEGER REFERENCES tea (id) DEFERRABLE INITIALLY DEFERRED)")

        with pytest.raises(Exception, match="FOREIGN KEY constraint failed"):
            async with database.transaction():
                await database.execute("INSERT INTO pot VALUES (99)")
        task = asyncio.create_task(database.fetch_val(SLOW["sqlite"]))
        await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.wait((task,))
        async with database.acquire() as connection:
            rows = connection.stream("SELECT * FROM tea")
            await anext(rows)
        await rows.aclose()

        assert await database.fetch_all("SELECT name FROM tea") == [{"name": "oolong"}]
        assert await database.fetch_all("SELECT * FROM pot") == []


@pytest.mark.parametrize("change", ["INSERT INTO tea (name) VALUES ('oolong')", "PRAGMA foreign_keys = OFF"])
async def test_a_database_in_memory_outlives_a_stall(change: str) -> None:
    """What blocks the loop is no silence of the database: neither when it is given back nor when it is lent."""
    async with open_database("sqlite://", check_after=0.01) as database:
        async with database.acquire() as connection:
            await connection.execute(change)
            # Its thread answers the reset when the loop stands still already.
            assert connection.pooled is not None
            assert isinstance(connection.pooled.raw, SQLiteConnection)
            connection.pooled.raw._thread.call(time.sleep, 0.1)
            asyncio.get_running_loop().call_later(0.02, time.sleep, 1.3)
        assert await database.fetch_val("SELECT count(*) AS n FROM tea") <= 1

        await asyncio.sleep(0.02)
        asyncio.get_running_loop().call_soon(time.sleep, 1.3)
        assert await database.fetch_val("SELECT count(*) AS n FROM tea") <= 1
        assert database.stats.opened == 1


async def test_a_database_in_memory_outlives_what_was_left_running() -> None:
    """A statement of a task that outlives the block that it has its connection from is interrupted after a while."""
    async with open_database("sqlite://") as database:
        async with database.acquire() as connection:
            left = asyncio.create_task(connection.fetch_val(SLOW["sqlite"]))
            await asyncio.sleep(0.02)

        with pytest.raises(QueryError, match="interrupted"):
            await left
        assert await database.fetch_all("SELECT name FROM tea") == []


@pytest.mark.parametrize("steps", range(8))
async def test_a_database_in_memory_outlives_two_cancellations(steps: int) -> None:
    """The second one may come while the connection is reset after the first one."""
    async with open_database("sqlite://") as database:

        async def work() -> None:
            async with database.acquire() as connection:
                await connection.execute("INSERT INTO tea (name) VALUES ('oolong')")

        task = asyncio.create_task(work())
        for _ in range(steps):
            await asyncio.sleep(0)
        for _ in range(2):
            task.cancel()
            await asyncio.sleep(0)
        await asyncio.wait((task,))

        assert await database.fetch_val("SELECT count(*) AS n FROM tea") <= 1
        assert database.stats.opened == 1


def _ask_in_child(pool: DatabasePool, path: str) -> None:
    """Use a pool that came through a fork, and write down what became of it."""

    async def ask() -> None:
        before = pool.stats
        async with pool.acquire() as connection:
            names = await connection.fetch_all("SELECT name FROM tea")
        after = pool.stats
        await pool.disconnect()
        Path(path).write_text(f"{names} {before.idle} {after.size} {after.opened}")

    try:
        asyncio.run(ask())
    except BaseException as exc:
        Path(path).write_text(repr(exc))
    finally:
        # Neither farewells nor fixtures of the parent's.
        os._exit(0)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork.*:DeprecationWarning")
async def test_a_child_leaves_the_connections_of_its_parent_alone(database: SQLAdapter, tmp_path: Path) -> None:
    """It opens some of its own, and the parent's work as before."""
    await database.execute("INSERT INTO tea (name) VALUES ($1)", "oolong")
    report = tmp_path / "report"
    async with database.transaction():
        await database.execute("INSERT INTO tea (name) VALUES ($1)", "not yet")
        child = multiprocessing.get_context("fork").Process(target=_fork, args=(database.pool, str(report)))
        child.start()
        await asyncio.to_thread(child.join, 20)
        assert report.read_text() == "[{'name': 'oolong'}] 0 1 1"
        assert await database.fetch_val("SELECT count(*) AS n FROM tea") == 2

    gc.collect()
    assert await database.fetch_val("SELECT count(*) AS n FROM tea") == 2


def _fork(pool: DatabasePool, path: str) -> None:
    # The loop of the parent runs in this thread, as the child sees it.
    asyncio.events._set_running_loop(None)
    _ask_in_child(pool, path)


async def test_nobody_waits_for_long_for_a_database_that_was_silent() -> None:
    """What is opened after whoever asked has gone is there for the next one, and nothing asks once it is closed."""
    driver = FakeDriver()
    may_answer = asyncio.Event()
    pool = make_pool(driver, connect_timeout=10.0, max_size=2)
    await pool.connect()
    async with pool.acquire():
        pass
    pool._silence.begin()
    pool._silence._asked_at = float("-inf")
    pool._epoch += 1
    driver.hooks |= {"SELECT 1 AS one": may_answer.wait, "connect": may_answer.wait}
    loop = asyncio.get_running_loop()

    began = loop.time()
    with pytest.raises(DatabaseUnavailableError, match="does not answer"):
        await pool.lend("first")
    assert 0.4 < loop.time() - began < 1.5
    with pytest.raises(DatabaseUnavailableError, match="does not answer"):
        await asyncio.wait_for(pool.lend("second"), 0.1)

    may_answer.set()
    await wait_until(lambda: not pool._silence.is_on)
    assert (pool.stats.size, pool.stats.idle) == (1, 1)
    connection = await pool.lend("third")
    await pool.take_back(connection)

    may_answer.clear()
    pool._silence.begin()
    pool._silence._asked_at = float("-inf")
    pool._epoch += 1
    with pytest.raises(DatabaseUnavailableError):
        await pool.lend("fourth")
    await pool.disconnect()
    assert pool._silence._task is None
    assert all(raw.is_closed for raw in driver.connections)
