"""
Media types and what a client says about them: `Content-Type` and `Accept` (RFC 9110 §8.3, §12.5.1).

Every function reads its input once, from left to right: no input makes it slower than its length.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from covet.exceptions import BadRequestError

# APPSEC: docs/security.md, rows 26 to 28: longer headers are not read, and few of the short ones are kept.
MAX_LENGTH = 8192
_MAX_CACHED_LENGTH = 512

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]++")
_SPACE = re.compile(r"[ \t]*+")
# Possessive: what was taken is never given back, so nothing is read twice (CVE-2024-24762).
_QUOTED = re.compile(r'"((?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[\t\x20-\x7e\x80-\xff])*+)"')
_ESCAPE = re.compile(r"\\(.)")
_MARK = re.compile(r'[",\\]')
_QUALITY = re.compile(r"0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?")

_UTF_8 = frozenset({("charset", "utf-8")})

_Parameters = tuple[tuple[str, str], ...]


class _Range(NamedTuple):
    """One part of an `Accept` header: what it fits, how narrowly, and how welcome it is."""

    type: str
    subtype: str
    parameters: frozenset[tuple[str, str]]
    quality: float

    def fits(self, offer: "_Range") -> bool:
        if self.type not in ("*", offer.type) or self.subtype not in ("*", offer.subtype):
            return False
        if self.parameters <= offer.parameters:
            return True
        # All that is written here is UTF-8, and many clients say so of types that have no charset (RFC 8259 §11).
        has_charset = any(name == "charset" for name, _ in offer.parameters)
        return not has_charset and self.parameters - _UTF_8 <= offer.parameters

    @property
    def specificity(self) -> tuple[bool, bool, int]:
        return (self.type != "*", self.subtype != "*", len(self.parameters))


def parse_media_type(text: str) -> tuple[str, dict[str, str]]:
    """
    Split a `Content-Type` into its type, in lower case, and its parameters.

    Raises:
        BadRequestError: If it is malformed, names a parameter twice, or is longer than 8 KiB.

    Example:
        >>> parse_media_type('Text/HTML; Charset="utf-8"')
        ('text/html', {'charset': 'utf-8'})
        >>> parse_media_type("text/html; charset=utf-8; charset=utf-7")
        Traceback (most recent call last):
            ...
        covet.exceptions.BadRequestError: The media type has a parameter twice.
    """
    if len(text) > MAX_LENGTH:
        raise BadRequestError(f"The media type is longer than {MAX_LENGTH} characters.")
    try:
        main, sub, pairs = _scan(text)
    except ValueError:
        raise BadRequestError("The media type is malformed.") from None
    parameters = dict(pairs)
    if len(parameters) != len(pairs):
        raise BadRequestError("The media type has a parameter twice.")
    return f"{main}/{sub}", parameters


def split_elements(text: str) -> list[str]:
    """
    Part the value of a header that is a list at its commas; those in quotes part nothing (RFC 9110 §5.6.1).

    Args:
        text: The value; of several headers of the name each has its own.

    Example:
        >>> split_elements('a, "b, c",, d')
        ['a', '"b, c"', 'd']
    """
    if '"' not in text:
        return [element for part in text.split(",") if (element := part.strip(" \t"))]
    parts, start, quoted, escaped = [], 0, False, -1
    for mark in _MARK.finditer(text):
        position = mark.start()
        if position == escaped:
            continue
        if mark[0] == '"':
            quoted = not quoted
        elif mark[0] == "\\" and quoted:
            escaped = position + 1
        elif mark[0] == "," and not quoted:
            parts.append(text[start:position])
            start = position + 1
    parts.append(text[start:])
    return [element for part in parts if (element := part.strip(" \t"))]


def negotiate(accept: str | None, available: Sequence[str]) -> str | None:
    """
    Choose the media type that a client likes best; `None` if it likes none.

    Equally welcome ones are taken in the server's order. Without the header, or with one of which
    nothing can be understood, the first is taken. Malformed parts are ignored, and so is a header of
    more than 8 KiB.

    Args:
        accept: The value of the `Accept` header; several are joined with commas.
        available: What the server can answer, the one it prefers first.

    Example:
        >>> negotiate("text/*;q=0.5, application/json", ["text/html", "application/json"])
        'application/json'
        >>> negotiate("text/*, text/html;q=0", ["text/html", "application/json"]) is None
        True
        >>> negotiate(None, ["text/html", "application/json"])
        'text/html'
    """
    if not available:
        return None
    first = available[0]
    # What most programs send needs no reading.
    if not accept or accept == "*/*" or accept == first or len(accept) > MAX_LENGTH:
        return first
    choose = _cached_choice if len(accept) <= _MAX_CACHED_LENGTH else _choose
    return choose(accept, tuple(available))


def _choose(accept: str, available: tuple[str, ...]) -> str | None:
    ranges = _read_ranges(accept)
    if not ranges:
        return available[0]
    best, best_quality = None, 0.0
    for media_type in available:
        quality = _quality_of(_read_offer(media_type), ranges)
        if quality > best_quality:
            best, best_quality = media_type, quality
    return best


# Browsers send the same long header with every request.
_cached_choice = lru_cache(maxsize=64)(_choose)


def _quality_of(offer: _Range, ranges: Sequence[_Range]) -> float:
    quality = 0.0
    narrowest = (False, False, -1)
    for accepted in ranges:
        if accepted.specificity > narrowest and accepted.fits(offer):
            quality, narrowest = accepted.quality, accepted.specificity
    return quality


@lru_cache(maxsize=256)
def _read_offer(text: str) -> _Range:
    main, sub, pairs = _scan(text)
    return _Range(main, sub, _comparable(pairs), 1.0)


def _read_ranges(accept: str) -> list[_Range]:
    ranges = []
    for part in split_elements(accept):
        try:
            ranges.append(_read_range(part))
        except ValueError:
            continue
    return ranges


def _read_range(part: str) -> _Range:
    main, sub, pairs = _scan(part)
    if main == "*" != sub:
        raise ValueError(part)
    # What stands behind the weight extends Accept and says nothing about the media type.
    names = [name for name, _ in pairs]
    end = names.index("q") if "q" in names else len(pairs)
    weight = pairs[end][1] if end < len(pairs) else "1"
    if not _QUALITY.fullmatch(weight):
        raise ValueError(part)
    return _Range(main, sub, _comparable(pairs[:end]), float(weight))


def _comparable(pairs: _Parameters) -> frozenset[tuple[str, str]]:
    # The names of character sets have no case (RFC 9110 §8.3.2); other values may.
    return frozenset((name, value.lower() if name == "charset" else value) for name, value in pairs)


def _scan(text: str) -> tuple[str, str, _Parameters]:
    text = text.strip(" \t")
    main, position = _take_token(text, 0)
    sub, position = _take_token(text, _take(text, position, "/"))
    pairs: list[tuple[str, str]] = []
    while (position := _skip_space(text, position)) < len(text):
        position = _skip_space(text, _take(text, position, ";"))
        # RFC 9110 §5.6.6 allows an empty parameter, such as a semicolon at the end.
        if position == len(text) or text[position] == ";":
            continue
        name, position = _take_token(text, position)
        position = _take(text, position, "=")
        value, position = _take_value(text, position)
        pairs.append((name.lower(), value))
    return main.lower(), sub.lower(), tuple(pairs)


def _take_value(text: str, position: int) -> tuple[str, int]:
    if not text.startswith('"', position):
        return _take_token(text, position)
    quoted = _QUOTED.match(text, position)
    if quoted is None:
        raise ValueError(text)
    return _ESCAPE.sub(r"\1", quoted[1]), quoted.end()


def _take_token(text: str, position: int) -> tuple[str, int]:
    token = _TOKEN.match(text, position)
    if token is None:
        raise ValueError(text)
    return token[0], token.end()


def _take(text: str, position: int, mark: str) -> int:
    if not text.startswith(mark, position):
        raise ValueError(text)
    return position + 1


def _skip_space(text: str, position: int) -> int:
    space = _SPACE.match(text, position)
    return position if space is None else space.end()
