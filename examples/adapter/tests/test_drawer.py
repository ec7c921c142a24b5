"""
The drawer passes the suite of database adapters, and serves an application.
"""

import json
from pathlib import Path

import pytest
from covet_drawer import DrawerAdapter

from covet import CovetPy
from covet.database import DatabaseAdapter, DatabasePlugin, DatabaseUnavailableError, QueryError, get_adapter_registry
from covet.testing import TestClient
from covet.testing.database_adapter import AdapterStatements, DatabaseAdapterConformance


class DrawerConformance(DatabaseAdapterConformance):
    """The suite, in the language of the drawer."""

    statements = AdapterStatements(
        put="put notes number text",
        put_by_name="put notes number text",
        get="get notes number",
        list_all="list notes number",
        clear="clear notes",
        wrong="fetch notes number",
    )

    def make_adapter(self) -> DatabaseAdapter:
        return DrawerAdapter()


class TestInMemory(DrawerConformance):
    url = "drawer://"


class TestInAFile(DrawerConformance):
    @pytest.fixture(autouse=True)
    def find(self, tmp_path: Path) -> None:
        self.url = f"drawer:///{tmp_path / 'notes.json'}"


async def test_an_application_keeps_its_tea_in_it(tmp_path: Path) -> None:
    """By its registered name, which is the scheme of the URL; it is there after a restart."""
    get_adapter_registry().register("drawer", DrawerAdapter, replace=True)
    try:
        for _ in range(2):
            app = CovetPy(plugins=[DatabasePlugin(url=f"drawer:///{tmp_path / 'tea.json'}")])

            @app.post("/tea")
            async def put(name: str, database: DatabaseAdapter) -> int:
                async with database.transaction():
                    number = len(await database.fetch_all("list tea number")) + 1
                    await database.execute("put tea number name", number, name)
                return number

            async with TestClient(app) as client:
                last = await client.post("/tea", params={"name": "oolong"})
    finally:
        get_adapter_registry().unregister("drawer")

    assert last.json() == 2
    assert json.loads((tmp_path / "tea.json").read_text())["tea"][1] == {"number": 2, "name": "oolong"}


@pytest.mark.parametrize("query", ["", "put", "put tea", "get tea", "get tea a b", "clear tea a", "steal tea a"])
async def test_what_is_no_statement_is_refused(query: str) -> None:
    """With what it wants."""
    drawer = DrawerAdapter()
    await drawer.connect("drawer://")

    with pytest.raises(QueryError, match=r"wants a box and|A statement begins with"):
        await drawer.execute(query)


async def test_a_file_that_is_no_drawer_is_not_opened(tmp_path: Path) -> None:
    """Nor overwritten."""
    (tmp_path / "tea.json").write_text("tea")

    with pytest.raises(DatabaseUnavailableError, match="cannot be read as a drawer"):
        await DrawerAdapter().connect(f"drawer:///{tmp_path / 'tea.json'}")

    assert (tmp_path / "tea.json").read_text() == "tea"
