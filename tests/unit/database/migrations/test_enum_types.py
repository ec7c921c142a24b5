"""
Types of PostgreSQL's own for an `Enum`: made once, extended, and gone with the last column.
"""

import pytest
import sqlalchemy as sa

from covet.database.migrations import MigrationError
from covet.database.migrations.enum_types import get_enum_type
from tests.unit.database.migrations.conftest import NAMES, Workshop


def make_models(*values: str, tables: int = 2) -> sa.MetaData:
    """Make tables with a column of one type each, and another one without."""
    metadata = sa.MetaData(naming_convention=NAMES)
    for number in range(tables):
        sa.Table(
            f"shirts_{number}",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("size", sa.Enum(*values, name="shirt size"), nullable=False, server_default=values[0]),
        )
    sa.Table("plain", metadata, sa.Column("id", sa.Integer, primary_key=True))
    return metadata


async def list_types(workshop: Workshop) -> list[str]:
    """List the types that PostgreSQL has."""
    if workshop.kind != "postgresql":
        return []
    return [row[0] for row in await workshop.query("SELECT typname FROM pg_type WHERE typtype = 'e'")]


async def test_a_type_is_made_once_and_goes_with_its_tables(workshop: Workshop) -> None:
    """Two tables have it, and a history that was taken back runs again."""
    migrations = workshop.open(make_models("small", "it's: large"))
    written = await migrations.create_revision("add shirts")
    assert written is not None

    text = await migrations.write_sql(start="base")
    await migrations.upgrade()
    report = await migrations.check()
    is_made = await list_types(workshop)
    await migrations.downgrade("base", allow_data_loss=True)
    is_left = await list_types(workshop)
    await migrations.upgrade()

    assert report.is_clean, str(report)
    assert (await migrations.check()).is_clean
    assert is_left == []
    if workshop.kind == "postgresql":
        assert text.count("CREATE TYPE \"shirt size\" AS ENUM ('small', 'it''s: large');") == 1
        assert is_made == ["shirt size"]


async def test_a_column_of_a_new_type_and_of_a_known_one(workshop: Workshop) -> None:
    """No column makes its type; the last one that goes takes it along, and brings it back."""
    before = workshop.open(make_models("small", "large", tables=1))
    await before.create_revision("add shirts")
    await before.upgrade()
    models = make_models("small", "large", tables=1)
    models.tables["plain"].append_column(sa.Column("size", sa.Enum("small", "large", name="shirt size")))
    models.tables["plain"].append_column(sa.Column("fit", sa.Enum("slim", "wide", name="fit")))
    after = workshop.open(models)

    written = await after.create_revision("more columns")
    await after.upgrade()
    report = await after.check()
    made = await list_types(workshop)
    await after.downgrade("-1", allow_data_loss=True)

    assert written is not None
    assert written.path.read_text().count(".create(op.get_bind(), checkfirst=True)") == 1
    assert report.is_clean, str(report)
    if workshop.kind == "postgresql":
        assert sorted(made) == ["fit", "shirt size"]
        assert await list_types(workshop) == ["shirt size"]

    written.path.unlink()
    empty = workshop.open(make_models("small", "large", tables=0))
    await empty.create_revision("no shirts")
    await empty.upgrade()

    assert (await empty.check()).is_clean
    assert await list_types(workshop) == []

    await empty.downgrade("-1", allow_data_loss=True)

    assert await list_types(workshop) == (["shirt size"] if workshop.kind == "postgresql" else [])


async def test_new_values_are_added(workshop: Workshop) -> None:
    """They are found, and written; SQLite has texts, which may be anything."""
    before = workshop.open(make_models("small", "large"))
    await before.create_revision("add shirts")
    await before.upgrade()
    await workshop.query("INSERT INTO shirts_0 (id, size) VALUES (1, 'large')")
    after = workshop.open(make_models("small", "it's:", "large"))

    report = await after.check()
    written = await after.create_revision("add a size")
    await after.upgrade()
    await workshop.query("INSERT INTO shirts_1 (id, size) VALUES (1, 'it''s:')")

    assert (written is None) == (workshop.kind == "sqlite")
    assert (await after.check()).is_clean
    if workshop.kind == "postgresql":
        assert report.differences == ("of the values of the type 'shirt size', \"it's:\" is in the models alone",)
        assert await workshop.query("SELECT size FROM shirts_0") == [("large",)]


async def test_new_values_come_with_other_changes(workshop: Workshop) -> None:
    """What follows them in the migration is none of their condition."""
    before = workshop.open(make_models("small", "large"))
    await before.create_revision("add shirts")
    await before.upgrade()
    models = make_models("small", "medium", "huge", "large")
    models.tables["shirts_0"].append_column(sa.Column("price", sa.Integer))
    after = workshop.open(models)

    await after.create_revision("more of shirts")
    await after.upgrade()

    report = await after.check()
    assert report.is_clean, str(report)


async def test_a_value_that_goes(workshop: Workshop) -> None:
    """PostgreSQL takes none from a type, and the error says what to do."""
    if workshop.kind != "postgresql":
        pytest.skip("the others have no types")
    before = workshop.open(make_models("small", "large"))
    await before.create_revision("add shirts")
    await before.upgrade()
    after = workshop.open(make_models("small"))

    assert (await after.check()).differences == (
        "of the values of the type 'shirt size', 'large' is in the database alone",
    )
    with pytest.raises(MigrationError) as caught:
        await after.create_revision("no large ones")

    assert str(caught.value) == (
        "PostgreSQL takes no value from a type, and \"shirt size\" would lose 'large'.\n"
        "  Keep the value, or write by hand a migration that makes another type: "
        'covet db revision --empty -m "…"'
    )


@pytest.mark.parametrize(
    ("kind", "is_type"),
    [
        (sa.Enum("a", name="letters"), True),
        (sa.String(1).with_variant(sa.Enum("a", name="letters"), "postgresql"), True),
        (sa.Enum("a", name="letters").with_variant(sa.String(1), "postgresql"), False),
        (sa.Enum("a", name="letters").with_variant(sa.String(1), "sqlite"), False),
        (sa.Enum("a", name="letters", native_enum=False), False),
        (sa.Enum("a"), False),
        (sa.String(1), False),
    ],
)
def test_what_has_a_type(kind: sa.types.TypeEngine[str], is_type: bool) -> None:
    """An `Enum` that is native and has a name."""
    assert (get_enum_type(kind) is not None) == is_type
