"""
Tests of `covet.database.adapters`.
"""

import pytest

from covet.database import FEATURES, MySQLAdapter, PostgreSQLAdapter, SQLAdapter, SQLiteAdapter
from covet.exceptions import ConfigurationError


async def test_each_speaks_to_its_database(database: SQLAdapter) -> None:
    """It says who it is."""
    question = {"sqlite": "sqlite_version()", "postgresql": "version()", "mysql": "version()"}[database.scheme]
    answer = {"sqlite": "3.", "postgresql": "PostgreSQL", "mysql": ""}[database.scheme]

    assert answer in await database.fetch_val(f"SELECT {question} AS version")


@pytest.mark.parametrize("adapter", [SQLiteAdapter, PostgreSQLAdapter, MySQLAdapter])
async def test_the_url_of_another_database_is_refused(adapter: type[SQLAdapter]) -> None:
    """Before anything is opened."""
    scheme = "sqlite" if adapter is not SQLiteAdapter else "mysql"

    with pytest.raises(ConfigurationError, match=f"{adapter.__name__} is for {adapter.scheme}://, got {scheme}://"):
        await adapter().connect(f"{scheme}:///tea")


async def test_what_it_says_it_can_it_can(database: SQLAdapter) -> None:
    """INSERT … RETURNING, rolled-back tables and SKIP LOCKED, asked of the database itself."""
    assert not database.supports_feature("flying")
    assert {feature for feature in FEATURES if database.supports_feature(feature)} >= {"transactions", "savepoints"}

    if database.supports_feature("returning"):
        row = await database.fetch_one("INSERT INTO tea (name) VALUES ($1) RETURNING name", "oolong")
        assert row == {"name": "oolong"}
    if database.supports_feature("skip_locked"):
        async with database.transaction():
            await database.fetch_all("SELECT name FROM tea FOR UPDATE SKIP LOCKED")
    if database.supports_feature("transactional_ddl"):
        with pytest.raises(LookupError):
            async with database.transaction():
                await database.execute("CREATE TABLE pot (id INTEGER)")
                raise LookupError
        await database.execute("CREATE TABLE pot (id INTEGER)")
    if database.supports_feature("arrays"):
        assert await database.fetch_val("SELECT $1::int[] AS numbers", [1, 2]) == [1, 2]
