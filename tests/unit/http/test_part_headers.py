"""
Headers of parts: one meaning or none.
"""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.exceptions import BadRequestError, UnsupportedMediaTypeError
from covet.http.part_headers import find_codec, read_disposition, read_part_head
from tests.linearity import assert_linear, assert_quick, work

DISPOSITION = "Content-Disposition"


@pytest.mark.parametrize(
    ("text", "name", "filename"),
    [
        ('form-data; name="a"', "a", None),
        ('form-data; name="a"; filename="x.txt"', "a", "x.txt"),
        ("form-data; name=a; filename=x.txt", "a", "x.txt"),
        ('Form-Data;name="a" ; FILENAME="x"', "a", "x"),
        ('form-data; filename="x"; name="a"', "a", "x"),
        ('form-data; name="a%22b"; filename="c%22.txt"', 'a"b', 'c".txt'),
        ('form-data; name="a"; filename="say \\"x\\".txt"', "a", 'say "x".txt'),
        ('form-data; name="a"; filename="C:\\dir\\tea.txt"', "a", "C:\\dir\\tea.txt"),
        ('form-data; name="a"; filename=""', "a", ""),
        ('form-data; name=""', "", None),
        ('form-data; name="a;b=c"; filename="d; e"', "a;b=c", "d; e"),
        ('form-data; name="é"; filename="チャ.png"', "é", "チャ.png"),
        ('form-data; name="a"  ', "a", None),
    ],
)
def test_a_disposition_is_read(text: str, name: str, filename: str | None) -> None:
    """Browsers and older programs are understood."""
    assert read_disposition(text) == (name, filename)


@pytest.mark.row(12)
def test_row_012_an_encoded_name_is_ignored() -> None:
    """`filename*` says nothing, whatever it stands beside."""
    text = 'form-data; name="a"; filename="x.txt"; filename*=UTF-8\'\'evil.php'

    assert read_disposition(text) == ("a", "x.txt")


@pytest.mark.row(12)
@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "A part of the form has no Content-Disposition of form-data."),
        ('attachment; name="a"', "A part of the form has no Content-Disposition of form-data."),
        ("form-data", "A part of the form has no name."),
        ('form-data; filename="x"', "A part of the form has no name."),
        ('form-data; name="a"; name="b"', "The Content-Disposition of a part of the form has a parameter twice."),
        (
            'form-data; name="a"; Filename="x"; filename="y"',
            "The Content-Disposition of a part of the form has a parameter twice.",
        ),
        ('form-data; name="a', "The Content-Disposition of a part of the form is malformed."),
        ('form-data; name="a" filename="x"', "The Content-Disposition of a part of the form is malformed."),
        ('form-data; name="a";', "The Content-Disposition of a part of the form is malformed."),
        ('form-data; name="a\\"; filename="x"', "The Content-Disposition of a part of the form is malformed."),
        ('form-data; name="a\nb"', "The name of a part of the form has a control character."),
        ('form-data; name="a\0b"', "The name of a part of the form has a control character."),
    ],
)
def test_row_012_what_has_two_meanings_is_refused(text: str | None, message: str) -> None:
    """A parameter that comes twice, an end that is not there, a line break in a name."""
    with pytest.raises(BadRequestError) as refused:
        read_disposition(text)

    assert refused.value.detail == message


@pytest.mark.row(12)
@pytest.mark.parametrize("text", ['form-data; name="a%0D%0Ab"', 'form-data; name="a%0Db"; filename="%0Ax"'])
def test_row_012_no_line_break_is_made(text: str) -> None:
    """What browsers write for a line break stays as they wrote it."""
    name, filename = read_disposition(text)

    assert not {"\r", "\n"} & set(name + (filename or ""))


@pytest.mark.row(14)
@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "x-uuencode", ""])
def test_row_014_an_encoded_part_is_refused(encoding: str) -> None:
    """Form data is not encoded a second time."""
    with pytest.raises(BadRequestError) as refused:
        read_part_head([(DISPOSITION, 'form-data; name="a"'), ("Content-Transfer-Encoding", encoding)])

    assert refused.value.detail == "A part of the form is encoded: only binary, 8bit and 7bit are understood."


@pytest.mark.parametrize("encoding", ["binary", "8BIT", "7bit"])
def test_an_encoding_that_changes_nothing_is_fine(encoding: str) -> None:
    """Old programs say that they did nothing."""
    head = read_part_head([(DISPOSITION, 'form-data; name="a"'), ("Content-Transfer-Encoding", encoding)])

    assert head.headers["content-transfer-encoding"] == encoding


@pytest.mark.parametrize("name", [DISPOSITION, "Content-Type"])
def test_a_header_that_comes_twice_is_refused(name: str) -> None:
    """Whoever reads the first and whoever reads the last must not see different parts."""
    pairs = [(DISPOSITION, 'form-data; name="a"'), ("Content-Type", "text/plain"), (name, 'form-data; name="b"')]

    with pytest.raises(BadRequestError, match=r"^A part of the form has one header twice\.$"):
        read_part_head(pairs)


def test_a_control_character_in_a_header_is_refused() -> None:
    """A header that is handed on could end a line elsewhere."""
    with pytest.raises(BadRequestError, match=r"^A header of a part of the form has a control character\.$"):
        read_part_head([(DISPOSITION, 'form-data; name="a"'), ("Content-Type", "text/plain\nx: y")])


@pytest.mark.parametrize(
    ("content_type", "charset"),
    [("text/plain", None), ("text/plain; charset=UTF-8", "utf-8"), ('text/plain; charset="iso-8859-1"', "latin-1")],
)
def test_the_charset_of_a_field_is_read(content_type: str, charset: str | None) -> None:
    """A field may name the charset that it is in."""
    head = read_part_head([(DISPOSITION, 'form-data; name="a"'), ("Content-Type", content_type)])

    assert (head.charset, head.content_type) == (charset, content_type)


@pytest.mark.parametrize("charset", ["utf-16", "utf-7", "idna", "zlib", "base64", "x" * 100])
def test_no_other_codec_can_be_chosen(charset: str) -> None:
    """What Python could decode besides is none of a client's business."""
    with pytest.raises(UnsupportedMediaTypeError, match="UTF-8, US-ASCII and ISO-8859-1"):
        find_codec(charset)


def test_the_type_of_a_file_is_not_looked_at() -> None:
    """What a client calls a file is passed on, malformed or not."""
    head = read_part_head(
        [(DISPOSITION, 'form-data; name="a"; filename="x"'), ("Content-Type", "what?; charset=utf-7")]
    )

    assert (head.content_type, head.charset) == ("what?; charset=utf-7", None)


@pytest.mark.row(11)
@pytest.mark.parametrize("unit", ["a\\", '\\"', '"; x="', ';a="', "%22", "; ", "=", '\\"; a="'])
def test_row_011_reading_is_linear(unit: str) -> None:
    """Whatever is repeated inside of a quoted text, it is read once."""

    def read(text: str) -> None:
        read_disposition(f'form-data; name="{text}"')

    assert_linear(read, lambda size: unit * size, size=300)

    def read_many(text: str) -> None:
        for _ in range(100):
            with contextlib.suppress(BadRequestError):
                read(text)

    assert_quick(read_many, unit * (8000 // len(unit)))


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No header of a client raises anything but 400."""
    try:
        name, filename = read_disposition(text)
    except BadRequestError:
        return
    assert isinstance(name, str)
    assert filename is None or isinstance(filename, str)


@pytest.mark.row(11)
@pytest.mark.parametrize("unit", ['\\"', "\\\\", '\\\\\\"', "%22", "/"])
def test_row_011_an_escape_costs_no_step_of_its_own(unit: str) -> None:
    """A name of 8 KB that is nothing but escapes is undone in as many steps as any other."""

    def make(count: int) -> str:
        return f'form-data; name="{unit * count}"; filename="\\""'

    assert work(read_disposition, make(8000 // len(unit))) == work(read_disposition, make(2))


@given(st.text(alphabet='\\"a%2', max_size=12))
def test_escapes_are_undone_in_pairs_from_the_left(text: str) -> None:
    """What a program escaped is what it meant, however many backslashes and quotation marks there are."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')

    # The filename says that this program escapes.
    assert read_disposition(f'form-data; name="{escaped}"; filename="\\""') == (text, '"')
