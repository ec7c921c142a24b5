"""
What differs between models and a database, in words.
"""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.unit.database.migrations.conftest import NAMES, Workshop

Change = Callable[[sa.Table], object]


def make(change: Change | None = None) -> sa.MetaData:
    """Make two tables, and change the second."""
    metadata = sa.MetaData(naming_convention=NAMES)
    sa.Table("users", metadata, sa.Column("id", sa.Integer, primary_key=True))
    notes = sa.Table(
        "notes",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user_id", sa.Integer),
        sa.Column("title", sa.String(50)),
    )
    if change is not None:
        change(notes)
    return metadata


CHANGES: list[tuple[Change, str, str]] = [
    (
        lambda notes: sa.Table("tags", notes.metadata, sa.Column("id", sa.Integer, primary_key=True)),
        "the table 'tags' is in the models alone",
        "the table 'tags' is in the database alone",
    ),
    (
        lambda notes: notes.append_column(sa.Column("pinned", sa.Integer)),
        "the column 'notes.pinned' is in the models alone",
        "the column 'notes.pinned' is in the database alone",
    ),
    (
        lambda notes: sa.Index("ix_title", notes.c.title),
        "the index 'ix_title' of 'notes' is in the models alone",
        "the index 'ix_title' of 'notes' is in the database alone",
    ),
    (
        lambda notes: notes.append_constraint(sa.UniqueConstraint("title")),
        "the unique constraint 'uq_notes_title' on 'notes' (title) is in the models alone",
        "the unique constraint 'uq_notes_title' on 'notes' (title) is in the database alone",
    ),
    (
        lambda notes: notes.append_constraint(sa.ForeignKeyConstraint(["user_id"], ["users.id"])),
        "the foreign key constraint 'fk_notes_user_id_users' on 'notes' (user_id) is in the models alone",
        "the foreign key constraint 'fk_notes_user_id_users' on 'notes' (user_id) is in the database alone",
    ),
    (
        lambda notes: setattr(notes.c.title, "nullable", False),
        "the column 'notes.title' may be null in the database and must have a value in the models",
        "the column 'notes.title' must have a value in the database and may be null in the models",
    ),
    (
        lambda notes: setattr(notes.c.title, "type", sa.String(80)),
        "the column 'notes.title' has the type VARCHAR(50) in the database and VARCHAR(80) in the models",
        "the column 'notes.title' has the type VARCHAR(80) in the database and VARCHAR(50) in the models",
    ),
]


@pytest.mark.parametrize(("change", "added", "removed"), CHANGES)
async def test_each_kind_has_its_words(sqlite: Workshop, change: Change, added: str, removed: str) -> None:
    """Whichever of the two has it."""
    without, having = sqlite.open(make()), sqlite.open(make(change))
    await without.create_revision("without", revision_id="a1")
    await without.upgrade()

    before = await having.check()
    await having.create_revision("with", revision_id="b2")
    await having.upgrade()
    after = await without.check()

    assert before.differences == (added,)
    assert (await having.check()).is_clean
    assert after.differences == (removed,)


async def test_comments_and_defaults_have_theirs(postgresql_url: str, sqlite: Workshop) -> None:
    """PostgreSQL keeps comments; defaults may be compared as `env.py` says."""

    def change(notes: sa.Table) -> None:
        notes.comment = "what was noted"
        notes.c.title.comment = "in a few words"
        notes.c.title.server_default = sa.DefaultClause("untitled")

    workshop = Workshop(postgresql_url, sqlite.folder)
    migrations = workshop.open(make())
    path = workshop.directory / "env.py"
    path.write_text(path.read_text().replace("\nrun_migrations()", "\nrun_migrations(compare_server_default=True)"))
    try:
        await migrations.create_revision("without")
        await migrations.upgrade()

        report = await workshop.open(make(change)).check()

        assert sorted(report.differences) == [
            "the column 'notes.title' has the comment None in the database and in a few words in the models",
            "the column 'notes.title' has the default None in the database and untitled in the models",
            "the comment of the table 'notes' is in the models alone, or differs",
        ]
    finally:
        await workshop.query("DROP TABLE notes, users, alembic_version")
