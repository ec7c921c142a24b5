"""
Rows put in, changed and deleted by the names of their table and columns, which are checked against the database's own.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from covet.database.dialect import Dialect
from covet.database.driver import Result, Row
from covet.database.errors import QueryError
from covet.database.table_shapes import TableShape, TableShapes, TableSource


class TableConnection(TableSource, Protocol):
    """What rows are written by: a connection."""

    @property
    def dialect(self) -> Dialect:
        """What kind of database it is."""

    @property
    def shapes(self) -> TableShapes:
        """The tables of the database."""

    async def execute(self, query: str, /, *args: object) -> Result:
        """Run a statement."""

    async def fetch_one(self, query: str, /, *args: object) -> Row | None:
        """Fetch a row."""


# Any: the key has the type of its column.
async def insert_row(connection: TableConnection, table: str, values: Mapping[str, object]) -> Any:
    """
    Put a row in, and give its key.

    Args:
        connection: Where.
        table: The table.
        values: The values by their columns; what is left out has its default.
    """
    shape = await connection.shapes.find(connection, table, values)
    shape.check_kinds(values)
    quote = connection.dialect.quote_identifier
    returning = "returning" in connection.dialect.features
    columns = ", ".join(quote(name) for name in values)
    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    # APPSEC: names are those of the database's own columns, quoted; values are never text of a statement.
    query = f"INSERT INTO {quote(table)} ({columns}) VALUES ({places})"  # noqa: S608
    if not values:
        query = f"INSERT INTO {quote(table)} " + ("DEFAULT VALUES" if returning else "() VALUES ()")  # noqa: S608
    missing = [name for name in shape.key if values.get(name) is None]
    if shape.key and (returning or (shape.can_return and missing not in ([], [shape.counted]))):
        query += " RETURNING " + ", ".join(quote(name) for name in shape.key)
        row = await connection.fetch_one(query, *values.values())
        return _read_key(shape, row or {})
    result = await connection.execute(query, *values.values())
    # What a default has made of another kind is not told.
    told = {shape.counted: result.last_id} if shape.counted in missing else {}
    return _read_key(shape, {**values, **told}) if shape.key else None


def _read_key(shape: TableShape, row: Mapping[str, Any]) -> Any:
    if len(shape.key) == 1:
        return row.get(shape.key[0])
    return {name: row.get(name) for name in shape.key} or None


# Any: as above.
async def update_row(connection: TableConnection, table: str, key: Any, values: Mapping[str, object]) -> bool:
    """
    Change a row, and tell whether there is one of that key.

    Args:
        connection: Where.
        table: The table.
        key: The value of its primary key, or the values by their columns.
        values: The new values by their columns.

    Raises:
        QueryError: If there is nothing to change.
    """
    if not values:
        raise QueryError(f"Nothing was given to change a row of {table!r} to.")
    shape = await connection.shapes.find(connection, table, values)
    quote = connection.dialect.quote_identifier
    changes = ", ".join(f"{quote(name)} = ${number}" for number, name in enumerate(values, 1))
    condition, arguments = _write_condition(connection, shape, key, len(values))
    query = f"UPDATE {quote(table)} SET {changes} WHERE {condition}"  # noqa: S608 - as above
    return (await connection.execute(query, *values.values(), *arguments)).rows_affected > 0


# Any: as above.
async def delete_row(connection: TableConnection, table: str, key: Any) -> bool:
    """
    Delete a row, and tell whether there was one of that key.

    Args:
        connection: Where.
        table: The table.
        key: The value of its primary key, or the values by their columns.
    """
    shape = await connection.shapes.find(connection, table)
    condition, arguments = _write_condition(connection, shape, key, 0)
    query = f"DELETE FROM {connection.dialect.quote_identifier(table)} WHERE {condition}"  # noqa: S608 - as above
    return (await connection.execute(query, *arguments)).rows_affected > 0


# Any: as above.
def _write_condition(
    connection: TableConnection, shape: TableShape, key: Any, offset: int
) -> tuple[str, tuple[object, ...]]:
    values = shape.read_key(key)
    parts = [
        f"{connection.dialect.quote_identifier(name)} = ${number}" for number, name in enumerate(values, offset + 1)
    ]
    return " AND ".join(parts), tuple(values.values())
