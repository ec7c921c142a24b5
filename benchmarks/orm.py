"""
Measure reading a row by its id from SQLite: by SQLAlchemy alone, and by a repository in a session of ours.

`sqlalchemy` is the least that one writes: an engine, a session for each read, `session.get`. `repository` is the same
by `Repository.get_by_id` in a session of `create_session_factory`, with the deleted rows hidden (`soft-delete`) or
without. `sqlalchemy-tuned` is SQLAlchemy with SQLite set up as our engine sets it up: what is between the two is ours.

Run alone as `python -m benchmarks.orm <subject> --blocks 100 400`, it reads between the marks that callgrind reads.
"""

import argparse
import asyncio
import gc
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import callgrind
from benchmarks.driver import mark
from benchmarks.tables import markdown, ratio

NOTE = "A row of four columns by its id, each in a session of its own, from a file of SQLite through aiosqlite."

Read = Callable[[int], Awaitable[object]]
ROWS = 10


def make_models() -> tuple[Any, Any]:
    """
    Map a plain class, and one whose deleted rows are hidden.
    """
    from sqlalchemy.orm import Mapped, mapped_column

    from covet.database.orm import Model, SoftDelete

    class Plain(Model):
        __tablename__ = "plain"

        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        age: Mapped[int]
        email: Mapped[str]

    class Soft(SoftDelete, Model):
        __tablename__ = "soft"

        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        age: Mapped[int]
        email: Mapped[str]

    return Plain, Soft


def make_sqlalchemy(url: str, *, is_tuned: bool) -> tuple[Any, Callable[[], AbstractAsyncContextManager[Any]]]:
    """
    Use SQLAlchemy alone.
    """
    from sqlalchemy import event
    from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine

    engine = create_async_engine(url.replace("sqlite://", "sqlite+aiosqlite://"))
    if is_tuned:

        def prepare(connection: Any, _entry: object) -> None:
            connection.isolation_level = None

        def start(connection: Any) -> None:
            connection.exec_driver_sql("BEGIN DEFERRED")

        event.listen(engine.sync_engine, "connect", prepare)
        event.listen(engine.sync_engine, "begin", start)
    return engine, async_sessionmaker(engine, expire_on_commit=False)


def make_covet(url: str) -> tuple[Any, Callable[[], AbstractAsyncContextManager[Any]]]:
    """
    Use an engine and sessions of ours.
    """
    from covet.database.orm import create_engine, create_session_factory

    engine = create_engine(url)
    return engine, create_session_factory(engine)


async def fill(engine: Any, model: Any) -> None:
    """
    Make the table, and its rows.
    """
    from sqlalchemy import insert

    async with engine.begin() as connection:
        await connection.run_sync(model.metadata.create_all)
        rows = [{"name": f"name {number}", "age": number, "email": "a@example.com"} for number in range(ROWS)]
        await connection.execute(insert(model), rows)


def make_read(sessions: Callable[[], AbstractAsyncContextManager[Any]], model: Any, *, by_repository: bool) -> Read:
    """
    Read a row, as a handler does.
    """
    from covet.database.orm import Repository

    async def read_plain(ident: int) -> object:
        async with sessions() as session:
            return await session.get(model, ident)

    async def read_by_repository(ident: int) -> object:
        async with sessions() as session:
            return await Repository[model](session).get_by_id(ident)

    return read_by_repository if by_repository else read_plain


# Whether the engine is ours, SQLAlchemy's is tuned, a repository reads, deleted rows are hidden.
SUBJECTS: dict[str, tuple[bool, bool, bool, bool]] = {
    "sqlalchemy": (False, False, False, False),
    "sqlalchemy-tuned": (False, True, False, False),
    "session": (True, False, False, False),
    "repository": (True, False, True, False),
    "repository-soft-delete": (True, False, True, True),
}


async def measure(name: str, blocks: list[int]) -> None:
    """
    Check one read, then make each block of them between two marks.
    """
    is_ours, is_tuned, by_repository, is_soft = SUBJECTS[name]
    plain, soft = make_models()
    if not is_soft:
        from covet.database.orm import SoftDelete

        # As in an application that has no such model.
        SoftDelete.is_used = False
    model = soft if is_soft else plain
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder, 'benchmark.db')}"
        make = make_covet if is_ours else partial(make_sqlalchemy, is_tuned=is_tuned)
        engine, sessions = make(url)
        await fill(engine, model)
        read = make_read(sessions, model, by_repository=by_repository)
        row: Any = await read(1)
        if row.name != "name 0":
            raise AssertionError(f"{name} reads another row")

        async def call(count: int) -> None:
            for number in range(count):
                await read(number % ROWS + 1)

        await call(blocks[0])
        gc.collect()
        gc.freeze()
        for count in blocks:
            mark()
            await call(count)
        mark()
        await engine.dispose()


def measure_all(python: str, *, quick: bool) -> dict[str, float]:
    """
    Return the instructions per read of each subject.
    """
    sizes = [50, 150] if quick else [100, 400]
    figures = {}
    for name in SUBJECTS:
        try:
            (figures[name],) = callgrind.per_request(python, ["-m", "benchmarks.orm", name], sizes)
        except callgrind.CallgrindError as exc:
            print(f"{name}: {exc}", file=sys.stderr)
    return figures


def table(figures: dict[str, float]) -> str:
    """
    Return the figures.
    """
    base = figures.get("sqlalchemy")
    rows = [[name, f"{value / 1000:.0f}", ratio(value, base)] for name, value in figures.items()]
    return markdown("A row by its id", ["thousand instructions", "per read", "/ SQLAlchemy"], rows, note=NOTE)


def main() -> None:
    """
    Read the command line and run.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.orm", description=__doc__)
    parser.add_argument("subject", choices=list(SUBJECTS))
    parser.add_argument("--blocks", type=int, nargs="+", default=[100, 400], help="reads per counted block")
    options = parser.parse_args()
    asyncio.run(measure(options.subject, options.blocks))


if __name__ == "__main__":
    main()
