"""
What a message says to caches: `Cache-Control` (RFC 9111 §5.2).

A text is read once, from left to right, and what cannot be read forbids rather than allows.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

# APPSEC: docs/security.md, row 33: possessive, so that nothing that was taken is given back.
_DIRECTIVE: Final = re.compile(
    r"""(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]++)(?:[ \t]*+=[ \t]*+(?P<value>"(?:[^"\\]|\\.)*+"?+|[^\s,]*+))?+"""
)
_NUMBER: Final = re.compile(r"[0-9]{1,18}")
# RFC 9111 §1.2.2
_LARGEST: Final = 2**31

Directives = Mapping[str, str | None]


def parse_cache_control(values: Iterable[str]) -> Directives:
    """
    Read the directives of a message by their names in lower case; of two with one name, the one that comes first.

    Args:
        values: The values of the header, each line of it.

    Example:
        >>> parse_cache_control(["Public , max-age=60", 'private="Set-Cookie, x"'])
        {'public': None, 'max-age': '60', 'private': 'Set-Cookie, x'}
    """
    directives: dict[str, str | None] = {}
    for text in values:
        for match in _DIRECTIVE.finditer(text):
            value = match["value"]
            if value is not None and value.startswith('"'):
                value = value.strip('"')
            directives.setdefault(match["name"].lower(), value)
    return directives


def read_seconds(value: str | None) -> int:
    """
    Read a number of seconds; what is none means that no time is left.

    Example:
        >>> read_seconds("60"), read_seconds("soon"), read_seconds(None), read_seconds("9" * 15)
        (60, 0, 0, 2147483648)
    """
    if value is None or _NUMBER.fullmatch(value) is None:
        return 0
    return min(int(value), _LARGEST)
