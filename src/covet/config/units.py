"""
Amounts that people write with a unit: durations and sizes.
"""

import re
from decimal import Decimal
from math import isfinite
from typing import Annotated, Final

_AMOUNT = r"([0-9]+(?:\.[0-9]+)?|\.[0-9]+)"
_DURATION_PART = re.compile(rf"{_AMOUNT}\s*(us|µs|ms|sec|s|min|m|h|d|w)", re.ASCII | re.IGNORECASE)
_SIZE = re.compile(rf"{_AMOUNT}\s*([kmgt]i?b|b|[kmgt])?", re.ASCII | re.IGNORECASE)
_NUMBER = re.compile(rf"[+-]?{_AMOUNT}(?:e[+-]?[0-9]+)?", re.ASCII | re.IGNORECASE)
_MAX_LENGTH: Final = 100

_SECONDS = {
    "us": Decimal("0.000001"),
    "µs": Decimal("0.000001"),
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "sec": Decimal(1),
    "m": Decimal(60),
    "min": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86_400),
    "w": Decimal(604_800),
}
_POWERS = {"k": 1, "m": 2, "g": 3, "t": 4}

DURATION_MESSAGE: Final = "must be a duration such as 30s, 5m or 1h30m, or a number of seconds"
SIZE_MESSAGE: Final = "must be a size such as 512KiB or 10MB, or a number of bytes"


class DurationUnit:
    """Marks a number of seconds that may be written with units: what `Duration` carries."""


class SizeUnit:
    """Marks a number of bytes that may be written with units: what `ByteSize` carries."""


Duration = Annotated[float, DurationUnit()]
"""Seconds as a float; `"30s"`, `"1h30m"` and `"250ms"` are read as well."""

ByteSize = Annotated[int, SizeUnit()]
"""Bytes as an integer; `"10MiB"` (1024 each) and `"10MB"` (1000 each) are read as well."""


def read_duration(text: str) -> float | None:
    """
    Read a duration in seconds: a number, or amounts with units from large to small; `None` if it is none.

    Example:
        >>> read_duration("90"), read_duration("1h30m"), read_duration("250 ms"), read_duration("soon")
        (90.0, 5400.0, 0.25, None)
    """
    text = text.strip()
    if len(text) > _MAX_LENGTH:
        return None
    if _NUMBER.fullmatch(text):
        number = float(text)
        return number if isfinite(number) else None
    seconds, position, last = Decimal(0), 0, None
    while position < len(text):
        part = _DURATION_PART.match(text, position)
        if part is None:
            return None
        unit = _SECONDS[part.group(2).lower()]
        # "5m30m" and "30s1h" are slips more often than sums.
        if last is not None and unit >= last:
            return None
        seconds += Decimal(part.group(1)) * unit
        last, position = unit, part.end()
        while position < len(text) and text[position] == " ":
            position += 1
    return None if last is None else float(seconds)


def read_size(text: str) -> int | None:
    """
    Read a size in bytes: a number, or one with a unit; `None` if it is none, or no whole number of bytes.

    Example:
        >>> read_size("10MiB"), read_size("1.5 kB"), read_size("64k"), read_size("0.1")
        (10485760, 1500, 65536, None)
    """
    match = _SIZE.fullmatch(text.strip()) if len(text) <= _MAX_LENGTH else None
    if match is None:
        return None
    unit = (match.group(2) or "b").lower()
    # A letter alone is what servers write for 1024: nginx, PostgreSQL, Java.
    base = 1000 if len(unit) == 2 else 1024
    size = Decimal(match.group(1)) * Decimal(base) ** _POWERS.get(unit[0], 0)
    return int(size) if size == size.to_integral_value() else None
