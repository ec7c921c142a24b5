"""
Values as asyncmy writes them into statements: of few types, each of which it escapes.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from math import isfinite
from typing import Any, Final
from uuid import UUID

from covet.database.driver import Values
from covet.database.errors import DataError
from covet.serialization import SerializationError, encode_json

# APPSEC: no mapping and no list may get there: they are written as several values, or as names.
_NATIVE: Final = frozenset({int, bytes, bool, type(None), date, time, timedelta})


def adapt_values(values: Values) -> tuple[object, ...]:
    """
    Make of values what asyncmy can write.

    Times are written in UTC, UUIDs as text, lists and mappings as JSON.

    Args:
        values: The values.

    Raises:
        DataError: If a value cannot be kept. It is not shown.

    Example:
        >>> adapt_values((1, {"a": [1]}, datetime(2030, 1, 2, tzinfo=UTC)))
        (1, '{"a":[1]}', datetime.datetime(2030, 1, 2, 0, 0))
    """
    return tuple([value if type(value) in _NATIVE else _adapt(value) for value in values])


def _adapt(value: object) -> object:
    for kind, write in _WRITERS.items():
        if isinstance(value, kind):
            return write(value)
    raise DataError(
        f"MySQL cannot keep a value of type {type(value).__name__}.",
        hint="Write it as a text, a number, bytes, a time, or something that JSON knows.",
    )


def _write_text(value: str) -> str:
    if not value.isascii():
        # APPSEC: the library would write a lone surrogate as the byte that it may stand for.
        try:
            value.encode()
        except UnicodeEncodeError:
            raise DataError("A text cannot be written as UTF-8.") from None
    return str.__str__(value)


def _write_number(value: float | Decimal) -> float | Decimal:
    # The library would write their names, which the database takes for those of columns.
    if not (value.is_finite() if isinstance(value, Decimal) else isfinite(value)):
        raise DataError("MySQL has no number that is infinite or none.")
    return Decimal(value) if isinstance(value, Decimal) else float(value)


def _write_datetime(value: datetime) -> datetime:
    return value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)


def _write_json(value: object) -> str:
    try:
        return encode_json(value).decode()
    except SerializationError:
        # Its text names the keys above what cannot be written.
        raise DataError("A list or a mapping has something in it that has no form in JSON.") from None


# Any: each function takes what its type says.
_WRITERS: Final[Mapping[type, Callable[[Any], object]]] = {
    Enum: lambda value: value.value if type(value.value) in _NATIVE else _adapt(value.value),
    int: int,
    str: _write_text,
    float: _write_number,
    Decimal: _write_number,
    bytes: bytes,
    bytearray: bytes,
    memoryview: bytes,
    datetime: _write_datetime,
    UUID: str,
    dict: _write_json,
    list: _write_json,
    tuple: _write_json,
}
