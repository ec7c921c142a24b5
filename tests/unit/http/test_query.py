"""
The query of a URL: what separates fields, what is decoded, and what is refused.
"""

from urllib.parse import quote, unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.exceptions import BadRequestError
from covet.http.query import QueryParams, encode_query, parse_query
from tests.linearity import assert_linear, assert_quick

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
PAIRS = st.lists(st.tuples(TEXT, TEXT).filter(lambda pair: pair != ("", "")), max_size=8)


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("", []),
        (b"", []),
        ("a=1", [("a", "1")]),
        ("a=1&b=2", [("a", "1"), ("b", "2")]),
        ("a=1&a=2", [("a", "1"), ("a", "2")]),
        ("a", [("a", "")]),
        ("a=", [("a", "")]),
        ("=a", [("", "a")]),
        ("&&a=1&", [("a", "1")]),
        ("a=b=c", [("a", "b=c")]),
        ("a=%3D%26&b==", [("a", "=&"), ("b", "=")]),
        ("a+b=c+d", [("a b", "c d")]),
        ("a=%2B%20+", [("a", "+  ")]),
        ("caf%C3%A9=%c3%a9", [("café", "é")]),
        ("a=é", [("a", "é")]),
        ("a=é%20", [("a", "é ")]),
        (b"a=\xc3\xa9", [("a", "é")]),
        ("a=%00%0d%0A", [("a", "\0\r\n")]),
        ("a=%252F", [("a", "%2F")]),
        ("off=100%&b=%zz%4", [("off", "100%"), ("b", "%zz%4")]),
        ("a=%&4=1", [("a", "%"), ("4", "1")]),
    ],
)
def test_a_query_is_split_and_decoded(text: str | bytes, pairs: list[tuple[str, str]]) -> None:
    """Fields part at `&`, names from values at the first `=`, and each is decoded once."""
    assert parse_query(text) == pairs


@pytest.mark.parametrize("text", ["q=safe;q=evil", "q=safe%3Bq=evil"])
def test_row_019_a_semicolon_separates_nothing(text: str) -> None:
    """A cache that knows `&` alone and the application see the same parameters."""
    assert parse_query(text) == [("q", "safe;q=evil")]


@pytest.mark.parametrize(
    "text", ["a=%FF", "a=%C3", "%80=a", "a=%ED%A0%80", "a=%C0%AF", "a=\ud800", "\udcff=a%20", b"a=\xff"]
)
def test_what_is_not_utf_8_is_refused(text: str | bytes) -> None:
    """Invalid bytes, overlong forms and surrogates are 400, not replacement characters."""
    with pytest.raises(BadRequestError, match=r"^The query is not valid UTF-8\.$"):
        parse_query(text)


def test_row_018_a_query_of_too_many_fields_is_refused() -> None:
    """1,000 fields are read, one more is 400."""
    assert len(parse_query("&".join(["a=1"] * 1000))) == 1000

    with pytest.raises(BadRequestError, match=r"^The query has more than 1000 fields\.$"):
        parse_query("&".join(["a=1"] * 1001))


@pytest.mark.parametrize("text", ["a&" * 1_000_000, "&" * 1_000_000, b"a&" * 1_000_000])
def test_row_018_empty_fields_count(text: str | bytes) -> None:
    """A million separators are refused before a list is made of them."""
    with pytest.raises(BadRequestError, match="more than 1000 fields"):
        parse_query(text)


def test_row_018_semicolons_are_one_field() -> None:
    """What does not separate is not counted, and stays in the name."""
    assert parse_query("a;" * 1_000_000) == [("a;" * 1_000_000, "")]


def test_the_number_of_fields_is_an_argument() -> None:
    """A caller may set the limit, for `QueryParams` as well."""
    with pytest.raises(BadRequestError, match="more than 1 fields"):
        parse_query("a=1&b=2", max_fields=1)
    with pytest.raises(BadRequestError, match="more than 1 fields"):
        QueryParams("a=1&b=2", max_fields=1)


def test_percents_that_encode_nothing_have_an_end() -> None:
    """A thousand stand for themselves, more are 400."""
    assert parse_query("a=" + "%" * 1000) == [("a", "%" * 1000)]

    with pytest.raises(BadRequestError, match=r"^The percent-encoding is malformed\.$"):
        parse_query("a=" + "%" * 1001)


@pytest.mark.parametrize("unit", ["a=1&", "&", "=", "%41", "%", "%4", "+", ";", "é", "%C3%A9&", "a"])
def test_row_018_reading_is_linear(unit: str) -> None:
    """Twice the text is twice the work, and a URL's worth of it is quick."""
    assert_linear(lambda text: parse_query(text, max_fields=10**9), lambda size: unit * size, size=500)
    assert_quick(parse_query, (unit * 8192)[:8192], max_fields=10**9)


@given(PAIRS)
def test_what_is_written_is_read_back(pairs: list[tuple[str, str]]) -> None:
    """`encode_query` and `parse_query` are inverse, and what is written is ASCII."""
    text = encode_query(pairs)

    assert parse_query(text) == pairs
    assert text.isascii()


@given(st.text(max_size=200) | st.binary(max_size=200) | st.text("a%&=+4fF;", max_size=60))
def test_reading_raises_nothing_else(text: str | bytes) -> None:
    """Any input gives pairs of text that can be sent, or a `BadRequestError` that does not repeat it."""
    try:
        pairs = parse_query(text)
    except BadRequestError as exc:
        assert exc.detail in {"The query is not valid UTF-8.", "The percent-encoding is malformed."}
        return

    assert "".join(name + value for name, value in pairs).encode() is not None


@given(st.text("a%&=4fFé", max_size=40))
def test_decoding_is_that_of_the_standard_library(text: str) -> None:
    """Each field decodes to the bytes that `urllib` makes of it."""
    expected = [
        (unquote_to_bytes(name), unquote_to_bytes(value))
        for name, _, value in (field.partition("=") for field in text.split("&") if field)
    ]

    try:
        pairs = [(name.encode(), value.encode()) for name, value in parse_query(text)]
    except BadRequestError:
        with pytest.raises(UnicodeDecodeError):
            b"".join(name + b"\n" + value + b"\n" for name, value in expected).decode()
    else:
        assert pairs == expected


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({}, ""),
        ({"a": 1, "b": 1.5, "c": True, "d": False}, "a=1&b=1.5&c=true&d=false"),
        ({"a": ["x", 2, True]}, "a=x&a=2&a=true"),
        ({"a": (), "b": ""}, "b="),
        ([("a", "1"), ("a", "2")], "a=1&a=2"),
        (QueryParams([("a", "1"), ("b", "2"), ("a", "3")]), "a=1&b=2&a=3"),
        ({"&=+%;": "#? é\r\n"}, "%26%3D%2B%25%3B=%23%3F+%C3%A9%0D%0A"),
    ],
)
def test_values_are_written_as_text(params: dict[str, object] | list[tuple[str, object]], text: str) -> None:
    """Lists repeat the name, booleans are in lower case, and all delimiters are encoded."""
    assert encode_query(params) == text


def test_a_lone_surrogate_cannot_be_written() -> None:
    """What no URL can carry raises where it is written."""
    with pytest.raises(ValueError, match="surrogates not allowed"):
        encode_query({"a": "\ud800"})


def test_params_are_a_mapping_of_the_query() -> None:
    """`QueryParams` reads text, bytes, pairs and mappings alike."""
    expected = QueryParams([("a", "1"), ("a", "2")])

    assert QueryParams("a=1&a=2") == QueryParams(b"a=1&a=2") == expected
    assert QueryParams({"a": "1"}) == {"a": "1"}
    assert (expected["a"], expected.get_list("a")) == ("2", ["1", "2"])


def test_params_print_as_a_query() -> None:
    """`str` encodes again, `repr` shows the pairs."""
    params = QueryParams("q=tea%20time&x=%2F&x=")

    assert str(params) == "q=tea+time&x=%2F&x="
    assert repr(params) == "QueryParams([('q', 'tea time'), ('x', '/'), ('x', '')])"


def test_other_clients_encodings_are_understood() -> None:
    """A space may come as `%20` or `+`, letters may be encoded needlessly."""
    assert parse_query(f"q={quote('tea & é')}") == [("q", "tea & é")]
    assert parse_query("%71=%74%65%61") == [("q", "tea")]
