"""
Values as SQLite keeps them, which knows texts, numbers and bytes only.

The standard library's own adapters are for all of a process, and are going away.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any, Final
from uuid import UUID

from covet.database.driver import Values
from covet.database.errors import DataError
from covet.serialization import SerializationError, encode_json

_NATIVE: Final = frozenset({int, str, float, bytes, bool, type(None)})


def adapt_values(values: Values) -> Values:
    """
    Make of values what SQLite can keep.

    Times are written in UTC and ISO 8601, so that texts are ordered as times are; decimals and UUIDs as text, lists
    and mappings as JSON.

    Args:
        values: The values.

    Raises:
        DataError: If a value cannot be kept. It is not shown.

    Example:
        >>> adapt_values((1, Decimal("0.10"), {"a": [1]}, datetime(2030, 1, 2, tzinfo=UTC)))
        (1, '0.10', '{"a":[1]}', '2030-01-02T00:00:00.000000+00:00')
    """
    # PERF: nearly all values are what SQLite has itself (benchmarks/database.py).
    for value in values:
        if type(value) not in _NATIVE:
            return tuple([value if type(value) in _NATIVE else _adapt(value) for value in values])
    return values


def _adapt(value: object) -> object:
    for kind, write in _WRITERS.items():
        if isinstance(value, kind):
            return write(value)
    raise DataError(
        f"SQLite cannot keep a value of type {type(value).__name__}.",
        hint="Write it as a text, a number, bytes, a time, or something that JSON knows.",
    )


def _write_datetime(value: datetime) -> str:
    if value.tzinfo is not None:
        value = value.astimezone(UTC)
    return value.isoformat(timespec="microseconds")


def _write_json(value: object) -> str:
    try:
        return encode_json(value).decode()
    except SerializationError:
        # Its text names the keys above what cannot be written.
        raise DataError("A list or a mapping has something in it that has no form in JSON.") from None


# Any: each function takes what its type says. In this order: a datetime is a date, too.
_WRITERS: Final[Mapping[type, Callable[[Any], object]]] = {
    Enum: lambda value: _adapt(value.value) if type(value.value) not in _NATIVE else value.value,
    bool: int,
    int: int,
    str: str.__str__,
    float: float,
    bytes: bytes,
    bytearray: bytes,
    memoryview: bytes,
    datetime: _write_datetime,
    date: date.isoformat,
    time: time.isoformat,
    Decimal: str,
    UUID: str,
    dict: _write_json,
    list: _write_json,
    tuple: _write_json,
}
