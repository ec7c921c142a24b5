"""
What a database would refuse of the operations that Alembic finds.
"""

from alembic.operations import ops

from covet.database.migrations.errors import UnnamedConstraintError

__all__ = ["leave_out_indexes", "require_names"]


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
