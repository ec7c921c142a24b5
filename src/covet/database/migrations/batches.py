"""
Changing the rows of a large table in a migration: some at a time, with what is done told, in memory that does not grow.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from alembic import op
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    TableClause,
    Update,
    and_,
    bindparam,
    func,
    inspect,
    select,
    true,
    update,
)

from covet.database.migrations.errors import MigrationError
from covet.database.queries import check_batch_size
from covet.exceptions import suggest

__all__ = ["BatchProgress", "update_in_batches"]

_LOGGER: Final = logging.getLogger("covet.database.migrations")
_PARAMETER: Final = "covet_key"

# Any: values are what their columns take.
Change = Mapping[str, Any] | Callable[[Row[Any]], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """
    How far the rows of a table are.

    Attributes:
        table: The table.
        done: How many rows were looked at.
        total: How many there were at the beginning.
    """

    table: str
    done: int
    total: int

    def __str__(self) -> str:
        return f"{self.table}: {self.done:,} of {self.total:,} rows"


def update_in_batches(
    connection: Connection,
    table: TableClause,
    change: Change,
    *,
    key: str = "id",
    where: ColumnElement[bool] | None = None,
    batch_size: int = 1000,
    on_progress: Callable[[BatchProgress], None] | None = None,
) -> int:
    """
    Change the rows of a table, a batch at a time, in the order of a key.

    Args:
        connection: The connection: `op.get_bind()`. While SQL is only written, one statement for all rows is.
        table: The table, with the columns that are needed: `sa.table("notes", sa.column("id"), sa.column("title"))`.
        change: Values or expressions of SQL by their columns; or a function, which takes a row and returns what
            changes of it, or `None`. A function gets each row to Python and back: an expression is much quicker.
        key: A column whose values are unique and never null: the primary key, or another that is unique and `NOT NULL`.
        where: Which rows; all by default.
        batch_size: How many rows at a time.
        on_progress: Called after each batch; by default a line is logged.

    Returns:
        How many rows were looked at.

    Raises:
        MigrationError: If the table is given without its key, or without a column that changes, or the key is none.
        ValueError: If the batches have no rows.

    Example:
        >>> import sqlalchemy as sa
        >>> notes = sa.table("notes", sa.column("id"), sa.column("title"), sa.column("slug"))
        >>> engine = sa.create_engine("sqlite://")
        >>> with engine.begin() as connection:
        ...     _ = connection.exec_driver_sql("CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT, slug TEXT)")
        ...     _ = connection.execute(sa.insert(notes), [{"title": f"Note {n}"} for n in range(5)])
        ...     number = update_in_batches(
        ...         connection, notes, {"slug": sa.func.lower(notes.c.title)}, batch_size=2, on_progress=print
        ...     )
        notes: 2 of 5 rows
        notes: 4 of 5 rows
        notes: 5 of 5 rows
        >>> number
        5
        >>> engine.dispose()
    """
    check_batch_size(batch_size)
    _require_columns(table, key, *([] if callable(change) else change))
    condition = true() if where is None else where
    if not isinstance(connection, Connection):
        # What stands for one while SQL is written; batches cannot be told beforehand.
        if callable(change):
            raise MigrationError(
                f"The rows of {table.name!r} are changed by a function, which SQL cannot say.",
                hint="Give expressions of SQL, or leave it out where op.get_context().as_sql is true.",
            )
        op.execute(update(table).where(condition).values(dict(change)))
        return 0
    total = connection.execute(select(func.count()).select_from(table).where(condition)).scalar_one()
    _require_key(connection, table, table.c[key].name)
    done = 0
    batches = _change_in_python if callable(change) else _change_in_sql
    for number in batches(connection, table, change, table.c[key], condition, batch_size):
        done += number
        progress = BatchProgress(table.name, done, total)
        if on_progress is None:
            _LOGGER.info("%s", progress)
        else:
            on_progress(progress)
    return done


def _require_columns(table: TableClause, *names: str) -> None:
    for name in names:
        if name not in table.c:
            known = [column.name for column in table.c]
            raise MigrationError(
                f"The table {table.name!r} is given without the column {name!r}.",
                hint=f"{suggest(name, known)} Add sa.column({name!r}) to it.".strip(),
            )


def _require_key(connection: Connection, table: TableClause, key: str) -> None:
    """See that no two rows have the same key: of those at the end of a batch, all but one would be left out."""
    inspector = inspect(connection)
    primary = inspector.get_pk_constraint(table.name, table.schema)["constrained_columns"]
    required = {item["name"] for item in inspector.get_columns(table.name, table.schema) if not item["nullable"]}
    unique = [item["column_names"] for item in inspector.get_unique_constraints(table.name, table.schema)]
    for index in inspector.get_indexes(table.name, table.schema):
        is_partial = any(option.endswith("_where") for option in index.get("dialect_options", {}))
        if index["unique"] and not is_partial:
            unique.append([name or "" for name in index["column_names"]])
    keys = dict.fromkeys([*primary] if len(primary) == 1 else [])
    keys |= dict.fromkeys(columns[0] for columns in unique if len(columns) == 1 and columns[0] in required)
    if key in keys:
        return
    raise MigrationError(
        f"The column '{table.name}.{key}' is no key: it is neither the primary key nor unique and NOT NULL"
        + (f" (the primary key has several columns: {', '.join(primary)})." if len(primary) > 1 else "."),
        hint=f"Name one that is with key=: {', '.join(map(repr, keys))}."
        if keys
        else "The table has none: change its rows in one statement, op.execute(sa.update(…)).",
    )


# Any: the change is of one kind for the one function and of another for the other; values are what columns take.
def _change_in_sql(
    connection: Connection,
    table: TableClause,
    change: Any,
    key: ColumnElement[Any] | Column[Any],
    where: ColumnElement[bool],
    size: int,
) -> Iterator[int]:
    last: Any = None
    while True:
        keys = select(key).where(_follow(key, last, where)).order_by(key).limit(size).subquery()
        # Not max(), which PostgreSQL has for no UUID.
        highest_first = select(keys.c[0], func.count().over()).order_by(keys.c[0].desc()).limit(1)
        found = connection.execute(highest_first).one_or_none()
        if found is None:
            return
        highest, number = found
        connection.execute(update(table).where(_follow(key, last, where), key <= highest).values(dict(change)))
        last = highest
        yield number


def _change_in_python(
    connection: Connection,
    table: TableClause,
    change: Any,
    key: ColumnElement[Any] | Column[Any],
    where: ColumnElement[bool],
    size: int,
) -> Iterator[int]:
    last: Any = None
    position = list(table.c).index(table.c[key.name])
    while True:
        rows = connection.execute(select(*table.c).where(_follow(key, last, where)).order_by(key).limit(size)).all()
        if not rows:
            return
        # Rows that change alike share a statement.
        changes: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for row in rows:
            values = change(row)
            if values:
                changes.setdefault(tuple(values), []).append({**values, _PARAMETER: row[position]})
        for names, values_of_rows in changes.items():
            _require_columns(table, *names)
            statement: Update = update(table).where(key == bindparam(_PARAMETER))
            connection.execute(statement.values({name: bindparam(name) for name in names}), values_of_rows)
        last = rows[-1][position]
        yield len(rows)


def _follow(key: ColumnElement[Any], last: Any, where: ColumnElement[bool]) -> ColumnElement[bool]:
    return where if last is None else and_(where, key > last)
