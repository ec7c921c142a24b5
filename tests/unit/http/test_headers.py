"""
Header fields that a request brought.
"""

from collections.abc import Callable

import pytest

from covet.http.headers import Headers
from tests.linearity import assert_linear

Pairs = list[tuple[bytes, bytes]]
Make = Callable[[Pairs], Headers]

PLAIN: Pairs = [(b"host", b"example.com"), (b"accept", b"*/*")]
REPEATED: Pairs = [(b"accept", b"text/html"), (b"cookie", b"a=1"), (b"accept", b"*/*"), (b"cookie", b"b=2")]


def by_hand(pairs: Pairs) -> Headers:
    """Make headers as a user does."""
    return Headers([(name.decode().title(), value.decode("latin-1")) for name, value in pairs])


def from_text(pairs: Pairs) -> Headers:
    """Make headers as RSGI brings them."""
    return Headers.from_lowered([(name.decode(), value.decode("latin-1")) for name, value in pairs])


every_make = pytest.mark.parametrize("make", [by_hand, from_text, Headers.from_bytes])


@every_make
def test_names_compare_without_case(make: Make) -> None:
    """It does not matter how they were made, or how they are asked."""
    headers = make(PLAIN)

    assert headers["HOST"] == headers.get("Host") == "example.com"
    assert "hOST" in headers
    assert headers.get_list("HosT") == ["example.com"]
    assert list(headers) == ["host", "accept"]
    assert len(headers) == 2


@every_make
def test_what_did_not_come_is_not_there(make: Make) -> None:
    """A mapping's ways of saying so."""
    headers = make(PLAIN)

    assert headers.get("x-other") is None
    assert headers.get("x-other", "none") == "none"
    assert headers.get_bytes(b"x-other") is None
    assert headers.get_list("x-other") == []
    assert "x-other" not in headers
    assert 5 not in headers  # type: ignore[comparison-overlap]
    with pytest.raises(KeyError, match="X-Other"):
        headers["X-Other"]


@every_make
def test_a_repeated_name_is_joined(make: Make) -> None:
    """With a comma, and Cookie with a semicolon, as HTTP/2 splits it (RFC 9113 §8.2.3)."""
    headers = make(REPEATED)

    assert headers["accept"] == "text/html, */*"
    assert headers.get("Cookie") == "a=1; b=2"
    assert headers.get_bytes(b"cookie") == b"a=1; b=2"
    assert headers.get_list("cookie") == ["a=1", "b=2"]
    assert headers.multi_items() == [
        ("accept", "text/html"), ("accept", "*/*"), ("cookie", "a=1"), ("cookie", "b=2")
    ]  # fmt: skip


@every_make
def test_row_058_underscore_is_no_hyphen(make: Make) -> None:
    """A header with `_` never answers a lookup by `-`."""
    headers = make([(b"x_user", b"admin"), (b"x_forwarded_for", b"1.1.1.1")])

    assert headers.get("x-user") is None
    assert "x-forwarded-for" not in headers
    assert headers["X_User"] == "admin"


@every_make
def test_bytes_beyond_ascii_are_latin_1(make: Make) -> None:
    """No byte is refused or lost."""
    headers = make([(b"x-name", bytes(range(0x20, 0x100)))])

    assert headers["x-name"] == bytes(range(0x20, 0x100)).decode("latin-1")
    assert headers.get_bytes(b"x-name") == bytes(range(0x20, 0x100))
    assert headers.get("x-n\u00e4me") is None


@every_make
@pytest.mark.parametrize(("pairs", "size"), [([], 0), (PLAIN, 24), (REPEATED, 42)])
def test_the_size_counts_names_and_values(make: Make, pairs: Pairs, size: int) -> None:
    """Every pair counts, also of a name that came several times."""
    assert make(pairs).size == size


@every_make
def test_equality_is_by_value(make: Make) -> None:
    """And like a dict they are not hashable."""
    assert make(REPEATED) == by_hand(REPEATED)
    assert make(PLAIN) != by_hand(REPEATED)
    assert make(PLAIN) != {"host": "example.com"}
    with pytest.raises(TypeError, match="unhashable"):
        hash(make(PLAIN))


@every_make
def test_the_representation_has_no_value(make: Make) -> None:
    """Authorization and Cookie would end up in logs."""
    assert repr(make([(b"authorization", b"Bearer secret")])) == "Headers(authorization)"


def test_a_list_that_was_given_is_a_copy() -> None:
    """Who changes it changes no request."""
    headers = Headers.from_bytes(REPEATED)

    headers.get_list("cookie").append("c=3")

    assert headers.get_list("cookie") == ["a=1", "b=2"]


@every_make
def test_row_025_joining_repeated_headers_is_linear(make: Make) -> None:
    """One name, as often as you like."""

    def join(pairs: Pairs) -> str:
        return make(pairs)["x-many"]

    assert join([(b"x-many", b"a")] * 10_000).count("a") == 10_000
    assert_linear(join, lambda size: [(b"x-many", b"a")] * size, size=1_000)
