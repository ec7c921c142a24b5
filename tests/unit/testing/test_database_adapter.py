"""
The suite of database adapters: the three that are at hand pass it, and it finds what is wrong with one.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from covet.database import DatabaseAdapter, MySQLAdapter, PostgreSQLAdapter, SQLiteAdapter
from covet.testing.database_adapter import AdapterStatements, DatabaseAdapterConformance

SQL = AdapterStatements(
    put="INSERT INTO notes (number, text) VALUES ($1, $2)",
    put_by_name="INSERT INTO notes (number, text) VALUES (:number, :text)",
    get="SELECT number, text FROM notes WHERE number = $1",
    list_all="SELECT number, text FROM notes ORDER BY number",
    clear="DELETE FROM notes",
    wrong="SELEC $1",
)


class SQLConformance(DatabaseAdapterConformance):
    """The suite, for databases that speak SQL."""

    statements = SQL
    key = "INTEGER"

    async def prepare(self, adapter: DatabaseAdapter) -> None:
        await adapter.execute("CREATE TABLE IF NOT EXISTS notes (number INTEGER PRIMARY KEY, text VARCHAR(100))")


class TestSQLite(SQLConformance):
    @pytest.fixture(autouse=True)
    def find(self, tmp_path: Path) -> None:
        self.url = f"sqlite:///{tmp_path / 'notes.db'}"

    def make_adapter(self) -> DatabaseAdapter:
        return SQLiteAdapter()


class TestSQLiteInMemory(SQLConformance):
    url = "sqlite://"

    def make_adapter(self) -> DatabaseAdapter:
        return SQLiteAdapter()


class TestPostgreSQL(SQLConformance):
    @pytest.fixture(autouse=True)
    def find(self, postgresql_url: str) -> None:
        self.url = postgresql_url

    def make_adapter(self) -> DatabaseAdapter:
        return PostgreSQLAdapter()


class TestMySQL(SQLConformance):
    @pytest.fixture(autouse=True)
    def find(self, mysql_url: str) -> None:
        self.url = mysql_url

    def make_adapter(self) -> DatabaseAdapter:
        return MySQLAdapter()


class Careless(SQLiteAdapter):
    """An adapter that swallows options, whose transactions are none and whose connection nobody misses."""

    async def connect(self, url: str, **options: Any) -> None:
        if not self.is_connected:
            await super().connect(url)

    @asynccontextmanager
    async def transaction(self, **options: Any) -> AsyncIterator[None]:  # type: ignore[override]
        yield

    async def fetch_all(self, query: str, /, *args: object, **kwargs: object) -> list[dict[str, Any]]:
        return await super().fetch_all(query, *args, **kwargs) if self.is_connected else []

    def supports_feature(self, feature: str) -> bool:
        return True


class CarelessSuite(SQLConformance):
    url = "sqlite://"

    def make_adapter(self) -> DatabaseAdapter:
        return Careless()


@pytest.mark.parametrize(
    ("test", "message"),
    [
        ("test_an_option_that_is_none_is_refused", "Expected connect.. with an unknown option to raise Configuration"),
        ("test_it_is_connected_once", "Expected a second connect.. to raise CovetError, got None"),
        ("test_a_transaction_that_fails_leaves_nothing", "Expected what is there after a block that failed to be"),
        ("test_others_see_nothing_of_an_open_transaction", "Expected what another task sees of an open transaction"),
        ("test_a_feature_that_is_none_is_not_there", "Expected supports_feature.. of an unknown word to be False"),
        (
            "test_without_a_connection_nothing_can_be_asked",
            "Expected fetch_all.. without a connection to raise",
        ),
    ],
)
async def test_it_fails_what_is_wrong(test: str, message: str) -> None:
    """With words of its own."""
    suite = CarelessSuite()
    await suite.test_what_was_put_in_is_found()

    with pytest.raises(AssertionError, match=message):
        await getattr(suite, test)()
