"""
Percent-encoding: what goes out is ASCII and encoded once, what comes in is decoded once.
"""

import string
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.exceptions import BadRequestError
from covet.http.percent import (
    decode_percent,
    encode_extended,
    encode_path,
    mend_percent,
    quote_path,
    quote_query,
    quote_segment,
    quote_url,
    unquote_path,
)
from tests.linearity import assert_linear

Quote = Callable[[str], str]
QUOTES = pytest.mark.parametrize("quote", [quote_path, quote_segment, quote_query, quote_url])
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), max_size=40)


@pytest.mark.parametrize(
    ("path", "quoted"),
    [
        ("", ""),
        ("/", "/"),
        ("/a/b.c-d_e~f", "/a/b.c-d_e~f"),
        ("/a:@!$&'()*+,;=", "/a:@!$&'()*+,;="),
        ("/é/日本", "/%C3%A9/%E6%97%A5%E6%9C%AC"),
        ('/ "<>\\^`{|}[]', "/%20%22%3C%3E%5C%5E%60%7B%7C%7D%5B%5D"),
        ("/a?b#c", "/a%3Fb%23c"),
        ("/%C3%A9/%2f", "/%C3%A9/%2f"),
        ("/100%", "/100%25"),
        ("/%zz%4", "/%25zz%254"),
        ("/\t\x7f", "/%09%7F"),
        ("/\U0001f375", "/%F0%9F%8D%B5"),
    ],
)
def test_a_path_is_quoted_once(path: str, quoted: str) -> None:
    """What RFC 3986 allows in a path stays, `%XX` included; everything else is encoded as UTF-8."""
    assert quote_path(path) == quoted


@given(TEXT)
def test_an_extended_value_is_what_it_was(text: str) -> None:
    """Nothing in it could end the value of the parameter (RFC 8187)."""
    charset, _, encoded = encode_extended(text).rpartition("''")

    assert charset == "UTF-8"
    assert set(encoded) <= {*string.ascii_letters, *string.digits, *"!#$&+-.^_`|~%"}
    assert unquote_to_bytes(encoded).decode() == text


@pytest.mark.parametrize(
    ("text", "quoted"), [("a/b", "a%2Fb"), ("100%", "100%25"), ("%2F", "%252F"), ("a?b#c", "a%3Fb%23c"), ("...", "...")]
)
def test_a_segment_is_data(text: str, quoted: str) -> None:
    """Slashes and `%` of a segment are encoded, even where they look encoded already."""
    assert quote_segment(text) == quoted


@pytest.mark.parametrize("text", [".", ".."])
def test_a_dot_segment_is_refused(text: str) -> None:
    """Clients resolve `..`, however it is written: the link would lead elsewhere."""
    with pytest.raises(ValueError, match="cannot be a segment of a path: clients would resolve it"):
        quote_segment(text)


def test_delimiters_of_queries_and_urls_stay() -> None:
    """A query keeps `&`, `=`, `?`; a whole URL keeps brackets and `#` too."""
    assert quote_query("a=b&c=/?é#[]") == "a=b&c=/?%C3%A9%23%5B%5D"
    assert quote_url("http://[::1]:80/é?a=b c#d") == "http://[::1]:80/%C3%A9?a=b%20c#d"


@QUOTES
@pytest.mark.parametrize("character", ["\r", "\n", "\0"])
def test_row_045_line_breaks_and_nul_are_refused(quote: Quote, character: str) -> None:
    """They have no place in a URL, encoded or not."""
    with pytest.raises(ValueError, match="holds a line break or NUL, which no URL can carry"):
        quote(f"/x{character}Set-Cookie: a=b")


@QUOTES
def test_a_lone_surrogate_is_refused(quote: Quote) -> None:
    """It has no bytes in UTF-8."""
    with pytest.raises(ValueError, match="holds a lone surrogate, which no URL can carry"):
        quote("/\ud800")


@QUOTES
@given(TEXT)
def test_what_is_quoted_is_visible_ascii(quote: Quote, text: str) -> None:
    """No quoted text has a space, a control character or a byte beyond ASCII."""
    if text not in {".", ".."}:
        quoted = quote(text)

        assert set(quoted) <= set(string.ascii_letters + string.digits + "-._~!$&'()*+,;=:@/?#[]%")


@pytest.mark.parametrize("quote", [quote_path, quote_query, quote_url])
@given(TEXT | st.text("%4f/?#", max_size=20))
def test_quoting_twice_is_quoting_once(quote: Quote, text: str) -> None:
    """What is encoded already is not touched again."""
    assert quote(quote(text)) == quote(text)


@given(TEXT)
def test_a_segment_is_read_back(text: str) -> None:
    """Decoding a quoted segment gives the text, whatever is in it."""
    if text not in {".", ".."}:
        assert unquote_path(quote_segment(text)) == text


@pytest.mark.parametrize(
    ("path", "decoded"),
    [
        ("/a", "/a"),
        ("/caf%C3%A9", "/café"),
        ("/a%2Fb", "/a/b"),
        ("/a+b", "/a+b"),
        ("/a%252Fb", "/a%2Fb"),
        ("/100%", "/100%"),
        ("/é%20", "/é "),
        ("/a=%3D", "/a=="),
    ],
)
def test_a_path_is_decoded_once(path: str, decoded: str) -> None:
    """A plus is a plus, and what was encoded twice is still encoded."""
    assert unquote_path(path) == decoded


@pytest.mark.parametrize("path", ["/%FF", "/%c0%af", "/%ED%A0%80", "/\ud800%20"])
def test_a_path_that_is_not_utf_8_is_refused(path: str) -> None:
    """Overlong forms of a slash are 400, as is everything that is not UTF-8."""
    with pytest.raises(BadRequestError, match=r"^The path is not valid UTF-8\.$"):
        unquote_path(path)


def test_percents_that_encode_nothing_have_an_end() -> None:
    """More than a thousand are 400."""
    with pytest.raises(BadRequestError, match=r"^The percent-encoding is malformed\.$"):
        unquote_path("/" + "%" * 1001)


@given(
    st.binary(max_size=40)
    | st.lists(st.sampled_from([b"%", b"=", b"4", b"f", b"\r", b"\n", b" ", b"%41", b"=3D"])).map(b"".join)
)
def test_decoding_is_that_of_the_standard_library(data: bytes) -> None:
    """The short cut through quoted-printable gives the bytes of `urllib.parse.unquote_to_bytes`."""
    assert decode_percent(mend_percent(data)) == unquote_to_bytes(data)


@pytest.mark.parametrize("unit", ["%", "%41", "é", "/", " ", "%4"])
def test_quoting_and_decoding_are_linear(unit: str) -> None:
    """Twice the path is twice the work."""
    assert_linear(quote_path, lambda size: unit * size, size=500)
    assert_linear(unquote_path, lambda size: unit * size, size=500)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_a_decoded_path_is_written_so_that_it_reads_back(decoded: str) -> None:
    """Whatever a request's path held, line breaks and `%` included, is ASCII without a delimiter and reads the same."""
    written = encode_path(decoded)

    assert written.isascii()
    assert not set(written) & set("\r\n\0 ?#\\")
    assert unquote_to_bytes(written).decode() == decoded


def test_a_lone_surrogate_has_no_spelling() -> None:
    """Whoever writes a URL learns of it."""
    with pytest.raises(UnicodeEncodeError):
        encode_path("/\ud800")
