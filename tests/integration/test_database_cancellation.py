"""
Tasks that use a database, cancelled at each of their awaits in turn: never half of what they did, nothing lost.
"""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from covet.database import DatabaseConnection, SQLAdapter
from covet.database.table_shapes import TableShapes
from tests.integration.striking import strike_at
from tests.unit.database.databases import KINDS, find_url, open_database

_MAX_SIZE = 3
_INSERT = "INSERT INTO tea (name) VALUES ($1)"

Work = Callable[[SQLAdapter, str], Coroutine[Any, Any, None]]


async def use_transaction(database: SQLAdapter, mark: str) -> None:
    """Write in a transaction, around another one, of which one is undone."""
    async with database.transaction():
        await database.execute(_INSERT, f"{mark} a")
        async with database.transaction():
            await database.execute(_INSERT, f"{mark} b")
        try:
            async with database.transaction():
                await database.execute(_INSERT, f"{mark} undone")
                raise LookupError
        except LookupError:
            await database.execute(_INSERT, f"{mark} c")


async def use_execute_many(database: SQLAdapter, mark: str) -> None:
    """Write several rows with one statement."""
    await database.execute_many(_INSERT, [(f"{mark} {letter}",) for letter in "abc"])


async def use_insert(database: SQLAdapter, mark: str) -> None:
    """Write rows by the name of their table, whose columns are looked up first."""
    database.pool.shapes = TableShapes()
    async with database.transaction():
        for letter in "abc":
            await database.insert("tea", {"name": f"{mark} {letter}"})


async def use_run_in_transaction(database: SQLAdapter, mark: str) -> None:
    """Let the database run a function."""

    async def write(connection: DatabaseConnection) -> None:
        for letter in "abc":
            await connection.execute(_INSERT, f"{mark} {letter}")

    await database.run_in_transaction(write)


async def use_connection(database: SQLAdapter, mark: str) -> None:
    """Borrow a connection, read, and write in a transaction of its own."""
    async with database.acquire() as connection:
        await connection.fetch_all("SELECT name FROM tea")
        async with database.transaction(connection=connection):
            for letter in "abc":
                await connection.execute(_INSERT, f"{mark} {letter}")
        await connection.fetch_one("SELECT 1 AS one")


async def use_stream(database: SQLAdapter, mark: str) -> None:
    """Read a stream in batches, and write what was read as a whole."""
    async with database.transaction():
        async with aclosing(database.stream("SELECT name FROM source ORDER BY name", batch_size=2)) as rows:
            names = [row["name"] async for row in rows]
        for name in names:
            await database.execute(_INSERT, f"{mark} {name}")


async def use_stream_alone(database: SQLAdapter, mark: str) -> None:
    """Read a stream outside of a transaction, and write what was read with one statement."""
    names: list[str] = []
    async with aclosing(database.stream("SELECT name FROM source ORDER BY name", batch_size=2)) as rows:
        async for row in rows:
            names.append(row["name"])
    await database.execute_many(_INSERT, [(f"{mark} {name}",) for name in names])


@pytest.fixture(params=KINDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SQLAdapter]:
    """A database of each kind, with the tables `tea`, empty, and `source`."""
    url = find_url(request.param, request, tmp_path)
    async with open_database(url, max_size=_MAX_SIZE, timeout=5) as adapter:
        await adapter.execute("DROP TABLE IF EXISTS source")
        await adapter.execute("CREATE TABLE source (name VARCHAR(10))")
        await adapter.execute_many("INSERT INTO source (name) VALUES ($1)", [("a",), ("b",), ("c",)])
        yield adapter
        await adapter.execute("DROP TABLE source")


async def run_struck(work: Coroutine[Any, Any, None], at: Sequence[int]) -> int:
    """Do something, cancel the task at some of its awaits, and tell how often that came to pass."""
    task, struck = asyncio.current_task(), 0
    assert task is not None

    def strike() -> None:
        nonlocal struck
        struck += 1
        task.cancel()

    async def run(first: int, *others: int) -> None:
        await strike_at(run(*others) if others else work, first, strike)

    await run(*at)
    return struck


async def settle(database: SQLAdapter, tasks: set["asyncio.Task[object]"]) -> None:
    """Wait until nothing is left of a task: no task that it began, and no thread of a connection that was closed."""
    async with asyncio.timeout(5):
        while asyncio.all_tasks() - tasks or _count_threads() not in {0, database.stats.size}:
            await asyncio.sleep(0.001)


_STRANGERS: set[threading.Thread] = set()


@pytest.fixture(autouse=True)
def _leave_threads_of_others() -> None:
    """What other tests of this process have left running is not looked at."""
    _STRANGERS.clear()
    _STRANGERS.update(threading.enumerate())


def _count_threads() -> int:
    return sum(thread.name.startswith("sqlite") for thread in threading.enumerate() if thread not in _STRANGERS)


@pytest.mark.parametrize("blows", [1, 2], ids=["once", "twice"])
@pytest.mark.parametrize(
    "work",
    [
        use_transaction,
        use_execute_many,
        use_insert,
        use_run_in_transaction,
        use_connection,
        use_stream,
        use_stream_alone,
    ],
)
async def test_cancelled_at_each_await_it_is_whole_or_nothing(
    database: SQLAdapter, work: Work, blows: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Cancelled twice, it has not even the time to clean up; the pool has all of its connections afterwards."""
    caplog.set_level(logging.CRITICAL)
    before = asyncio.all_tasks()
    cancelled, is_over = 0, False

    for at in range(500):
        mark = str(at)
        task = asyncio.create_task(run_struck(work(database, mark), range(at, at + blows)))
        await asyncio.wait((task,))
        await settle(database, before)

        rows = await database.fetch_all("SELECT name FROM tea WHERE name LIKE $1 ORDER BY name", f"{mark} %")
        names = [row["name"] for row in rows]
        whole = [f"{mark} {letter}" for letter in "abc"]
        assert names in ([], whole), at
        if task.cancelled():
            cancelled += 1
        else:
            is_over = not task.result()
            assert names == whole, at
        stats = database.stats
        assert stats.idle == stats.size <= _MAX_SIZE, at
        assert stats.waiting == 0
        if is_over:
            break
    else:
        pytest.fail("it never came to its end")

    assert cancelled
