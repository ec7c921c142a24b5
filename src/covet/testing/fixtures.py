"""
Fixtures of databases for pytest, which a project enables in its `conftest.py`.

::

    pytest_plugins = ["covet.testing.fixtures"]

Each run, and each worker of pytest-xdist, has a database of its own. A project says by fixtures of the same names
where it is made (`database_url`) and what is in it (`database_schema`).
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from covet._extras import require_extra
from covet.testing.new_database import create_test_database
from covet.testing.temporary_database import Schema, TemporaryDatabase

T = TypeVar("T")

# Any: libraries of their own types.
_pytest: Final[Any] = require_extra("pytest", extra="testing", needed_for="covet.testing.fixtures")
_pytest_asyncio: Final[Any] = require_extra(
    "pytest_asyncio", extra="testing", needed_for="covet.testing.fixtures", library="pytest-asyncio"
)


def _database_url() -> str | None:
    """Where databases for tests are made; `None` is what `COVET_TEST_DATABASE_URL` says, or SQLite."""
    return None


def _database_schema() -> Schema | None:
    """What is in them: statements, or a coroutine function of the database."""
    return None


def _session_database(database_url: str | None, database_schema: Schema | None) -> Iterator[TemporaryDatabase]:
    """Make the database of this run."""
    database = _run(_make_closed(database_url, database_schema))
    try:
        yield database
    finally:
        _run(database.drop())


async def _make_closed(url: str | None, schema: Schema | None) -> TemporaryDatabase:
    database = await create_test_database(url, schema=schema)
    # Each test opens it in the event loop that it runs in.
    await database.close()
    return database


async def _database(session_database: TemporaryDatabase) -> AsyncIterator[TemporaryDatabase]:
    """Give the database of this run, with whatever is in it."""
    await session_database.open()
    try:
        yield session_database
    finally:
        await session_database.close()


async def _clean_database(database: TemporaryDatabase) -> AsyncIterator[TemporaryDatabase]:
    """Give the database of this run with empty tables."""
    await database.truncate_all_tables()
    yield database


async def _rolled_back_database(database: TemporaryDatabase) -> AsyncIterator[TemporaryDatabase]:
    """Give the database of this run, and undo at the end of the test what was done."""
    async with database.rollback():
        yield database


def _run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, whether or not an event loop runs in this thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


# Any: what pytest makes of a function.
def _name(function: Callable[..., object], decorator: Any) -> Any:
    function.__name__ = function.__name__.removeprefix("_")
    return decorator(function)


database_url: Final = _name(_database_url, _pytest.fixture(scope="session"))
database_schema: Final = _name(_database_schema, _pytest.fixture(scope="session"))
session_database: Final = _name(_session_database, _pytest.fixture(scope="session"))
database: Final = _name(_database, _pytest_asyncio.fixture)
clean_database: Final = _name(_clean_database, _pytest_asyncio.fixture)
rolled_back_database: Final = _name(_rolled_back_database, _pytest_asyncio.fixture)

__all__ = [
    "clean_database",
    "database",
    "database_schema",
    "database_url",
    "rolled_back_database",
    "session_database",
]
