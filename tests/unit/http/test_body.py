"""
Tests of the limits of a request's body.
"""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from covet.exceptions import BadRequestError, ContentTooLargeError, RequestTimeoutError
from covet.http.body import BodyLimits, check_declared_length, parse_content_length, read_chunks


def feed(*chunks: bytes, delay: float = 0.0) -> Callable[[], Awaitable[bytes | None]]:
    """Make what waits for the next chunk."""
    waiting = list(chunks)

    async def next_chunk() -> bytes | None:
        await asyncio.sleep(delay)
        return waiting.pop(0) if waiting else None

    return next_chunk


@pytest.mark.parametrize("text", ["-1", "+5", "1_0", "\uff15", "", " 5", "5 ", "1" * 20, "0x5", "5,5"])
def test_row_006_a_length_is_digits_and_nothing_else(text: str) -> None:
    """`int()` never sees the raw header."""
    with pytest.raises(BadRequestError, match=r"Content-Length must be a number of at most 19 digits."):
        parse_content_length(text)


def test_a_declared_length_is_checked_before_reading() -> None:
    """A body that says it is too large is refused by its word alone."""
    limits = BodyLimits(max_size=10)

    assert check_declared_length(None, limits) is None
    assert check_declared_length("10", limits) == 10
    with pytest.raises(ContentTooLargeError, match=r"The limit is 10 bytes."):
        check_declared_length("11", limits)


async def test_the_limit_is_exact() -> None:
    """As many bytes as allowed pass, one more does not."""
    limits = BodyLimits(max_size=4)

    assert [chunk async for chunk in read_chunks(feed(b"ab", b"", b"cd"), limits)] == [b"ab", b"cd"]
    with pytest.raises(ContentTooLargeError):
        [chunk async for chunk in read_chunks(feed(b"ab", b"cde"), limits)]


async def test_there_may_be_no_limit() -> None:
    """`None` lets everything pass."""
    chunks = [chunk async for chunk in read_chunks(feed(b"a" * 100), BodyLimits(max_size=None, min_rate=0))]

    assert chunks == [b"a" * 100]


async def test_a_body_that_does_not_come_is_given_up() -> None:
    """After the grace the average rate counts."""
    limits = BodyLimits(grace=0.02, min_rate=240)

    with pytest.raises(RequestTimeoutError, match=r"The body came too slowly."):
        [chunk async for chunk in read_chunks(feed(b"a", b"b", delay=0.5), limits)]


async def test_the_consumers_time_does_not_count_against_the_client() -> None:
    """A slow handler must not make its client too slow."""
    limits = BodyLimits(grace=0.05, min_rate=240)
    seen = []

    async for chunk in read_chunks(feed(b"a", b"b", b"c"), limits):
        await asyncio.sleep(0.06)
        seen.append(chunk)

    assert seen == [b"a", b"b", b"c"]
