"""
Define the cases that need a database, and lay its tables: one row, many rows, a page of all messages, many changes.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.apps.rows import ADDED, FORTUNES, MANY, ROW_COUNT, first_number
from benchmarks.cases import Case

TABLES = (
    "DROP TABLE IF EXISTS world",
    "DROP TABLE IF EXISTS fortune",
    "CREATE TABLE world (id INTEGER PRIMARY KEY, number INTEGER NOT NULL)",
    "CREATE TABLE fortune (id INTEGER PRIMARY KEY, message TEXT NOT NULL)",
)


def is_row(content: bytes) -> bool:
    """
    Say whether an answer is a row as nobody has changed it.
    """
    row = json.loads(content)
    return bool(row == {"id": row["id"], "number": first_number(row["id"])} and 1 <= row["id"] <= ROW_COUNT)


def is_many_rows(content: bytes) -> bool:
    """
    Say whether an answer is many different rows.
    """
    rows = json.loads(content)
    return len({row["id"] for row in rows}) == len(rows) == MANY and all(
        is_row(json.dumps(row).encode()) for row in rows
    )


def is_many_changes(content: bytes) -> bool:
    """
    Say whether an answer is many different rows with numbers; whether they are kept, `check_kept` says.
    """
    rows = json.loads(content)
    return len({row["id"] for row in rows}) == len(rows) == MANY and all(
        row.keys() == {"id", "number"} and 1 <= row["number"] <= ROW_COUNT for row in rows
    )


class Cells(HTMLParser):
    """
    Collect the text of the cells of a table.
    """

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._is_inside = False

    def handle_starttag(self, tag: str, _attributes: object) -> None:
        """
        Begin a cell; an element within one is none of the page's.
        """
        if self._is_inside:
            raise ValueError(f"<{tag}> stands in a cell: it was not escaped")
        if tag == "td":
            self._is_inside = True
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        """
        End a cell.
        """
        if tag == "td":
            self._is_inside = False

    def handle_data(self, data: str) -> None:
        """
        Add the text of a cell.
        """
        if self._is_inside:
            self.found[-1] += data


def is_page(content: bytes) -> bool:
    """
    Say whether an answer is the page of all messages and the one that was added, in order, and escaped.
    """
    cells = Cells()
    cells.feed(content.decode())
    expected = sorted([*enumerate(FORTUNES, 1), (0, ADDED)], key=lambda fortune: fortune[1])
    return cells.found == [text for id_, message in expected for text in (str(id_), message)]


# The changes last: what follows them finds other numbers.
DATABASE_CASES: dict[str, Case] = {
    case.name: case
    for case in (
        Case("row", "GET", "/row", is_row),
        Case("rows", "GET", "/rows", is_many_rows),
        Case("fortunes", "GET", "/fortunes", is_page),
        Case("updates", "GET", "/updates", is_many_changes),
    )
}


def world_rows() -> list[tuple[int, int]]:
    """
    Return the rows as nobody has changed them.
    """
    return [(id_, first_number(id_)) for id_ in range(1, ROW_COUNT + 1)]


async def lay_tables(url: str) -> None:
    """
    Make the tables anew.
    """
    if url.startswith("sqlite:"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection, connection:
            # Kept in the file: whoever opens it writes ahead.
            connection.execute("PRAGMA journal_mode = WAL")
            for statement in TABLES:
                connection.execute(statement)
            connection.executemany("INSERT INTO world VALUES (?, ?)", world_rows())
            connection.executemany("INSERT INTO fortune VALUES (?, ?)", enumerate(FORTUNES, 1))
        return
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        for statement in TABLES:
            await connection.execute(statement)
        await connection.copy_records_to_table("world", records=world_rows())
        await connection.copy_records_to_table("fortune", records=list(enumerate(FORTUNES, 1)))
        await connection.execute("ANALYZE")
    finally:
        await connection.close()


async def read_numbers(url: str, ids: list[int]) -> dict[int, int]:
    """
    Return the numbers that rows have now, by id.
    """
    where = f"WHERE id IN ({', '.join(map(str, ids))})"
    if url.startswith("sqlite:"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            return dict(connection.execute(f"SELECT id, number FROM world {where}").fetchall())
    import asyncpg

    connection = await asyncpg.connect(url)
    try:
        return {row["id"]: row["number"] for row in await connection.fetch(f"SELECT id, number FROM world {where}")}
    finally:
        await connection.close()


async def check_kept(url: str, content: bytes) -> None:
    """
    Raise if the changes that an answer tells of are not in the database.
    """
    answered = {row["id"]: row["number"] for row in json.loads(content)}
    kept = await read_numbers(url, list(answered))
    if kept != answered:
        raise AssertionError(f"the answer says {answered}, and the database {kept}")


@contextmanager
def provide_sqlite() -> Iterator[str]:
    """
    Give a file for as long as the block lasts.
    """
    with TemporaryDirectory() as folder:
        yield f"sqlite:///{Path(folder, 'rows.db')}"
