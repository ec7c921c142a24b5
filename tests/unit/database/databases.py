"""
The three databases, as tests have them: connected, with a table of tea.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from covet.database import DatabaseAdapter, SQLAdapter, get_adapter_registry
from covet.database.url import DatabaseURL

KINDS = ("sqlite", "postgresql", "mysql")

_KEYS = {
    "sqlite": "INTEGER PRIMARY KEY",
    "postgresql": "SERIAL PRIMARY KEY",
    "mysql": "INTEGER AUTO_INCREMENT PRIMARY KEY",
}

Connect = Callable[..., Any]


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
