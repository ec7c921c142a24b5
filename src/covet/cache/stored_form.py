"""
Values as bytes, so that nobody shares what somebody else may change; and never by pickle.

A whole number is its decimal digits, which backends can add to; bytes are themselves behind a `b`; all else is what a
serializer writes, behind an `s`. What would come back as something else, as a tuple does that JSON writes as a list, is
refused when it is put in.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from covet.cache.errors import CacheValueError
from covet.exceptions import BadRequestError
from covet.serialization import SerializationError, Serializer

logger = logging.getLogger("covet.cache")

_BYTES: Final = b"b"
_WRITTEN: Final = b"s"
_DIGITS: Final = frozenset(b"-0123456789")
_MAX_NUMBER: Final = 10**4000


def write_value(serializer: Serializer, value: object) -> bytes:
    """
    Write a value, if it comes back as it is.

    Args:
        serializer: What writes all but whole numbers and bytes.
        value: The value.

    Raises:
        CacheValueError: If it has no form, or would come back as something else.

    Example:
        >>> from covet.serialization import get_json_serializer
        >>> write_value(get_json_serializer(), {"cups": [1, None]})
        b's{"cups":[1,null]}'
        >>> write_value(get_json_serializer(), (1, 2))
        Traceback (most recent call last):
            ...
        covet.cache.errors.CacheValueError: A value of type tuple cannot be kept: it would come back as a list.
          Store what JSON has words for: None, bool, int, float, str, and lists and dicts of them with texts as keys.
    """
    if value.__class__ is int and abs(value) < _MAX_NUMBER:
        return b"%d" % value
    if value.__class__ is bytes:
        return _BYTES + value
    try:
        written = serializer.serialize(value)
        back = serializer.deserialize(written)
    except (SerializationError, BadRequestError, ValueError, RecursionError) as exc:
        raise _refuse(serializer, value, "it has no form there that could be read again") from exc
    if not _is_same(value, back):
        returned = f"it would come back as a {type(back).__name__}" if type(back) is not type(value) else ""
        raise _refuse(serializer, value, returned or "something in it would come back as something else")
    return _WRITTEN + written


# Any: values are the application's.
def read_value(serializer: Serializer, stored: bytes) -> Any:
    """
    Read what `write_value` has written.

    Args:
        serializer: The serializer that has written it.
        stored: The bytes.

    Raises:
        CacheValueError: If they are something else.

    Example:
        >>> from covet.serialization import get_json_serializer
        >>> [read_value(get_json_serializer(), stored) for stored in (b"-7", b"b-7", b's"-7"')]
        [-7, b'-7', '-7']
    """
    kind = stored[:1]
    try:
        if kind == _WRITTEN:
            return serializer.deserialize(stored[1:])
        if kind == _BYTES:
            return stored[1:]
        if stored and stored[0] in _DIGITS:
            return int(stored)
    except (BadRequestError, ValueError) as exc:
        raise CacheValueError("What is kept cannot be read.") from exc
    raise CacheValueError("What is kept was not written by this cache.")


@contextmanager
def note_unreadable(key: str) -> Iterator[None]:
    """Take what cannot be read for nothing, and say so: it is not written by a cache, or by another serializer."""
    try:
        yield
    except (ValueError, CacheValueError):
        logger.warning("What stands under %r cannot be read, and is taken for nothing.", key)


def _is_same(value: object, back: object) -> bool:
    """Tell whether one is the other, types included: a text that is safe in HTML is none any more as a plain text."""
    if value.__class__ is not back.__class__:
        return False
    if isinstance(value, list) and isinstance(back, list):
        return len(value) == len(back) and all(map(_is_same, value, back))
    if isinstance(value, dict) and isinstance(back, dict):
        # Keys that are equal are the same here: of another type they would be texts.
        return value.keys() == back.keys() and all(_is_same(each, back[key]) for key, each in value.items())
    try:
        return bool(value == back)
    except Exception:  # noqa: BLE001 - a class of somebody else's, which compares as it likes
        return False


def _refuse(serializer: Serializer, value: object, reason: str) -> CacheValueError:
    form = "JSON" if serializer.media_type == "application/json" else serializer.media_type
    return CacheValueError(
        f"A value of type {type(value).__name__} cannot be kept: {reason}.",
        hint=f"Store what {form} has words for: None, bool, int, float, str, and lists and dicts of them with texts "
        "as keys.",
    )
