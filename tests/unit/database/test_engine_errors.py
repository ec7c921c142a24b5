"""
Tests of the errors of SQLAlchemy's engines in our words, as the databases really raise them.
"""

import asyncio
import traceback
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import bindparam, insert, select, text
from sqlalchemy.exc import PendingRollbackError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from covet.database import SQLAdapter, get_adapter_registry
from covet.database.drivers import make_driver
from covet.database.engine_errors import LateStatementError, name_error
from covet.database.errors import (
    CheckViolationError,
    DatabaseError,
    DatabaseFullError,
    DatabaseUnavailableError,
    DataError,
    ForeignKeyViolationError,
    NotNullViolationError,
    QueryError,
    RetryableTransactionError,
    UniqueViolationError,
)
from covet.database.orm import create_engine, create_session_factory
from covet.database.url import DatabaseURL
from tests.unit.database.orm.tables import Post, Sample, User, open_engine

PLAIN = datetime(2026, 1, 1)  # noqa: DTZ001 - it is to be refused


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    """Connect to a database of each kind, with empty tables."""
    async with open_engine(database_url) as engine:
        yield engine


@pytest.fixture
def sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Make what opens sessions."""
    return create_session_factory(engine)


@pytest.fixture
async def session(sessions: async_sessionmaker[AsyncSession]) -> AsyncIterator[AsyncSession]:
    """Open a session."""
    async with sessions() as session:
        yield session


def write_down(error: BaseException) -> str:
    """Write what a log would show of an error."""
    return "".join(traceback.format_exception(error))


async def add_user(session: AsyncSession) -> None:
    """Add a user for others to collide with."""
    session.add(User(id=1, name="Ada"))
    await session.commit()


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("INSERT INTO users (id, name, age, password_hash) VALUES (2, 'Ada', 1, '')", UniqueViolationError),
        ("INSERT INTO users (id, name, age, password_hash) VALUES (1, 'Eva', 1, '')", UniqueViolationError),
        ("UPDATE users SET age = NULL", NotNullViolationError),
        (
            (
                "INSERT INTO posts (author_id, slug, title, created_at, updated_at, version) "
                "VALUES (7, 'a', '', '2026-01-01', '2026-01-01', 1)"
            ),
            ForeignKeyViolationError,
        ),
        ("SELECT nothing FROM users", QueryError),
        ("SELEC", QueryError),
    ],
)
async def test_refused_statements_say_why(session: AsyncSession, statement: str, kind: type[DatabaseError]) -> None:
    """The kind is the same on each database; nothing of the driver's is behind it, whose text may quote values."""
    await add_user(session)

    with pytest.raises(DatabaseError) as caught:
        await session.execute(text(statement))

    assert type(caught.value) is kind
    assert isinstance(caught.value, QueryError)
    assert caught.value.query == statement
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


async def test_check_constraint_is_told_apart(engine: AsyncEngine) -> None:
    """It is the one that the application's own rules are made of."""
    async with engine.connect() as connection:
        await connection.execute(text("CREATE TABLE checked (n INT, CONSTRAINT ck_checked_positive CHECK (n > 0))"))
        try:
            with pytest.raises(CheckViolationError) as caught:
                await connection.execute(text("INSERT INTO checked VALUES (0)"))
        finally:
            await connection.rollback()
            await connection.execute(text("DROP TABLE IF EXISTS checked"))
            await connection.commit()

    assert "ck_checked_positive" in str(caught.value)


async def test_constraint_is_named(session: AsyncSession) -> None:
    """As the database names it: SQLite knows the columns of a unique one alone."""
    await add_user(session)

    with pytest.raises(UniqueViolationError) as caught:
        await session.execute(insert(User).values(id=2, name="Ada"))

    assert caught.value.constraint in {"uq_users_name", "users.name", "users.uq_users_name"}


async def test_what_a_flush_breaks_is_named_too(session: AsyncSession) -> None:
    """Errors come out of the session as they come out of statements."""
    session.add(Post(author_id=7, slug="a"))

    with pytest.raises(ForeignKeyViolationError):
        await session.flush()


@pytest.mark.parametrize(
    "statement",
    [
        insert(User).values(id=2, name="canary-7"),
        insert(User).values(id=2, name="canary-8" * 20),
        insert(User).values(id=2, name="a", age=2**80),
        insert(User).values(id=2, name="\ud800canary-9"),
        select(Sample.id).where(Sample.role == "canary-10"),
        text("SELECT CAST(:a AS canaries)").bindparams(a="canary-11"),
        text("SELECT :a + nowhere").bindparams(bindparam("a", "canary-12")),
        text("INSERT INTO users (id, name, age, password_hash) VALUES (:id, 'canary-7', 0, '')").bindparams(id=1),
        text("INSERT INTO users (id, name, age, password_hash) VALUES (:id, 'a', 0, '')").bindparams(id="canary-13"),
    ],
)
async def test_values_are_in_no_error(session: AsyncSession, statement: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Nor in what a traceback shows of it, nor in a log: not in the driver's text, which quotes them, either."""
    caplog.set_level("DEBUG", "sqlalchemy")
    caplog.set_level("DEBUG", "asyncmy")
    session.add(User(id=1, name="canary-7"))
    await session.commit()

    try:
        await session.execute(statement)
    except DatabaseError as error:
        shown = write_down(error).replace("'canary-7', 0", "").replace("canaries", "")
        assert "canary-" not in shown.partition("Error: ")[2]
        assert error.__cause__ is None

    assert "canary-" not in caplog.text.replace("'canary-7', 0", "")


async def test_warnings_are_left_with_the_server(mysql_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """Their texts quote values, and the library would log them."""
    caplog.set_level("DEBUG")
    async with open_engine(mysql_url) as engine, engine.connect() as connection:
        for query in ("SELECT CAST(:a AS DATE)", "SELECT CAST(:a AS SIGNED)"):
            await connection.execute(text(query), {"a": "canary-1"})
            async with connection.stream(text(query), {"a": "canary-1"}) as rows:
                await rows.all()

    assert "canary" not in caplog.text


async def test_lost_against_another_transaction(
    sessions: async_sessionmaker[AsyncSession], session: AsyncSession
) -> None:
    """Running it again helps, and the error says so."""
    await add_user(session)
    dialect = session.get_bind().dialect.name

    async with sessions() as first, sessions() as second:
        if dialect == "postgresql":
            await second.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        elif dialect != "sqlite":
            await second.execute(text("SET SESSION innodb_lock_wait_timeout = 1"))
        await second.execute(text("SELECT age FROM users"))
        await first.execute(text("UPDATE users SET age = 2"))
        if dialect in {"sqlite", "postgresql"}:
            # The other one's snapshot is out of date; MariaDB's would not mind, but it waits for a lock.
            await first.commit()
        with pytest.raises(RetryableTransactionError):
            await second.execute(text("UPDATE users SET age = 3"))


@pytest.mark.parametrize(
    "condition", [User.age == 2**70, User.name == "\ud800", Sample.role == "nobody", Sample.moment == PLAIN]
)
async def test_values_that_no_column_has_are_told_apart(session: AsyncSession, condition: Any) -> None:
    """Whoever finds them out: Python, the driver or the database; MariaDB compares large numbers."""
    try:
        await session.execute(select(User.id if condition.left.table is User.__table__ else Sample.id).where(condition))
    except DataError as error:
        assert (error.status_code, error.__cause__) == (422, None)
    else:
        assert session.get_bind().dialect.name in {"mysql", "mariadb"}
        assert condition.left.name == "age"


async def test_both_ways_to_a_database_say_the_same(engine: AsyncEngine, database_url: str) -> None:
    """Of an adapter, and of a session: there is one table of codes."""
    adapter = get_adapter_registry().get_or_fail(DatabaseURL.parse(database_url).scheme)()
    assert isinstance(adapter, SQLAdapter)
    await adapter.connect(database_url)
    await adapter.execute("INSERT INTO users (id, name, age, password_hash) VALUES (1, 'a', 1, '')")
    await adapter.execute(
        "INSERT INTO posts (author_id, slug, title, created_at, updated_at, version)"
        " VALUES (1, 'a', '', '2026-01-01', '2026-01-01', 1)"
    )
    said: list[list[tuple[type[Exception], str, object]]] = []

    for statement in (
        "INSERT INTO users (id, name, age, password_hash) VALUES (2, NULL, 1, '')",
        "INSERT INTO users (id, name, age, password_hash) VALUES (2, 'a', 1, '')",
        "UPDATE posts SET author_id = 7",
        "SELECT nothing FROM users",
        "SELEC",
    ):
        with pytest.raises(DatabaseError) as by_adapter:
            await adapter.execute(statement)
        async with engine.connect() as connection:
            with pytest.raises(DatabaseError) as by_engine:
                await connection.execute(text(statement))
        said.append([(type(e), str(e), getattr(e, "constraint", "")) for e in (by_adapter.value, by_engine.value)])

    await adapter.disconnect()
    assert [one for one, _ in said] == [other for _, other in said]


def test_what_is_of_no_driver_is_told_by_its_kind_alone() -> None:
    """Python quotes values as well."""
    driver = make_driver("sqlite")

    assert str(name_error(driver, LookupError("canary"))) == "A value does not fit what the statement wants."
    assert name_error(driver, RuntimeError("canary")) is None
    assert type(name_error(driver, OverflowError("canary"), "SELECT ?")) is DataError


async def test_what_cannot_be_sent_says_of_which_kind_it_is(engine: AsyncEngine) -> None:
    """What Python says of types quotes no value, and is needed; what else it says is left out."""
    async with engine.connect() as connection:
        with pytest.raises(QueryError) as caught:
            await connection.execute(insert(Sample).values(extra={"canary": object()}, moment=PLAIN))

    assert "canary" not in str(caught.value)


async def test_a_connection_that_is_gone_is_unavailable(postgresql_url: str) -> None:
    """SQLAlchemy knows when one is, whatever its code says."""
    async with open_engine(postgresql_url) as engine, engine.connect() as doomed, engine.connect() as other:
        closed = (await doomed.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        await other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": closed})
        with pytest.raises(DatabaseUnavailableError):
            await doomed.execute(text("SELECT 1"))


async def test_a_transaction_that_a_full_disk_has_undone_is_over(tmp_path: Path) -> None:
    """What came after it would take effect without its beginning."""
    engine = create_engine(f"sqlite:///{tmp_path}/tea.db")
    insert_tea = text("INSERT INTO tea VALUES (:name)")
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE tea (name TEXT)"))

    async with engine.connect() as connection:
        await connection.execute(text("PRAGMA max_page_count = 8"))
        await connection.execute(insert_tea, {"name": "first"})
        with pytest.raises(DatabaseFullError):
            await connection.execute(insert_tea, {"name": "x" * 100_000})
        with pytest.raises(PendingRollbackError):
            await connection.execute(insert_tea, {"name": "half"})
        await connection.rollback()
        count = (await connection.execute(text("SELECT count(*) FROM tea"))).scalar_one()
    await engine.dispose()

    assert count == 0


async def test_a_transaction_that_a_deadlock_has_undone_is_over(mysql_url: str) -> None:
    """MySQL would begin another one with the next statement."""
    ages = "UPDATE users SET age = age + 1 WHERE id = :id"
    async with open_engine(mysql_url) as engine:
        async with engine.begin() as connection:
            await connection.execute(insert(User), [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}])
        async with engine.connect() as one, engine.connect() as two:
            await one.execute(text(ages), {"id": 1})
            await two.execute(text(ages), {"id": 2})
            done = await asyncio.gather(
                one.execute(text(ages), {"id": 2}), two.execute(text(ages), {"id": 1}), return_exceptions=True
            )
            [(loser, error)] = [each for each in zip((one, two), done, strict=True) if isinstance(each[1], Exception)]
            with pytest.raises(PendingRollbackError):
                await loser.execute(text(ages), {"id": 1})
            await loser.rollback()
            await loser.execute(text("SELECT 1"))
            await one.rollback()
            await two.rollback()
        async with engine.connect() as connection:
            found = (await connection.execute(text("SELECT age FROM users"))).scalars().all()

    assert isinstance(error, RetryableTransactionError)
    assert found == [0, 0]


def test_a_late_statement_says_what_to_do() -> None:
    """As that of an adapter does."""
    assert str(LateStatementError(0.5)) == (
        "The database did not answer within 0.5 s.\n"
        "  Give it more time: query_timeout, or find out why it takes so long."
    )
