"""
Tests of `covet.database.drivers.sqlite_ids`.
"""

import sqlite3
from collections.abc import Iterator

import pytest

from covet.database.drivers.sqlite_ids import LastId


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    """A database whose last row had the number 1, in another table."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript(
        'CREATE TABLE "odd "" name" (name TEXT UNIQUE); CREATE TABLE bare (name TEXT PRIMARY KEY) WITHOUT ROWID;'
        "CREATE TABLE noted (name TEXT); CREATE TABLE log (name TEXT); CREATE VIEW seen AS SELECT name FROM noted;"
        "CREATE TRIGGER a AFTER INSERT ON noted BEGIN INSERT INTO log SELECT 'a' UNION SELECT 'b'; END;"
        "CREATE TRIGGER b INSTEAD OF INSERT ON seen BEGIN INSERT INTO log VALUES ('c'); END;"
        "CREATE TABLE other (name TEXT); INSERT INTO other VALUES ('a')"
    )
    yield connection
    connection.close()


def run(connection: sqlite3.Connection, text: str) -> int | None:
    """Run a statement, and tell the number of its row."""
    last_id = LastId(connection, text)
    cursor = connection.execute(text)
    cursor.fetchall()
    return last_id.read(cursor.rowcount)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("""INSERT INTO "odd "" name" VALUES ('a')""", 1),
        ("""  insert or ignore into main . [odd " name] values ('a')""", 1),
        ("""REPLACE INTO `odd " name` VALUES ('a')""", 1),
        ("INSERT INTO other VALUES ('b')", 2),
        ("INSERT INTO other VALUES ('b') RETURNING name", 2),
        ("INSERT INTO noted VALUES ('a')", 1),
        ("INSERT INTO other VALUES ('b'), ('c')", None),
        ("INSERT INTO other SELECT 'a' WHERE 1 = 2", None),
        ("INSERT INTO bare VALUES ('a')", None),
        ("INSERT INTO seen VALUES ('a')", None),
        ("UPDATE other SET name = 'b'", None),
        ("DELETE FROM other", None),
        ("SELECT 1", None),
    ],
)
def test_the_number_is_that_of_the_row(connection: sqlite3.Connection, text: str, expected: int | None) -> None:
    """Of this statement's, even where another table has one of that number; none where there is no such row."""
    assert run(connection, text) == expected


def test_a_row_that_may_have_been_there_has_none(connection: sqlite3.Connection) -> None:
    """Unless the number is new: then it was put in."""
    text = """INSERT INTO "odd "" name" VALUES ('{}') ON CONFLICT (name) DO UPDATE SET name = name || '!'"""

    # The first one is new, and its number is the one of the other table's row.
    assert [run(connection, text.format(name)) for name in "aba"] == [None, 2, None]
