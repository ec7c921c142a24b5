"""
Heads whose body ends here for one server and there for the next, by what makes them so.

Each is followed by a chunked body that ends, and by another request: whoever reads the body otherwise sees that.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

_CODINGS = (
    "chunked, identity", "identity", "identity, chunked", "xchunked", "chunkedx", "x, chunked, x", "gzip",
    "chunked, gzip", "chunked, chunked", "'chunked'", '"chunked"', "chunked;q=1", "\x0bchunked", "\x00chunked",
    "chunked\x00", "chun ked", "cow", "chunked, cow", "",
)  # fmt: skip
_LENGTHS = (
    "-1", "+5", "5x", "x5", "0x5", "1_0", "5 5", "5,5", "5, 5", "5, 6", "5.0", "5e0", "1e1", "", "\x005", "5\x00",
    "99999999999999999999", "18446744073709551616", "0,5", "5;", '"5"', "five", "\x0b5", "5\x0b", "0b1", "0o7", "--5",
    "5-", "(5)", "5:5", "\xb25",
)  # fmt: skip
# A name, and the same of two words.
_NAMES = ("{0} ", "{0}\t", " {0}", "{1}", "{0}\x00", "{0}\x0b")

Reading = Literal["refused", "closed"]


class Head(NamedTuple):
    """
    A case.

    Attributes:
        what: What is wrong.
        headers: The headers that say how long the body is.
        reading: `"refused"`; or `"closed"`, as RFC 9112 §6.3 has it for a length beside `chunked`: read as that, and
            the end of the connection. Granian does so, and shows the length to nobody.
    """

    what: str
    headers: str
    reading: Reading = "refused"


def list_heads() -> Iterator[Head]:
    """List the cases."""
    yield from _list_codings()
    yield from _list_lengths()
    yield from _list_names()
    yield Head("folded coding", "Transfer-Encoding:\r\n chunked\r\n")
    yield Head("folded coding and length", "Content-Length: 5\r\nTransfer-Encoding:\r\n chunked\r\n")
    yield Head("folded length", "Content-Length:\r\n 5\r\n")
    # RFC 9112 §2.2: a line may end with LF alone.
    yield Head("bare LF", "Content-Length: 5\nTransfer-Encoding: chunked\r\n", "closed")
    yield Head("bare CR", "X: a\rTransfer-Encoding: chunked\r\n")
    yield Head("bare CR and length", "Content-Length: 5\r\nX: a\rTransfer-Encoding: chunked\r\n")
    yield Head("no colon", "Content-Length 5\r\n")


def _list_codings() -> Iterator[Head]:
    for coding in ("chunked", "Chunked", " chunked", "chunked ", "\tchunked"):
        yield Head(f"length, then {coding!r}", f"Content-Length: 5\r\nTransfer-Encoding:{coding}\r\n", "closed")
        yield Head(f"{coding!r}, then length", f"Transfer-Encoding:{coding}\r\nContent-Length: 5\r\n", "closed")
    for coding in _CODINGS:
        yield Head(f"coding {coding!r}", f"Transfer-Encoding: {coding}\r\n")
        yield Head(f"coding {coding!r} and length", f"Transfer-Encoding: {coding}\r\nContent-Length: 5\r\n")
    yield Head("two codings", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")
    yield Head("two codings of which one is none", "Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n")


def _list_lengths() -> Iterator[Head]:
    for length in _LENGTHS:
        yield Head(f"length {length!r}", f"Content-Length: {length}\r\n")
    for first, second in (("5", "6"), ("6", "5"), ("0", "5"), ("5", "-5"), ("5", "5x"), ("5", "")):
        yield Head(f"lengths {first!r}, {second!r}", f"Content-Length: {first}\r\nContent-Length: {second}\r\n")


def _list_names() -> Iterator[Head]:
    for form in _NAMES:
        yield Head(f"length as {form!r}", f"{form.format('Content-Length', 'Content Length')}: 5\r\n")
        coding = f"{form.format('Transfer-Encoding', 'Transfer Encoding')}: chunked\r\n"
        yield Head(f"coding as {form!r}", coding)
        yield Head(f"length, and coding as {form!r}", f"Content-Length: 5\r\n{coding}")
