"""
Untyped JSON at msgspec's speed, with the answers of the strict reader.

What msgspec accepts here is JSON by the strict reader's rules too, but for duplicate keys and nesting; both can be
told from the decoded value and its text. Whatever is not plainly good goes to the strict reader, which decides and
explains.
"""

from collections.abc import Callable
from typing import Any

from covet._extras import find_extra
from covet.validation.shape import count_keys
from covet.validation.strict_json import BACKSLASH, check_depth, load_json

Load = Callable[[bytes], object]

_SPACES = (b" ", b"\n", b"\r", b"\t")


def make_loader() -> Load:
    """
    Make the fastest reader that is installed.

    Example:
        >>> make_loader()(b'{"name": "tea"}')
        {'name': 'tea'}
    """
    msgspec: Any = find_extra("msgspec")
    if msgspec is None:
        return load_json
    decode = msgspec.json.Decoder().decode
    encode = msgspec.json.Encoder().encode

    def load(data: bytes) -> object:
        try:
            value: object = decode(data)
        except Exception:  # noqa: BLE001 - the strict reader decides, and raises what is due
            return load_json(data)
        check_depth(data)
        return value if _has_all_keys(data, value, encode) else load_json(data)

    return load


def prove_keys(data: bytes, least: int) -> bool:
    """
    Tell whether a body has no more keys than were seen, although strings of it may have colons.

    A colon of an object follows the quote that ends a key, or white space after it: all other colons are in strings.

    Example:
        >>> prove_keys(b'{"at": "12:30"}', 1), prove_keys(b'{"at": "12:30", "at": ""}', 1)
        (True, False)
    """
    most = data.count(b'":')
    for space in _SPACES:
        # Finding one byte is far cheaper than counting two; compact bodies have no white space of most kinds.
        if most <= least and space in data:
            most += data.count(space + b":")
    return most <= least


def _has_all_keys(data: bytes, value: object, encode: Callable[[object], bytes]) -> bool:
    """
    Tell whether a decoded value has every key of its text, so that none was a duplicate.

    Written again, the value has the colons of its keys and of its strings; a key that was lost took its colon along.
    """
    if BACKSLASH in data and b"\\u" in data:
        # An escape may hide a colon in the first text.
        return prove_keys(data, count_keys(value))
    # PERF: writing is done in C; a walk through the value costs five times as much
    # (benchmarks/body.py, six errors).
    return data.count(b":") == encode(value).count(b":")
