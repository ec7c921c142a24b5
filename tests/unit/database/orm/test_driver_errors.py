"""
Tests of the drivers' errors in our words, as the databases really raise them.
"""

import sqlite3
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from covet.database.errors import (
    CheckViolationError,
    DatabaseError,
    DatabaseFullError,
    DatabaseUnavailableError,
    DataError,
    ForeignKeyViolationError,
    IntegrityError,
    NotNullViolationError,
    QueryError,
    RetryableTransactionError,
    UniqueViolationError,
)
from covet.database.orm.driver_errors import name_error
from tests.unit.database.orm.tables import Post, Sample, User

PLAIN = datetime(2026, 1, 1)  # noqa: DTZ001 - it is to be refused


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
    """The kind is the same on each database; the text is the database's, and the driver's error is behind it."""
    await add_user(session)

    with pytest.raises(DatabaseError) as caught:
        await session.execute(text(statement))

    assert type(caught.value) is kind
    assert isinstance(caught.value, QueryError)
    assert caught.value.query == statement
    assert caught.value.__cause__ is not None


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


async def test_constraint_is_named(session: AsyncSession, url: str) -> None:
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


async def test_values_are_in_no_error(session: AsyncSession) -> None:
    """Statements have placeholders, and the values are nobody's business; what a database quotes is its own."""
    await add_user(session)

    with pytest.raises(IntegrityError) as caught:
        await session.execute(insert(User).values(name="Ada", password_hash="canary-7"))

    assert "canary-7" not in f"{caught.value} {caught.value.query}"


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
        assert (error.status_code, error.__cause__ is None) == (422, condition.left is Sample.__table__.c.moment)
    else:
        assert session.get_bind().dialect.name in {"mysql", "mariadb"}
        assert condition.left.name == "age"


class _Coded(Exception):
    """Stand for a driver's error with a code that takes a broken disk to get."""

    def __init__(self, *args: Any, **codes: object) -> None:
        super().__init__(*args)
        vars(self).update(codes)


@pytest.mark.parametrize(
    ("dialect", "error", "kind"),
    [
        ("sqlite", _Coded("full", sqlite_errorcode=sqlite3.SQLITE_FULL), DatabaseFullError),
        ("sqlite", _Coded("no file", sqlite_errorcode=sqlite3.SQLITE_CANTOPEN), DatabaseUnavailableError),
        ("sqlite", _Coded("snapshot", sqlite_errorcode=sqlite3.SQLITE_BUSY_SNAPSHOT), RetryableTransactionError),
        ("sqlite", _Coded("trigger", sqlite_errorcode=sqlite3.SQLITE_CONSTRAINT_TRIGGER), IntegrityError),
        ("sqlite", _Coded("too big", sqlite_errorcode=sqlite3.SQLITE_TOOBIG), DataError),
        ("postgresql", _Coded("zero", sqlstate="22012"), DataError),
        ("postgresql", _Coded("index row", sqlstate="54000"), DataError),
        ("mysql", _Coded(1406, "too long"), DataError),
        ("sqlite", OverflowError("too large"), DataError),
        ("sqlite", _Coded("no code"), QueryError),
        ("postgresql", _Coded("full", sqlstate="53100"), DatabaseFullError),
        ("postgresql", _Coded("too many", sqlstate="53300"), DatabaseUnavailableError),
        ("postgresql", _Coded("stopping", sqlstate="57P01"), DatabaseUnavailableError),
        ("postgresql", _Coded("lost", sqlstate="08006"), DatabaseUnavailableError),
        ("postgresql", _Coded("deadlock", sqlstate="40P01"), RetryableTransactionError),
        ("postgresql", _Coded("exclusion", sqlstate="23P01"), IntegrityError),
        ("postgresql", _Coded("no code", sqlstate=None), QueryError),
        ("mysql", _Coded(1114, "full"), DatabaseFullError),
        ("mysql", _Coded(2013, "lost"), DatabaseUnavailableError),
        ("mariadb", _Coded(1213, "deadlock"), RetryableTransactionError),
        ("mariadb", _Coded(1205, "waited"), RetryableTransactionError),
        ("mysql", _Coded("no code"), QueryError),
    ],
)
def test_codes_decide(dialect: str, error: Exception, kind: type[DatabaseError]) -> None:
    """What is hard to provoke is known by its code."""
    assert type(name_error(error, dialect)) is kind


def test_lost_connection_is_unavailable_whatever_its_code() -> None:
    """SQLAlchemy knows when one is gone."""
    assert type(name_error(_Coded("gone"), "postgresql", is_disconnect=True)) is DatabaseUnavailableError
