"""
Tests of `covet.testing.new_database`.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from covet.database import DatabaseError, DatabaseURL, QueryError
from covet.exceptions import ConfigurationError
from covet.testing import create_test_database
from covet.testing.temporary_database import VARIABLE, TemporaryDatabase
from tests.unit.database.databases import KINDS, find_url


@pytest.fixture(params=KINDS)
def server_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a server of each kind."""
    return find_url(request.param, request, tmp_path)


async def is_there(database: TemporaryDatabase) -> bool:
    """Tell whether a database is there."""
    if database.scheme == "sqlite":
        return Path(DatabaseURL.parse(database.url).database).parent.exists()
    try:
        await database.open()
    except DatabaseError:
        return False
    await database.close()
    return True


async def test_each_is_of_its_own_and_goes(server_url: str) -> None:
    """Two at the same time, next to the one that the URL names."""
    one = await create_test_database(server_url, schema=["CREATE TABLE tea (name VARCHAR(10))"])
    two = await create_test_database(server_url)
    try:
        assert len({one.url, two.url, server_url}) == 3
        await one.insert("tea", {"name": "oolong"})
        with pytest.raises(QueryError):
            await two.fetch_all("SELECT * FROM tea")
    finally:
        await one.drop()
        await two.drop()

    assert not await is_there(one)
    assert not await is_there(two)
    await one.drop()


async def test_its_tables_may_be_made_by_a_function(server_url: str) -> None:
    """Which is given the database."""

    async def migrate(database: TemporaryDatabase) -> None:
        await database.execute("CREATE TABLE tea (name VARCHAR(10))")

    database = await create_test_database(server_url, schema=migrate, max_size=2)
    try:
        assert await database.fetch_all("SELECT * FROM tea") == []
        assert database.pool.options.max_size == 2
    finally:
        await database.drop()


async def test_one_whose_tables_cannot_be_made_is_dropped(server_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what is wrong with them."""
    made: list[TemporaryDatabase] = []
    really_open = TemporaryDatabase.open

    async def note(database: TemporaryDatabase) -> TemporaryDatabase:
        made.append(database)
        return await really_open(database)

    monkeypatch.setattr(TemporaryDatabase, "open", note)

    with pytest.raises(QueryError, match=r"SELEC|error in your SQL"):
        await create_test_database(server_url, schema=["CREATE TABLE tea (name VARCHAR(10))", "SELEC"])

    assert not await is_there(made[0])


async def test_the_environment_says_where(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without it, a file in a temporary folder."""
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw7")
    database = await create_test_database()
    path = Path(DatabaseURL.parse(database.url).database)
    assert path.name.startswith("covet_test_gw7_")
    await database.drop()
    assert not path.parent.exists()

    monkeypatch.setenv(VARIABLE, "oracle://localhost/tea")
    with pytest.raises(ConfigurationError, match=r"can be made of oracle://\.\n  These are known"):
        await create_test_database()


def test_the_test_client_loads_no_database() -> None:
    """An application without one does not wait for it."""
    script = "import sys, covet.testing; print([name for name in sys.modules if name.startswith('covet.database')])"

    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert ended.stdout == "[]\n"
