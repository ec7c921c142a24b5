"""
Text to scalar values: numbers, times, identifiers, in the one spelling that is accepted everywhere.

JSON strings and the text of queries, paths, headers and cookies share these readers. All are linear and ASCII:
`int("１_2")` is something else in Python, and nothing here. A reader returns the value, or `None` if it is none.
"""

import binascii
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal, InvalidOperation
from math import isfinite
from uuid import UUID

from covet.exceptions import BadRequestError
from covet.validation.strict_json import MAX_INTEGER_DIGITS

_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_CANONICAL_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)", re.ASCII)
# How a decimal number is spelled.
NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_NUMBER = re.compile(NUMBER, re.ASCII)
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
_TIME = r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?([zZ]|[+-][0-9]{2}:?[0-9]{2})?"
_TIME_ONLY = re.compile(_TIME, re.ASCII)
_DATETIME = re.compile(rf"([0-9]{{4}})-([0-9]{{2}})-([0-9]{{2}})[Tt ]{_TIME}", re.ASCII)
_DURATION = re.compile(
    r"([+-]?)P(?:([0-9]+(?:\.[0-9]+)?)D)?(T(?:([0-9]+(?:\.[0-9]+)?)H)?(?:([0-9]+(?:\.[0-9]+)?)M)?"
    r"(?:([0-9]+(?:\.[0-9]+)?)S)?)?",
    re.ASCII | re.IGNORECASE,
)
_UUID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_SECONDS = (86_400, 3_600, 60, 1)
_MAX_NUMBER_LENGTH = 400
_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off"})


def read_int(text: str) -> int | None:
    """
    Read digits with an optional sign.

    Raises:
        BadRequestError: If there are more digits than any honest number has.

    Example:
        >>> read_int("-07"), read_int("1_0"), read_int("²"), read_int(" 1")
        (-7, None, None, None)
    """
    if len(text) > MAX_INTEGER_DIGITS and len(text.lstrip("+-")) > MAX_INTEGER_DIGITS:
        raise BadRequestError(f"A number has more than {MAX_INTEGER_DIGITS} characters.")
    return int(text) if _INTEGER.fullmatch(text) else None


def read_key_int(text: str) -> int | None:
    """
    Read the key of a JSON object as an integer, which has one spelling only.

    Example:
        >>> read_key_int("7"), read_key_int("07"), read_key_int("+7")
        (7, None, None)
    """
    return read_int(text) if _CANONICAL_INTEGER.fullmatch(text) else None


def read_float(text: str) -> float | None:
    """
    Read a finite number.

    Example:
        >>> read_float("1.5e3"), read_float("nan"), read_float("1e400")
        (1500.0, None, None)
    """
    if len(text) > MAX_INTEGER_DIGITS or not _NUMBER.fullmatch(text):
        return None
    value = float(text)
    return value if isfinite(value) else None


def read_decimal(text: str) -> Decimal | None:
    """
    Read a finite decimal number exactly.

    Example:
        >>> read_decimal("1.10"), read_decimal("1_0"), read_decimal("Infinity")
        (Decimal('1.10'), None, None)
    """
    if len(text) > MAX_INTEGER_DIGITS or not _NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent that no Decimal holds
        return None


def read_bool(text: str) -> bool | None:
    """
    Read a switch: true, 1, yes, on, or false, 0, no, off, in any case.

    Example:
        >>> read_bool("Yes"), read_bool("off"), read_bool("maybe")
        (True, False, None)
    """
    word = text.lower() if len(text) <= 5 else ""
    if word in _TRUE:
        return True
    return False if word in _FALSE else None


def read_bytes(text: str) -> bytes | None:
    """
    Read base64 with its padding, in the one spelling that `write_bytes` writes.

    Example:
        >>> read_bytes("dGVh"), read_bytes("dGVh="), read_bytes("dGU="), read_bytes("dGV=")
        (b'tea', None, b'te', None)
    """
    try:
        value = binascii.a2b_base64(text.encode("ascii"), strict_mode=True)
    except ValueError:
        return None
    # Even in strict mode the bits that the last character has too many are ignored, and in some versions of Python
    # superfluous padding is.
    return value if write_bytes(value) == text else None


def write_bytes(value: bytes) -> str:
    """
    Write bytes as the one spelling that `read_bytes` reads.

    Example:
        >>> write_bytes(b"tea")
        'dGVh'
    """
    return binascii.b2a_base64(value, newline=False).decode("ascii")


def read_uuid(text: str) -> UUID | None:
    """
    Read 32 hexadecimal digits, with or without the four hyphens.

    Example:
        >>> read_uuid("{00000000-0000-0000-0000-000000000000}") is None
        True
    """
    return UUID(text) if _UUID.fullmatch(text) else None


def read_date(text: str) -> date | None:
    """
    Read YYYY-MM-DD.

    Example:
        >>> read_date("2026-02-28"), read_date("2026-02-30")
        (datetime.date(2026, 2, 28), None)
    """
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    try:
        return date(*map(int, match.groups()))
    except ValueError:
        return None


def read_datetime(text: str) -> datetime | None:
    """
    Read a date and time of RFC 3339; without an offset it has no time zone.

    Example:
        >>> read_datetime("2026-02-28T12:30:00Z")
        datetime.datetime(2026, 2, 28, 12, 30, tzinfo=datetime.timezone.utc)
    """
    match = _DATETIME.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    micros = _microseconds(fraction)
    try:
        value = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), tzinfo=_zone(zone))
        return value + timedelta(microseconds=micros)
    except (ValueError, OverflowError):
        return None


def read_time(text: str) -> time | None:
    """
    Read HH:MM:SS with an optional fraction and offset.

    Example:
        >>> read_time("12:30:00.5"), read_time("12:30")
        (datetime.time(12, 30, 0, 500000), None)
    """
    match = _TIME_ONLY.fullmatch(text)
    if match is None:
        return None
    hour, minute, second, fraction, zone = match.groups()
    try:
        moment = datetime(2000, 1, 1, int(hour), int(minute), int(second), tzinfo=_zone(zone))
        return (moment + timedelta(microseconds=_microseconds(fraction))).timetz()
    except ValueError:
        return None


def read_timedelta(text: str) -> timedelta | None:
    """
    Read an ISO 8601 duration of days, hours, minutes and seconds.

    Example:
        >>> read_timedelta("P1DT2.5H"), read_timedelta("P1M")
        (datetime.timedelta(days=1, seconds=9000), None)
    """
    match = _DURATION.fullmatch(text) if len(text) <= _MAX_NUMBER_LENGTH else None
    if match is None:
        return None
    sign, days, clock, *parts = match.groups()
    amounts = [days, *parts]
    given = [amount for amount in amounts if amount is not None]
    # Something must follow the P, and the T; only the last number may have a fraction.
    if not given or (clock is not None and not any(parts)) or any("." in amount for amount in given[:-1]):
        return None
    micros = Decimal(0)
    for amount, seconds in zip(amounts, _SECONDS, strict=True):
        if amount is not None:
            micros += Decimal(amount) * seconds * 1_000_000
    try:
        value = timedelta(microseconds=int(micros.to_integral_value(rounding="ROUND_HALF_UP")))
    except (OverflowError, InvalidOperation):
        return None
    return -value if sign == "-" else value


def _microseconds(fraction: str | None) -> int:
    if fraction is None:
        return 0
    seventh = fraction[6:7]
    return int(fraction[:6].ljust(6, "0")) + (1 if seventh and seventh >= "5" else 0)


def _zone(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text in {"Z", "z"}:
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 23 or minutes > 59:
        raise ValueError("no such offset")
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset) if offset else UTC


READERS: dict[str, tuple[Callable[[str], object], str, str]] = {
    "bytes": (read_bytes, "must be a base64 text", "bytes_type"),
    "datetime": (read_datetime, "must be a date and time such as 2026-01-31T12:00:00Z", "datetime_type"),
    "date": (read_date, "must be a date such as 2026-01-31", "date_type"),
    "time": (read_time, "must be a time such as 12:30:00", "time_type"),
    "timedelta": (read_timedelta, "must be an ISO 8601 duration such as P1DT12H", "time_delta_type"),
    "uuid": (read_uuid, "must be a UUID", "uuid_type"),
    "decimal": (read_decimal, "must be a decimal number", "decimal_type"),
    "int": (read_int, "must be an integer", "int_type"),
    "float": (read_float, "must be a number", "float_type"),
    "bool": (read_bool, "must be true or false", "bool_type"),
}
"""Kind to its reader, its message and its word."""
