"""
Measure one row by its id: by a driver alone, by CovetPy's adapter, and by SQLAlchemy.

SQLite is a file of 1,000 rows, PostgreSQL a server at `COVET_TEST_POSTGRESQL_URL` or on this machine, without which
its subjects are left out. `asyncpg-pool` and `covet-postgresql` take a connection of a pool for each row, as an
application does; `asyncpg` and `covet-postgresql-connection` keep one. A server's own work is in no figure.

Run alone as `python -m benchmarks.database <subject> --blocks 100 500`, it fetches between the marks that callgrind
reads.
"""

import argparse
import asyncio
import gc
import os
import sqlite3
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

from benchmarks import callgrind
from benchmarks.driver import mark
from benchmarks.injection import is_installed
from benchmarks.tables import markdown, ratio

NOTE = (
    "One row of three columns by its id. SQLite: a file, and a thread for each connection but in `sqlite3`, which "
    "blocks the event loop. PostgreSQL: without what the server does."
)
ROW = {"id": 7, "name": "tea 7", "price": 10.5}
FOLDER = "COVET_BENCH_FOLDER"

Fetch = Callable[[], Awaitable[dict[str, Any]]]
Maker = Callable[[], AbstractAsyncContextManager[Fetch]]

_SQL = "SELECT id, name, price FROM tea WHERE id = "
_SERIES = "SELECT 7 AS id, 'tea 7' AS name, 10.5::float8 AS price WHERE 7 = $1::int"


def find_postgresql() -> str:
    """Return where PostgreSQL is asked for."""
    return os.environ.get("COVET_TEST_POSTGRESQL_URL", "postgresql://postgres@127.0.0.1:5432/postgres")


def make_file(folder: Path) -> Path:
    """Make the file of SQLite, unless it is there."""
    path = folder / "tea.db"
    if not path.exists():
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("CREATE TABLE tea (id INTEGER PRIMARY KEY, name TEXT, price REAL)")
            rows = [(number, f"tea {number}", number * 1.5) for number in range(1, 1001)]
            connection.executemany("INSERT INTO tea VALUES (?, ?, ?)", rows)
    return path


def find_file() -> Path:
    """Return the file of the process that measures."""
    return make_file(Path(os.environ[FOLDER]))


@asynccontextmanager
async def make_sqlite3() -> AsyncIterator[Fetch]:
    """Use the standard library in the event loop, as nobody should."""
    connection = sqlite3.connect(find_file(), isolation_level=None)
    connection.row_factory = sqlite3.Row

    async def fetch() -> dict[str, Any]:
        return dict(connection.execute(f"{_SQL}?", (7,)).fetchone())

    yield fetch
    connection.close()


@asynccontextmanager
async def make_aiosqlite() -> AsyncIterator[Fetch]:
    """Use aiosqlite, with one connection."""
    import aiosqlite

    async with aiosqlite.connect(find_file(), isolation_level=None) as connection:
        connection.row_factory = aiosqlite.Row

        async def fetch() -> dict[str, Any]:
            async with connection.execute(f"{_SQL}?", (7,)) as cursor:
                return dict(await cursor.fetchone())  # type: ignore[arg-type]

        yield fetch


@asynccontextmanager
async def connect_covet(url: str) -> AsyncIterator[Any]:
    """Connect an adapter."""
    from covet.database import SQLAdapter, get_adapter_registry

    adapter = get_adapter_registry().get_or_fail(url.partition(":")[0])()
    if not isinstance(adapter, SQLAdapter):
        raise TypeError(f"{url} has no adapter that speaks SQL")
    await adapter.connect(url)
    yield adapter
    await adapter.disconnect()


@asynccontextmanager
async def make_covet(url: str, query: str) -> AsyncIterator[Fetch]:
    """Use an adapter, which takes a connection of its pool for each row."""
    async with connect_covet(url) as adapter:

        async def fetch() -> dict[str, Any]:
            return await adapter.fetch_one(query, 7) or {}

        yield fetch


@asynccontextmanager
async def make_covet_connection(url: str, query: str) -> AsyncIterator[Fetch]:
    """Use one connection of an adapter, kept for all rows."""
    async with connect_covet(url) as adapter, adapter.acquire() as connection:

        async def fetch() -> dict[str, Any]:
            return await connection.fetch_one(query, 7) or {}

        yield fetch


@asynccontextmanager
async def make_sqlalchemy() -> AsyncIterator[Fetch]:
    """Use SQLAlchemy's core over aiosqlite."""
    from sqlalchemy import text
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(f"sqlite+aiosqlite:///{find_file()}")
    statement = text(f"{_SQL}:id")

    async def fetch() -> dict[str, Any]:
        async with engine.connect() as connection:
            return dict((await connection.execute(statement, {"id": 7})).mappings().one())

    yield fetch
    await engine.dispose()


@asynccontextmanager
async def make_asyncpg() -> AsyncIterator[Fetch]:
    """Use asyncpg, with one connection."""
    import asyncpg

    connection = await asyncpg.connect(find_postgresql())

    async def fetch() -> dict[str, Any]:
        return dict(await connection.fetchrow(_SERIES, 7))

    yield fetch
    await connection.close()


@asynccontextmanager
async def make_asyncpg_pool() -> AsyncIterator[Fetch]:
    """Use asyncpg's pool."""
    import asyncpg

    async with asyncpg.create_pool(find_postgresql(), min_size=1, max_size=10) as pool:

        async def fetch() -> dict[str, Any]:
            return dict(await pool.fetchrow(_SERIES, 7))

        yield fetch


MAKERS: dict[str, Maker] = {
    "sqlite3": make_sqlite3,
    "aiosqlite": make_aiosqlite,
    "covet-sqlite": lambda: make_covet(f"sqlite:///{find_file()}", f"{_SQL}$1"),
    "sqlalchemy-sqlite": make_sqlalchemy,
    "asyncpg": make_asyncpg,
    "asyncpg-pool": make_asyncpg_pool,
    "covet-postgresql": lambda: make_covet(find_postgresql(), _SERIES),
    "covet-postgresql-connection": lambda: make_covet_connection(find_postgresql(), _SERIES),
}
# What each is compared with, and the libraries that it needs.
BASES = {
    "covet-sqlite": "aiosqlite",
    "sqlalchemy-sqlite": "aiosqlite",
    "covet-postgresql": "asyncpg-pool",
    "covet-postgresql-connection": "asyncpg",
}
LIBRARIES = {
    "aiosqlite": "aiosqlite",
    "sqlalchemy-sqlite": "sqlalchemy",
    "asyncpg": "asyncpg",
    "asyncpg-pool": "asyncpg",
    "covet-postgresql": "asyncpg",
    "covet-postgresql-connection": "asyncpg",
}


async def measure(name: str, blocks: list[int]) -> None:
    """Check one row, then fetch each block of them between two marks."""
    async with MAKERS[name]() as fetch:
        if await fetch() != ROW:
            raise AssertionError(f"{name} gives another row")

        async def call(count: int) -> None:
            for _ in range(count):
                await fetch()

        await call(blocks[0])
        gc.collect()
        gc.freeze()
        for count in blocks:
            mark()
            await call(count)
        mark()


@contextmanager
def provide_folder() -> Any:
    """Give the processes that measure a folder for as long as the block lasts."""
    with tempfile.TemporaryDirectory() as folder:
        make_file(Path(folder))
        os.environ[FOLDER] = folder
        try:
            yield
        finally:
            del os.environ[FOLDER]


def measure_all(python: str, *, quick: bool) -> dict[str, float]:
    """Return the instructions per row of each subject whose library is installed there."""
    sizes = [50, 200] if quick else [100, 600]
    figures = {}
    with provide_folder():
        for name in MAKERS:
            library = LIBRARIES.get(name)
            if library is not None and not is_installed(python, library):
                print(f"{name} is left out: {library} is not installed.", file=sys.stderr)
                continue
            try:
                (figures[name],) = callgrind.per_request(python, ["-m", "benchmarks.database", name], sizes)
            except callgrind.CallgrindError as exc:
                print(f"{name}: {exc}", file=sys.stderr)
    return figures


def table(figures: dict[str, float]) -> str:
    """Return the figures."""
    rows = []
    for name, value in figures.items():
        base = BASES.get(name)
        against = "-" if base is None else f"{ratio(value, figures.get(base))} {base}"
        rows.append([name, f"{value / 1000:.1f}", against])
    return markdown("A row by its id", ["thousand instructions", "per row", "against"], rows, note=NOTE)


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.database", description=__doc__)
    parser.add_argument("subject", choices=list(MAKERS))
    parser.add_argument("--blocks", type=int, nargs="+", default=[100, 600], help="rows per counted block")
    options = parser.parse_args()
    asyncio.run(measure(options.subject, options.blocks))


if __name__ == "__main__":
    main()
