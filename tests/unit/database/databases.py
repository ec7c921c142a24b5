"""
The three databases, as tests have them: connected, with a table of tea.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from covet.database import DatabaseAdapter, SQLAdapter, get_adapter_registry
from covet.database.url import DatabaseURL

KINDS = ("sqlite", "postgresql", "mysql")

_KEYS = {
    "sqlite": "INTEGER PRIMARY KEY",
    "postgresql": "SERIAL PRIMARY KEY",
    "mysql": "INTEGER AUTO_INCREMENT PRIMARY KEY",
}


def find_url(kind: str, request: pytest.FixtureRequest, folder: Path) -> str:
    """Find the URL of a kind of database; the test is skipped where there is none."""
    if kind == "sqlite":
        return f"sqlite:///{folder / 'tea.db'}"
    url: str = request.getfixturevalue(f"{kind}_url")
    return url


@asynccontextmanager
async def open_database(url: str, **options: Any) -> AsyncIterator[SQLAdapter]:
    """Connect to a database that has a table `tea`, empty, and no other of the tests'."""
    scheme = DatabaseURL.parse(url).scheme
    adapter = get_adapter_registry().get_or_fail(scheme)()
    assert isinstance(adapter, SQLAdapter)
    await adapter.connect(url, **options)
    try:
        await adapter.execute("DROP TABLE IF EXISTS pot")
        await adapter.execute("DROP TABLE IF EXISTS tea")
        await adapter.execute(
            f"CREATE TABLE tea (id {_KEYS[scheme]}, name VARCHAR(100) NOT NULL UNIQUE,"
            " price INTEGER CHECK (price >= 0))"
        )
        yield adapter
    finally:
        if adapter.is_connected:
            await adapter.execute("DROP TABLE IF EXISTS pot")
            await adapter.execute("DROP TABLE IF EXISTS tea")
            await adapter.disconnect()


async def list_names(database: DatabaseAdapter) -> list[str]:
    """List the names of all teas."""
    return [row["name"] for row in await database.fetch_all("SELECT name FROM tea ORDER BY name")]


SLOW: Final = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS slow FROM n",
    "postgresql": "SELECT 1 AS slow FROM pg_sleep(60)",
    "mysql": "SELECT SLEEP(60) AS slow",
}
"""A statement of each kind that ends when it is cancelled, and not before."""

_SESSIONS: Final = {
    "postgresql": (
        "SELECT concat_ws(' ', pid, state, wait_event, query) AS session FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    ),
    "mysql": (
        "SELECT concat_ws(' ', id, command, state, info) AS session FROM information_schema.processlist"
        " WHERE db = database() AND id <> connection_id()"
    ),
}
"""What lists the sessions of a database: the servers' own, such as PostgreSQL's autovacuum, are nobody's connection."""


async def list_connections(url: str) -> list[str]:
    """List the connections that somebody has to a database, by asking it; in SQLite they are threads."""
    kind = DatabaseURL.parse(url).scheme
    if kind == "sqlite":
        name = f"sqlite {Path(DatabaseURL.parse(url).database).name}"
        return [thread.name for thread in threading.enumerate() if thread.name == name]
    adapter = get_adapter_registry().get_or_fail(kind)()
    await adapter.connect(url)
    try:
        return [row["session"] for row in await adapter.fetch_all(_SESSIONS[kind])]
    finally:
        await adapter.disconnect()


async def wait_for_connections(url: str, expected: int) -> None:
    """Wait until a database has so many connections: those that are closed go a moment later."""
    loop = asyncio.get_running_loop()
    end = loop.time() + 10
    while len(found := await list_connections(url)) != expected:
        assert loop.time() < end, found
        await asyncio.sleep(0.01)


async def wait_until(holds: Callable[[], object]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.005)
