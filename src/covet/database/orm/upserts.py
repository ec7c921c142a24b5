"""
Insert or change in one statement, in the words of each database.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession

from covet.database.orm.bulk_writes import next_version
from covet.database.orm.errors import UnknownFieldError
from covet.database.orm.fields import FieldTable
from covet.database.orm.mixins import SoftDelete

_MYSQL: Final = frozenset({"mysql", "mariadb"})


# Any: values of columns, and rows of whatever model.
async def upsert_row(
    session: AsyncSession, table: FieldTable, values: Mapping[str, Any], on: Sequence[str], update: Sequence[str] | None
) -> Any:
    """
    Insert a row, or change the one that is there.

    Args:
        session: The session.
        table: The columns of the model.
        values: The fields, checked.
        on: The fields that tell which row it is.
        update: The fields that are changed; all the others by default.

    Raises:
        UnknownFieldError: If a name is none of the fields that are given.
    """
    if isinstance(on, str) or not on:
        raise TypeError(f"on= is a list of fields, such as ['id'], got {on!r}.")
    wanted = [name for name in values if name not in on] if update is None else list(update)
    for name in (*on, *wanted):
        if name not in values:
            raise UnknownFieldError(name, model=f"An upsert of {table.name}", known=values)
    for name in on:
        table.check_kind(name, values[name])
    # What is pending must be there before the database compares.
    await session.flush()
    dialect = session.get_bind().dialect.name
    statement = _make_statement(dialect, table, values, on, wanted)
    await session.execute(statement)
    key = [table.attribute(name) == values[name] for name in on]
    again = select(table.model).where(*key).execution_options(populate_existing=True, include_deleted=True)
    if dialect in _MYSQL:
        # A transaction reads what was there at its first question, and a row that another one has inserted since then,
        # and this one did not have to change, is not among that. A lock, which it has already, reads what is there now.
        again = again.with_for_update()
    return (await session.scalars(again)).one()


# Any: as above.
def _make_statement(
    dialect: str, table: FieldTable, values: Mapping[str, Any], on: Sequence[str], wanted: Sequence[str]
) -> Any:
    changed: dict[str, Any] = {name: values[name] for name in wanted}
    changed |= next_version(table)
    if issubclass(table.model, SoftDelete):
        changed.setdefault("deleted_at", None)
    for name, column in table.columns.items():
        # SQLAlchemy knows of the insert alone.
        if name not in changed and column.onupdate is not None:
            changed[name] = _read_default(column.onupdate)
    if not changed:
        # Nothing is to be changed, and yet the row must be found.
        changed = {on[0]: values[on[0]]}
    by_column = {table.columns[name].name: value for name, value in changed.items()}
    if dialect in _MYSQL:
        return mysql.insert(table.model).values(dict(values)).on_duplicate_key_update(by_column)
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    columns = [table.columns[name] for name in on]
    return insert(table.model).values(dict(values)).on_conflict_do_update(index_elements=columns, set_=by_column)


# Any: each kind of them has attributes of its own, and a value of its column's type.
def _read_default(default: Any) -> Any:
    if default.is_sequence:
        return default.next_value()
    return default.arg(None) if default.is_callable else default.arg


__all__ = ["upsert_row"]
