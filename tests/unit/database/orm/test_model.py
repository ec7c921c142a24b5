"""
Tests of the base of mapped classes.
"""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from covet.exceptions import ConfigurationError
from tests.unit.database.orm.tables import Base, Post, Role, Sample, User


async def test_every_type_comes_back_as_it_went_in(session: AsyncSession) -> None:
    """What Python's types are in a database is the same on all of them."""
    moment = datetime(2026, 2, 28, 23, 59, 59, 123456, timezone(timedelta(hours=5, minutes=30)))
    given = Sample(
        id=uuid4(),
        moment=moment,
        day=date(2026, 3, 1),
        price=Decimal("1234567890.12"),
        ratio=0.1,
        big=2**62,
        role=Role.EDITOR,
        tags=["a", "ü"],
        extra={"nested": {"list": [1, None]}},
        is_good=True,
    )
    session.add(given)
    await session.commit()
    ident = given.id
    session.expunge_all()

    found = await session.get_one(Sample, ident)

    assert isinstance(found.id, UUID)
    assert (found.moment, found.moment.tzinfo) == (moment, UTC)
    assert (found.day, found.price, found.ratio, found.big) == (date(2026, 3, 1), Decimal("1234567890.12"), 0.1, 2**62)
    assert (found.role, found.tags, found.extra) == (Role.EDITOR, ["a", "ü"], {"nested": {"list": [1, None]}})
    assert found.is_good is True


def test_constraints_have_names() -> None:
    """A migration can name what it drops; each name says its table and its columns."""

    class Named(Base):
        __tablename__ = "named"
        __table_args__ = (UniqueConstraint("first", "last"), CheckConstraint("first <> last", "differs"))

        id: Mapped[int] = mapped_column(primary_key=True)
        first: Mapped[str] = mapped_column(index=True)
        last: Mapped[str]
        user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))

    table = Named.__table__
    Base.metadata.remove(table)  # type: ignore[arg-type]

    assert {str(constraint.name) for constraint in table.constraints} == {  # type: ignore[attr-defined]
        "pk_named",
        "uq_named_first_last",
        "ck_named_differs",
        "fk_named_user_id_users",
    }
    assert {index.name for index in table.indexes} == {"ix_named_first"}  # type: ignore[attr-defined]


def test_decimal_without_precision_is_refused() -> None:
    """PostgreSQL would keep all digits, MySQL none behind the point."""
    with pytest.raises(ConfigurationError) as caught:

        class Priced(Base):
            __tablename__ = "priced"

            id: Mapped[int] = mapped_column(primary_key=True)
            price: Mapped[Decimal]

    Base.metadata.remove(Base.metadata.tables["priced"])
    assert str(caught.value) == (
        "Priced.price is a Decimal without precision, which each database understands otherwise.\n"
        "  Write mapped_column(Numeric(12, 2)): 12 digits, of which 2 stand behind the point."
    )


def test_representation_shows_the_key_alone() -> None:
    """The rest may be secret, or would have to be loaded."""
    assert repr(User(id=7, name="Ada", password_hash="secret")) == "<User id=7>"
    assert repr(Post()) == "<Post id=None>"
