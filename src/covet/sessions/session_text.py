"""
What is in a session, as text.
"""

import json
from typing import Any, Final

from covet.sessions.errors import SessionValueError

_encode: Final = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


# Any: values are the application's.
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
