"""
Tests of `covet.database.table_shapes`.
"""

from contextlib import suppress

import pytest

from covet.database import QueryError, Row, SQLAdapter
from covet.database.table_shapes import TableShape, TableShapes


class Tables:
    """Tables as a database describes them, counted."""

    def __init__(self, **tables: str) -> None:
        self.tables = tables
        self.asked: list[str] = []

    async def describe_table(self, table: str) -> list[Row]:
        self.asked.append(table)
        return [{"name": name.strip("*"), "is_key": "*" in name} for name in self.tables.get(table, "").split()]


async def test_a_table_is_asked_for_once() -> None:
    """And again for a column that is not known yet."""
    tables, shapes = Tables(tea="id* name"), TableShapes()
    for _ in range(3):
        assert (await shapes.find(tables, "tea", ["name"])).key == ("id",)
    assert tables.asked == ["tea"]

    tables.tables["tea"] = "id* name price"
    assert (await shapes.find(tables, "tea", ["price"])).columns == ("id", "name", "price")
    assert tables.asked == ["tea", "tea"]


@pytest.mark.parametrize("table", ["teas", "", "tea; DROP TABLE tea", 'tea" --', "tea\0"])
async def test_what_is_no_table_is_refused(table: str) -> None:
    """And not kept: it may be made later, and names from outside fill no memory."""
    tables, shapes = Tables(tea="id* name"), TableShapes()
    with pytest.raises(QueryError, match="There is no table"):
        await shapes.find(tables, table)

    assert shapes._shapes == {}


async def test_what_is_no_column_is_refused() -> None:
    """With one that may be meant."""
    tables, shapes = Tables(tea="id* name"), TableShapes()

    with pytest.raises(QueryError, match=r"The table 'tea' has no column 'names'\.\n  Did you mean 'name'"):
        await shapes.find(tables, "tea", ["id", "names"])


@pytest.mark.parametrize(
    ("key", "given", "values"),
    [
        (("id",), 5, {"id": 5}),
        (("id",), {"id": 5}, {"id": 5}),
        (("a", "b"), {"a": 1, "b": 2}, {"a": 1, "b": 2}),
        (("a", "b"), 5, None),
        (("a", "b"), {"a": 1}, None),
        (("a", "b"), {"a": 1, "b": 2, "c": 3}, None),
        (("id",), {"name": "canary"}, None),
        ((), 5, None),
    ],
)
def test_a_key_has_a_value_for_each_of_its_columns(key: tuple[str, ...], given: object, values: object) -> None:
    """Neither fewer nor others."""
    shape = TableShape("tea", ("a", "b", "id", "name"), key)
    if values is not None:
        assert shape.read_key(given) == values
        return

    with pytest.raises(QueryError, match="A row of 'tea' is not known by what was given") as caught:
        shape.read_key(given)
    assert "canary" not in str(caught.value)


async def test_a_database_describes_its_tables(database: SQLAdapter) -> None:
    """All columns in their order, with those of the primary key; nothing of a table that is not there."""
    await database.execute("CREATE TABLE pot (b INTEGER, a INTEGER, c INTEGER, PRIMARY KEY (a, b))")
    async with database.acquire() as connection:
        shape = await TableShapes().find(connection, "pot")
        assert (shape.columns, sorted(shape.key)) == (("b", "a", "c"), ["a", "b"])
        for table in ("nowhere", 'po"t', "po`t", "public.pot", "main.pot", "pot\\"):
            with pytest.raises(QueryError, match="There is no table"):
                await TableShapes().find(connection, table)


async def test_a_table_is_asked_for_again_after_a_while() -> None:
    """Another process may have given it another key."""
    tables, shapes = Tables(tea="id* name"), TableShapes()
    await shapes.find(tables, "tea")
    tables.tables["tea"] = "id name*"
    assert (await shapes.find(tables, "tea")).key == ("id",)

    shapes._forgotten_at -= 61
    assert (await shapes.find(tables, "tea")).key == ("name",)
    assert (await shapes.find(tables, "tea")).key == ("name",)
    assert tables.asked == ["tea", "tea"]


@pytest.mark.parametrize("is_kept", [True, False])
async def test_rows_are_known_by_the_key_that_the_table_has_now(database: SQLAdapter, is_kept: bool) -> None:
    """Whoever defines it anew, in a transaction that is kept or not; by the former key another row would be hit."""
    columns = "(a INTEGER {}, b INTEGER {})"
    await database.execute("CREATE TABLE pot " + columns.format("PRIMARY KEY", ""))
    assert await database.insert("pot", {"a": 1, "b": 2}) == 1

    async def replace() -> None:
        await database.execute("DROP TABLE pot")
        await database.execute("CREATE TABLE pot " + columns.format("", "PRIMARY KEY"))
        assert await database.insert("pot", {"a": 1, "b": 2}) == 2

    if database.scheme == "mysql":
        # It has no such transactions.
        await replace()
        assert await database.delete("pot", 2)
        return
    with suppress(LookupError):
        async with database.transaction():
            await replace()
            if not is_kept:
                raise LookupError

    assert await database.delete("pot", 2 if is_kept else 1)
