"""
What is in a session, as text.
"""

import json
from typing import Any, Final

from covet.sessions.errors import SessionValueError

PLAIN_TYPES: Final = frozenset({str, int, bool, type(None)})
"""The types of values that JSON has a word for, and that nobody can change inside."""

# PERF: what was written here has no spaces around it, which `json.loads` looks for (benchmarks/production.py).
_decode: Final = json.JSONDecoder().raw_decode
_encode: Final = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


# Any: values are the application's.
def is_plain(data: dict[str, Any]) -> bool:
    """
    Tell whether nothing that is in a session can be changed inside, as a list can.

    Example:
        >>> is_plain({"a": 1}), is_plain({"a": [1]})
        (True, False)
    """
    return PLAIN_TYPES.issuperset(map(type, data.values()))


# Any: as above.
def read_data(text: str) -> dict[str, Any]:
    """
    Read what `write_data` has written.

    Example:
        >>> read_data('{"a":1}')
        {'a': 1}
    """
    data: dict[str, Any] = _decode(text)[0]
    return data


# Any: as above.
def write_value(key: object, value: Any) -> str:
    """
    Write one value as JSON.

    Raises:
        SessionValueError: If JSON has no word for it.

    Example:
        >>> write_value("cart", ["tea"])
        '["tea"]'
    """
    try:
        return _encode(value)
    except (TypeError, ValueError, RecursionError) as exc:
        raise SessionValueError(key, f"has what JSON has no word for: {type(value).__name__}") from exc


# Any: as above.
def write_data(data: dict[str, Any]) -> str:
    """
    Write what is in a session as JSON.

    Raises:
        SessionValueError: If JSON has no word for something in it.

    Example:
        >>> write_data({"a": 1})
        '{"a":1}'
    """
    try:
        return _encode(data)
    except (TypeError, ValueError, RecursionError):
        for key, value in data.items():
            write_value(key, value)
        raise
