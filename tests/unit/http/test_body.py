"""
The limits of a body: how large it may be, and how slow.
"""

import asyncio
from collections.abc import Callable, Sequence

import pytest

from covet.exceptions import BadRequestError, ContentTooLargeError, RequestTimeoutError
from covet.http.body import (
    DEFAULT_BODY_LIMITS,
    BodyLimits,
    BodyReader,
    NextChunk,
    check_declared_length,
    parse_content_length,
)


def chunks_of(chunks: Sequence[bytes], pause: Callable[[], float] | None = None) -> NextChunk:
    """Make a source that gives the chunks, each after a pause."""
    left = iter(chunks)

    async def next_chunk() -> bytes | None:
        if pause is not None:
            await asyncio.sleep(pause())
        return next(left, None)

    return next_chunk


async def read_all(reader: BodyReader) -> list[bytes]:
    """Read to the end."""
    chunks = []
    while (chunk := await reader.read()) is not None:
        chunks.append(chunk)
    return chunks


@pytest.mark.parametrize(("text", "length"), [(b"0", 0), (b"007", 7), (b"9" * 19, 10**19 - 1)])
def test_digits_are_a_length(text: bytes, length: int) -> None:
    """At most 19 of them."""
    assert parse_content_length(text) == length


@pytest.mark.parametrize(
    "text", [b"", b"-1", b"+5", b"1_0", "５".encode(), b"\xb2", b"5, 5", b" 5", b"5\n", b"0x5", b"5.0", b"1" * 20]
)
def test_row_006_anything_else_is_malformed(text: bytes) -> None:
    """`int()` never sees it."""
    with pytest.raises(BadRequestError, match=r"^Content-Length must be a number of at most 19 digits\.$"):
        parse_content_length(text)
    with pytest.raises(BadRequestError):
        check_declared_length(text, DEFAULT_BODY_LIMITS)


@pytest.mark.parametrize(
    ("declared", "max_size"),
    [(b"5", 5), (b"0", 0), (b"9" * 19, None)],
    ids=["exact", "empty", "any"],
)
def test_a_declared_length_within_the_limit_passes(declared: bytes, max_size: int | None) -> None:
    """The limit itself is allowed."""
    assert check_declared_length(declared, BodyLimits(max_size=max_size)) == int(declared)


def test_a_declared_length_above_the_limit_is_refused() -> None:
    """The error has the limit, for the client."""
    with pytest.raises(ContentTooLargeError, match=r"^The limit is 5 bytes\.$") as refused:
        check_declared_length(b"6", BodyLimits(max_size=5))

    assert refused.value.limit == 5


def test_the_defaults_are_the_documented_ones() -> None:
    """1 MiB, and 240 bytes a second after 5 seconds."""
    assert BodyLimits(max_size=1024 * 1024, grace=5.0, min_rate=240) == DEFAULT_BODY_LIMITS


every_pause = pytest.mark.parametrize("pause", [None, lambda: 0.0], ids=["at once", "waited for"])


@every_pause
async def test_chunks_come_as_they_are(pause: Callable[[], float] | None) -> None:
    """Empty ones too; `None` is the end, and stays it."""
    reader = BodyReader(chunks_of([b"ab", b"", b"c"], pause), DEFAULT_BODY_LIMITS)

    assert await read_all(reader) == [b"ab", b"", b"c"]
    assert await reader.read() is None


@every_pause
async def test_row_005_the_limit_counts_what_came(pause: Callable[[], float] | None) -> None:
    """As many bytes as allowed pass; one more is refused as soon as it came, whatever was declared."""
    exact = BodyReader(chunks_of([b"ab", b"c"], pause), BodyLimits(max_size=3))
    over = BodyReader(chunks_of([b"ab", b"cd", b"never read"], pause), BodyLimits(max_size=3))

    assert await read_all(exact) == [b"ab", b"c"]
    assert await over.read() == b"ab"
    with pytest.raises(ContentTooLargeError, match=r"^The limit is 3 bytes\.$"):
        await over.read()


async def test_without_limits_everything_passes() -> None:
    """No size, no rate: the caller has limits of its own."""
    reader = BodyReader(chunks_of([b"a" * 5_000_000], lambda: 0.02), BodyLimits(None, grace=0.001, min_rate=0))

    assert len(b"".join(await read_all(reader))) == 5_000_000


async def test_a_client_that_sends_nothing_is_given_up_after_the_grace() -> None:
    """408, and the coroutine that waited was cancelled."""
    ended = []

    async def next_chunk() -> bytes | None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)
        return None

    reader = BodyReader(next_chunk, BodyLimits(grace=0.01))

    with pytest.raises(RequestTimeoutError, match=r"^The body came too slowly\.$"):
        await reader.read()

    assert ended == [True]


async def test_a_client_that_trickles_is_given_up() -> None:
    """Every byte buys 1/240 of a second, less than this client takes."""
    reader = BodyReader(chunks_of([b"a"] * 1000, lambda: 0.01), BodyLimits(grace=0.05))

    with pytest.raises(RequestTimeoutError):
        await read_all(reader)


async def test_a_client_that_is_fast_enough_may_take_longer_than_the_grace() -> None:
    """What counts is the average."""
    # Each piece brings four seconds of patience; all together they take longer than the grace.
    pauses = iter([0.0, 0.1, 0.1, 0.1, 0.0])
    reader = BodyReader(chunks_of([b"a" * 1000] * 4, lambda: next(pauses, 0.0)), BodyLimits(grace=0.25))

    assert len(await read_all(reader)) == 4


async def test_the_time_of_the_consumer_does_not_count() -> None:
    """Who reads slowly blames no client."""
    reader = BodyReader(chunks_of([b"a"] * 3, lambda: 0.0), BodyLimits(grace=0.1))

    for _ in range(3):
        assert await reader.read() == b"a"
        await asyncio.sleep(0.06)

    assert await reader.read() is None


async def test_a_timeout_of_the_source_stays_what_it_is() -> None:
    """Only our own deadline is the client's fault."""

    async def next_chunk() -> bytes | None:
        await asyncio.sleep(0)
        raise TimeoutError("the source's own")

    with pytest.raises(TimeoutError, match="the source's own"):
        await BodyReader(next_chunk, DEFAULT_BODY_LIMITS).read()


async def test_a_cancellation_goes_through() -> None:
    """It is no slow client."""
    task = asyncio.ensure_future(BodyReader(chunks_of([b"a"], lambda: 60.0), DEFAULT_BODY_LIMITS).read())
    await asyncio.sleep(0)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_chunk_that_is_there_needs_no_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nearly every body is; a deadline would cost more than reading it."""

    def refuse(*arguments: object) -> None:
        raise AssertionError("a timer was armed")

    monkeypatch.setattr(asyncio.get_running_loop(), "call_at", refuse)

    assert await BodyReader(chunks_of([b"a"]), DEFAULT_BODY_LIMITS).read() == b"a"
