"""
The columns of tables, as the database tells them: names that are in no table reach no statement.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from time import monotonic
from typing import Any, Final, Protocol
from uuid import UUID

from covet.database.driver import Row
from covet.database.errors import DataError, QueryError
from covet.exceptions import suggest

_FRESH_SECONDS: Final = 60.0


class TableSource(Protocol):
    """What can be asked about tables: a connection."""

    async def describe_table(self, table: str) -> list[Row]:
        """List the columns of a table: `name`, whether it `is_key`, and its `kind`."""


@dataclass(frozen=True, slots=True)
class TableShape:
    """
    A table's columns.

    Attributes:
        table: The table.
        columns: All of its columns.
        key: Those of its primary key.
        kinds: Which columns are known to be of a `"number"` or a `"text"`.
        counted: The column that the database counts up, if it tells its number.
        can_return: Whether a statement can return what a row was given, whatever the dialect promises.
    """

    table: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    kinds: Mapping[str, str] = field(default_factory=dict, hash=False)
    counted: str | None = None
    can_return: bool = False

    def check(self, names: Iterable[str]) -> None:
        """
        Refuse names that are no columns.

        Raises:
            QueryError: If one is none; the text suggests another.
        """
        for name in names:
            if name not in self.columns:
                raise QueryError(
                    f"The table {self.table!r} has no column {name!r}.", hint=suggest(str(name), self.columns)
                )

    # Any: a value of the key may have every type.
    def read_key(self, key: Any) -> Mapping[str, object]:
        """
        Give each column of the primary key its value.

        Args:
            key: The value, or the values by their columns.

        Raises:
            QueryError: If they do not fit the primary key.
            DataError: If one is of another kind than its column.
        """
        values = dict(key) if isinstance(key, Mapping) else {self.key[0]: key} if len(self.key) == 1 else {}
        if not self.key or set(values) != set(self.key):
            wanted = ", ".join(self.key) or "no primary key, and rows are known by it"
            raise QueryError(
                f"A row of {self.table!r} is not known by what was given.", hint=f"The table has {wanted}."
            )
        self.check_kinds(values)
        return values

    def check_kinds(self, values: Mapping[str, object]) -> None:
        """
        Refuse values of a key that are texts where there are numbers, or the other way round.

        Raises:
            DataError: For the first of them.
        """
        for name in self.key:
            # APPSEC: MySQL reads "1 OR 1=1" as the number 1, and each text that begins with no digit as 0.
            kind = self.kinds.get(name)
            given = _find_kind(values.get(name))
            if kind is not None and given is not None and kind != given:
                article = "a text" if given == "text" else "a number"
                raise DataError(
                    f"{self.table}.{name} is a {kind}, and was given {article}.", hint="Convert the value first."
                )


def _find_kind(value: object) -> str | None:
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, int | float | Decimal):
        return "number"
    return "text" if isinstance(value, str | bytes | UUID) else None


def _make_shape(table: str, rows: Sequence[Row]) -> TableShape:
    key = tuple(row["name"] for row in rows if row["is_key"])
    # A driver that does not tell which column is counted has one column in the key for it, or none.
    counted = [row["name"] for row in rows if row.get("is_counted", key == (row["name"],))]
    return TableShape(
        table,
        tuple(row["name"] for row in rows),
        key,
        {row["name"]: row["kind"] for row in rows if row.get("kind") is not None},
        counted[0] if counted else None,
        can_return=any(row.get("is_returned", False) for row in rows),
    )


class TableShapes:
    """
    The shapes of a database's tables, asked for when they are needed.

    They are asked for again when a name is not known, after a statement that defines something, and after a minute:
    another process may have given a table another key.
    """

    __slots__ = ("_forgotten_at", "_shapes")

    def __init__(self) -> None:
        self._shapes: dict[str, TableShape] = {}
        self._forgotten_at = monotonic()

    def forget(self) -> None:
        """Ask again for each table."""
        self._shapes.clear()
        self._forgotten_at = monotonic()

    async def find(self, connection: TableSource, table: str, names: Iterable[str] = ()) -> TableShape:
        """
        Find the shape of a table that has these columns.

        Args:
            connection: Where to ask.
            table: The table.
            names: Columns that it has to have.

        Raises:
            QueryError: If there is no such table or column.
        """
        if "\0" in table:
            # Some databases read names up to there.
            raise QueryError(f"There is no table {table!r}.")
        if monotonic() - self._forgotten_at > _FRESH_SECONDS:
            self.forget()
        shape = self._shapes.get(table)
        if shape is None or not shape.columns or not set(names) <= set(shape.columns):
            # It may have changed since.
            rows = await connection.describe_table(table)
            if not rows:
                self._shapes.pop(table, None)
                raise QueryError(f"There is no table {table!r}.")
            shape = self._shapes[table] = _make_shape(table, rows)
            shape.check(names)
        return shape
