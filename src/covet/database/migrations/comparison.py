"""
What Alembic compares, and what it would take for a difference that is none.
"""

from collections.abc import Collection, Sequence
from itertools import chain
from typing import Any, Final

from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, Column, LargeBinary, MetaData, String, TextClause
from sqlalchemy.types import TypeEngine

__all__ = ["PLUGINS", "compare_type", "leave_out_the_same"]

PLUGINS: Final = ("alembic.autogenerate.*", "alembic.ext.checkconstraint_byname")
"""What is compared: all that Alembic compares by itself, and check constraints by their names."""

# MySQL makes the smallest of them that holds what a length asks for.
_CAPACITIES: Final = {"TINY": 0xFF, "": 0xFFFF, "MEDIUM": 0xFFFFFF, "LONG": 0xFFFFFFFF}
_BYTES_OF_CHARACTERS: Final = (1, 3, 4)


# Any: columns have values of every kind.
def compare_type(
    context: MigrationContext,
    inspected_column: Column[Any],  # noqa: ARG001 - Alembic's order
    metadata_column: Column[Any],  # noqa: ARG001
    inspected_type: TypeEngine[Any],
    metadata_type: TypeEngine[Any],
) -> bool | None:
    """
    Tell whether types differ where Alembic would be wrong; it is the option `compare_type`.

    Returns:
        `False` if they are the same; `None` if Alembic finds that out.
    """
    kind = metadata_type.dialect_impl(context.dialect)
    length = getattr(kind, "length", None)
    if context.dialect.name not in {"mysql", "mariadb"} or length is None:
        return None
    if isinstance(kind, LargeBinary):
        names = {_find_smallest(length, "BLOB")}
    elif isinstance(kind, String) and kind.__visit_name__.lower() == "text":
        # The length counts characters, and how many bytes they have is a matter of the table's character set.
        names = {_find_smallest(length * number, "TEXT") for number in _BYTES_OF_CHARACTERS}
    else:
        return None
    return False if type(inspected_type).__name__ in names else None


def _find_smallest(length: int, name: str) -> str:
    return next(f"{prefix}{name}" for prefix, capacity in _CAPACITIES.items() if length <= capacity)


def leave_out_the_same(operations: ops.OpContainer, metadata: MetaData | Sequence[MetaData], *, scheme: str) -> None:
    """
    Leave out what Alembic takes for a difference, and is none.

    Args:
        operations: What Alembic found.
        metadata: What the models say.
        scheme: The kind of database.
    """
    for operation in list(operations.ops):
        if not isinstance(operation, ops.ModifyTableOps):
            continue
        checks = _list_checks(metadata, operation)
        unclear = _find_indexes_of_text(operation) if scheme == "mysql" else set()
        operation.ops = [item for item in operation.ops if not _is_index(item, unclear) and not _is_same(item, checks)]
        if not operation.ops:
            operations.ops.remove(operation)


def _list_checks(metadata: MetaData | Sequence[MetaData], operation: ops.ModifyTableOps) -> list[CheckConstraint]:
    name = ".".join(filter(None, (operation.schema, operation.table_name)))
    for item in [metadata] if isinstance(metadata, MetaData) else metadata:
        if (table := item.tables.get(name)) is not None:
            found = chain(table.constraints, *(column.constraints for column in table.columns))
            return [constraint for constraint in found if isinstance(constraint, CheckConstraint)]
    return []


def _is_same(operation: ops.MigrateOperation, checks: Sequence[CheckConstraint]) -> bool:
    """Tell whether a check constraint comes and goes with a type, or has a name that the database gave it."""
    if isinstance(operation, ops.CreateCheckConstraintOp):
        return operation.constraint_name in {check.name for check in checks if check._type_bound}  # noqa: SLF001
    if isinstance(operation, ops.DropConstraintOp) and operation.constraint_type == "check":
        return not all(isinstance(check.name, str) for check in checks)
    return False


def _is_index(operation: ops.MigrateOperation, names: Collection[str | None]) -> bool:
    return isinstance(operation, ops.CreateIndexOp | ops.DropIndexOp) and operation.index_name in names


def _find_indexes_of_text(operation: ops.ModifyTableOps) -> set[str | None]:
    """
    Find indexes that would be made anew since their models write them as text: `sa.text("price DESC")`.

    MySQL tells of the columns of an index and of nothing else, so that such an index can be compared by its name alone.
    """
    made = [item for item in operation.ops if isinstance(item, ops.CreateIndexOp)]
    dropped = {item.index_name for item in operation.ops if isinstance(item, ops.DropIndexOp)}
    texts = {item.index_name for item in made if any(isinstance(part, TextClause) for part in item.columns)}
    return texts & dropped
