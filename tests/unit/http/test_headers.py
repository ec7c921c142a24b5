"""
Tests of header fields: reading, setting, and what no wire may carry.
"""

import pytest

from covet.exceptions import ResponseError
from covet.http.headers import Headers, MutableHeaders, check_header_name, check_header_value
from tests.linearity import assert_linear


def test_names_compare_without_case() -> None:
    """A header is found however its name is written."""
    headers = Headers({"Content-Type": "text/html"})

    assert headers["CONTENT-TYPE"] == headers.get("content-type") == "text/html"
    assert "Content-type" in headers


def test_repeated_headers_are_joined() -> None:
    """Values of one name come together in order; cookies with their own separator."""
    headers = Headers([("accept", "a"), ("cookie", "x=1"), ("accept", "b"), ("cookie", "y=2"), ("accept", "c")])

    assert headers["accept"] == "a, b, c"
    assert headers["cookie"] == "x=1; y=2"
    assert headers.get_list("accept") == ["a", "b", "c"]
    assert headers.get_list("absent") == []
    assert headers.multi_items() == [
        ("accept", "a"),
        ("accept", "b"),
        ("accept", "c"),
        ("cookie", "x=1"),
        ("cookie", "y=2"),
    ]


def test_row_025_joining_repeated_headers_is_linear() -> None:
    """Ten thousand headers of one name take ten times what a thousand take."""

    def make(size: int) -> list[tuple[bytes, bytes]]:
        return [(b"x-a", b"value")] * size

    assert_linear(lambda pairs: Headers.from_bytes(pairs)["x-a"], make, size=5000)


def test_row_058_an_underscore_is_no_dash() -> None:
    """A client cannot pass X_Forwarded_For for X-Forwarded-For."""
    headers = Headers({"X_Forwarded_For": "1.1.1.1"})

    assert headers.get("x-forwarded-for") is None
    assert headers["x_forwarded_for"] == "1.1.1.1"


def test_values_stay_out_of_the_representation() -> None:
    """Authorization and Cookie would end up in logs."""
    text = repr(Headers({"authorization": "secret"})) + repr(MutableHeaders({"set-cookie": "secret"}))

    assert text == "Headers(authorization)MutableHeaders(set-cookie)"


def test_headers_are_equal_by_value() -> None:
    """Two objects with the same fields are the same headers."""
    assert Headers({"A": "1"}) == Headers([("a", "1")])
    assert Headers({"A": "1"}) != {"a": "1"}
    assert len(Headers({"A": "1"})) == 1
    assert list(Headers({"A": "1"})) == ["a"]


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a\r\nb", "a\x00", "\u00e9", "a\tb", "(a)"])
def test_row_045_a_name_that_is_no_token_is_refused(name: str) -> None:
    """Nothing that could end a line is a name."""
    with pytest.raises(ResponseError, match=r"is no header name"):
        MutableHeaders()[name] = "1"


@pytest.mark.parametrize(
    "value", ["a\r\nb: c", "a\nb", "a\x00", "a\x1f", "a\x7f", "\u20ac", "\r", "a\x85"[:1] + "\x0b"]
)
def test_row_045_a_value_that_splits_is_refused(value: str) -> None:
    """Control characters and what is beyond Latin-1 never reach the wire; the text does not repeat the value."""
    with pytest.raises(ResponseError) as caught:
        MutableHeaders()["x-a"] = value

    assert str(caught.value).startswith("The value of header 'x-a' has a character that no header can carry.")


def test_a_value_that_is_no_text_is_refused() -> None:
    """A number has to be written as text."""
    with pytest.raises(ResponseError, match=r"The value of header 'x-a' is int, expected str."):
        MutableHeaders()["x-a"] = 7  # type: ignore[assignment]


def test_spaces_around_a_value_vanish() -> None:
    """A field's value has no outer whitespace (RFC 9110 §5.5); tabs and Latin-1 inside are fine."""
    headers = MutableHeaders({"a": " x ", "b": "y  ", "c": "\tz\t", "d": "caf\u00e9\tau lait"})

    assert headers.multi_items() == [("a", "x"), ("b", "y"), ("c", "z"), ("d", "caf\u00e9\tau lait")]


def test_setting_replaces_and_appending_adds() -> None:
    """`[]` leaves one value, `append` keeps the others."""
    headers = MutableHeaders()
    headers.append("Set-Cookie", "a=1")
    headers.append("set-cookie", "b=2")
    headers["X-A"] = "1"

    assert headers.get_list("SET-COOKIE") == ["a=1", "b=2"]
    assert headers["set-cookie"] == "a=1, b=2"

    headers["set-cookie"] = "c=3"

    assert headers.multi_items() == [("set-cookie", "c=3"), ("x-a", "1")]


def test_deleting_takes_every_value() -> None:
    """Nothing of a deleted name is left."""
    headers = MutableHeaders([("a", "1"), ("a", "2"), ("b", "3")])

    del headers["A"]

    assert headers.multi_items() == [("b", "3")]
    assert "a" not in headers
    assert len(headers) == 1
    assert headers.get_list("a") == []


@pytest.mark.parametrize(
    ("present", "expected"), [(None, "Origin"), ("Accept", "Accept, Origin"), ("origin", "origin"), ("*", "*")]
)
def test_vary_names_each_header_once(present: str | None, expected: str) -> None:
    """A name is added unless it is there already, or everything is."""
    headers = MutableHeaders({} if present is None else {"vary": present})

    headers.add_vary("Origin")

    assert headers["vary"] == expected


def test_the_checks_can_be_used_alone() -> None:
    """Other parts that write headers use the same rules."""
    assert check_header_name("X-A") == "x-a"
    assert check_header_value("x-a", " v\t") == "v"
