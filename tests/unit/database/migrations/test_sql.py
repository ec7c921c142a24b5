"""
SQL that is written and not executed.
"""

from pathlib import Path

import pytest
import sqlalchemy as sa

from covet.database.migrations import MigrationError
from tests.unit.database.migrations.conftest import Workshop, make_models


async def test_what_is_pending_is_written(workshop: Workshop) -> None:
    """From where the database stands; nothing changes there."""
    workshop.write(
        "a1", "op.create_table('one', sa.Column('id', sa.Integer, primary_key=True))", "op.drop_table('one')"
    )
    workshop.write("b2", "op.create_table('two', sa.Column('id', sa.Integer, primary_key=True))", follows="a1")
    migrations = workshop.open()

    everything = await migrations.write_sql()
    await migrations.upgrade("a1")
    rest = await migrations.write_sql()

    assert "CREATE TABLE alembic_version" in everything
    assert everything.index("CREATE TABLE one") < everything.index("CREATE TABLE two")
    assert "CREATE TABLE one" not in rest
    assert "CREATE TABLE two" in rest
    assert "UPDATE alembic_version SET version_num='b2' WHERE alembic_version.version_num = 'a1';" in rest
    assert await workshop.list_tables() == {"one"}
    if workshop.kind != "mysql":
        assert rest.startswith("BEGIN")
        assert rest.endswith("COMMIT;\n")


async def test_what_is_written_can_be_executed(sqlite: Workshop) -> None:
    """Alterations of SQLite's tables, too, which are made by copies."""
    sqlite.write(
        "a1",
        "op.create_table('notes', sa.Column('id', sa.Integer, primary_key=True), sa.Column('title', sa.Text))",
    )
    sqlite.write(
        "b2",
        "with op.batch_alter_table('notes') as batch:\n"
        "    batch.alter_column('title', new_column_name='heading', existing_type=sa.Text, nullable=False)\n"
        "op.bulk_insert(sa.table('notes', sa.column('heading')), [{'heading': \"it's\"}])",
        follows="a1",
    )
    migrations = sqlite.open()
    await migrations.upgrade("a1")

    text = await migrations.write_sql()
    for statement in text.split(";\n"):
        if statement.strip() and not statement.strip().startswith(("BEGIN", "COMMIT")):
            await sqlite.query(statement)

    assert await sqlite.query("SELECT id, heading FROM notes") == [(1, "it's")]
    assert await migrations.get_current() == ("b2",)


async def test_a_span_needs_no_database(workshop: Workshop) -> None:
    """Up or down, by the order of the two."""
    workshop.write(
        "a1", "op.create_table('one', sa.Column('id', sa.Integer, primary_key=True))", "op.drop_table('one')"
    )
    workshop.write(
        "b2",
        "op.create_table('two', sa.Column('id', sa.Integer, primary_key=True))",
        "op.drop_table('two')",
        follows="a1",
    )
    migrations = workshop.open()

    up = await migrations.write_sql("b2", start="a1")
    down = await migrations.write_sql("a1", start="b2")
    all_down = await migrations.write_sql("base", start="b2")

    assert ("CREATE TABLE two" in up, "CREATE TABLE one" in up) == (True, False)
    assert ("DROP TABLE two" in down, "DROP TABLE one" in down) == (True, False)
    assert all_down.index("DROP TABLE two") < all_down.index("DROP TABLE one")


async def test_generated_migrations_are_written(workshop: Workshop) -> None:
    """With all that models have."""
    migrations = workshop.open(make_models())
    await migrations.create_revision("add notes")

    text = await migrations.write_sql()

    assert "CREATE TABLE users" in text
    assert "CREATE INDEX ix_notes_user_id" in text


async def test_a_migration_that_looks_into_the_database_cannot_be_written(
    postgresql_url: str, sqlite: Workshop
) -> None:
    """It says how to mend the migration."""
    workshop = Workshop(postgresql_url, sqlite.folder)
    workshop.write("a1", "op.get_bind().execute(sa.text('SELECT 1')).all()")

    with pytest.raises(MigrationError) as caught:
        await workshop.open().write_sql(start="base")

    assert str(caught.value) == (
        "The SQL cannot be written: 'NoneType' object has no attribute 'all'.\n"
        "  A migration asks the database for what is in it. Let it skip that where op.get_context().as_sql is true."
    )


async def test_sql_of_mariadb_is_its_own(mysql_url: str, tmp_path: Path) -> None:
    """Its UUIDs are not MySQL's: what is written makes what `upgrade` makes; without a database the URL says it."""
    metadata = sa.MetaData()
    sa.Table("notes", metadata, sa.Column("id", sa.Uuid, primary_key=True))
    workshop = Workshop(mysql_url, tmp_path)
    migrations = workshop.open(metadata)
    await migrations.create_revision("add notes")
    unasked = Workshop(mysql_url.replace("mysql://", "mariadb://"), tmp_path).open(metadata)

    asked = await migrations.write_sql()

    assert "id UUID NOT NULL" in asked
    assert "id UUID NOT NULL" in await unasked.write_sql(start="base")
    assert "id CHAR(32) NOT NULL" in await workshop.open(metadata).write_sql(start="base")


async def test_variants_of_mysql_are_written_for_mariadb(mysql_url: str, tmp_path: Path) -> None:
    """As they are where a migration runs."""
    workshop = Workshop(mysql_url, tmp_path)
    workshop.write(
        "a1",
        "from sqlalchemy.dialects.mysql import DATETIME\n"
        "assert op.get_context().dialect.name == 'mysql'\n"
        "kind = sa.DateTime().with_variant(DATETIME(fsp=6), 'mysql')\n"
        "op.create_table('notes', sa.Column('at', kind))",
    )

    assert "at DATETIME(6)" in await workshop.open().write_sql()
