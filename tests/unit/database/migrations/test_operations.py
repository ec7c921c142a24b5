"""
What a database would refuse of what Alembic finds.
"""

import pytest
import sqlalchemy as sa
from alembic.operations import ops

from covet.database.migrations import UnnamedConstraintError
from covet.database.migrations.operations import leave_out_indexes, require_names


def test_indexes_go_with_their_table() -> None:
    """Those of tables that stay are dropped by themselves."""
    operations = ops.DowngradeOps(
        [
            ops.ModifyTableOps("notes", [ops.DropIndexOp("ix_notes", "notes")]),
            ops.DropTableOp("notes"),
            ops.ModifyTableOps("users", [ops.DropIndexOp("ix_users", "users")]),
        ]
    )

    leave_out_indexes(operations)

    assert [type(item) for item in operations.ops] == [ops.DropTableOp, ops.ModifyTableOps]


@pytest.mark.parametrize(
    "operation",
    [
        ops.CreateUniqueConstraintOp(None, "notes", ["title"]),
        ops.DropConstraintOp(None, "notes", type_="unique"),
        ops.CreateForeignKeyOp(None, "notes", "users", ["user_id"], ["id"]),
    ],
)
def test_a_constraint_without_a_name_is_refused(operation: ops.MigrateOperation) -> None:
    """However deep it stands."""
    with pytest.raises(UnnamedConstraintError) as caught:
        require_names(ops.UpgradeOps([ops.ModifyTableOps("notes", [operation])]))

    assert caught.value.constraint == "A constraint of 'notes'"


def test_a_table_may_be_created_with_any() -> None:
    """It is dropped as a whole."""
    table = sa.Table("notes", sa.MetaData(), sa.Column("id", sa.Integer, unique=True))

    require_names(ops.UpgradeOps([ops.CreateTableOp.from_table(table)]))
