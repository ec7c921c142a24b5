"""
Tests of `covet.testing.temporary_database`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from covet import CovetPy
from covet.database import DatabaseAdapter, DatabaseError, DatabasePlugin, QueryError, TransactionError
from covet.events import DatabaseQueryEvent
from covet.exceptions import ConfigurationError
from covet.testing import TestClient, create_test_database
from covet.testing.temporary_database import TemporaryDatabase
from tests.unit.database.databases import KINDS, find_url

KEYS = {
    "sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "postgresql": "SERIAL PRIMARY KEY",
    "mysql": "INTEGER AUTO_INCREMENT PRIMARY KEY",
}


@pytest.fixture(params=KINDS)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[TemporaryDatabase]:
    """A database with teas and pots, which refer to each other."""
    kind = request.param
    made = await create_test_database(
        find_url(kind, request, tmp_path),
        timeout=0.5,
        schema=[
            f"CREATE TABLE tea (id {KEYS[kind]}, name VARCHAR(50) NOT NULL UNIQUE, price INTEGER DEFAULT 3)",
            f"CREATE TABLE pot (id {KEYS[kind]}, tea INTEGER, FOREIGN KEY (tea) REFERENCES tea (id))",
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)",
            "INSERT INTO alembic_version VALUES ('abc')",
        ],
    )
    yield made
    await made.drop()


async def count(database: TemporaryDatabase) -> int:
    """Count the teas."""
    number: int = await database.fetch_val("SELECT count(*) AS n FROM tea")
    return number


async def test_all_tables_are_emptied(database: TemporaryDatabase) -> None:
    """Numbers begin anew, references are in nobody's way, and migrations keep what they know."""
    for _ in range(2):
        key = await database.insert("tea", {"name": "oolong"})
        assert key == 1
        await database.insert("pot", {"tea": key})
        await database.truncate_all_tables()
        assert await count(database) == 0
        assert await database.fetch_all("SELECT * FROM pot") == []
        assert await database.fetch_val("SELECT version_num FROM alembic_version") == "abc"

    await database.insert("tea", {"name": "oolong"})
    await database.truncate_all_tables(keep=("tea",))
    assert await count(database) == 1
    assert await database.fetch_all("SELECT * FROM alembic_version") == []
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        await database.insert("pot", {"tea": 99})


async def test_what_is_done_in_a_rollback_is_undone(database: TemporaryDatabase) -> None:
    """Also what code under test commits, in whatever task, with savepoints within."""
    await database.insert("tea", {"name": "stays"})

    async def serve(name: str) -> None:
        async with database.transaction():
            await database.insert("tea", {"name": name})
            with pytest.raises(LookupError):
                async with database.transaction():
                    await database.insert("tea", {"name": "undone"})
                    raise LookupError

    for _ in range(2):
        async with database.rollback() as same:
            assert same is database
            await serve("a")
            await asyncio.create_task(serve("b"))
            await database.execute("INSERT INTO tea (name) VALUES ($1)", "c")
            await database.execute_many("INSERT INTO tea (name) VALUES ($1)", [("d",), ("e",)])
            assert sorted(row["name"] for row in await database.fetch_all("SELECT name FROM tea")) == [
                *("a", "b", "c", "d", "e", "stays"),
            ]
        assert await count(database) == 1
    assert database.stats.size == database.stats.idle


async def test_a_transaction_that_fails_is_undone_alone(database: TemporaryDatabase) -> None:
    """Within a rollback as without: by an error, and where it was left open."""
    async with database.rollback():
        await database.insert("tea", {"name": "a"})
        with pytest.raises(LookupError):
            async with database.transaction():
                await database.insert("tea", {"name": "b"})
                raise LookupError
        async with database.acquire() as connection:
            await connection.control("BEGIN")
            await connection.execute("INSERT INTO tea (name) VALUES ('left open')")
        assert await database.fetch_all("SELECT name FROM tea") == [{"name": "a"}]
        hooks: list[str] = []
        async with database.transaction():
            database.on_commit(lambda: hooks.append("committed"))
        assert hooks == ["committed"]


async def test_a_statement_that_fails_takes_nothing_along(database: TemporaryDatabase) -> None:
    """A test of an error goes on afterwards: by a statement, in a stream, in a transaction."""
    async with database.rollback():
        await database.insert("tea", {"name": "a"})
        with pytest.raises(QueryError):
            await database.insert("tea", {"name": "a"})
        with suppress(DatabaseError):
            async with database.transaction():
                with pytest.raises(QueryError):
                    await database.execute("SELEC")
        with pytest.raises(QueryError):
            async for _ in database.stream("SELEC"):
                pass
        with pytest.raises(QueryError):
            async with database.transaction():
                await database.insert("tea", {"name": "b"})
                await database.insert("tea", {"name": "a"})
        assert [row async for row in database.stream("SELECT name FROM tea")] == [{"name": "a"}]
        async for _ in database.stream("SELECT name FROM tea", batch_size=1):
            break
        async with database.transaction(isolation="serializable"):
            assert await count(database) == 1
    assert await count(database) == 0


async def test_a_test_that_fails_leaves_nothing(database: TemporaryDatabase) -> None:
    """Whatever it raises, and in the middle of a transaction."""
    with pytest.raises(KeyboardInterrupt):
        async with database.rollback(), database.transaction():
            await database.insert("tea", {"name": "a"})
            raise KeyboardInterrupt

    assert await count(database) == 0


async def test_a_read_only_transaction_reads(database: TemporaryDatabase) -> None:
    """And the next one writes; where the database can do so within another one, writing is refused."""
    async with database.rollback():
        async with database.transaction(read_only=True):
            assert await count(database) == 0
        if database.scheme != "mysql":
            with pytest.raises(QueryError, match=r"(?i)read.?only"):
                async with database.transaction(read_only=True):
                    await database.execute("INSERT INTO tea (name) VALUES ('a')")
        await database.insert("tea", {"name": "a"})
    assert await count(database) == 0


async def test_what_cannot_be_rolled_back_says_so(database: TemporaryDatabase) -> None:
    """A statement that commits; all tables are emptied, so that the next test finds none of it."""
    if database.scheme != "mysql":
        async with database.rollback():
            await database.execute("CREATE TABLE kettle (id INTEGER)")
        with pytest.raises(QueryError):
            await database.execute("SELECT * FROM kettle")
        return

    with pytest.raises(TransactionError, match="A statement has ended the transaction of the test") as caught:
        async with database.rollback():
            await database.insert("tea", {"name": "a"})
            await database.execute("CREATE TABLE kettle (id INTEGER)")
    assert "Make tables where the database is made" in str(caught.value)
    assert await count(database) == 0


async def test_within_a_rollback_nothing_is_emptied(database: TemporaryDatabase) -> None:
    """And there is one at a time."""
    async with database.rollback():
        with pytest.raises(TransactionError, match="Within rollback"):
            await database.truncate_all_tables()
        with pytest.raises(TransactionError, match="one block after the other"):
            async with database.rollback():
                pass


@pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
async def test_an_application_shares_it(database: TemporaryDatabase, protocol: Any) -> None:
    """What its handlers commit is rolled back as well; another application may have it next."""
    for _ in range(2):
        app = CovetPy(plugins=[DatabasePlugin(adapter=database, url=database.url)])
        heard: list[str] = []
        app.events.subscribe(DatabaseQueryEvent, lambda event: heard.append(event.query))  # noqa: B023

        @app.post("/tea", status_code=201)
        async def put(name: str, adapter: DatabaseAdapter) -> None:
            async with adapter.transaction():
                await adapter.execute("INSERT INTO tea (name) VALUES ($1)", name)

        async with database.rollback():
            async with TestClient(app, protocol=protocol) as client:
                assert (await client.post("/tea", params={"name": "oolong"})).status_code == 201
                await app.events.drain()
            assert await count(database) == 1
            assert "INSERT INTO tea (name) VALUES ($1)" in heard
        assert await count(database) == 0

    other = CovetPy(plugins=[DatabasePlugin(adapter=database, url="sqlite:///other.db")])
    with pytest.raises(ConfigurationError, match="The database of this test is at"):
        async with TestClient(other):
            pass


async def test_a_factory_makes_rows(database: TemporaryDatabase) -> None:
    """With all that the database adds to them."""
    teas = database.factory("tea", name=lambda number: f"tea {number}")

    assert await teas.create() == {"id": 1, "name": "tea 1", "price": 3}
    assert await teas.create(price=5) == {"id": 2, "name": "tea 2", "price": 5}
    assert [row["name"] for row in await teas.create_many(2)] == ["tea 3", "tea 4"]
    async with database.rollback():
        assert (await teas.create())["id"] == 5
    assert await count(database) == 4


async def test_it_is_opened_again_in_another_loop(database: TemporaryDatabase) -> None:
    """As fixtures do whose tests have a loop each."""
    await database.insert("tea", {"name": "a"})
    await database.close()

    async def look() -> int:
        await database.open()
        try:
            return await count(database)
        finally:
            await database.close()

    assert await asyncio.to_thread(asyncio.run, look()) == 1
    await database.open()
    assert await count(database) == 1
