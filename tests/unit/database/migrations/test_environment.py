"""
A run: what is left of one that fails, and what it needs.
"""

import asyncio
import logging
import runpy
from enum import Enum
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from covet.database import DatabaseURL
from covet.database.migrations import MigrationError, MigrationFailedError, MigrationLockError, Migrations
from covet.database.migrations.layout import FILES
from covet.database.orm import UTCDateTime
from covet.database.orm.column_types import TYPES
from covet.exceptions import MissingDependencyError
from tests.unit.database.migrations.conftest import NAMES, Workshop, empty

CREATE = "op.create_table('{0}', sa.Column('id', sa.Integer, primary_key=True))"


async def test_a_failed_migration_leaves_nothing_where_it_can(workshop: Workshop) -> None:
    """Neither it nor those that ran with it; MySQL keeps what it did, and it is listed."""
    workshop.write("a1", CREATE.format("one"))
    workshop.write(
        "b2",
        CREATE.format("two")
        + "\nop.execute(\"INSERT INTO one (id) VALUES (1)\")\nop.execute('INSERT INTO nowhere VALUES (1)')",
        follows="a1",
    )
    migrations = workshop.open()

    with pytest.raises(MigrationFailedError) as caught:
        await migrations.upgrade()

    first, *rest = str(caught.value).splitlines()
    assert first.startswith("The migration b2 'do b2' failed: ")
    assert "nowhere" in first
    if workshop.kind == "mysql":
        assert await workshop.list_tables() == {"one", "two"}
        assert await migrations.get_current() == ("a1",)
        assert await workshop.query("SELECT id FROM one") == []
        assert rest == [
            "  The database stands at a1, and what was carried out of this migration remains:",
            "    CREATE TABLE two ( id INTEGER NOT NULL AUTO_INCREMENT, PRIMARY KEY (id) )",
            "  Take it back by hand, mend the migration, and run it again.",
        ]
    else:
        assert await workshop.list_tables() == set()
        assert await migrations.get_current() == ()
        assert rest == ["  Nothing of it was kept: the database stands at the beginning."]
        assert await workshop.query("SELECT 1") == [(1,)]


async def test_an_error_of_python_is_one_of_the_migration(workshop: Workshop) -> None:
    """With its kind, and its trace behind it."""
    workshop.write("a1", CREATE.format("one") + "\nraise LookupError('no rate for XTS')")

    with pytest.raises(MigrationFailedError) as caught:
        await workshop.open().upgrade()

    assert str(caught.value).startswith("The migration a1 'do a1' failed: LookupError: no rate for XTS\n")
    assert isinstance(caught.value.__cause__, LookupError)
    assert caught.value.kept == (
        ("CREATE TABLE one ( id INTEGER NOT NULL AUTO_INCREMENT, PRIMARY KEY (id) )",)
        if workshop.kind == "mysql"
        else ()
    )


async def test_what_was_committed_on_purpose_is_listed(postgresql_url: str, tmp_path: Path) -> None:
    """An index that is created concurrently cannot be rolled back."""
    workshop = Workshop(postgresql_url, tmp_path)
    workshop.write("a1", CREATE.format("one"))
    workshop.write(
        "b2",
        "with op.get_context().autocommit_block():\n"
        "    op.create_index('ix_one', 'one', ['id'], postgresql_concurrently=True)\n"
        "op.execute('INSERT INTO nowhere VALUES (1)')",
        follows="a1",
    )
    migrations = workshop.open()
    try:
        with pytest.raises(MigrationFailedError) as caught:
            await migrations.upgrade()

        assert caught.value.kept == ("CREATE INDEX CONCURRENTLY ix_one ON one (id)",)
        assert caught.value.stands_at == ("a1",)
        assert await workshop.list_tables() == {"one"}
    finally:
        await workshop.query("DROP TABLE one, alembic_version")


async def test_a_hint_of_the_database_is_shown(postgresql_url: str, tmp_path: Path) -> None:
    """It says how the migration is mended; its detail, which quotes rows, stays where it is."""
    workshop = Workshop(postgresql_url, tmp_path)
    empty("postgresql", postgresql_url)
    workshop.write(
        "a1",
        "op.create_table('one', sa.Column('secret', sa.Text))\nop.alter_column('one', 'secret', type_=sa.BigInteger)",
    )

    with pytest.raises(MigrationFailedError) as caught:
        await workshop.open().upgrade()

    assert str(caught.value).splitlines()[0] == (
        "The migration a1 'do a1' failed: PostgreSQL refuses the statement: column \"secret\" cannot be cast "
        'automatically to type bigint. (You might need to specify "USING secret::bigint".)'
    )

    workshop.write(
        "a1",
        "op.execute(\"CREATE TABLE one AS SELECT 'enigma' AS secret\")\n"
        "op.create_check_constraint('no_secret', 'one', \"secret = ''\")",
    )
    with pytest.raises(MigrationFailedError) as caught:
        await workshop.open().upgrade()

    assert "enigma" not in str(caught.value)


async def test_who_may_not_create_tables_is_told(postgresql_url: str, tmp_path: Path) -> None:
    """The database's own words, and what to look at."""
    workshop = Workshop(postgresql_url, tmp_path)
    empty("postgresql", postgresql_url)
    workshop.write("a1")
    await workshop.query("CREATE ROLE covet_reader LOGIN")
    await workshop.query("GRANT USAGE ON SCHEMA public TO covet_reader")
    try:
        parts = urlsplit(postgresql_url)
        place = f"covet_reader@{parts.hostname}:{parts.port or 5432}"
        reader = Workshop(parts._replace(netloc=place).geturl(), tmp_path)

        with pytest.raises(MigrationError) as caught:
            await reader.open().upgrade()

        assert str(caught.value) == (
            f"The database {reader.url} refuses: PostgreSQL refuses the statement: permission denied for schema "
            "public.\n"
            "  See that its user may read its tables, and create and alter them to upgrade."
        )
    finally:
        await workshop.query("DROP OWNED BY covet_reader")
        await workshop.query("DROP ROLE covet_reader")


async def test_rows_that_refer_to_an_altered_table_stay(sqlite: Workshop) -> None:
    """SQLite alters a table by a copy, and the original goes: no row goes with it."""
    sqlite.write(
        "a1",
        "op.create_table('users', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.Text))\n"
        "op.create_table('notes', sa.Column('id', sa.Integer, primary_key=True),\n"
        "    sa.Column('user_id', sa.Integer, sa.ForeignKey('users.id', ondelete='CASCADE', name='fk')))\n"
        "op.execute('INSERT INTO users (id) VALUES (1)')\n"
        "op.execute('INSERT INTO notes (id, user_id) VALUES (1, 1)')",
    )
    sqlite.write("b2", "with op.batch_alter_table('users') as batch:\n    batch.drop_column('name')", follows="a1")

    await sqlite.open().upgrade()

    assert await sqlite.query("SELECT id, user_id FROM notes") == [(1, 1)]


async def test_rows_that_would_refer_to_none_are_refused(sqlite: Workshop) -> None:
    """SQLite does not look for them while tables are altered."""
    sqlite.write(
        "a1",
        "op.create_table('users', sa.Column('id', sa.Integer, primary_key=True))\n"
        "op.create_table('notes', sa.Column('id', sa.Integer, primary_key=True),\n"
        "    sa.Column('user_id', sa.Integer, sa.ForeignKey('users.id')))",
    )
    sqlite.write("b2", "op.execute('INSERT INTO notes (user_id) VALUES (7), (8)')", follows="a1")
    migrations = sqlite.open()

    with pytest.raises(MigrationError) as caught:
        await migrations.upgrade()

    assert str(caught.value) == (
        "After the migrations, 2 more rows of 'notes' would refer to none of 'users'.\n"
        "  Nothing was changed. Let a migration delete or mend those rows."
    )
    assert await migrations.get_current() == ()


async def test_rows_that_referred_to_none_before_are_no_obstacle(sqlite: Workshop) -> None:
    """They are nothing that the migration did."""
    sqlite.write(
        "a1",
        "op.create_table('users', sa.Column('id', sa.Integer, primary_key=True))\n"
        "op.create_table('notes', sa.Column('user_id', sa.Integer, sa.ForeignKey('users.id')))",
    )
    await sqlite.open().upgrade()
    await sqlite.query("INSERT INTO notes VALUES (7)")
    sqlite.write("b2", "op.add_column('notes', sa.Column('title', sa.Text))", follows="a1")

    assert len(await sqlite.open().upgrade()) == 1


async def test_options_of_alembic_stand_in_env_py(workshop: Workshop) -> None:
    """As its documents name them."""
    metadata = sa.MetaData()
    for name in ("mine", "theirs"):
        sa.Table(name, metadata, sa.Column("id", sa.Integer, primary_key=True))
    migrations = workshop.open(metadata)
    path = workshop.directory / "env.py"
    path.write_text(
        path.read_text().replace(
            "\nrun_migrations()",
            '\nrun_migrations(include_name=lambda name, kind, parents: name != "theirs",\n'
            '    include_object=lambda item, name, kind, *_: name != "theirs")',
        )
    )

    await migrations.create_revision("mine")
    await migrations.upgrade()

    assert await workshop.list_tables() == {"mine"}


async def test_types_of_models_are_written_so_that_they_run(workshop: Workshop) -> None:
    """What `create_revision` writes of every type that the ORM has runs as it is, and leaves nothing to write."""
    metadata = sa.MetaData(naming_convention=NAMES)
    kinds = [kind for python, kind in TYPES.items() if python is not Enum]
    columns = [sa.Column(f"column_{number}", kind) for number, kind in enumerate([*kinds, UTCDateTime()])]
    sa.Table("notes", metadata, sa.Column("id", sa.Integer, primary_key=True), *columns)
    migrations = workshop.open(metadata)

    written = await migrations.create_revision("add notes")
    await migrations.upgrade()

    assert written is not None
    assert "import covet.database.orm.column_types\n" in written.path.read_text()
    assert (await migrations.check()).is_clean


def test_env_py_is_run_by_covet_alone(sqlite: Workshop) -> None:
    """Alembic's own command knows neither the database nor the models."""
    sqlite.open()

    with pytest.raises(MigrationError) as caught:
        runpy.run_path(str(sqlite.directory / "env.py"))

    assert str(caught.value) == (
        "env.py is run by a command of CovetPy's alone.\n"
        "  Write covet db upgrade, and not alembic upgrade: it knows the database and the models."
    )
    assert "run_migrations()" in FILES["env.py"]


async def test_a_driver_that_is_missing_is_named(sqlite: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the extra that brings it."""
    sqlite.write("a1")
    monkeypatch.setitem(__import__("sys").modules, "asyncpg", None)

    with pytest.raises(MissingDependencyError) as caught:
        await Migrations("postgresql://localhost/shop", sa.MetaData(), sqlite.directory).upgrade()

    assert str(caught.value) == (
        'asyncpg is needed for migrations of postgresql.\n  Install it with: pip install "covetpy[postgres]"'
    )


async def test_sqlite_waits_for_who_writes(sqlite: Workshop) -> None:
    """And says so when it takes too long."""
    sqlite.write("a1")
    engine = sa.create_engine(sqlite.url)
    connection = engine.raw_connection()
    connection.driver_connection.isolation_level = None  # type: ignore[union-attr]
    connection.cursor().execute("BEGIN IMMEDIATE")

    with pytest.raises(MigrationLockError) as caught:
        await sqlite.open(lock_timeout=0.1).upgrade()

    assert str(caught.value) == (
        "Another process migrates this database, and did not end within 0.1 seconds.\n"
        "  Wait for it, or give Migrations a longer lock_timeout."
    )
    connection.close()
    engine.dispose()
    assert len(await sqlite.open().upgrade()) == 1


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
async def test_who_is_cancelled_gives_the_run_up(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """In the middle of a long statement, at once, and what is left is told."""
    workshop = Workshop(request.getfixturevalue(f"{kind}_url"), tmp_path)
    empty(kind, workshop.url)
    sleep = {"postgresql": "pg_sleep(100)", "mysql": "SLEEP(100)"}[kind]
    workshop.write("a1", CREATE.format("one") + f"\nop.execute('SELECT {sleep}')")
    migrations = workshop.open()
    upgrade = asyncio.create_task(migrations.upgrade())
    while not await workshop.query(
        "SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(100)' AND state = 'active'"
        if kind == "postgresql"
        else "SELECT 1 FROM information_schema.processlist WHERE info = 'SELECT SLEEP(100)'"
    ):
        await asyncio.sleep(0.05)

    upgrade.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(upgrade, 50)

    assert await migrations.get_current() == ()
    if kind == "mysql":
        assert await workshop.list_tables() == {"one"}
        assert caplog.messages[-1] == (
            "The migration a1 'do a1' was interrupted, and what was carried out of it remains:\n"
            "    CREATE TABLE one ( id INTEGER NOT NULL AUTO_INCREMENT, PRIMARY KEY (id) )"
        )
    else:
        assert await workshop.list_tables() == set()
        assert caplog.messages[-1] == "The migration a1 'do a1' was interrupted, and is taken back."
    empty(kind, workshop.url)


async def test_who_is_cancelled_before_it_is_connected_runs_nothing(workshop: Workshop) -> None:
    """Nothing goes on behind the back of whoever gave up."""
    workshop.write("a1", CREATE.format("one"))
    migrations = workshop.open()
    upgrade = asyncio.create_task(migrations.upgrade())
    await asyncio.sleep(0)

    upgrade.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upgrade

    assert await workshop.list_tables() == set()


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
async def test_a_table_that_another_transaction_holds(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """It is waited for as long as for a process that migrates, and the error says so."""
    workshop = Workshop(request.getfixturevalue(f"{kind}_url"), tmp_path)
    empty(kind, workshop.url)
    workshop.write("a1", CREATE.format("one"))
    await workshop.open().upgrade()
    workshop.write("b2", "op.add_column('one', sa.Column('name', sa.Text))", follows="a1")
    engine = create_async_engine(DatabaseURL.parse(workshop.url).render_for_sqlalchemy(), poolclass=sa.NullPool)
    async with engine.connect() as reader:
        await reader.exec_driver_sql("SELECT * FROM one")

        with pytest.raises(MigrationFailedError) as caught:
            await workshop.open(lock_timeout=1).upgrade()
    await engine.dispose()

    first, last = str(caught.value).splitlines()
    assert first.endswith("(another transaction held what it needs for longer than lock_timeout, 1 seconds)")
    assert last == "  Nothing of it was kept: the database stands at a1."
    assert len(await workshop.open(lock_timeout=1).upgrade()) == 1
    empty(kind, workshop.url)


async def test_logging_of_the_application_stays(sqlite: Workshop) -> None:
    """A migration sets nothing up."""
    sqlite.write("a1")
    before = list(logging.getLogger().handlers)

    await sqlite.open().upgrade()

    assert logging.getLogger().handlers == before
