"""
Tests of reading a body over RSGI, with the pieces that Granian was measured to give.
"""

from collections.abc import AsyncIterator

import pytest

from covet.core.rsgi_body import RSGIBody, next_chunk
from covet.exceptions import ClientDisconnectedError

LEFT = r"^The client left before the end of its request\.$"
BROKEN = r"^The chunked body has trailers, is malformed, or did not come whole\.$"


class Protocol:
    """A body as Granian shows it: pieces, or an error in place of one."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self.pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give the pieces."""
        for piece in self.pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece


async def read(body: RSGIBody) -> bytes:
    """Read to the end."""
    parts = []
    while (chunk := await body.next_chunk()) is not None:
        parts.append(chunk)
    return b"".join(parts)


@pytest.mark.parametrize(
    ("pieces", "declared", "version"),
    [
        ([b"ab", b"c", b""], None, "1.1"),
        ([b""], None, "1.1"),
        ([], None, "1.1"),
        ([b"ab", b"", b"c", b""], None, "1.1"),
        ([b"ab", b"c", b""], 3, "1.1"),
        ([b"abc", b"", b""], 3, "1.1"),
        ([b"abc", b"", b""], None, "2"),
    ],
)
async def test_a_body_that_is_whole_is_read(pieces: list[bytes], declared: int | None, version: str) -> None:
    """One empty piece is the end; a length that is reached is the better witness; HTTP/2 has empty pieces anyway."""
    body = RSGIBody(Protocol(*pieces), declared, version)  # type: ignore[arg-type]

    assert await read(body) == b"".join(pieces)


@pytest.mark.parametrize(
    ("pieces", "declared", "version", "message"),
    [
        ([b"abc", b"", b""], None, "1.1", BROKEN),
        ([b"", b""], None, "1.1", BROKEN),
        ([b"abc", b"", b""], None, "1", BROKEN),
        ([b"abc", b""], 4, "1.1", LEFT),
        ([b"abc", b""], 4, "2", LEFT),
        ([b"abc", RuntimeError("RSGI transport is closed")], None, "1.1", LEFT),
    ],
)
async def test_a_body_that_is_not_whole_is_an_error(
    pieces: list[bytes | Exception], declared: int | None, version: str, message: str
) -> None:
    """The empty piece in front of the last one stands for its error, whatever that was."""
    body = RSGIBody(Protocol(*pieces), declared, version)  # type: ignore[arg-type]

    with pytest.raises(ClientDisconnectedError, match=message):
        await read(body)


async def test_the_end_of_an_iterator_is_none() -> None:
    """Whatever kind it is."""

    async def nothing() -> AsyncIterator[bytes]:
        for piece in list[bytes]():
            yield piece

    assert await next_chunk(nothing()) is None
