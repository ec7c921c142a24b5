"""
Rows of a large table are changed some at a time.
"""

import tracemalloc
from typing import Any

import pytest
import sqlalchemy as sa

from covet.database.migrations import BatchProgress, MigrationError, MigrationFailedError, update_in_batches
from tests.unit.database.migrations.conftest import Workshop

NOTES = sa.table("notes", sa.column("id"), sa.column("title"), sa.column("slug"))

CREATE = """
    notes = op.create_table(
        "notes",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("title", sa.String(50)),
        sa.Column("slug", sa.String(50)),
    )
    op.bulk_insert(notes, [{"id": n * 3 - 40, "title": f"Note {n}", "slug": None} for n in range(25)])
"""
HEAD = """
    from covet.database.migrations import update_in_batches

    notes = sa.table("notes", sa.column("id"), sa.column("title"), sa.column("slug"))
"""


@pytest.fixture
def connection() -> Any:
    """A database in memory with 25 notes."""
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT, slug TEXT)")
        connection.execute(sa.insert(NOTES), [{"id": n, "title": f"Note {n}"} for n in range(25)])
        yield connection
    engine.dispose()


@pytest.mark.parametrize(
    "change",
    ['{"slug": sa.func.lower(notes.c.title)}', 'lambda row: {"slug": row.title.lower()}'],
    ids=["expression", "function"],
)
async def test_all_rows_are_changed_once(workshop: Workshop, change: str, caplog: pytest.LogCaptureFixture) -> None:
    """By an expression or by a function, with keys that have gaps and signs; how far it is is logged."""
    caplog.set_level("INFO", "covet.database.migrations")
    workshop.write("a1", CREATE)
    workshop.write("b2", f"{HEAD}\n    update_in_batches(op.get_bind(), notes, {change}, batch_size=10)", follows="a1")

    await workshop.open().upgrade()

    rows = await workshop.query("SELECT title, slug FROM notes ORDER BY id")
    assert rows == [(f"Note {n}", f"note {n}") for n in range(25)]
    assert [message for message in caplog.messages if message.startswith("notes")] == [
        "notes: 10 of 25 rows",
        "notes: 20 of 25 rows",
        "notes: 25 of 25 rows",
    ]


@pytest.mark.parametrize("change", ['{"slug": notes.c.title}', 'lambda row: {"slug": row.title}'])
@pytest.mark.parametrize("typed", ["", ", sa.Uuid"])
async def test_keys_may_be_uuids(workshop: Workshop, change: str, typed: str) -> None:
    """Whether or not the column is given with its type; PostgreSQL orders them, and has no greatest one."""
    workshop.write(
        "a1",
        """
    import uuid
    notes = op.create_table("notes", sa.Column("id", sa.Uuid, primary_key=True), sa.Column("title", sa.String(50)),
        sa.Column("slug", sa.String(50)))
    op.bulk_insert(notes, [{"id": uuid.UUID(int=7**40 * n % 2**128, version=4), "title": f"{n}"} for n in range(25)])
    """,
    )
    notes = f'notes = sa.table("notes", sa.column("id"{typed}), sa.column("title"), sa.column("slug"))'
    workshop.write(
        "b2",
        f"from covet.database.migrations import update_in_batches\n{notes}\n"
        f"assert update_in_batches(op.get_bind(), notes, {change}, batch_size=4) == 25",
        follows="a1",
    )

    await workshop.open().upgrade()

    assert await workshop.query("SELECT count(*) FROM notes WHERE slug = title") == [(25,)]


async def test_in_sql_that_is_written_it_is_one_statement(postgresql_url: str, sqlite: Workshop) -> None:
    """A function is refused there."""
    workshop = Workshop(postgresql_url, sqlite.folder)
    workshop.write(
        "a1", f"{HEAD}\n    update_in_batches(op.get_bind(), notes, {{'slug': sa.func.lower(notes.c.title)}})"
    )

    text = await workshop.open().write_sql(start="base")

    assert "UPDATE notes SET slug=lower(notes.title)" in text
    workshop.write("a1", f"{HEAD}\n    update_in_batches(op.get_bind(), notes, lambda row: None)")
    with pytest.raises(MigrationError) as caught:
        await workshop.open().write_sql(start="base")
    assert str(caught.value) == (
        "The rows of 'notes' are changed by a function, which SQL cannot say.\n"
        "  Give expressions of SQL, or leave it out where op.get_context().as_sql is true."
    )


def test_rows_are_chosen(connection: sa.Connection) -> None:
    """By a condition, and by a function that returns nothing."""
    seen: list[BatchProgress] = []

    number = update_in_batches(
        connection,
        NOTES,
        lambda row: {"slug": "even"} if row.id % 2 == 0 else None,
        where=NOTES.c.id < 10,
        batch_size=4,
        on_progress=seen.append,
    )

    assert number == 10
    assert [(item.done, item.total) for item in seen] == [(4, 10), (8, 10), (10, 10)]
    rows = connection.execute(sa.select(NOTES.c.id).where(NOTES.c.slug == "even")).scalars().all()
    assert rows == [0, 2, 4, 6, 8]


def test_a_condition_may_end_with_the_change(connection: sa.Connection) -> None:
    """Rows that are done no longer meet it, and none is left out."""
    number = update_in_batches(connection, NOTES, {"slug": "x"}, where=NOTES.c.slug.is_(None), batch_size=7)

    assert number == 25
    assert connection.execute(sa.select(sa.func.count()).where(NOTES.c.slug == "x")).scalar_one() == 25


def test_memory_does_not_grow(connection: sa.Connection) -> None:
    """Forty thousand rows of a kilobyte, by a function: a few batches' worth."""
    connection.exec_driver_sql(
        "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)"
        " INSERT INTO notes SELECT i, printf('%01000d', i), NULL FROM n"
    )
    tracemalloc.start()
    try:
        update_in_batches(connection, NOTES, lambda row: {"slug": row.title[-5:]}, on_progress=lambda _: None)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 8 * 2**20


def test_a_column_that_is_not_given_is_named(connection: sa.Connection) -> None:
    """The key, or one that changes."""
    for change, key, name, known in (
        ({"slugg": "x"}, "id", "slugg", "Did you mean 'slug'? Available: id, slug, title. "),
        ({"slug": "x"}, "ident", "ident", "Available: id, slug, title. "),
        (lambda row: {"slugg": "x"}, "id", "slugg", "Did you mean 'slug'? Available: id, slug, title. "),
    ):
        with pytest.raises(MigrationError) as caught:
            update_in_batches(connection, NOTES, change, key=key)
        assert str(caught.value) == (
            f"The table 'notes' is given without the column {name!r}.\n  {known}Add sa.column({name!r}) to it."
        )


KEYS = """
    op.create_table(
        "notes",
        sa.Column("id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("part", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("code", sa.Integer, nullable=False, unique=True),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("maybe", sa.Integer, unique=True),
        sa.Column("slug", sa.String(50)),
        sa.PrimaryKeyConstraint("id", "part"),
    )
    op.create_index("ix_number", "notes", ["number"], unique=True)
    op.create_index("ix_part", "notes", ["part"], unique=True, sqlite_where=sa.text("part > 5"),
        postgresql_where=sa.text("part > 5")) if op.get_bind().dialect.name != "mysql" else None
    op.execute("INSERT INTO notes VALUES (1, 1, 1, 1, NULL, 'a'), (1, 2, 2, 2, 2, 'b'), (1, 3, 3, 3, 3, 'c')")
"""


@pytest.mark.parametrize("change", ['{"slug": "x"}', 'lambda row: {"slug": "x"}'])
@pytest.mark.parametrize("key", ["code", "number", "id", "part", "maybe", "slug"])
async def test_a_key_is_unique_and_never_null(workshop: Workshop, key: str, change: str) -> None:
    """Of a key that is not, rows would be left out, and one column of several is none."""
    workshop.write("a1", KEYS)
    columns = ", ".join(f'sa.column("{name}")' for name in ("id", "part", "code", "number", "maybe", "slug"))
    head = f'from covet.database.migrations import update_in_batches\nnotes = sa.table("notes", {columns})'
    workshop.write(
        "b2", f"{head}\nupdate_in_batches(op.get_bind(), notes, {change}, key={key!r}, batch_size=1)", follows="a1"
    )

    if key in {"code", "number"}:
        await workshop.open().upgrade()
        assert await workshop.query("SELECT count(*) FROM notes WHERE slug = 'x'") == [(3,)]
        return
    with pytest.raises(MigrationError) as caught:
        await workshop.open().upgrade()
    assert str(caught.value) == (
        f"The column 'notes.{key}' is no key: it is neither the primary key nor unique and NOT NULL"
        " (the primary key has several columns: id, part).\n  Name one that is with key=: 'code', 'number'."
    )


def test_a_table_without_a_key_is_changed_in_one_statement(connection: sa.Connection) -> None:
    """The error says how."""
    connection.exec_driver_sql("CREATE TABLE words (word TEXT NOT NULL)")

    with pytest.raises(MigrationError) as caught:
        update_in_batches(connection, sa.table("words", sa.column("word")), {"word": "x"}, key="word")

    assert str(caught.value) == (
        "The column 'words.word' is no key: it is neither the primary key nor unique and NOT NULL.\n"
        "  The table has none: change its rows in one statement, op.execute(sa.update(…))."
    )


def test_a_batch_has_rows(connection: sa.Connection) -> None:
    """Otherwise it would never end."""
    with pytest.raises(ValueError, match="batch_size must be at least 1, got 0"):
        update_in_batches(connection, NOTES, {"slug": "x"}, batch_size=0)


async def test_a_batch_that_fails_takes_back_those_before(sqlite: Workshop) -> None:
    """They are in one transaction."""
    sqlite.write("a1", CREATE)
    sqlite.write(
        "b2",
        f"{HEAD}\n    update_in_batches(op.get_bind(), notes, lambda row: {{'slug': 1 // (row.id - 5)}}, batch_size=5)",
        follows="a1",
    )
    await sqlite.open().upgrade("a1")

    with pytest.raises(MigrationFailedError):
        await sqlite.open().upgrade()

    assert await sqlite.query("SELECT count(*) FROM notes WHERE slug IS NOT NULL") == [(0,)]


async def test_batches_may_be_committed_one_by_one(workshop: Workshop) -> None:
    """Those before one that fails remain, and the next run goes on behind them."""
    workshop.write("a1", CREATE)
    change = "lambda row: {'slug': 'x'} if row.id < 5 or READY else {}['rate']"
    path = workshop.write(
        "b2",
        f"{HEAD}\n    READY = False\n    with op.get_context().autocommit_block():\n"
        f"        update_in_batches(op.get_bind(), notes, {change}, where=notes.c.slug.is_(None), batch_size=5)",
        follows="a1",
    )
    migrations = workshop.open()
    await migrations.upgrade("a1")

    with pytest.raises(MigrationFailedError) as caught:
        await migrations.upgrade()
    left = await workshop.query("SELECT count(*) FROM notes WHERE slug IS NULL")
    path.write_text(path.read_text().replace("READY = False", "READY = True"))
    await migrations.upgrade()

    assert left == [(10,)]
    assert len(caught.value.kept) == 3
    assert all(statement.startswith("UPDATE notes SET slug=") for statement in caught.value.kept)
    assert await workshop.query("SELECT count(*) FROM notes WHERE slug = 'x'") == [(25,)]
    assert await migrations.get_current() == ("b2",)
