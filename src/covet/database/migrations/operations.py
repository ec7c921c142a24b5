"""
What a database would refuse of the operations that Alembic finds.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from alembic.operations import ops
from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from covet.database.migrations.errors import UnnamedConstraintError

__all__ = ["leave_out_indexes", "order_indexes", "require_names"]


def require_names(operations: ops.OpContainer) -> None:
    """
    See that each constraint that a migration would add or drop has a name.

    Those of a table that is created may lack one: the whole table is dropped with them.

    Raises:
        UnnamedConstraintError: If one has none.
    """
    for operation in operations.ops:
        if isinstance(operation, ops.OpContainer):
            require_names(operation)
            continue
        is_constraint = isinstance(operation, ops.AddConstraintOp | ops.DropConstraintOp)
        if is_constraint and getattr(operation, "constraint_name", None) is None:
            table = getattr(operation, "table_name", None) or getattr(operation, "source_table", "?")
            raise UnnamedConstraintError(f"A constraint of {table!r}")


def leave_out_indexes(operations: ops.OpContainer) -> None:
    """
    Leave out that the indexes of a table are dropped before the table is: they go with it.

    MySQL refuses to drop the index of a foreign key by itself.
    """
    dropped = {(item.schema, item.table_name) for item in operations.ops if isinstance(item, ops.DropTableOp)}
    for operation in list(operations.ops):
        if isinstance(operation, ops.ModifyTableOps) and (operation.schema, operation.table_name) in dropped:
            operation.ops = [item for item in operation.ops if not isinstance(item, ops.DropIndexOp)]
            if not operation.ops:
                operations.ops.remove(operation)


def order_indexes(operations: ops.OpContainer, metadata: MetaData | Sequence[MetaData]) -> None:
    """
    Let no foreign key be without an index at any time, which MySQL refuses.

    New ones are made before old ones are dropped. Where none takes an index's place, since it is made anew under its
    old name or goes for good, the foreign keys that need it are dropped first and made again last.

    Args:
        operations: What Alembic found, or its way back.
        metadata: What the models say.

    Raises:
        UnnamedConstraintError: If such a foreign key has no name.
    """
    altered = {(item.schema, item.table_name): item for item in operations.ops if isinstance(item, ops.ModifyTableOps)}
    known = [
        key
        for item in ([metadata] if isinstance(metadata, MetaData) else metadata)
        for table in item.tables.values()
        for key in sorted(table.foreign_key_constraints, key=lambda key: str(key.name))
    ]
    changed = {(name, _name_foreign_key(item)) for name, table in altered.items() for item in table.ops}
    needed = [
        key
        for key in known
        if ((key.table.schema, key.table.name), str(key.name)) not in changed
        and (_loses_index(altered, key.table, key.columns) or _loses_index(altered, key.referred_table, _refer(key)))
    ]
    for table in altered.values():
        _sort(table)
    operations.ops[:0] = [_alter(key, ops.DropConstraintOp.from_constraint(key)) for key in needed]
    operations.ops += [_alter(key, ops.CreateForeignKeyOp.from_constraint(key)) for key in needed]


def _refer(key: ForeignKeyConstraint) -> list[Column[Any]]:  # Any: columns have values of every kind
    return [element.column for element in key.elements]


def _alter(key: ForeignKeyConstraint, operation: ops.MigrateOperation) -> ops.ModifyTableOps:
    if key.name is None:
        raise UnnamedConstraintError(f"The foreign key of {key.table.name!r} ({', '.join(key.column_keys)})")
    return ops.ModifyTableOps(key.table.name, [operation], schema=key.table.schema)


def _name_foreign_key(operation: ops.MigrateOperation) -> str | None:
    """Return the name of a foreign key that an operation makes or drops, if it does."""
    is_dropped = isinstance(operation, ops.DropConstraintOp) and operation.constraint_type == "foreignkey"
    if isinstance(operation, ops.CreateForeignKeyOp) or is_dropped:
        return str(getattr(operation, "constraint_name", None))
    return None


def _name_index(operation: ops.MigrateOperation) -> str | None:
    """Return the name of an index or a unique constraint that an operation makes or drops, if it does."""
    if isinstance(operation, ops.CreateIndexOp | ops.DropIndexOp):
        return operation.index_name
    is_dropped = isinstance(operation, ops.DropConstraintOp) and operation.constraint_type == "unique"
    if isinstance(operation, ops.CreateUniqueConstraintOp) or is_dropped:
        return str(getattr(operation, "constraint_name", None))
    return None


def _is_drop(operation: ops.MigrateOperation) -> bool:
    return isinstance(operation, ops.DropIndexOp | ops.DropConstraintOp)


def _list_columns(operation: ops.MigrateOperation) -> list[str]:
    if isinstance(operation, ops.CreateIndexOp | ops.DropIndexOp):
        return _name_columns(operation.to_index().expressions)
    if isinstance(operation, ops.CreateUniqueConstraintOp | ops.DropConstraintOp):
        return _name_columns(getattr(operation.to_constraint(), "columns", ()))
    return []


def _name_columns(columns: Iterable[object]) -> list[str]:
    """Name columns; an expression of SQL has no name, and serves no foreign key."""
    return [column.name if isinstance(column, Column) else "" for column in columns]


# Any: columns have values of every kind.
def _loses_index(
    altered: Mapping[tuple[str | None, str], ops.ModifyTableOps], table: Table, columns: Iterable[Column[Any]]
) -> bool:
    """Tell whether an index that begins with some columns is dropped, and at that moment no other does."""
    operations = altered.get((table.schema, table.name))
    if operations is None:
        return False
    names = [column.name for column in columns]
    dropped = {_name_index(item): _list_columns(item) for item in operations.ops if _is_drop(item)}
    if not any(name is not None and found[: len(names)] == names for name, found in dropped.items()):
        return False
    kept = {
        str(item.name): _name_columns(item.columns)
        for item in (*table.indexes, *table.constraints)
        if isinstance(item, Index | UniqueConstraint | PrimaryKeyConstraint)
    }
    kept |= {str(_name_index(item)): _list_columns(item) for item in operations.ops if not _is_drop(item)}
    return not any(name not in dropped and found[: len(names)] == names for name, found in kept.items())


def _sort(operations: ops.ModifyTableOps) -> None:
    dropped = {_name_index(item) for item in operations.ops if _is_drop(item)}

    def rank(operation: ops.MigrateOperation) -> int:
        if _name_foreign_key(operation) is not None:
            return 0 if _is_drop(operation) else 5
        if isinstance(operation, ops.DropColumnOp):
            return 6
        if (name := _name_index(operation)) is None:
            return 1
        if _is_drop(operation):
            return 3
        return 4 if name in dropped else 2

    operations.ops.sort(key=rank)
