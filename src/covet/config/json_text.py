"""
The JSON that variables carry, for lists, tables and whole sections.
"""

import json

from covet.validation.failures import fail


class _RepeatedKeyError(Exception):
    pass


def load_json(text: str) -> object:
    """
    Read a text as JSON: `None` if it is none, a `Failed` if a key stands in it twice.

    Whoever asks says what was expected.

    Example:
        >>> load_json('{"port": 8000}'), load_json("8000 or so")
        ({'port': 8000}, None)
        >>> load_json('{"port": 1, "port": 2}').problems[0].message
        "has the key 'port' twice in one table"
    """
    try:
        return json.loads(text, object_pairs_hook=_make_table)
    except _RepeatedKeyError as exc:
        return fail(f"has the key {exc.args[0]!r} twice in one table", "dict_type")
    except (ValueError, RecursionError):
        return None


def _make_table(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse what TOML refuses by itself: of two equal keys, one would silently not count."""
    table: dict[str, object] = {}
    for key, value in pairs:
        if key in table:
            raise _RepeatedKeyError(key)
        table[key] = value
    return table
