"""
Tests of responses whose body comes in pieces.
"""

import io
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from covet.exceptions import ResponseError
from covet.http.streamed_response import StreamedResponse


class Source:
    """
    An asynchronous source that notes what is asked of it.
    """

    def __init__(self, *pieces: bytes | str | Exception) -> None:
        self.log: list[str] = []
        self._pieces = pieces

    async def stream(self) -> AsyncIterator[bytes | str]:
        """
        Give the pieces; raise one that is an error.
        """
        try:
            for number, piece in enumerate(self._pieces):
                self.log.append(f"piece {number}")
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            self.log.append("closed")


async def collect(response: StreamedResponse) -> list[bytes]:
    """
    Read a whole body.
    """
    return [piece async for piece in response.stream()]


@pytest.mark.parametrize("is_begun", [False, True])
@pytest.mark.parametrize(
    ("pieces", "body"), [([], []), (["caf\u00e9"], ["caf\u00e9".encode()]), ([b"a", "b"], [b"a", b"b"])]
)
async def test_pieces_come_as_bytes_in_order(pieces: list[Any], body: list[bytes], *, is_begun: bool) -> None:
    """
    Each once, whether the first was made before or not; an empty source is an empty body.
    """
    source = Source(*pieces)
    response = StreamedResponse(source.stream())

    if is_begun:
        await response.begin()
        await response.begin()

    assert await collect(response) == body
    assert source.log == [*(f"piece {number}" for number in range(len(pieces))), "closed"]


async def test_nothing_is_made_before_it_is_wanted() -> None:
    """
    A response that is thrown away never starts its source, and `begin()` makes one piece alone.
    """
    source = Source(b"a", b"b")
    response = StreamedResponse(source.stream())
    before = list(source.log)

    await response.begin()
    begun = list(source.log)
    await collect(response)

    assert (before, begun) == ([], ["piece 0"])


async def test_an_error_in_the_first_piece_shows_where_it_can_be_answered() -> None:
    """
    In `begin()`, before anything of the response is on the wire.
    """
    response = StreamedResponse(Source(KeyError("a")).stream())

    with pytest.raises(KeyError):
        await response.begin()


async def test_an_error_in_a_later_piece_ends_the_stream() -> None:
    """
    What came before has been given.
    """
    response = StreamedResponse(Source(b"a", KeyError("b")).stream())
    stream = response.stream()

    first = await anext(stream)

    assert first == b"a"
    with pytest.raises(KeyError):
        await anext(stream)


async def test_a_stream_that_is_left_closes_its_source() -> None:
    """
    At once, not when it is collected.
    """
    source = Source(b"a", b"b")
    stream = StreamedResponse(source.stream()).stream()

    await anext(stream)
    await stream.aclose()

    assert source.log == ["piece 0", "closed"]


async def test_a_plain_iterator_is_a_source_too() -> None:
    """
    A generator or anything else that gives pieces.
    """

    def pieces() -> Iterator[str]:
        yield "a"
        yield "b"

    assert await collect(StreamedResponse(pieces())) == [b"a", b"b"]
    assert await collect(StreamedResponse([b"a", "b"])) == [b"a", b"b"]


@pytest.mark.parametrize("content", ["text", b"bytes", bytearray(b"a"), memoryview(b"a"), {"a": 1}, 7, None])
def test_what_is_there_already_is_no_stream(content: Any) -> None:
    """
    Nobody means a text to be sent letter by letter.
    """
    with pytest.raises(ResponseError) as caught:
        StreamedResponse(content)

    assert str(caught.value) == (
        f"A stream takes an iterable of bytes or str, got {type(content).__name__}.\n"
        "  Pass a generator, or use Response for a body that is there already."
    )


def test_a_stream_has_a_status_headers_and_a_type() -> None:
    """
    Binary data, where nothing else is said; and no length.
    """
    response = StreamedResponse([], 201, {"x-a": "1"}, "text/csv")

    assert (response.status_code, response.headers["x-a"]) == (201, "1")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert StreamedResponse([]).headers["content-type"] == "application/octet-stream"
    assert "content-length" not in response.headers
    assert response.body == b""


def test_a_body_cannot_be_put_in_a_streams_place() -> None:
    """
    The error says what to do instead.
    """
    with pytest.raises(ResponseError) as caught:
        StreamedResponse([]).body = b"a"

    assert str(caught.value) == "The body of a stream cannot be set.\n  Return another response in its stead."


@pytest.mark.parametrize("declared", ["-1", "+5", "1_0", "", "1, 1", "\u0665", "9" * 20])
def test_row_047_a_length_that_is_none_is_refused(declared: str) -> None:
    """
    Set at first or later.
    """
    response = StreamedResponse([])
    # Past the check of a value's characters.
    response.headers = {"content-length": declared}  # type: ignore[assignment]

    with pytest.raises(ResponseError) as refused:
        response.check_length()

    assert str(refused.value) == (
        f"Content-Length must be one number, got {declared!r}.\n"
        "  Leave it out if the length is not known: the framework frames the body."
    )


@pytest.mark.parametrize(
    ("pieces", "message"),
    [
        (["ab", "c"], None),
        (["ab", "cd"], "The stream has more bytes than its Content-Length says."),
        (["ab"], "The stream ended 1 bytes before its Content-Length."),
        ([], "The stream ended 3 bytes before its Content-Length."),
    ],
)
async def test_row_047_pieces_add_up_to_the_length_that_was_set(pieces: list[str], message: str | None) -> None:
    """
    Not a byte more leaves, and too few are an error in place of an end.
    """
    response = StreamedResponse(pieces, headers={"content-length": "3"})
    sent: list[bytes] = []

    async def send() -> None:
        async for piece in response.stream():
            sent.append(piece)

    if message is None:
        await send()
    else:
        with pytest.raises(ResponseError) as refused:
            await send()
        assert str(refused.value) == message
    assert len(b"".join(sent)) <= 3


@pytest.mark.parametrize("moment", ["made", "begun", "opened", "read", "ended"])
async def test_closing_a_stream_closes_its_source(moment: str) -> None:
    """
    At every moment of its life, at once, and once.
    """
    source = Source(b"a", b"b")
    response = StreamedResponse(source.stream())
    if moment != "made":
        await response.begin()
    stream = response.stream() if moment in {"opened", "read", "ended"} else None
    if stream is not None and moment != "opened":
        await anext(stream)
    if moment == "ended" and stream is not None:
        assert [piece async for piece in stream] == [b"b"]

    await response.aclose()
    await response.aclose()

    assert source.log == ([] if moment == "made" else [*source.log[:-1], "closed"])
    assert source.log.count("closed") == (0 if moment == "made" else 1)
    assert await collect(response) == []


async def test_closing_a_stream_that_was_never_begun_closes_an_iterator() -> None:
    """
    A file that nobody reads is closed all the same; a list has nothing to close.
    """
    file = io.BytesIO(b"a")

    await StreamedResponse(file).aclose()
    await StreamedResponse([b"a"]).aclose()

    assert file.closed
