"""
How every supported type looks in terms of JSON's own: the forms that both JSON engines share.

It is imported at the first use of JSON, never by `import covet`: it needs the modules of the types.
"""

import base64
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Any
from uuid import UUID

from covet.exceptions import ConfigurationError
from covet.serialization.contract import SerializationError
from covet.serialization.models import find_model_reader, is_native_model

# Any: the functions are the user's, each for a type of its own.
Encoders = Mapping[type, Callable[[Any], object]]

CONSTANTS = {None: "null", True: "true", False: "false"}

_CONTAINERS = (dict, list, tuple, set, frozenset)
_MICROSECOND = timedelta(microseconds=1)


def datetime_text(value: datetime) -> str:
    """
    Write a moment as RFC 3339 does; UTC is `Z`, and without a zone there is none.

    Example:
        >>> from datetime import UTC
        >>> datetime_text(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)), datetime_text(datetime(2026, 1, 2))
        ('2026-01-02T03:04:05Z', '2026-01-02T00:00:00')
    """
    return f"{value.replace(tzinfo=None).isoformat()}{_offset_text(value.utcoffset())}"


def time_text(value: time) -> str:
    """Write a time of day; UTC is `Z`."""
    return f"{value.replace(tzinfo=None).isoformat()}{_offset_text(value.utcoffset())}"


def _offset_text(offset: timedelta | None) -> str:
    if offset is None:
        return ""
    seconds = abs(offset) // timedelta(seconds=1)
    # RFC 3339 knows no seconds in an offset: they are rounded as msgspec rounds them.
    hours, minutes = divmod(min((seconds + 29) // 60, 24 * 60 - 1), 60)
    if hours == minutes == 0:
        return "Z"
    return f"{'-' if offset < timedelta(0) else '+'}{hours:02}:{minutes:02}"


def timedelta_text(value: timedelta) -> str:
    """
    Write a duration as ISO 8601 does, in days and seconds.

    Example:
        >>> timedelta_text(timedelta(days=1, hours=1)), timedelta_text(timedelta(milliseconds=-1500))
        ('P1DT3600S', '-PT1.5S')
    """
    sign = "-" if value < timedelta(0) else ""
    # Not abs(): the longest negative duration has no positive counterpart.
    days, rest = divmod(abs(value // _MICROSECOND), 86_400_000_000)
    seconds, microseconds = divmod(rest, 1_000_000)
    if not rest:
        return f"{sign}P{days}D"
    fraction = f".{microseconds:06}".rstrip("0") if microseconds else ""
    return f"{sign}P{f'{days}D' if days else ''}T{seconds}{fraction}S"


def bytes_text(value: bytes | bytearray | memoryview) -> str:
    """
    Write bytes as base64 (RFC 4648 §4).

    Example:
        >>> bytes_text(b"abc"), bytes_text(memoryview(b"a-b-c")[::2])
        ('YWJj', 'YWJj')
    """
    if isinstance(value, memoryview):
        # It may have gaps, which only a copy closes.
        value = value.tobytes()
    return base64.b64encode(value).decode("ascii")


# The types that msgspec writes by itself, beside those of JSON, when they are no subclass.
_EXACT: dict[type, Callable[[Any], object]] = {
    datetime: datetime_text,
    date: date.isoformat,
    time: time_text,
    timedelta: timedelta_text,
    Decimal: str,
    bytes: bytes_text,
    bytearray: bytes_text,
    memoryview: bytes_text,
    set: list,
    frozenset: list,
}

# The same for subclasses, which msgspec hands to its hook; the first that fits is taken.
_SUBCLASSES: tuple[tuple[type, Callable[[Any], object]], ...] = (
    (str, str.__str__),
    (int, int.__int__),
    (float, float.__float__),
    (datetime, datetime_text),
    (date, date.isoformat),
    (time, time_text),
    (timedelta, timedelta_text),
    (Decimal, str),
    (bytes, bytes_text),
    (bytearray, bytes_text),
    (PurePath, str),
    (deque, list),
    (Mapping, dict),
    (AbstractSet, list),
    (Sequence, list),
)

_NATIVE_EXACT = (*_EXACT, str, int, float, bool, type(None))
_NATIVE_BASES = (*_CONTAINERS, Enum, UUID)


class Forms:
    """
    Find the form of a value: what JSON's own types can say for it.

    Args:
        encoders: Functions for types that are not supported by themselves, found by class and then
            by base class. Each returns something that is supported.
        language: The format's name, for error messages.

    Raises:
        ConfigurationError: If a function is given for a type whose form is fixed.

    Example:
        >>> Forms().simplify(UUID(int=1))
        '00000000-0000-0000-0000-000000000001'
        >>> Forms({complex: lambda value: [value.real, value.imag]}).simplify(1 + 2j)
        [1.0, 2.0]
    """

    def __init__(self, encoders: Encoders | None = None, *, language: str = "JSON") -> None:
        self.encoders = dict(encoders or {})
        self._language = language
        for cls in self.encoders:
            _check_encodable(cls)

    def simplify(self, value: object) -> object:
        """
        Take one step towards JSON's own types.

        Raises:
            SerializationError: If the value has no form.
        """
        cls = type(value)
        exact = _EXACT.get(cls)
        if exact is not None:
            return exact(value)
        if isinstance(value, UUID):
            return str(value)
        if isinstance(value, Enum):
            return _enum_value(value)
        if isinstance(value, set | frozenset):
            return list(value)
        read = find_model_reader(cls)
        if read is not None:
            return read(value)
        return self.extend(value)

    def extend(self, value: object) -> object:
        """
        Take one step for a value that msgspec does not know by itself: its `enc_hook`.

        Raises:
            SerializationError: If the value has no form.
        """
        if value is None or value is True or value is False:
            # Only as a dictionary's key do they come here.
            return CONSTANTS[value]
        cls = type(value)
        if self.encoders:
            for base in cls.__mro__:
                if base in self.encoders:
                    return self.encoders[base](value)
        dump = getattr(cls, "model_dump", None)
        if dump is not None and hasattr(cls, "__pydantic_serializer__"):
            form: object = dump(value, mode="json", by_alias=True)
            return form
        # What the engines write by themselves comes here only as a key.
        if isinstance(value, _CONTAINERS) or cls is memoryview or is_native_model(cls):
            raise SerializationError(f"{_name(cls)} cannot be the key of an object.", hint="Make a string of it first.")
        for base, form_of in _SUBCLASSES:
            if isinstance(value, base):
                return form_of(value)
        read = find_model_reader(cls)
        if read is not None:
            return read(value)
        # A type that only looks like none of the above says itself how it may be shown: a secret is masked.
        form_method = getattr(cls, "__json_form__", None)
        if form_method is not None:
            said: object = form_method(value)
            return said
        raise SerializationError(
            f"{_name(cls)} has no form in {self._language}.",
            hint="Return a dict or a model instead, or register a serializer with an encoder for it: "
            f"{self._language}Serializer(encoders={{{cls.__name__}: function}}).",
        )


def _enum_value(value: Enum) -> object:
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value)
    form: object = value.value
    return form


def _check_encodable(cls: type) -> None:
    if not isinstance(cls, type):
        raise ConfigurationError(f"The keys of `encoders` must be classes, got {cls!r}.")
    if cls in _NATIVE_EXACT or issubclass(cls, _NATIVE_BASES) or is_native_model(cls):
        raise ConfigurationError(
            f"The form of {_name(cls)} is fixed: an encoder for it would never be called.",
            hint="Encoders are for types that JSON does not know; convert the value before it is returned.",
        )


def _name(cls: type) -> str:
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"
