"""
What a database would refuse of what Alembic finds.
"""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from alembic.operations import ops

from covet.database.migrations import UnnamedConstraintError
from covet.database.migrations.operations import leave_out_indexes, require_names
from tests.unit.database.migrations.conftest import NAMES, Workshop


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


def make_shop(*items: sa.schema.SchemaItem, code: str = "uq_users_code", code_with: str | None = None) -> sa.MetaData:
    """Make users, and notes that refer to them by their code, each with indexes and constraints of a test's choice."""
    metadata = sa.MetaData(naming_convention=NAMES)
    sa.Table(
        "users",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("code", sa.Integer, nullable=False),
        sa.Column("region", sa.Integer, nullable=False),
        sa.UniqueConstraint(*filter(None, ["code", code_with]), name=code),
    )
    sa.Table(
        "notes",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user_code", sa.Integer, sa.ForeignKey("users.code"), nullable=False),
        sa.Column("title", sa.String(50), nullable=False),
        *items,
    )
    return metadata


UNIQUE = sa.UniqueConstraint
OWNER = "user_code"
SHOPS: dict[str, tuple[Callable[[], sa.MetaData], Callable[[], sa.MetaData]]] = {
    "another name": (lambda: make_shop(UNIQUE(OWNER, name="a")), lambda: make_shop(UNIQUE(OWNER, "title", name="b"))),
    "the same name": (lambda: make_shop(UNIQUE(OWNER, name="a")), lambda: make_shop(UNIQUE(OWNER, "title", name="a"))),
    "an index now": (lambda: make_shop(UNIQUE(OWNER, "title", name="a")), lambda: make_shop(sa.Index("a", OWNER))),
    "gone": (lambda: make_shop(UNIQUE(OWNER, "title", name="a")), make_shop),
    "elsewhere": (lambda: make_shop(UNIQUE(OWNER, name="a")), lambda: make_shop(UNIQUE("title", name="a"))),
    "referred to": (make_shop, lambda: make_shop(code="b")),
    "referred to, the same name": (make_shop, lambda: make_shop(code_with="region")),
}


@pytest.mark.parametrize("shop", SHOPS)
async def test_an_index_of_a_foreign_key_is_changed(mysql_url: str, workshop: Workshop, shop: str) -> None:
    """MySQL lets no foreign key be without one: there and back, with the foreign key as it was."""
    if workshop.url != mysql_url:
        pytest.skip("the others need none, and PostgreSQL lets a foreign key refer to no other columns")
    before, after = (make() for make in SHOPS[shop])
    old, new = workshop.open(before), workshop.open(after)
    await old.create_revision("before", revision_id="a1")
    await old.upgrade()

    written = await new.create_revision("after", revision_id="b2")
    await new.upgrade()
    is_there = await new.check()
    await new.downgrade("-1")
    assert written is not None
    written.path.unlink()
    is_back = await old.check()

    assert is_there.is_clean, str(is_there)
    assert is_back.is_clean, str(is_back)


async def test_a_column_goes_with_its_foreign_key(workshop: Workshop) -> None:
    """And with their index, there and back."""
    old = workshop.open(make_shop(sa.Index("ix_owner", OWNER)))
    await old.create_revision("before", revision_id="a1")
    await old.upgrade()
    after = make_shop()
    notes = after.tables["notes"]
    after.remove(notes)
    sa.Table(
        "notes", after, sa.Column("id", sa.Integer, primary_key=True), sa.Column("title", sa.String(50), nullable=False)
    )
    new = workshop.open(after)

    written = await new.create_revision("after", revision_id="b2")
    await new.upgrade()
    is_there = await new.check()
    await new.downgrade("-1", allow_data_loss=True)
    assert written is not None
    written.path.unlink()
    is_back = await old.check()

    assert is_there.is_clean, str(is_there)
    assert is_back.is_clean, str(is_back)


async def test_a_foreign_key_that_must_make_way_has_a_name(mysql_url: str, workshop: Workshop) -> None:
    """Otherwise nothing could drop it, and nothing is written."""
    if workshop.url != mysql_url:
        pytest.skip("the others need no index for it")

    def make(*columns: str) -> sa.MetaData:
        metadata = sa.MetaData()
        sa.Table("users", metadata, sa.Column("id", sa.Integer, primary_key=True))
        columns_of_notes = [sa.Column("id", sa.Integer, primary_key=True), sa.Column("title", sa.Integer)]
        owner: sa.Column[int] = sa.Column("user_id", sa.ForeignKey("users.id"))
        sa.Table("notes", metadata, *columns_of_notes, owner, UNIQUE(*columns, name="a"))
        return metadata

    await workshop.open(make("user_id")).create_revision("before")
    await workshop.open(make("user_id")).upgrade()

    with pytest.raises(UnnamedConstraintError) as caught:
        await workshop.open(make("user_id", "title")).create_revision("after")

    assert str(caught.value).startswith("The foreign key of 'notes' (user_id) has no name")
