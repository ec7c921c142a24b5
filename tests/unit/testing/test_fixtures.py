"""
The fixtures of databases, in a project of somebody else's.
"""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from covet.database import get_adapter_registry
from tests.architecture.source import ROOT
from tests.unit.database.databases import KINDS, find_url

CONFTEST = """
import os

import pytest

pytest_plugins = ["covet.testing.fixtures"]


@pytest.fixture(scope="session")
def database_schema():
    return ["CREATE TABLE tea (name VARCHAR(50) NOT NULL UNIQUE)"]


@pytest.fixture
def teas(rolled_back_database):
    return rolled_back_database.factory("tea", name=lambda number: f"tea {number}")
"""
SETTINGS = """
[pytest]
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
filterwarnings = error
"""
TESTS = """
import pytest


@pytest.mark.parametrize("number", range(4))
async def test_rolled_back(teas, rolled_back_database, number):
    await teas.create()
    assert await rolled_back_database.fetch_val("SELECT count(*) AS n FROM tea") == 1
    with open(f"{request_folder}/urls", "a") as file:
        file.write(rolled_back_database.url + "\\n")


async def test_that_fails(teas, rolled_back_database):
    async with rolled_back_database.transaction():
        await teas.create()
        raise LookupError("this test fails")


@pytest.mark.parametrize("number", range(3))
async def test_clean(clean_database, number):
    await clean_database.insert("tea", {"name": "oolong"})
    assert await clean_database.fetch_val("SELECT count(*) AS n FROM tea") == 1
"""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("workers", [0, 2])
async def test_a_project_has_a_database_for_each_worker(
    kind: str, workers: int, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Rolled back or emptied for each test, and dropped at the end, though a test fails."""
    url = find_url(kind, request, tmp_path)
    before = await list_databases(kind, url, tmp_path)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_tea.py").write_text(f"request_folder = {str(tmp_path)!r}\n" + TESTS)
    (tmp_path / "pytest.ini").write_text(SETTINGS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", str(workers)]
    mine = {"PYTHONPATH": str(ROOT / "src"), "COVET_TEST_DATABASE_URL": url, "TMPDIR": str(tmp_path)}
    environment = {name: text for name, text in os.environ.items() if name != "PYTEST_XDIST_WORKER"} | mine

    ended = await asyncio.to_thread(
        subprocess.run,
        command,
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )

    assert "1 failed, 7 passed" in ended.stdout, ended.stdout + ended.stderr
    assert "this test fails" in ended.stdout
    urls = set((tmp_path / "urls").read_text().split())
    assert len(urls) in ({1} if not workers else {1, 2})
    assert url not in urls
    assert await list_databases(kind, url, tmp_path) == before


def test_tests_that_are_marked_need_no_mode(tmp_path: Path) -> None:
    """Where pytest-asyncio is strict, as it is by itself; one that does not wait may take the fixtures, too."""
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "pytest.ini").write_text(SETTINGS.replace("auto", "strict"))
    (tmp_path / "test_tea.py").write_text(
        "import pytest\n\n\n"
        "@pytest.mark.asyncio\n"
        "async def test_marked(rolled_back_database, teas):\n"
        "    await teas.create()\n"
        '    assert await rolled_back_database.fetch_val("SELECT count(*) FROM tea") == 1\n\n\n'
        "@pytest.mark.asyncio\n"
        "async def test_clean(clean_database):\n"
        '    assert await clean_database.fetch_val("SELECT count(*) FROM tea") == 0\n\n\n'
        "def test_that_does_not_wait(rolled_back_database):\n"
        "    assert rolled_back_database.is_connected\n"
    )

    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )

    assert "3 passed" in ended.stdout, ended.stdout + ended.stderr


async def list_databases(kind: str, url: str, folder: Path) -> list[str]:
    """List the databases that tests have left."""
    if kind == "sqlite":
        return sorted(str(path) for path in folder.glob("covet_test_*"))
    name = url.rpartition("/")[2][:24]
    query = {
        "postgresql": "SELECT datname AS name FROM pg_database WHERE datname LIKE $1 ORDER BY datname",
        "mysql": "SELECT schema_name AS name FROM information_schema.schemata WHERE schema_name LIKE $1 ORDER BY 1",
    }[kind]
    adapter = get_adapter_registry().get_or_fail(kind)()
    await adapter.connect(url)
    try:
        return [row["name"] for row in await adapter.fetch_all(query, f"{name}_test_%")]
    finally:
        await adapter.disconnect()
