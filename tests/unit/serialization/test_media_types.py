"""
Media types: what a client says it sends, and what it wants.
"""

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.exceptions import BadRequestError
from covet.serialization import media_types
from covet.serialization.media_types import negotiate, parse_media_type, split_elements
from tests.linearity import assert_linear, assert_quick

HTML, JSON, XML = "text/html", "application/json", "application/xml"


@pytest.mark.parametrize(
    ("text", "media_type", "parameters"),
    [
        ("application/json", "application/json", {}),
        ("Application/JSON", "application/json", {}),
        ("  text/html\t", "text/html", {}),
        ("text/html;charset=utf-8", "text/html", {"charset": "utf-8"}),
        ("text/html ; Charset=UTF-8 ; x=y", "text/html", {"charset": "UTF-8", "x": "y"}),
        ('text/html; charset="utf-8"', "text/html", {"charset": "utf-8"}),
        ('a/b; x="a;b=c, d"', "a/b", {"x": "a;b=c, d"}),
        (r'a/b; x="a\"b\\c"', "a/b", {"x": 'a"b\\c'}),
        ('a/b; x=""', "a/b", {"x": ""}),
        ("a/b;", "a/b", {}),
        ("a/b; ;; x=y", "a/b", {"x": "y"}),
        ("application/vnd.api+json", "application/vnd.api+json", {}),
        ("*/*", "*/*", {}),
    ],
)
def test_a_media_type_is_split(text: str, media_type: str, parameters: dict[str, str]) -> None:
    """Type and names come in lower case, values as they were written, without their quotes."""
    assert parse_media_type(text) == (media_type, parameters)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "json",
        "/json",
        "application/",
        "application json",
        "application/json text/html",
        "application/json, text/html",
        "a/b; x",
        "a/b; x=",
        "a/b; =y",
        "a/b; x = y",
        'a/b; x="y',
        'a/b; x="y"z',
        'a/b; x="y\x00"',
        'a/b; x="y\r\nset-cookie: z"',
        "a/b; x=y z",
        "a/b\x00",
        "ａ/ｂ",
    ],
)
def test_a_malformed_media_type_is_refused(text: str) -> None:
    """What RFC 9110 does not allow is a 400 that does not repeat the input."""
    with pytest.raises(BadRequestError) as caught:
        parse_media_type(text)

    assert str(caught.value) == "The media type is malformed."


@pytest.mark.parametrize("text", ["a/b; x=1; x=2", "a/b; x=1; X=1"])
def test_row_012_a_parameter_stands_once(text: str) -> None:
    """Two parsers may pick different ones of two: both are refused."""
    with pytest.raises(BadRequestError, match=re.escape("The media type has a parameter twice.")):
        parse_media_type(text)


def test_a_media_type_has_a_length_limit() -> None:
    """8 KiB are read, one more is refused."""
    longest = "a/" + "b" * 8190

    assert parse_media_type(longest) == (longest, {})
    with pytest.raises(BadRequestError, match=re.escape("The media type is longer than 8192 characters.")):
        parse_media_type(longest + "b")


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        # nothing said: the server's first
        (None, HTML),
        ("", HTML),
        ("  ", HTML),
        (",", HTML),
        ("*/*", HTML),
        # exact, and by weight
        (JSON, JSON),
        ("APPLICATION/JSON", JSON),
        ("application/xml;q=0.9, application/json;q=0.8", XML),
        ("application/json;q=0.8, application/xml;q=0.9", XML),
        ("application/json;q=0.8,*/*;q=0.1", JSON),
        ("text/plain, application/json;q=0.001", JSON),
        # equal weights: the server's order
        ("application/xml, application/json", JSON),
        ("application/*", JSON),
        ("application/*, text/html;q=0.5", JSON),
        ("*/*;q=0.5, application/xml;q=0.5", HTML),
        # the narrowest range decides
        ("text/*;q=0.1, text/html;q=0.9, application/json;q=0.5", HTML),
        ("*/*, text/html;q=0.1", JSON),
        ("*/*, text/*;q=0, application/json;q=0", XML),
        ("text/html;level=1, application/xml;q=0.1", XML),
        # zero excludes
        ("text/html;q=0", None),
        ("*/*;q=0", None),
        ("*/*, text/html;q=0.0, application/json;q=0.00, application/xml;q=0.000", None),
        ("text/plain", None),
        ("image/*", None),
        # malformed parts are ignored
        ("application/xml, json, application/json;q=x", XML),
        ("application/json;q=1.5, application/xml;q=0.1", XML),
        ("application/json;q=0.1234, application/xml;q=0.1", XML),
        ("application/json;q=-1, application/xml;q=0.1", XML),
        ("application/json;q=１, application/xml;q=0.1", XML),
        ("*/json, application/xml;q=0.1", XML),
        ('application/json;x="a, application/xml;q=0.5', HTML),
        ('application/json;x="a,b";q=0.1, application/xml;q=0.5', XML),
        ("nonsense", HTML),
        # what stands behind the weight is none of the range's parameters
        ("application/json;q=1;x=y, */*;q=0.1", JSON),
        ("application/json;Q=0.1, application/xml;Q=0.2", XML),
    ],
)
def test_the_most_welcome_media_type_is_chosen(accept: str | None, chosen: str | None) -> None:
    """RFC 9110 §12.5.1: weights, narrower before wider, zero excludes, the server's order at a tie."""
    assert negotiate(accept, [HTML, JSON, XML]) == chosen


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("text/html;level=1", "text/html;level=1"),
        ("text/html", "text/html;level=2"),
        ("text/html;q=0.3, text/html;level=1;q=0.7", "text/html;level=1"),
        ("text/html;level=3", None),
        ('text/html;level="1"', "text/html;level=1"),
        ("text/html;LEVEL=1", "text/html;level=1"),
        ("text/plain;charset=UTF-8", "text/plain;charset=utf-8"),
    ],
)
def test_parameters_of_a_range_must_be_those_of_the_offer(accept: str, chosen: str | None) -> None:
    """A range with parameters fits only an offer that has them, and is the narrowest."""
    assert negotiate(accept, ["text/html;level=2", "text/html;level=1", "text/plain;charset=utf-8"]) == chosen


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("application/json;charset=utf-8", JSON),
        ("application/json; charset=UTF-8, text/plain;q=0.1", JSON),
        ("application/json;charset=utf-8;q=0.1, application/xml", XML),
        ("application/json;charset=iso-8859-1", None),
        ("application/json;charset=utf-8;level=1", None),
        ("text/plain;charset=utf-8", None),
    ],
)
def test_a_charset_of_utf_8_may_be_asked_of_any_type(accept: str, chosen: str | None) -> None:
    """Many clients name it for JSON, where it has no meaning (RFC 8259 §11); what names another one is as it says."""
    assert negotiate(accept, [HTML, JSON, XML, "text/plain;charset=ascii"]) == chosen


def test_nothing_on_offer_is_nothing_chosen() -> None:
    """Without an offer there is no choice, whatever is wanted."""
    assert negotiate(None, []) is None
    assert negotiate("*/*", []) is None


def test_row_026_a_long_accept_is_ignored() -> None:
    """8 KiB are read; a longer header counts as absent."""
    wanted = "application/json"
    padding = "," * (8192 - len(wanted))

    assert negotiate(padding + wanted, [HTML, JSON]) == JSON
    assert negotiate(padding + "," + wanted, [HTML, JSON]) == HTML


@pytest.mark.parametrize(
    "make",
    [
        lambda size: 'text/html;a="' + "=;" * size,
        lambda size: 'text/html;a="' + '\\"' * size,
        lambda size: 'text/html;a="' + "\\\\" * size + '"',
        lambda size: "text/html" + ";" * size,
        lambda size: "text/html; " + "a=b; " * size,
        lambda size: "a" * size,
        lambda size: " " * size + "x",
        lambda size: "text/html;" + " " * size,
        lambda size: '"' * size,
    ],
    ids=["separators in quotes", "escapes", "backslashes", "semicolons", "pairs", "token", "space", "end", "quotes"],
)
def test_row_026_a_media_type_is_read_in_linear_time(
    make: Callable[[int], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twice the header takes twice the work, even beyond the limit on its length."""
    monkeypatch.setattr(media_types, "MAX_LENGTH", 10**9)

    assert_linear(parse_media_type, make, size=100)
    assert_linear(lambda text: negotiate(text, [JSON, HTML]), make, size=100)


@pytest.mark.parametrize(
    "part", ["*/*,", ",", "*/*;q=0.1,", 'a/b;c=",",', "a/b;c=d;e=f,", '",', "text/html;q=1;a=b , "]
)
def test_row_027_wildcards_are_read_in_linear_time(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the parts take twice the work, and the longest header that is read blocks nobody."""
    longest = part * (8192 // len(part))

    assert_quick(negotiate, longest, [JSON, HTML])
    monkeypatch.setattr(media_types, "MAX_LENGTH", 10**9)
    assert_linear(lambda text: negotiate(text, [JSON, HTML]), lambda size: part * size, size=100)


def test_row_028_few_headers_are_kept() -> None:
    """The cache keeps a bounded number of short headers, and no long one."""
    media_types._cached_choice.cache_clear()

    for number in range(1_000):
        negotiate(f"text/x-{number}, */*;q=0.1", [HTML, JSON])
    negotiate("text/x-" + "y" * 1_000, [HTML, JSON])

    cache = media_types._cached_choice.cache_info()
    assert cache.maxsize == 64
    assert (cache.currsize, cache.misses) == (64, 1_000)


@given(st.text(max_size=100), st.sampled_from([[HTML], [HTML, JSON], [JSON, "text/html;level=1"]]))
def test_no_accept_header_is_an_error(accept: str, available: list[str]) -> None:
    """Whatever a client sends, the answer is one of the offers or none."""
    assert negotiate(accept, available) in [*available, None]


TOKENS = st.text("abcXYZ019!#$%&'*+-.^_`|~", min_size=1, max_size=10)
QUOTABLE = st.text([chr(code) for code in (9, *range(32, 127), *range(128, 256))], max_size=20)


@given(TOKENS, TOKENS, st.dictionaries(TOKENS.map(str.lower), QUOTABLE, max_size=4))
def test_what_is_written_is_read(main: str, sub: str, parameters: dict[str, str]) -> None:
    """Every media type that RFC 9110 can spell comes back in its parts."""
    quoted = {name: re.sub(r'(["\\])', r"\\\1", value) for name, value in parameters.items()}
    text = f"{main}/{sub}" + "".join(f'; {name}="{value}"' for name, value in quoted.items())

    assert parse_media_type(text) == (f"{main}/{sub}".lower(), parameters)


@pytest.mark.parametrize(
    ("text", "elements"),
    [
        ("", []),
        (" , ,\t", []),
        ("a", ["a"]),
        ("a, b ,c", ["a", "b", "c"]),
        ('a, "b, c", d', ["a", '"b, c"', "d"]),
        (r'"a\", b", c', [r'"a\", b"', "c"]),
        (r'a\, "b"', ["a\\", '"b"']),
        ('a, "b, c', ["a", '"b, c']),
    ],
)
def test_a_list_is_parted_at_its_commas(text: str, elements: list[str]) -> None:
    """Those in quotes part nothing; a backslash means something within quotes only."""
    assert split_elements(text) == elements


@pytest.mark.row(26)
@pytest.mark.parametrize("part", [",", '"', '"\\', '\\"', 'a,"b,', '",'])
def test_row_026_a_list_is_parted_in_linear_time(part: str) -> None:
    """Whatever its quotes are."""
    assert_linear(split_elements, lambda size: part * size, size=2000)
