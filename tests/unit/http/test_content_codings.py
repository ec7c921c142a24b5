"""`Accept-Encoding`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.http.content_codings import MAX_LENGTH, choose_coding, is_compressible, rank_codings, read_weights
from tests.linearity import assert_linear

ALL = ("zstd", "br", "gzip")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, "identity"),
        ("", "identity"),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, br;q=0.9", "gzip"),
        ("GZIP;Q=1.0, BR;q=1.000", "br"),
        ("*", "zstd"),
        ("*;q=0.5, gzip", "gzip"),
        ("zstd;q=0, *", "br"),
        ("deflate", "identity"),
        ("identity", "identity"),
        ("identity, gzip;q=0.5", "identity"),
        ("identity, gzip", "gzip"),
        ("gzip;q=0", "identity"),
        ("gzip;q=0.001", "gzip"),
        ("identity;q=0", None),
        ("identity;q=0, gzip;q=0.1", "gzip"),
        ("*;q=0", None),
        ("*;q=0, identity;q=0.1", "identity"),
        ("gzip;q=2, br;q=x, zstd;q=", "identity"),
        ("gzip;level=9", "identity"),
        ("gzip;q=0, gzip;q=1", "identity"),
    ],
)
def test_coding_is_what_the_client_likes_best(header: str | None, expected: str | None) -> None:
    """By its weights; where they are equal by the server's order."""
    assert choose_coding(header, ALL) == expected


@given(st.text(alphabet="gzipbrstd*identy;q=0.15, \t", max_size=60))
def test_any_header_has_an_answer(header: str) -> None:
    """It is on offer, and nobody gets what was refused."""
    chosen = choose_coding(header, ALL)

    assert chosen in {*ALL, "identity", None}
    weights = read_weights(header)
    if chosen not in {"identity", None}:
        assert weights.get(str(chosen), weights.get("*", 0)) > 0


@given(st.text(alphabet="gzipbrstd*identy;q=0.15, \t", max_size=60))
def test_ranking_begins_with_the_choice(header: str) -> None:
    """What is ranked is on offer, each once."""
    ranked = rank_codings(header, ALL)

    assert len(set(ranked)) == len(ranked)
    assert set(ranked) <= set(ALL)
    if ranked:
        assert ranked[0] == choose_coding(header, ALL)


@pytest.mark.row(27)
@pytest.mark.parametrize("unit", ["*,", "gzip;q=0.5,", ";", " ", "gzip;q=", "\t,"])
def test_header_is_read_in_linear_time(unit: str) -> None:
    """Wildcards, too; what is longer than 1 KiB is not read at all."""
    assert_linear(read_weights, lambda size: unit * (size // len(unit)), size=1_000)
    assert choose_coding("gzip," * MAX_LENGTH, ALL) == "identity"


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("text/html; charset=utf-8", True),
        ("APPLICATION/JSON", True),
        ("application/vnd.api+json", True),
        ("image/svg+xml", True),
        ("application/wasm", True),
        ("text/event-stream", False),
        ("image/jpeg", False),
        ("application/octet-stream", False),
        ("application/zip", False),
        (None, False),
        ("", False),
    ],
)
def test_types_that_become_smaller(media_type: str | None, expected: bool) -> None:
    """Text does; what is compressed already, or waits for nobody, does not."""
    assert is_compressible(media_type) is expected
