"""
Column types that mean the same on every database, and the mark of columns that are nobody's business.
"""

import enum
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Column, DateTime, Double, Enum, Integer, Numeric, String, Time, Uuid
from sqlalchemy.dialects.mysql import DATETIME, TIME
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import MappedColumn, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

from covet.database.errors import DataError

SECRET: Final = "covet.secret"  # noqa: S105 - the name of a mark
"""The key in the `info` of a column that is secret."""

_ENUM_LENGTH: Final = 64


class UTCDateTime(TypeDecorator[datetime]):
    """
    A point in time: aware datetimes go in, in whatever zone, and aware ones in UTC come out, on every database.

    A naive datetime is refused: it says no point in time. Microseconds are kept.
    """

    impl = DateTime
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """The type of its values."""
        return datetime

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the type of the database: only PostgreSQL has one that knows what a time zone is."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        if dialect.name in {"mysql", "mariadb"}:
            return dialect.type_descriptor(DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Make it UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise DataError(
                f"{value!r} has no time zone, so it is no point in time.", hint="Write datetime.now(UTC), for instance."
            )
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Make it aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _list_values(cls: type[enum.Enum]) -> list[str]:
    return [str(member.value) for member in cls]


# Any: the keys are whatever may stand in Mapped[...], as SQLAlchemy wants them.
TYPES: Final[dict[Any, Any]] = {
    # 64 bits: a table outgrows 32 sooner than anybody thinks. SQLite counts only what is called INTEGER.
    int: BigInteger().with_variant(Integer(), "sqlite"),
    # MySQL's FLOAT has 24 bits.
    float: Double(),
    # MySQL needs a length; longer text is mapped_column(Text).
    str: String(255),
    datetime: UTCDateTime(),
    UUID: Uuid(),
    # MySQL's own has no fractions of a second.
    time: Time().with_variant(TIME(fsp=6), "mysql", "mariadb"),
    # Refused by `Model` unless a column says its precision.
    Decimal: Numeric(),
    # Text that says the values, as JSON does: a new member is no migration.
    enum.Enum: Enum(
        enum.Enum, native_enum=False, length=_ENUM_LENGTH, values_callable=_list_values, validate_strings=True
    ),
    dict: JSON().with_variant(JSONB(), "postgresql"),
    list: JSON().with_variant(JSONB(), "postgresql"),
    dict[str, Any]: JSON().with_variant(JSONB(), "postgresql"),
    list[Any]: JSON().with_variant(JSONB(), "postgresql"),
    list[str]: JSON().with_variant(JSONB(), "postgresql"),
    list[int]: JSON().with_variant(JSONB(), "postgresql"),
    dict[str, str]: JSON().with_variant(JSONB(), "postgresql"),
}
"""What Python's types are in a database, unless a column says otherwise."""


# Any: the arguments of `mapped_column`, and a column of whatever type the annotation says.
def secret_column(*args: Any, **kwargs: Any) -> MappedColumn[Any]:
    """
    Map a column whose values never leave by accident.

    Write `password_hash: Mapped[str] = secret_column()`. No `DTO` has it unless it annotates it, and no client may
    filter or sort by it.

    Args:
        *args: As for SQLAlchemy's `mapped_column`.
        **kwargs: As for `mapped_column`.

    Example:
        >>> is_secret(secret_column().column)
        True
    """
    info = {**(kwargs.pop("info", None) or {}), SECRET: True}
    return mapped_column(*args, info=info, **kwargs)


# Any: a column of whatever type.
def is_secret(column: Column[Any]) -> bool:
    """Tell whether a column is marked as secret."""
    return bool(column.info.get(SECRET))


__all__ = ["SECRET", "TYPES", "UTCDateTime", "is_secret", "secret_column"]
