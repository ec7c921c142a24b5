"""
Tests of types that contradict their columns: they are found where the class is defined.
"""

import enum
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, NewType
from uuid import UUID

import pytest
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    String,
    Text,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from covet.database.orm import DTO, Model, OffsetQuery, UTCDateTime
from covet.database.orm.column_agreement import require_agreement
from covet.exceptions import ConfigurationError
from covet.types import UnsetType
from covet.validation import Constraints
from tests.unit.database.orm.tables import User

Id = NewType("Id", int)


class Colour(enum.StrEnum):
    """Be texts."""

    GREEN = "green"


class Shade(enum.Enum):
    """Be none."""

    DARK = "dark"


class Shouted(TypeDecorator[str]):
    """Be somebody's own type."""

    impl = String(5)
    cache_ok = True


def bounded(kind: Any, **bounds: Any) -> Any:
    """A type with constraints."""
    return Annotated[kind, Constraints(**bounds)]


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        (str, String(50)),
        (str | None, Text()),
        (str | UnsetType, String(50)),
        (Id, Integer()),
        (Decimal | int, Numeric(9, 2)),
        (float, Numeric(9, 2)),
        (UUID, Uuid()),
        (bool, Boolean()),
        (bytes, LargeBinary()),
        (datetime, UTCDateTime()),
        (Colour, String(50)),
        (Literal["a", "b"], String(1)),
        (Any, Integer()),
        (dict[str, int], JSON()),
        (list[int], JSON()),
        (int, Shouted()),
        (complex, Integer()),
        (bounded(str, min_length=50, max_length=50), String(50)),
        (bounded(str, max_length=10_000), Text()),
        (bounded(int, ge=-(2**15), le=2**15 - 1), SmallInteger()),
        (bounded(int, gt=-(2**15) - 1, lt=2**15), SmallInteger()),
        (bounded(int, ge=1), SmallInteger()),
        (bounded(Decimal, gt=-100, lt=100), Numeric(4, 2)),
        (bounded(datetime, tz=True), UTCDateTime()),
        (bounded(datetime, ge=datetime(2026, 1, 1)), UTCDateTime()),  # noqa: DTZ001 - comparable with no bound
    ],
)
def test_what_a_column_takes_is_let_through(annotation: Any, kind: Any) -> None:
    """Also what is not known, and what is stricter than the column."""
    require_agreement("In.it", annotation, Column("it", kind))


@pytest.mark.parametrize(
    ("annotation", "kind", "message"),
    [
        (int, String(50), "In.it is annotated as int, and its column holds str."),
        (str, BigInteger(), "In.it is annotated as str, and its column holds int."),
        (bool, Integer(), "In.it is annotated as bool, and its column holds int."),
        (int | str, String(5), "In.it is annotated as int, and its column holds str."),
        (str, Uuid(), "In.it is annotated as str, and its column holds UUID."),
        (datetime, Date(), "In.it is annotated as datetime, and its column holds date."),
        (date, UTCDateTime(), "In.it is annotated as date, and its column holds datetime."),
        (list[str], Text(), "In.it is annotated as list[str], and its column holds str."),
        (Shade, String(5), "In.it is annotated as Shade, and its column holds str."),
        (Literal[1], String(5), "In.it is annotated as Literal[1], and its column holds str."),
        (Path, String(5), "In.it is annotated as Path, and its column holds str."),
        (
            bounded(str, max_length=51),
            String(50),
            "In.it has max_length=51, which is beyond its column: max_length=50.",
        ),
        (
            bounded(str, min_length=51),
            String(50),
            "In.it has min_length=51, which is beyond its column: max_length=50.",
        ),
        (bounded(int, le=2**15), SmallInteger(), "In.it has le=32768, which is beyond its column: le=32767."),
        (bounded(int, lt=2**15 + 1), SmallInteger(), "In.it has lt=32769, which is beyond its column: le=32767."),
        (bounded(int, gt=-40_000), SmallInteger(), "In.it has gt=-40000, which is beyond its column: ge=-32768."),
        (bounded(Decimal, le=100), Numeric(4, 2), "In.it has le=100, which is beyond its column: lt=100."),
        (bounded(datetime, tz=False), UTCDateTime(), "In.it has tz=False, which is beyond its column: tz=True."),
        (bounded(datetime, tz=True), DateTime(), "In.it has tz=True, which is beyond its column: tz=False."),
    ],
)
def test_what_it_does_not_take_is_refused(annotation: Any, kind: Any, message: str) -> None:
    """With both sides, and how to bring them together."""
    with pytest.raises(ConfigurationError) as caught:
        require_agreement("In.it", annotation, Column("it", kind))

    expected, _, hint = str(caught.value).partition("\n  ")
    assert expected == message
    if "annotated" in message:
        assert hint == f"Annotate it as {message.rpartition(' holds ')[2][:-1]}, or change the column."
    else:
        assert hint == "Let the type be as strict as the column, or make the column larger."


def test_classes_are_checked_where_they_are_defined() -> None:
    """What a DTO annotates, what it takes from a model that contradicts itself, and what a query compares."""

    class Base(Model):
        """Keep this table apart."""

        __abstract__ = True
        metadata = MetaData()

    class Odd(Base):
        """Contradict itself."""

        __tablename__ = "odd"

        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[int] = mapped_column(String(5))

    with pytest.raises(ConfigurationError, match=r"UserIn\.name is annotated as int, and its column holds str"):

        class UserIn(DTO[User]):
            name: int

    with pytest.raises(ConfigurationError, match=r"OddOut\.name is annotated as int, and its column holds str"):

        class OddOut(DTO[Odd]):
            pass

    with pytest.raises(ConfigurationError, match=r"UserQuery\.age__ge is annotated as str, and its column holds int"):

        class UserQuery(OffsetQuery[User]):
            age__ge: str | None = None
