"""
Ranges of bytes (RFC 9110 §14): what a client asks for, and how several of them are sent in one body.

The number of ranges is limited before they are looked at, and those that overlap are joined: no request makes a
server send more than it has.
"""

import re
from collections.abc import Sequence
from os import urandom
from typing import Final, NamedTuple

from covet.exceptions import HTTPError

# APPSEC: docs/security.md, row 34: what asks for more gets everything, once.
MAX_RANGES: Final = 10
MAX_LENGTH: Final = 8192
_MAX_DIGITS: Final = 19
_SPEC: Final = re.compile(r"([0-9]*+)-([0-9]*+)")


class RangeNotSatisfiableError(HTTPError):
    """
    416: nothing of what was asked for exists.

    Args:
        size: How many bytes there are.

    Example:
        >>> RangeNotSatisfiableError(12).headers
        {'content-range': 'bytes */12'}
    """

    status_code = 416

    def __init__(self, size: int) -> None:
        super().__init__("None of the ranges lies within the content.", headers={"content-range": f"bytes */{size}"})
        self.size = size


class Span(NamedTuple):
    """
    Some bytes of a content.

    Attributes:
        start: The first one.
        end: The one behind the last one.
    """

    start: int
    end: int

    @property
    def size(self) -> int:
        """
        How many they are.

        Example:
            >>> Span(2, 5).size
            3
        """
        return self.end - self.start

    def describe(self, size: int) -> str:
        """
        Write them as `Content-Range` does.

        Example:
            >>> Span(0, 5).describe(12)
            'bytes 0-4/12'
        """
        return f"bytes {self.start}-{self.end - 1}/{size}"


def parse_range(text: str, size: int) -> tuple[Span, ...] | None:
    """
    Read a `Range` header.

    Args:
        text: The header.
        size: How many bytes there are.

    Returns:
        What is to be sent; `None` for everything: the header is malformed, of another unit, or asks for too much.

    Raises:
        RangeNotSatisfiableError: If it is well-formed, and nothing of it exists.

    Example:
        >>> parse_range("bytes=0-4,-2", 12)
        (Span(start=0, end=5), Span(start=10, end=12))
        >>> parse_range("lines=1-2", 12) is None
        True
    """
    unit, equals, rest = text.partition("=")
    if not equals or unit.strip(" \t").lower() != "bytes" or len(text) > MAX_LENGTH or rest.count(",") >= MAX_RANGES:
        return None
    spans: list[Span] = []
    is_some = False
    for part in map(_strip, rest.split(",")):
        if not part:
            continue
        match = _SPEC.fullmatch(part)
        if match is None:
            return None
        span = _make_span(match[1], match[2], size)
        if span is None:
            return None
        is_some = True
        if span.start < span.end:
            spans.append(span)
    if not is_some:
        return None
    if not spans:
        raise RangeNotSatisfiableError(size)
    return _join(spans)


def _strip(text: str) -> str:
    return text.strip(" \t")


def _make_span(first: str, last: str, size: int) -> Span | None:
    """Make the span of one range; `None` if it is malformed, an empty one if nothing of it exists."""
    if not first:
        if not last:
            return None
        return Span(max(0, size - _read(last)), size)
    start = _read(first)
    if not last:
        return Span(min(start, size), size)
    end = _read(last)
    if end < start:
        return None
    return Span(min(start, size), min(end + 1, size))


def _read(digits: str) -> int:
    # A number that no file is as large as need not be read exactly.
    digits = digits.lstrip("0")
    return int(digits or "0") if len(digits) <= _MAX_DIGITS else 10**_MAX_DIGITS


def _join(spans: list[Span]) -> tuple[Span, ...]:
    """Join spans if some of them overlap or touch; leave them in the order of the request if none do."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    # RFC 9110 §15.3.7.2: the order may change where ranges are joined.
    return tuple(spans) if len(joined) == len(spans) else tuple(joined)


class MultipartRanges:
    """
    Several spans in one body of the type `multipart/byteranges` (RFC 9110 §14.6).

    Args:
        spans: What is sent.
        size: How many bytes there are in all.
        content_type: The type of the content; `None` if it has none.

    Attributes:
        spans: What is sent.
        heads: What stands before each of them.
        tail: What stands behind the last one.
        media_type: The type of the body.

    Example:
        >>> ranges = MultipartRanges([Span(0, 2), Span(4, 6)], 8, "text/plain", boundary="b")
        >>> ranges.media_type, ranges.length
        ('multipart/byteranges; boundary=b', 137)
    """

    __slots__ = ("heads", "media_type", "spans", "tail")

    def __init__(
        self, spans: Sequence[Span], size: int, content_type: str | None, *, boundary: str | None = None
    ) -> None:
        boundary = boundary or urandom(12).hex()
        kind = f"Content-Type: {content_type}\r\n" if content_type else ""
        self.spans = tuple(spans)
        self.heads = tuple(
            f"{'' if not number else chr(13) + chr(10)}--{boundary}\r\n{kind}"
            f"Content-Range: {span.describe(size)}\r\n\r\n".encode("latin-1")
            for number, span in enumerate(spans)
        )
        self.tail = f"\r\n--{boundary}--\r\n".encode()
        self.media_type = f"multipart/byteranges; boundary={boundary}"

    @property
    def length(self) -> int:
        """How long the body is."""
        return sum(map(len, self.heads)) + sum(span.size for span in self.spans) + len(self.tail)
