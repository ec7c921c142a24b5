"""
Tests of the types of columns.
"""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Table, select
from sqlalchemy.dialects import registry
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import CreateTable

from covet.database.errors import QueryError
from covet.database.orm import UTCDateTime, is_secret
from covet.database.orm.column_types import SECRET
from tests.unit.database.orm.tables import Base, Post, Sample, User


def make_dialect(name: str) -> Dialect:
    """Make what writes the SQL of a database."""
    return registry.load(name)()  # type: ignore[no-any-return]


def table_of(model: type[Base]) -> Table:
    """Return the table of a model."""
    table = model.__table__
    assert isinstance(table, Table)
    return table


async def test_naive_moment_is_refused(session: AsyncSession) -> None:
    """Nobody knows which moment it is; the error is ours, not wrapped in another one."""
    with pytest.raises(QueryError) as caught:
        await session.execute(select(Post).where(Post.created_at > datetime(2026, 1, 1)))  # noqa: DTZ001 - that is it

    assert str(caught.value) == (
        "datetime.datetime(2026, 1, 1, 0, 0) has no time zone, so it is no point in time.\n"
        "  Write datetime.now(UTC), for instance."
    )


async def test_moments_compare_in_whatever_zone(session: AsyncSession) -> None:
    """The order in the database is the order in time."""
    session.add(User(id=1, name="Ada"))
    session.add(Post(author_id=1, slug="a", created_at=datetime(2026, 1, 1, 12, tzinfo=UTC)))
    await session.flush()

    earlier = datetime.fromisoformat("2026-01-01T12:59:00+01:00")

    assert (await session.scalars(select(Post.slug).where(Post.created_at > earlier))).all() == ["a"]


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        (make_dialect("sqlite"), "moment DATETIME"),
        (make_dialect("postgresql"), "moment TIMESTAMP WITH TIME ZONE"),
        (make_dialect("mysql"), "moment DATETIME(6)"),
    ],
)
def test_moment_keeps_microseconds_and_zone_where_it_can(dialect: Dialect, expected: str) -> None:
    """MySQL's plain DATETIME has no fractions."""
    written = str(CreateTable(table_of(Sample)).compile(dialect=dialect))

    assert expected in written


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [
        (make_dialect("sqlite"), "id INTEGER"),
        (make_dialect("postgresql"), "id BIGSERIAL"),
        (make_dialect("mysql"), "id BIGINT"),
    ],
)
def test_numbers_have_64_bits(dialect: Dialect, expected: str) -> None:
    """Only SQLite counts by a column that is called INTEGER, which has 64 bits there anyway."""
    assert expected in str(CreateTable(table_of(User)).compile(dialect=dialect))


def test_enum_is_the_text_of_its_values() -> None:
    """It has room for members to come, and no type of its own in the database."""
    written = str(CreateTable(table_of(Sample)).compile(dialect=make_dialect("postgresql")))

    assert "role VARCHAR(64)" in written
    assert "CHECK" not in written


def test_secret_columns_are_marked_beside_what_is_said_already() -> None:
    """The mark keeps other notes on the column."""

    class Noted(Base):
        __tablename__ = "noted"

        id: Mapped[int] = mapped_column(primary_key=True, info={"note": 1})

    Base.metadata.remove(Base.metadata.tables["noted"])

    assert is_secret(table_of(User).c.password_hash)
    assert not is_secret(table_of(User).c.name)
    assert Noted.__table__.c.id.info == {"note": 1}
    assert SECRET in table_of(User).c.password_hash.info


def test_moment_says_its_python_type() -> None:
    """Cursors and results depend on it."""
    assert UTCDateTime().python_type is datetime
