"""
Tests of `covet.database.engine_statements`.
"""

import asyncio
import logging
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from covet.database import DatabaseUnavailableError
from covet.database.engine_errors import LateStatementError
from covet.database.observation import Observation
from covet.database.orm import create_engine
from covet.database.url import DatabaseURL
from tests.unit.database.databases import SLOW, list_connections, wait_for_connections, wait_until

QUICK = text("SELECT 1 AS one")


def slow(url: str) -> Any:
    """A statement that ends when it is cancelled, and not before."""
    return text(SLOW[DatabaseURL.parse(url).scheme])


async def test_a_statement_that_takes_too_long_is_ended(database_url: str) -> None:
    """In the database, too; the pool has its connection, and the next statement works."""
    engine = create_engine(database_url, query_timeout=0.2, pool_size=1)

    async with asyncio.timeout(20), engine.connect() as connection:
        with pytest.raises(LateStatementError):
            await connection.execute(slow(database_url))
        await connection.rollback()
        one = (await connection.execute(QUICK)).scalar_one()
    running = [line for line in await list_connections(database_url) if "(60)" in line]
    await engine.dispose()

    assert one == 1
    assert running == []
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("is_limited", [True, False])
async def test_whoever_is_cancelled_leaves_nothing_that_runs(database_url: str, is_limited: bool) -> None:
    """Whatever was begun is undone, and others have the connection."""
    engine = create_engine(database_url, query_timeout=60 if is_limited else None, pool_size=1)

    async def ask() -> None:
        async with engine.connect() as connection:
            await connection.execute(slow(database_url))

    task = asyncio.create_task(ask())
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(10), engine.connect() as connection:
        one = (await connection.execute(QUICK)).scalar_one()
    running = [line for line in await list_connections(database_url) if "(60)" in line]
    await engine.dispose()

    assert one == 1
    assert running == []
    await wait_for_connections(database_url, 0)


async def test_whoever_waits_for_a_writer_is_not_held_up(tmp_path: Path) -> None:
    """SQLite hears nobody while it waits for a lock; its thread closes the connection, with nothing written on it."""
    url = f"sqlite:///{tmp_path}/tea.db?busy_timeout=2"
    engine = create_engine(url, query_timeout=0.1, pool_size=2)
    before = set(threading.enumerate())
    insert = text("INSERT INTO tea VALUES (:name)")
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE tea (name TEXT)"))

    async with engine.begin() as writer:
        await writer.execute(insert, {"name": "first"})
        async with asyncio.timeout(1.5), engine.connect() as waiting:
            with pytest.raises(LateStatementError):
                await waiting.execute(insert, {"name": "late"})
            await waiting.rollback()
            names = (await waiting.execute(text("SELECT name FROM tea"))).scalars().all()
    async with engine.connect() as connection:
        await wait_until(lambda: len(set(threading.enumerate()) - before) <= 2)
        kept = (await connection.execute(text("SELECT name FROM tea"))).scalars().all()
    await engine.dispose()
    await wait_until(lambda: not set(threading.enumerate()) - before)

    assert (names, kept) == ([], ["first"])


async def test_what_is_in_memory_outlives_a_statement_that_takes_too_long() -> None:
    """Its connection is the database; a transaction that was only reading goes on."""
    engine = create_engine("sqlite://", query_timeout=0.1)

    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE tea (name TEXT)"))
        await connection.execute(text("INSERT INTO tea VALUES ('oolong')"))
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO tea VALUES ('sencha')"))
        with pytest.raises(LateStatementError):
            await connection.execute(text(SLOW["sqlite"]))
    async with engine.connect() as connection:
        names = (await connection.execute(text("SELECT name FROM tea ORDER BY name"))).scalars().all()
    await engine.dispose()

    assert names == ["oolong", "sencha"]


async def test_a_transaction_that_sqlite_has_undone_is_over(tmp_path: Path) -> None:
    """What came after it would take effect without its beginning."""
    engine = create_engine(f"sqlite:///{tmp_path}/tea.db", query_timeout=0.1)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) INSERT INTO tea SELECT i FROM n"
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE tea (name TEXT)"))

    async with engine.connect() as connection:
        await connection.execute(text("INSERT INTO tea VALUES ('first')"))
        with pytest.raises(LateStatementError):
            await connection.execute(text(endless))
        with pytest.raises(Exception, match="rolled back"):
            await connection.execute(text("INSERT INTO tea VALUES ('half')"))
        await connection.rollback()
        count = (await connection.execute(text("SELECT count(*) FROM tea"))).scalar_one()
    await engine.dispose()

    assert count == 0


async def test_statements_are_told_with_their_rows(database_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """Those that fail as well; while nobody wants to know, none."""
    caplog.set_level(logging.INFO, "covet.database")
    observation = Observation("tea")
    engine = create_engine(database_url, observation=observation)

    async with engine.connect() as connection:
        await connection.execute(text("SELECT 'quiet'"))
        observation.set_echo(True)
        await connection.execute(text("SELECT 1 UNION SELECT 2"))
        with pytest.raises(Exception, match="nowhere"):
            await connection.execute(text("SELECT * FROM nowhere"))
        await connection.rollback()
        await connection.execute(text("SELECT :a"), [{"a": "canary"}])
    await engine.dispose()

    said = [record.getMessage().partition(" s, ")[2] for record in caplog.records if record.name == "covet.database"]
    assert said[:2] == ["2 rows: SELECT 1 UNION SELECT 2", "0 rows: SELECT * FROM nowhere"]
    assert said[2].startswith("1 rows: SELECT ")
    assert "canary" not in caplog.text
    assert "quiet" not in caplog.text


async def test_a_database_that_stands_still_is_noticed(postgresql_url: str) -> None:
    """When a connection is taken from the pool as well as when it is used: within the limit and a moment."""
    where = DatabaseURL.parse(postgresql_url)
    is_passing = asyncio.Event()
    is_passing.set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(65536):
            await is_passing.wait()
            writer.write(piece)
            await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(where.host, where.port)
        async with asyncio.TaskGroup() as group:
            group.create_task(pump(reader, far_writer))
            group.create_task(pump(far_reader, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    url = postgresql_url.replace(f"{where.host}:{where.port}", f"127.0.0.1:{port}")
    engine = create_engine(url, query_timeout=0.3, connect_timeout=0.3, pool_size=2)
    async with engine.connect() as connection, engine.connect() as other:
        await connection.execute(QUICK)
        await other.execute(QUICK)

    async with engine.connect() as connection:
        await connection.execute(QUICK)
        is_passing.clear()
        for ask in (connection.execute(QUICK), _ask(engine), _ask(engine)):
            with pytest.raises(DatabaseUnavailableError, match="did not answer within"):
                async with asyncio.timeout(20):
                    await ask
        is_passing.set()
    one = await _ask(engine)
    await engine.dispose()
    server.close()

    assert one == 1


async def _ask(engine: Any) -> int:
    async with engine.connect() as connection:
        return int((await connection.execute(QUICK)).scalar_one())
