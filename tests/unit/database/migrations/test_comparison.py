"""
What is taken for a difference, and what is not, on each database.
"""

from typing import Any

import pytest
import sqlalchemy as sa

from tests.unit.database.migrations.conftest import NAMES, Workshop


def make_models(*items: sa.schema.SchemaItem) -> sa.MetaData:
    """Make a table."""
    metadata = sa.MetaData(naming_convention=NAMES)
    sa.Table("teas", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("price", sa.Integer), *items)
    return metadata


@pytest.mark.parametrize("length", [63, 64, 85, 255, 256, 16_383, 16_384, 21_845, 65_535, 65_536, 16_777_216])
async def test_lengths_of_long_values(workshop: Workshop, length: int) -> None:
    """MySQL makes another type of them, the smallest that holds so much, and that is the one."""
    columns: list[sa.Column[Any]] = [
        sa.Column("picture", sa.LargeBinary(length)),
        sa.Column("story", sa.Text().with_variant(sa.Text(length), "mysql", "mariadb")),
    ]
    migrations = workshop.open(make_models(*columns))
    await migrations.create_revision("add teas")
    await migrations.upgrade()

    report = await migrations.check()

    assert report.is_clean, str(report)


async def test_a_length_that_needs_another_type(mysql_url: str, workshop: Workshop) -> None:
    """It is a difference."""
    if workshop.url != mysql_url:
        pytest.skip("the others know no lengths of them")
    before = workshop.open(make_models(sa.Column("picture", sa.LargeBinary(255)), sa.Column("story", sa.Text(63))))
    await before.create_revision("add teas")
    await before.upgrade()
    after = workshop.open(make_models(sa.Column("picture", sa.LargeBinary(256)), sa.Column("story", sa.Text(70_000))))

    report = await after.check()

    assert report.differences == (
        "the column 'teas.picture' has the type TINYBLOB in the database and BLOB in the models",
        "the column 'teas.story' has the type TINYTEXT in the database and TEXT(70000) in the models",
    )


async def test_indexes_in_descending_order(workshop: Workshop) -> None:
    """As an expression or as text, they are made once; others of the same table are compared."""
    if workshop.kind == "sqlite":
        pytest.skip("Alembic says itself that it compares none of them there")
    models = make_models(sa.Index("ix_text", sa.text("price DESC")))
    teas = models.tables["teas"]
    sa.Index("ix_expression", teas.c.price.desc(), teas.c.id)
    before = workshop.open(models)
    await before.create_revision("add teas")
    await before.upgrade()

    report = await before.check()
    nothing = await before.create_revision("nothing")

    assert report.is_clean, str(report)
    assert nothing is None

    teas.indexes.clear()
    sa.Index("ix_text", sa.text("price DESC"), _table=teas)

    assert (await workshop.open(models).check()).differences == (
        "the index 'ix_expression' of 'teas' is in the database alone",
    )


async def test_check_constraints_are_compared_by_their_names(workshop: Workshop) -> None:
    """One that is new and one that is gone are found, written, and taken back."""
    before = workshop.open(make_models(sa.CheckConstraint("price >= 0", name="no_debt")))
    await before.create_revision("add teas")
    await before.upgrade()
    after = workshop.open(make_models(sa.CheckConstraint("price > 0", name="not_free")))

    clean = await before.check()
    report = await after.check()
    written = await after.create_revision("teas cost something")
    await after.upgrade()
    changed = await after.check()
    await after.downgrade("-1")
    assert written is not None
    written.path.unlink()

    assert clean.is_clean, str(clean)
    assert report.differences == (
        "the check constraint 'ck_teas_no_debt' on 'teas' is in the database alone",
        "the check constraint 'ck_teas_not_free' on 'teas' is in the models alone",
    )
    assert changed.is_clean, str(changed)
    assert (await before.check()).is_clean


async def test_constraints_that_a_database_adds_are_none_of_the_models(workshop: Workshop) -> None:
    """MariaDB checks that JSON is JSON; types may bring constraints with them."""
    items = [
        sa.CheckConstraint("price <> 13"),
        sa.Column("facts", sa.JSON),
        sa.Column("is_hot", sa.Boolean(create_constraint=True, name="hot_or_not")),
        sa.Column("size", sa.Enum("s", "m", native_enum=False, create_constraint=True, name="sizes")),
    ]
    metadata = sa.MetaData()
    sa.Table("teas", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("price", sa.Integer), *items)
    migrations = workshop.open(metadata)
    await migrations.create_revision("add teas")
    await migrations.upgrade()

    report = await migrations.check()

    assert report.is_clean, str(report)
