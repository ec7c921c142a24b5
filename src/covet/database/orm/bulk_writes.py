"""
Many rows in one statement, without objects: what a repository does in bulk.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.ext.asyncio import AsyncSession

from covet.database.orm.errors import UnfilteredWriteError
from covet.database.orm.fields import FieldTable, Where
from covet.database.orm.mixins import SoftDelete, utc_now


# Any: values of columns.
async def insert_rows(session: AsyncSession, table: FieldTable, rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert all rows or none; those with other names than the one before make a statement of their own."""
    if rows:
        # Whoever catches the error may go on, and commit what stood before.
        async with session.begin_nested():
            await session.execute(insert(table.model), rows)
    return len(rows)


# Any: as above.
async def update_rows(
    session: AsyncSession, table: FieldTable, where: Sequence[Where], values: Mapping[str, Any], *, every: bool
) -> int:
    """
    Change the rows that fit; a version goes up.

    Raises:
        UnfilteredWriteError: If there is no condition, and nobody said so.
    """
    conditions = table.conditions(where)
    _refuse_unfiltered(table, conditions, "update_many", every=every)
    if not values:
        return 0
    statement = update(table.model).where(*conditions).values({**values, **next_version(table)})
    return await _run(session, statement)


async def delete_rows(
    session: AsyncSession, table: FieldTable, where: Sequence[Where], *, every: bool, hard: bool
) -> int:
    """
    Delete the rows that fit, or mark them.

    Raises:
        UnfilteredWriteError: If there is no condition, and nobody said so.
    """
    conditions = table.conditions(where)
    _refuse_unfiltered(table, conditions, "delete_many", every=every)
    if issubclass(table.model, SoftDelete) and not hard:
        marked = {"deleted_at": utc_now(), **next_version(table)}
        return await _run(session, update(table.model).where(*conditions).values(marked))
    statement = delete(table.model).where(*conditions)
    return await _run(session, statement.execution_options(include_deleted=True) if hard else statement)


# Any: an expression of whatever type.
def next_version(table: FieldTable) -> dict[str, Any]:
    """Make what counts the changes of a versioned row, in a statement that knows no object."""
    column = table.mapper.version_id_col
    if column is None:
        return {}
    name = next(name for name, other in table.columns.items() if other is column)
    return {name: table.attribute(name) + 1}


def _refuse_unfiltered(table: FieldTable, conditions: Sequence[object], method: str, *, every: bool) -> None:
    if not conditions and not every:
        raise UnfilteredWriteError(
            f"{method}() of {table.name} has no condition: it would touch every row.",
            hint=f"Give a condition, or write {method}(every=True).",
        )


# Any: a statement that changes rows.
async def _run(session: AsyncSession, statement: Any) -> int:
    # Objects of the session learn of it where that costs no query; others are read again.
    result = await session.execute(statement, execution_options={"synchronize_session": "auto"})
    return result.rowcount if isinstance(result, CursorResult) else 0


__all__ = ["delete_rows", "insert_rows", "next_version", "update_rows"]
