"""
Tests of `covet.database.replicas`.
"""

from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import pytest

from covet.database import QueryError, ReadReplicas, SQLiteAdapter
from covet.database import replicas as module


@pytest.fixture
async def three(tmp_path: Path) -> AsyncIterator[list[SQLiteAdapter]]:
    """A database and two that stand for its copies, each of which knows its number."""
    databases = [SQLiteAdapter() for _ in range(3)]
    for number, database in enumerate(databases):
        await database.connect(f"sqlite:///{tmp_path / f'{number}.db'}")
        await database.execute("CREATE TABLE which (number INTEGER PRIMARY KEY)")
        await database.execute("INSERT INTO which VALUES ($1)", number)
    yield databases
    for database in databases:
        await database.disconnect()


async def ask(replicas: ReadReplicas) -> int:
    """Ask who answers."""
    number: int = await replicas.fetch_val("SELECT number FROM which")
    return number


async def stream(replicas: ReadReplicas) -> list[int]:
    """Ask who answers, with a stream."""
    async with aclosing(replicas.stream("SELECT number FROM which")) as rows:
        return [row["number"] async for row in rows]


async def test_they_are_asked_in_turn(three: list[SQLiteAdapter]) -> None:
    """Statements and streams."""
    replicas = ReadReplicas(three[0], three[1:])

    assert sorted([await ask(replicas) for _ in range(4)]) == [1, 1, 2, 2]
    assert sorted([(await stream(replicas))[0] for _ in range(4)]) == [1, 1, 2, 2]


async def test_one_that_does_not_answer_is_left_alone_for_a_while(
    three: list[SQLiteAdapter], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then it is asked again; without any, the database itself answers."""
    monkeypatch.setattr(module, "_PAUSE", 3600)
    replicas = ReadReplicas(three[0], three[1:])
    await three[1].disconnect()
    assert {await ask(replicas) for _ in range(4)} == {2}
    await three[2].disconnect()
    assert {await ask(replicas) for _ in range(4)} == {0}
    assert await stream(replicas) == [0]
    replicas._until.clear()
    assert await stream(replicas) == [0]

    await three[1].connect(str(three[0].pool.url).replace("0.db", "1.db"))
    replicas._until.clear()
    assert 1 in {await ask(replicas) for _ in range(2)}


async def test_nothing_is_written(three: list[SQLiteAdapter]) -> None:
    """By no way."""
    for replicas in (ReadReplicas(three[0], three[1:]), ReadReplicas(three[0], [])):
        for write in (
            lambda: replicas.execute("DELETE FROM which"),  # noqa: B023
            lambda: replicas.execute("SELECT number FROM which"),  # noqa: B023
            lambda: replicas.fetch_one("INSERT INTO which VALUES (9) RETURNING number"),  # noqa: B023
            lambda: replicas.fetch_all("DELETE FROM which RETURNING number"),  # noqa: B023
            lambda: replicas.fetch_val("WITH n AS (SELECT 9 AS n) INSERT INTO which SELECT n FROM n"),  # noqa: B023
            lambda: anext(replicas.stream("/* */ UPDATE which SET number = 1 RETURNING number")),  # noqa: B023
            lambda: replicas.execute_many("DELETE FROM which WHERE number = $1", [(1,)]),  # noqa: B023
            lambda: replicas.insert("which", {"number": 9}),  # noqa: B023
            lambda: replicas.update("which", 0, {"number": 9}),  # noqa: B023
            lambda: replicas.delete("which", 0),  # noqa: B023
        ):
            with pytest.raises(QueryError, match="Copies of a database only answer"):
                await write()
        async with replicas.borrow() as connection:
            with pytest.raises(QueryError, match="readonly"):
                await connection.execute("DELETE FROM which")

    assert [await database.fetch_val("SELECT count(*) FROM which") for database in three] == [1, 1, 1]


async def test_the_database_itself_answers_within_its_transaction(three: list[SQLiteAdapter]) -> None:
    """Without copies, what the task has written there is seen."""
    replicas = ReadReplicas(three[0], [])
    async with three[0].transaction():
        await three[0].execute("INSERT INTO which VALUES (9)")
        assert await stream(replicas) == [0, 9]
        assert await replicas.fetch_all("SELECT number FROM which") == [{"number": 0}, {"number": 9}]


async def test_a_copy_that_is_left_out_is_told_of_once(
    three: list[SQLiteAdapter], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """However often it is asked in vain; and again, when it has answered meanwhile."""
    monkeypatch.setattr(module, "_PAUSE", 0)
    replicas = ReadReplicas(three[0], three[1:2])
    url = str(three[1].pool.url)
    for _ in range(2):
        await three[1].disconnect()
        assert [await ask(replicas) for _ in range(3)] == [0, 0, 0]
        assert await stream(replicas) == [0]
        await three[1].connect(url)
        assert await ask(replicas) == 1

    lines = [record.getMessage() for record in caplog.records if record.name == "covet.database"]
    assert (
        lines
        == ["The database 'copy' does not answer: others are asked in its place: The database is not connected."] * 2
    )
