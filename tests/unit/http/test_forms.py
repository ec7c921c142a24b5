"""
Urlencoded forms: the rules of queries, and the limits of forms.
"""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.exceptions import BadRequestError, ContentTooLargeError, UnsupportedMediaTypeError
from covet.http.forms import MAX_FIELD_SIZE, FormData, parse_urlencoded
from covet.http.query import encode_query, parse_query
from covet.http.uploads import UploadFile
from tests.linearity import assert_linear, assert_quick

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
PAIRS = st.lists(st.tuples(TEXT, TEXT).filter(lambda pair: pair != ("", "")), max_size=8)


@pytest.mark.row(19)
@pytest.mark.parametrize(
    ("body", "pairs"),
    [
        (b"", []),
        (b"a=1&b=2&a=3", [("a", "1"), ("b", "2"), ("a", "3")]),
        (b"a", [("a", "")]),
        (b"a=&=b&&", [("a", ""), ("", "b")]),
        (b"a+b=c%2Bd", [("a b", "c+d")]),
        (b"a=%C3%A9&b=\xc3\xa9", [("a", "é"), ("b", "é")]),
        (b"a=b=c&d=%3d", [("a", "b=c"), ("d", "=")]),
        (b"a=100%", [("a", "100%")]),
        (b"a=1\r\n", [("a", "1\r\n")]),
        (b"q=safe;q=evil", [("q", "safe;q=evil")]),
    ],
)
def test_a_body_is_split_and_decoded(body: bytes, pairs: list[tuple[str, str]]) -> None:
    """Fields part at `&` alone, the text of each is decoded."""
    form = parse_urlencoded(body)

    assert isinstance(form, FormData)
    assert form.multi_items() == pairs


def test_row_003_too_many_fields_are_refused_before_they_are_split() -> None:
    """A million fields are 413, and no list of them was ever in memory."""
    body = b"&".join(b"f%d=v" % number for number in range(1_000_000))

    tracemalloc.start()
    try:
        with pytest.raises(ContentTooLargeError, match=r"^The form has more than 1000 fields\.$") as refused:
            parse_urlencoded(body)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert refused.value.status_code == 413
    assert peak < 100_000


def test_row_003_as_many_fields_as_allowed_are_read() -> None:
    """1,000 fields are a form."""
    assert len(parse_urlencoded(b"&".join([b"a=1"] * 1000)).get_list("a")) == 1000


def test_row_003_a_field_that_is_too_large_is_refused_before_it_is_decoded() -> None:
    """One field of 50 MB is 413, and it was not copied more than its parting from its name takes."""
    body = b"a=" + b"%41" * 17_000_000

    tracemalloc.start()
    try:
        with pytest.raises(
            ContentTooLargeError, match=r"^A field of the form is larger than 1048576 bytes\.$"
        ) as refused:
            parse_urlencoded(body)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert refused.value.limit == MAX_FIELD_SIZE
    assert peak < 3.1 * len(body)


@pytest.mark.parametrize("field", [b"a=" + b"x" * 11, b"x" * 11 + b"=a", b"a=" + b"%41" * 11, b"a=" + b"%C3%A9" * 6])
def test_the_size_of_a_field_is_what_it_decodes_to(field: bytes) -> None:
    """One byte too many in a name or a value is refused; encoding does not count against a field."""
    assert parse_urlencoded(b"a=" + b"%41" * 10, max_field_size=10) == {"a": "A" * 10}

    with pytest.raises(ContentTooLargeError, match="larger than 10 bytes"):
        parse_urlencoded(field, max_field_size=10)


@pytest.mark.parametrize("body", [b"a=%FF", b"\xff=a", b"a=%ED%A0%80"])
def test_what_is_not_utf_8_is_refused(body: bytes) -> None:
    """Invalid bytes are 400, not replacement characters."""
    with pytest.raises(BadRequestError, match=r"^The form is not text in the charset that it names\.$"):
        parse_urlencoded(body)


@pytest.mark.parametrize(
    ("charset", "body", "value"),
    [("UTF-8", b"a=%C3%A9", "é"), ("utf8", b"a=x", "x"), ("US-ASCII", b"a=x", "x"), ("ISO-8859-1", b"a=%E9", "é")],
)
def test_three_charsets_are_understood(charset: str, body: bytes, value: str) -> None:
    """The charset's name may be in any case."""
    assert parse_urlencoded(body, charset=charset) == {"a": value}


def test_ascii_is_ascii() -> None:
    """A body that contradicts the charset it names is 400."""
    with pytest.raises(BadRequestError, match="not text in the charset"):
        parse_urlencoded(b"a=%C3%A9", charset="us-ascii")


@pytest.mark.parametrize(
    "charset", ["", "zlib", "rot13", "idna", "punycode", "unicode_escape", "utf-7", "utf-16", "x\r\ny"]
)
def test_no_codec_of_python_is_chosen_by_a_client(charset: str) -> None:
    """Any other charset is 415, the codecs that are no charsets included."""
    with pytest.raises(
        UnsupportedMediaTypeError, match="Forms are understood in UTF-8, US-ASCII and ISO-8859-1"
    ) as refused:
        parse_urlencoded(b"a=1", charset=charset)

    assert refused.value.supported == ("application/x-www-form-urlencoded",)


def test_percents_that_encode_nothing_have_an_end() -> None:
    """A thousand stand for themselves, more are 400."""
    assert parse_urlencoded(b"a=" + b"%" * 1000) == {"a": "%" * 1000}

    with pytest.raises(BadRequestError, match=r"^The percent-encoding is malformed\.$"):
        parse_urlencoded(b"a=" + b"%" * 1001)


@pytest.mark.parametrize("unit", [b"a=1&", b"&", b"=", b"%41", b"%", b"%4", b"+", b";", b"a%41", b"%C3%A9&"])
def test_row_018_reading_is_linear(unit: bytes) -> None:
    """Twice the body is twice the work."""
    assert_linear(lambda body: parse_urlencoded(body, max_fields=10**9), lambda size: unit * size, size=500)


@pytest.mark.parametrize("unit", [b"%41", b"%41a", b"+", b"a=%C3%A9&", b"%", b"x", b"a="])
def test_the_largest_accepted_body_does_not_block(unit: bytes) -> None:
    """A mebibyte within the limits takes at most 50 ms of CPU."""
    assert_quick(parse_urlencoded, (unit * 1024 * 1024)[: 1024 * 1024])


@given(PAIRS)
def test_what_browsers_send_is_read_back(pairs: list[tuple[str, str]]) -> None:
    """A form and a query of the same fields hold the same pairs."""
    text = encode_query(pairs)

    assert parse_urlencoded(text.encode()).multi_items() == pairs == parse_query(text)


@given(st.binary(max_size=200))
def test_reading_raises_nothing_else(body: bytes) -> None:
    """Any bytes give a form, or the documented errors."""
    try:
        form = parse_urlencoded(body, max_fields=5, max_field_size=20)
    except (BadRequestError, ContentTooLargeError):
        return

    assert len(form) <= 5


async def test_files_stand_beside_the_fields() -> None:
    """A file is no field, and forms with different files differ."""
    file = UploadFile("tea.txt", content=b"x")
    form = FormData([("title", "Tea")], [("photo", file), ("photo", file)])

    assert (dict(form), form.files.get_list("photo")) == ({"title": "Tea"}, [file, file])
    assert form == FormData([("title", "Tea")], [("photo", file), ("photo", file)])
    assert form != FormData([("title", "Tea")])
    assert form == {"title": "Tea"}

    await form.close()
    assert file.is_closed


def test_row_003_all_fields_together_are_limited() -> None:
    """The same limit holds as for multipart forms."""
    with pytest.raises(ContentTooLargeError, match=r"^The fields of the form are larger than 9 bytes in all\.$"):
        parse_urlencoded(b"a=1&b=2345", max_fields_size=9)

    assert len(parse_urlencoded(b"a=1&b=2345", max_fields_size=10)) == 2
