"""
Fixtures: the tables of the tests on each database that there is.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from covet.database.orm import create_session_factory
from tests.unit.database.orm.tables import open_engine


@pytest.fixture(params=["sqlite", "postgresql", "mysql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Say where a database is, one of each kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/test.db"
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


@pytest.fixture
async def engine(url: str) -> AsyncIterator[AsyncEngine]:
    """Connect to it, with empty tables."""
    async with open_engine(url) as engine:
        yield engine


@pytest.fixture
def sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Make what opens sessions."""
    return create_session_factory(engine)


@pytest.fixture
async def session(sessions: async_sessionmaker[AsyncSession]) -> AsyncIterator[AsyncSession]:
    """Open a session."""
    async with sessions() as session:
        yield session


@pytest.fixture
async def memory_session() -> AsyncIterator[AsyncSession]:
    """Open a session of a database in memory, for what does not depend on the database."""
    async with open_engine("sqlite://") as engine, create_session_factory(engine)() as session:
        yield session
