"""Ranges of bytes: what is asked for, and what is sent."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.http.byte_ranges import MAX_RANGES, MultipartRanges, RangeNotSatisfiableError, Span, parse_range
from tests.linearity import assert_linear


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bytes=0-0", [(0, 1)]),
        ("bytes=0-", [(0, 100)]),
        ("Bytes = 5-9", [(5, 10)]),
        ("bytes=-10", [(90, 100)]),
        ("bytes=-1000", [(0, 100)]),
        ("bytes=90-1000", [(90, 100)]),
        ("bytes=1-99999999999999999999", [(1, 100)]),
        ("bytes=0-1,,5-6 ,", [(0, 2), (5, 7)]),
        ("bytes=50-51,0-1", [(50, 52), (0, 2)]),
        ("bytes=0-1,1-2", [(0, 3)]),
        ("bytes=0-1,2-3", [(0, 4)]),
        ("bytes=50-60,0-5,55-70", [(0, 6), (50, 71)]),
        ("bytes=0-1,200-300", [(0, 2)]),
        ("bytes=" + "0" * 100 + "7-8", [(7, 9)]),
    ],
)
def test_range_is_read(text: str, expected: list[tuple[int, int]]) -> None:
    """Cut to what there is; joined where it overlaps; else in the order of the request."""
    assert parse_range(text, 100) == tuple(expected)


@pytest.mark.parametrize(
    "text",
    ["", "bytes", "bytes=", "bytes=,", "lines=0-1", "bytes=-", "bytes=a-b", "bytes=10-5", "bytes=--3", "bytes=²-3",
     "bytes=1", "bytes=0x1-2", "bytes=+1-2", "bytes=1_0-20", "bytes=0-1;2-3", "bytes=0-1, x"],
)  # fmt: skip
def test_row_036_malformed_range_is_ignored(text: str) -> None:
    """RFC 9110 §14.2: everything is sent, as if there were none."""
    assert parse_range(text, 100) is None


@pytest.mark.parametrize(
    ("text", "size"),
    [("bytes=-0", 100), ("bytes=100-", 100), ("bytes=99999999999999999999-", 100), ("bytes=0-", 0), ("bytes=-5", 0)],
)
def test_row_036_range_of_nothing_is_an_error(text: str, size: int) -> None:
    """It says how much there is."""
    with pytest.raises(RangeNotSatisfiableError) as caught:
        parse_range(text, size)

    assert caught.value.status_code == 416
    assert caught.value.headers == {"content-range": f"bytes */{size}"}
    assert str(caught.value) == "None of the ranges lies within the content."


def test_row_034_many_ranges_are_everything() -> None:
    """Whoever wants that many gets the whole once."""
    text = "bytes=" + ",".join(f"{2 * number}-{2 * number}" for number in range(MAX_RANGES + 1))

    assert parse_range(text, 1000) is None
    assert len(parse_range(text.rpartition(",")[0], 1000) or ()) == MAX_RANGES


@pytest.mark.parametrize("unit", ["0-0,", "0-,", "-1,", ",", "0", "-", "9-9, "])
def test_row_034_range_is_read_in_linear_time(unit: str) -> None:
    """Whatever is repeated."""

    def read(text: str) -> None:
        with suppress(RangeNotSatisfiableError):
            parse_range(text, 10**9)

    assert_linear(read, lambda size: "bytes=" + unit * (size // len(unit)), size=1_000)


@given(st.lists(st.tuples(st.integers(0, 120), st.integers(0, 120)), min_size=1, max_size=10), st.integers(0, 100))
def test_row_035_no_byte_is_sent_twice(pairs: list[tuple[int, int]], size: int) -> None:
    """The spans are in the content, do not touch, and hold exactly what was asked for."""
    asked = {byte for first, last in pairs for byte in range(first, last + 1) if byte < size}
    text = "bytes=" + ",".join(f"{first}-{last}" for first, last in pairs)

    try:
        spans = parse_range(text, size)
    except RangeNotSatisfiableError:
        assert not asked
        return

    if any(last < first for first, last in pairs):
        assert spans is None
        return
    assert spans is not None
    sent = [byte for span in spans for byte in range(span.start, span.end)]
    assert len(sent) == len(set(sent))
    assert set(sent) == asked


@given(st.text(max_size=60), st.integers(0, 1000))
def test_any_text_can_be_read(text: str, size: int) -> None:
    """There are spans within the content, nothing, or a 416."""
    for candidate in (text, f"bytes={text}"):
        try:
            spans = parse_range(candidate, size)
        except RangeNotSatisfiableError:
            continue
        assert all(0 <= span.start < span.end <= size for span in spans or ())


def test_span_says_where_it_is() -> None:
    """Its last byte stands in the header, its end in the code."""
    assert (Span(10, 20).size, Span(10, 20).describe(30)) == (10, "bytes 10-19/30")


def test_parts_of_one_body_are_framed() -> None:
    """As RFC 9110 §14.6 shows it, and as long as it says."""
    content = b"0123456789"
    parts = MultipartRanges([Span(0, 2), Span(5, 7)], 10, "text/plain", boundary="sep")

    body = b"".join(head + content[span.start : span.end] for head, span in zip(parts.heads, parts.spans, strict=True))
    body += parts.tail

    assert body == (
        b"--sep\r\nContent-Type: text/plain\r\nContent-Range: bytes 0-1/10\r\n\r\n01"
        b"\r\n--sep\r\nContent-Type: text/plain\r\nContent-Range: bytes 5-6/10\r\n\r\n56"
        b"\r\n--sep--\r\n"
    )
    assert parts.length == len(body)


def test_boundary_is_another_one_each_time() -> None:
    """Nobody who writes a content can know it."""
    first, second = (MultipartRanges([Span(0, 1)], 2, None) for _ in range(2))

    assert first.media_type != second.media_type
    assert b"Content-Type" not in first.heads[0]
