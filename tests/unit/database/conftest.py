"""
A database of each kind.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from covet.database import SQLAdapter
from tests.unit.database.databases import KINDS, find_url, open_database


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database of each kind."""
    return find_url(request.param, request, tmp_path)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[SQLAdapter]:
    """A connected database of each kind, with an empty table `tea`."""
    async with open_database(database_url, max_size=4, timeout=5) as adapter:
        yield adapter


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[SQLAdapter]:
    """A connected file of SQLite, with an empty table `tea`."""
    async with open_database(f"sqlite:///{tmp_path / 'tea.db'}", max_size=4, timeout=5) as adapter:
        yield adapter
