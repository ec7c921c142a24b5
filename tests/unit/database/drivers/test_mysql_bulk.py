"""
Tests of `covet.database.drivers.mysql_bulk`.
"""

import pytest

from covet.database import SQLAdapter
from covet.database.drivers.mysql import MySQLDriver
from covet.database.drivers.mysql_bulk import run_for_each
from tests.unit.database.databases import open_database


class Cursor:
    """A cursor that notes what it is asked for."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.rowcount = 2

    async def execute(self, text: str, row: object) -> None:
        self.said.append(f"one {row}")

    async def executemany(self, text: str, rows: object) -> None:
        self.said.append(f"many {rows}")


@pytest.mark.parametrize(
    ("text", "is_bulk"),
    [
        ("INSERT INTO tea (name) VALUES (%s)", True),
        ("REPLACE INTO tea (name) VALUES ( %s )", True),
        ("INSERT INTO tea (name) VALUES (%s) ON DUPLICATE KEY UPDATE name = VALUES(name)", True),
        ("INSERT INTO tea (name) VALUES (%s) ON DUPLICATE KEY UPDATE price = %s", False),
        ("INSERT INTO tea (name) VALUES (%s) ON DUPLICATE KEY UPDATE price = 5 %% 3", False),
        ("INSERT INTO `100%%` (name) VALUES (%s)", False),
        ("INSERT INTO tea (name) VALUES (UPPER(%s))", False),
        ("UPDATE tea SET name = %s", False),
    ],
)
async def test_rows_go_together_where_the_library_can(text: str, is_bulk: bool) -> None:
    """The others one by one: what stands beside the row has placeholders or percent signs, too."""
    cursor = Cursor()

    count = await run_for_each(cursor, text, [("a",), ("b",)], MySQLDriver().bulk)

    assert (cursor.said, count) == ((["many [('a',), ('b',)]"], 2) if is_bulk else (["one ('a',)", "one ('b',)"], 4))
    assert await run_for_each(cursor, text, [], MySQLDriver().bulk) == 0


async def test_percent_signs_behind_the_row_are_the_statements_own(mysql_url: str) -> None:
    """As they are in a statement for one row."""
    async with open_database(mysql_url) as mysql:
        assert isinstance(mysql, SQLAdapter)
        query = "INSERT INTO tea (name) VALUES ($1) ON DUPLICATE KEY UPDATE name = CONCAT(VALUES(name), '%')"

        await mysql.execute_many(query, [("a",), ("a",)])

        assert await mysql.fetch_all("SELECT name FROM tea") == [{"name": "a%"}]
