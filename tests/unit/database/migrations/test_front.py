"""
The way of a migration: written, run, checked, taken back.
"""

from pathlib import Path

import pytest
import sqlalchemy as sa

from covet.database.errors import DatabaseUnavailableError
from covet.database.migrations import (
    DataLossError,
    MigrationError,
    Migrations,
    MigrationsMissingError,
    MultipleHeadsError,
    PendingMigrationsError,
    UnknownRevisionError,
    UnnamedConstraintError,
)
from covet.database.url import DatabaseURL
from covet.exceptions import ConfigurationError
from tests.unit.database.migrations.conftest import NAMES, Workshop, make_models


async def test_round_trip(workshop: Workshop) -> None:
    """Models become a migration, it makes the tables, nothing differs, and taken back nothing is left."""
    migrations = workshop.open(make_models())

    made = await migrations.create_revision("add notes")
    assert made is not None
    applied = await migrations.upgrade()
    report = await migrations.check()
    tables = await workshop.list_tables()
    undone = await migrations.downgrade("base", allow_data_loss=True)

    assert [item.id for item in applied] == [made.id]
    assert report.is_clean, str(report)
    assert report.current == (made.id,)
    assert str(report) == "The database is as the models are."
    assert tables == {"users", "notes"}
    assert [item.id for item in undone] == [made.id]
    assert await workshop.list_tables() == set()
    assert await migrations.get_current() == ()


async def test_a_second_migration_changes_what_is_there(workshop: Workshop) -> None:
    """Columns, types, indexes and constraints, and the way back, with the rows kept."""
    migrations = workshop.open(make_models())
    await migrations.create_revision("add notes")
    await migrations.upgrade()
    await workshop.query("INSERT INTO users (email) VALUES ('ada@example.com')")
    await workshop.query("INSERT INTO notes (user_id, title) SELECT id, 'first' FROM users")
    first = await migrations.get_current()
    models = make_models()
    notes, users = models.tables["notes"], models.tables["users"]
    notes.append_column(sa.Column("pinned", sa.Boolean, nullable=False, server_default=sa.false()))
    notes.append_constraint(sa.UniqueConstraint("user_id", "title"))
    notes.c.title.type = sa.String(150)
    users.append_column(sa.Column("name", sa.String(50)))
    changed = workshop.open(models)

    differing = await changed.check()
    second = await changed.create_revision("pin notes")
    await changed.upgrade()

    assert not differing.is_clean
    assert "the column 'notes.pinned' is in the models alone" in differing.differences
    assert "the column 'users.name' is in the models alone" in differing.differences
    assert str(await changed.check()) == "The database is as the models are."
    assert await workshop.query("SELECT title FROM notes") == [("first",)]

    await changed.downgrade("-1", allow_data_loss=True)

    assert second is not None
    second.path.unlink()
    assert await migrations.get_current() == first
    assert str(await migrations.check()) == "The database is as the models are."
    assert await workshop.query("SELECT title FROM notes") == [("first",)]


async def test_what_runs_is_told_in_order(workshop: Workshop) -> None:
    """One by one, up to a revision, or all; and what is pending."""
    workshop.write(
        "a1", "op.create_table('one', sa.Column('id', sa.Integer, primary_key=True))", "op.drop_table('one')"
    )
    workshop.write("b2", follows="a1")
    workshop.write("c3", follows="b2")
    migrations = workshop.open()

    pending = await migrations.find_pending()
    first = await migrations.upgrade("+1")
    second = await migrations.upgrade("b2")
    history = await migrations.list_history()
    rest = await migrations.upgrade()
    nothing = await migrations.upgrade()

    assert [str(item) for item in pending] == ["a1 'do a1'", "b2 'do b2'", "c3 'do c3'"]
    assert [[item.id for item in part] for part in (first, second, rest, nothing)] == [["a1"], ["b2"], ["c3"], []]
    assert [(item.id, item.follows, item.is_applied, item.is_head) for item in history] == [
        ("a1", (), True, False),
        ("b2", ("a1",), True, False),
        ("c3", ("b2",), False, True),
    ]
    assert [item.id for item in await migrations.downgrade("a1")] == ["c3", "b2"]


async def test_pending_migrations_are_listed_by_check(sqlite: Workshop) -> None:
    """The models are not compared with a database that is known to be behind."""
    sqlite.write("a1")
    migrations = sqlite.open(make_models())

    report = await migrations.check()

    assert not report.is_clean
    assert str(report) == (
        "pending: a1 'do a1'\nRun them: covet db upgrade. The models are compared once nothing is pending."
    )


async def test_a_difference_says_what_to_do(sqlite: Workshop) -> None:
    """It is a migration that is missing."""
    migrations = sqlite.open(make_models())

    lines = str(await migrations.check()).splitlines()

    assert "the table 'users' is in the models alone" in lines
    assert lines[-1] == 'Write a migration: covet db revision -m "what changes"'


async def test_nothing_is_written_where_nothing_differs(sqlite: Workshop) -> None:
    """Unless it is asked for."""
    migrations = sqlite.open(sa.MetaData())

    assert await migrations.create_revision("nothing") is None
    made = await migrations.create_revision("by hand", empty=True)

    assert made is not None
    assert made.path.name.endswith(f"_{made.id}_by_hand.py")
    assert await migrations.upgrade() == [made]


async def test_what_is_written_is_short(sqlite: Workshop) -> None:
    """And read by whoever runs it."""
    metadata = sa.MetaData(naming_convention=NAMES)
    sa.Table("tags", metadata, sa.Column("id", sa.Integer, primary_key=True))

    made = await sqlite.open(metadata).create_revision("add tags", revision_id="a1")

    assert made is not None
    head, _, body = made.path.read_text().partition("import sqlalchemy as sa\n")
    assert head.startswith('"""\nadd tags\n\nThe first one, made on ')
    assert body == (
        "from alembic import op\n\n"
        "revision = 'a1'\n"
        "down_revision = None\n"
        "branch_labels = None\n"
        "depends_on = None\n\n\n"
        "def upgrade() -> None:\n"
        "    # ### commands auto generated by Alembic - please adjust! ###\n"
        "    op.create_table('tags',\n"
        "    sa.Column('id', sa.Integer(), nullable=False),\n"
        "    sa.PrimaryKeyConstraint('id', name=op.f('pk_tags'))\n"
        "    )\n"
        "    # ### end Alembic commands ###\n\n\n"
        "def downgrade() -> None:\n"
        "    # ### commands auto generated by Alembic - please adjust! ###\n"
        "    op.drop_table('tags')\n"
        "    # ### end Alembic commands ###\n"
    )


@pytest.mark.parametrize("message", ['say """ twice', "end with \\", '"quoted"', "${1/0} <% x %>", "größer"])
async def test_a_message_is_a_text_and_no_program(sqlite: Workshop, message: str) -> None:
    """It stands in the docstring of a file that is run."""
    made = await sqlite.open().create_revision(message, empty=True)

    assert made is not None
    assert made.message == message
    assert [revision.message for revision in await sqlite.open().upgrade()] == [message]


async def test_a_message_of_several_lines_is_refused(sqlite: Workshop) -> None:
    """The table of the history has one for each migration."""
    with pytest.raises(MigrationError) as caught:
        await sqlite.open().create_revision("a\nb", empty=True)

    assert str(caught.value) == (
        "The message 'a\\nb' has characters that cannot be printed.\n  Write one line of text."
    )


@pytest.mark.parametrize("revision_id", ["../../up", "a/b", "a\\b", "a b", "a-b", "", "\0", "a" * 33, "+1", "é"])
async def test_an_id_is_no_path(sqlite: Workshop, revision_id: str) -> None:
    """Nothing is written, in the directory or outside."""
    migrations = sqlite.open()
    before = sorted(sqlite.folder.rglob("*"))

    with pytest.raises(MigrationError) as caught:
        await migrations.create_revision("add notes", empty=True, revision_id=revision_id)

    assert str(caught.value) == (
        f"A migration cannot be called {revision_id!r}.\n"
        "  Write letters, digits and underscores, at most 32 of them, or leave it to be drawn by lot."
    )
    assert sorted(sqlite.folder.rglob("*")) == before


async def test_an_id_is_no_other_target(sqlite: Workshop) -> None:
    """`covet db upgrade head` would mean something else."""
    with pytest.raises(MigrationError) as caught:
        await sqlite.open().create_revision("add notes", empty=True, revision_id="head")

    assert str(caught.value) == (
        "A migration cannot be called 'head': as a target that means something else.\n  Choose another revision_id."
    )


async def test_a_message_is_needed(sqlite: Workshop) -> None:
    """A migration without one is found by nobody."""
    with pytest.raises(MigrationError) as caught:
        await sqlite.open().create_revision(" ")

    assert str(caught.value) == 'A migration needs a message.\n  Write covet db revision -m "what changes".'


async def test_a_revision_is_made_once(sqlite: Workshop) -> None:
    """Another one of the same name would be ambiguous."""
    sqlite.write("a1")

    with pytest.raises(MigrationError) as caught:
        await sqlite.open().create_revision("again", empty=True, revision_id="a1")

    assert str(caught.value) == "There is a migration 'a1' already.\n  Choose another revision_id."


async def test_nothing_is_compared_with_a_database_that_is_behind(sqlite: Workshop) -> None:
    """What is pending would be written a second time."""
    sqlite.write("a1")
    sqlite.write("b2", follows="a1")

    with pytest.raises(PendingMigrationsError) as caught:
        await sqlite.open(make_models()).create_revision("add notes")

    assert str(caught.value) == (
        "The database lacks 2 migrations: a1 'do a1', b2 'do b2'.\n  Run them first: covet db upgrade"
    )


async def test_a_constraint_needs_a_name(sqlite: Workshop) -> None:
    """Nothing is written which would fail when it runs."""

    def make(*, unique: bool) -> sa.MetaData:
        metadata = sa.MetaData()
        table = sa.Table("users", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("email", sa.Text))
        if unique:
            table.append_constraint(sa.UniqueConstraint("email"))
        return metadata

    migrations = sqlite.open(make(unique=False))
    await migrations.create_revision("add users")
    await migrations.upgrade()

    with pytest.raises(UnnamedConstraintError) as caught:
        await sqlite.open(make(unique=True)).create_revision("unique emails")

    assert str(caught.value) == (
        "A constraint of 'users' has no name, by which a migration could drop it.\n"
        "  Give it a name, or its MetaData a naming_convention."
    )
    assert len(list((sqlite.directory / "versions").glob("*.py"))) == 1


async def test_two_heads_are_joined(workshop: Workshop) -> None:
    """Both are named, with what to do about it."""
    workshop.write("a1")
    workshop.write("b2", follows="a1")
    workshop.write("c3", follows="a1")
    migrations = workshop.open()

    for attempt in (migrations.upgrade(), migrations.create_revision("more", empty=True), migrations.check()):
        with pytest.raises(MultipleHeadsError) as caught:
            await attempt
        assert str(caught.value) == (
            "The migrations have 2 heads, and nothing says which one is the last: b2 'do b2', c3 'do c3'.\n"
            '  Join them: covet db revision --merge -m "join the heads"'
        )
    assert [item.id for item in await migrations.upgrade("heads")] in (["a1", "b2", "c3"], ["a1", "c3", "b2"])
    assert await migrations.get_current() == ("b2", "c3")
    made = await migrations.create_revision("join the heads", merge=True)

    assert made is not None
    assert sorted(made.follows) == ["b2", "c3"]
    assert await migrations.upgrade() == [made]
    assert await migrations.get_current() == (made.id,)


async def test_a_downgrade_that_loses_data_is_refused(workshop: Workshop) -> None:
    """Before anything is changed, with all that would go."""
    migrations = workshop.open(make_models())
    made = await migrations.create_revision("add notes", revision_id="a1")
    assert made is not None
    await migrations.upgrade()

    with pytest.raises(DataLossError) as caught:
        await migrations.downgrade("base")

    assert str(caught.value) == (
        "The downgrade loses data: a1 'add notes' drops the table 'notes'; a1 'add notes' drops the table 'users'.\n"
        "  If that is meant: covet db downgrade --yes"
    )
    assert await workshop.list_tables() == {"users", "notes"}
    assert await migrations.get_current() == ("a1",)


async def test_a_database_that_is_newer_is_explained(workshop: Workshop) -> None:
    """By each command that asks it."""
    path = workshop.write("a1")
    workshop.write("b2")
    path.unlink()
    migrations = workshop.open()
    await migrations.upgrade()
    await workshop.query("UPDATE alembic_version SET version_num = 'f9'")

    for attempt in (migrations.upgrade(), migrations.check(), migrations.list_history(), migrations.write_sql()):
        with pytest.raises(UnknownRevisionError) as caught:
            await attempt
        assert caught.value.revision == "f9"
        assert str(caught.value) == (
            f"The database stands at 'f9', and {str(workshop.directory)!r} has no such migration.\n"
            "  The database is newer than this code, or of another application, or the file was deleted: restore it."
        )
    assert await migrations.get_current() == ("f9",)


async def test_a_revision_that_is_not_there_is_explained(sqlite: Workshop) -> None:
    """With the nearest one."""
    sqlite.write("abc123")

    for attempt in (sqlite.open().upgrade("abc124"), sqlite.open().downgrade("abc124")):
        with pytest.raises(UnknownRevisionError) as caught:
            await attempt
        assert str(caught.value) == (
            f"There is no migration 'abc124' in {str(sqlite.directory)!r}.\n"
            "  Did you mean 'abc123'? Available: abc123. covet db history lists them."
        )


@pytest.mark.parametrize("target", ["b2", "+5"])
async def test_a_way_that_does_not_exist_is_explained(sqlite: Workshop, target: str) -> None:
    """Down by an upgrade's name, or further than there is."""
    sqlite.write("a1")
    sqlite.write("b2", follows="a1")
    migrations = sqlite.open()
    await migrations.upgrade("a1")

    with pytest.raises(UnknownRevisionError) as caught:
        await (migrations.downgrade(target) if target == "b2" else migrations.upgrade(target))

    assert str(caught.value) == (
        f"No way leads from a1, where the database stands, to {target!r}.\n  covet db history shows the order."
    )


async def test_without_a_directory_it_is_said(sqlite: Workshop) -> None:
    """With the command that makes one."""
    migrations = Migrations(sqlite.url, sa.MetaData(), sqlite.directory)

    with pytest.raises(MigrationsMissingError) as caught:
        await migrations.upgrade()

    assert str(caught.value) == (
        f"There are no migrations in {str(sqlite.directory)!r}.\n  Make the directory: covet db init"
    )
    assert [path.name for path in await migrations.init()] == ["env.py", "script.py.mako"]
    assert await migrations.upgrade() == []


@pytest.mark.parametrize(
    "url",
    ["postgresql://ada:enigma@127.0.0.1:1/shop", "mysql://ada:enigma@127.0.0.1:1/shop", "sqlite:////nowhere/x.db"],
)
async def test_a_database_that_does_not_answer_is_said(sqlite: Workshop, url: str) -> None:
    """Without its password."""
    sqlite.write("a1")
    migrations = Migrations(url, sa.MetaData(), sqlite.directory)

    with pytest.raises(DatabaseUnavailableError) as caught:
        await migrations.upgrade()

    assert str(DatabaseURL.parse(url)) in str(caught.value) or "'/nowhere/x.db'" in str(caught.value)
    assert "\n  See that it" in str(caught.value)
    assert "enigma" not in str(caught.value)


def test_a_kind_without_migrations_is_refused() -> None:
    """When they are set up."""
    with pytest.raises(ConfigurationError) as caught:
        Migrations("oracle://localhost/shop", sa.MetaData())

    assert str(caught.value) == (
        "A database of the kind 'oracle' cannot have migrations.\n  SQLite, PostgreSQL and MySQL can."
    )


def test_a_database_in_memory_is_refused() -> None:
    """It would be another one with each connection."""
    with pytest.raises(ConfigurationError) as caught:
        Migrations("sqlite://", sa.MetaData())

    assert str(caught.value) == (
        "A database in memory cannot have migrations: it goes with its connection.\n"
        "  Create its tables with metadata.create_all(), or name a file: sqlite:///shop.db."
    )


async def test_two_histories_share_a_database(workshop: Workshop, tmp_path: Path) -> None:
    """Each notes in a table of its own what it has."""
    other = Workshop(workshop.url, tmp_path / "other")
    workshop.write("a1")
    other.write("z9")
    migrations = workshop.open()
    others = other.open(version_table="other_version")

    await migrations.upgrade()
    await others.upgrade()

    assert await migrations.get_current() == ("a1",)
    assert await others.get_current() == ("z9",)


async def test_a_squashed_history_is_one_for_old_and_new_databases(sqlite: Workshop, tmp_path: Path) -> None:
    """One file with the name of the last one takes the place of all."""
    sqlite.write("a1", "op.create_table('users', sa.Column('id', sa.Integer, primary_key=True))")
    sqlite.write("b2", "op.create_table('tags', sa.Column('id', sa.Integer, primary_key=True))", follows="a1")
    metadata = sa.MetaData()
    for name in ("users", "tags"):
        sa.Table(name, metadata, sa.Column("id", sa.Integer, primary_key=True))
    await sqlite.open(metadata).upgrade()
    for path in (sqlite.directory / "versions").glob("*.py"):
        path.unlink()
    new = Workshop(f"sqlite:///{tmp_path}/new.db", sqlite.folder)

    await new.open(metadata).create_revision("all so far", revision_id="b2")
    ran = await new.open(metadata).upgrade()

    assert [item.id for item in ran] == ["b2"]
    assert await new.list_tables() == {"users", "tags"}
    assert await sqlite.open(metadata).upgrade() == []
    assert (await sqlite.open(metadata).check()).is_clean


async def test_a_migration_without_a_way_back_is_named(sqlite: Workshop) -> None:
    """Before anything is taken back, whatever may be lost."""
    sqlite.write("a1", "op.create_table('notes', sa.Column('id', sa.Integer, primary_key=True))")
    path = sqlite.write("b2", "op.add_column('notes', sa.Column('title', sa.String(50)))", follows="a1")
    path.write_text(path.read_text().partition("def downgrade")[0])
    sqlite.write("c3", follows="b2")
    await sqlite.open().upgrade()

    for allow_data_loss in (False, True):
        with pytest.raises(MigrationError) as caught:
            await sqlite.open().downgrade("base", allow_data_loss=allow_data_loss)
        assert str(caught.value) == (
            "The migration b2 'do b2' has no downgrade(): nothing says how to take it back.\n"
            "  Write def downgrade() into its file; with nothing but pass, if nothing is to be done."
        )

    assert await sqlite.open().get_current() == ("c3",)
