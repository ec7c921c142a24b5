"""
The parser of multipart bodies: the same parts however the body is cut, and nothing but 400 for what is no form.
"""

import importlib.util
import os
import subprocess
import sys
import types

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.exceptions import BadRequestError, MissingDependencyError
from covet.http.form_limits import FormLimits
from covet.http.multipart import MultipartParser
from tests.linearity import assert_linear, assert_quick, work
from tests.unit.http.multipart_bodies import BOUNDARY, cut, join, make_body, make_part, parse

NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\\%'), max_size=12)
CONTENT = st.one_of(
    st.binary(max_size=80),
    st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"--frontier", b"\r\n--frontie", b"-", b"x"]), max_size=12).map(
        b"".join
    ),
)
SAFE_CONTENT = CONTENT.filter(lambda data: b"--frontier" not in b"\r\n" + data)


@given(st.lists(st.tuples(NAMES, st.none() | NAMES, SAFE_CONTENT), max_size=5), st.sampled_from([1, 2, 7, 64, 10_000]))
def test_parts_survive_any_cut(parts: list[tuple[str, str | None, bytes]], size: int) -> None:
    """What was written is read, whatever the pieces are."""
    body = make_body(*(make_part(name, content, filename=filename) for name, filename, content in parts))

    assert join(parse(body, size)) == parts


@given(
    st.dictionaries(NAMES.filter(bool), st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=4),
    st.binary(max_size=200),
)
def test_what_another_encoder_writes_is_read(fields: dict[str, str], content: bytes) -> None:
    """A client that knows nothing of this parser is understood."""
    request = httpx2.Request(
        "POST", "http://localhost/", data=fields, files={"photo": ("tea.png", content, "image/png")}
    )
    body = b"".join(request.stream)  # type: ignore[arg-type] # a form of bytes is a stream of bytes
    boundary = request.headers["content-type"].partition("boundary=")[2]
    parser = MultipartParser(boundary, FormLimits())

    events = join([event for piece in cut(body, 16) for event in parser.feed(piece)])
    parser.finish()

    assert events == [*((name, None, value.encode()) for name, value in fields.items()), ("photo", "tea.png", content)]


@pytest.mark.parametrize(
    "boundary",
    [None, "", "x" * 71, "a ", "a\r\nb", "é", 'a"b', "a\0b"],
)
def test_a_boundary_is_what_the_rfc_says(boundary: str | None) -> None:
    """70 characters of a small set, and no space at the end."""
    with pytest.raises(BadRequestError) as refused:
        MultipartParser(boundary, FormLimits())

    assert refused.value.detail == "The boundary of the form is missing, malformed or longer than 70 characters."


@pytest.mark.parametrize("boundary", ["a", "x" * 70, "gc0p4Jq0M2Yt08jU534c0p", "a b", "'()+_,-./:=?"])
def test_good_boundaries_are_taken(boundary: str) -> None:
    """The characters of RFC 2046 are all understood."""
    parser = MultipartParser(boundary, FormLimits())
    head = b'Content-Disposition: form-data; name="a"'
    body = b"--%b\r\n%b\r\n\r\n1\r\n--%b--" % (boundary.encode(), head, boundary.encode())

    assert join(parser.feed(body)) == [("a", None, b"1")]
    assert parser.is_complete


@pytest.mark.row(13)
@pytest.mark.parametrize("size", [1, 1000])
def test_row_013_a_body_cut_short_is_refused(size: int) -> None:
    """At whatever byte it ends before its last boundary, it is no form."""
    whole = make_body(make_part(), make_part("f", b"12345\r\n", filename="x", headers=["Content-Type: a/b"]))
    # The line break behind the last boundary means nothing.
    for length in range(len(whole) - 2):
        with pytest.raises(BadRequestError) as refused:
            parse(whole[:length], size)
        assert refused.value.detail == "The form ends before its last boundary."


@pytest.mark.row(13)
def test_row_013_no_assertion_is_missing_where_there_are_none() -> None:
    """Python without assertions refuses the same: nobody, this framework and the library, counts on one."""
    code = (
        "from covet.exceptions import BadRequestError\n"
        "from covet.http.forms import parse_urlencoded\n"
        "from covet.serialization import get_json_serializer\n"
        "from tests.unit.http.multipart_bodies import make_body, make_part, parse\n"
        'json = b\'{"a": [1, "b"]}\'\n'
        "whole = make_body(make_part(), make_part('f', b'12345', filename='x'))[:-2]\n"
        "refused = 0\n"
        "for read, text in ((lambda text: parse(text, 1), whole), (get_json_serializer().deserialize, json)):\n"
        "    for length in range(len(text)):\n"
        "        try:\n"
        "            read(text[:length])\n"
        "        except BadRequestError:\n"
        "            refused += 1\n"
        "assert False\n"
        "print(refused == len(whole) + len(json), len(parse_urlencoded(b'a=%')))\n"
    )
    environment = {**os.environ, "PYTHONOPTIMIZE": "2", "PYTHONDONTWRITEBYTECODE": "1"}

    found = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=True
    )

    assert found.stdout == "True 1\n"


BESIDE = "The form has something beside a boundary, which stands alone on its line."
LENGTH = "A part of the form has a Content-Length that is not its length."
MALFORMED = "A header of a part of the form is malformed."


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"x--frontier\r\n", BESIDE),
        (b"--frontier\nx", BESIDE),
        (b"--frontierx\r\n", BESIDE),
        (make_body(make_part(content=b"1\r\n--frontier!")), BESIDE),
        (b"--frontier\r\nno colon\r\n\r\n", MALFORMED),
        (b"--frontier\r\nb\xc3\xa9d: 1\r\n\r\n1", MALFORMED),
        (
            b'--frontier\r\nContent-Disposition: form-data; name="a"\n\n1',
            "A line of the form ends without a carriage return.",
        ),
        (
            b'--frontier\r\nContent-Disposition: form-data; name="\xff"\r\n\r\n1',
            "A header of a part of the form is not in UTF-8.",
        ),
        (b"--frontier\r\n\r\n1\r\n--frontier--", "A part of the form has no Content-Disposition of form-data."),
        (make_body(make_part(headers=["Content-Length: 7"])), LENGTH),
        (make_body(make_part(headers=["Content-Length: 0"])), LENGTH),
        (make_body(make_part(headers=["Content-Length: +1"])), LENGTH),
        (make_body(make_part(headers=["Content-Length: \u0661"])), LENGTH),
    ],
    ids=range(13),
)
@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.row(6)
def test_what_is_no_form_is_refused(body: bytes, message: str, size: int) -> None:
    """400, whatever is wrong and however it is cut, and the answer says what it is."""
    with pytest.raises(BadRequestError) as refused:
        parse(body, size)

    assert refused.value.detail == message


@pytest.mark.row(12)
def test_row_012_a_folded_header_is_refused() -> None:
    """A header goes on for one line."""
    with pytest.raises(BadRequestError, match=r"^A header of a part of the form goes on in a second line\.$"):
        parse(b'--frontier\r\nContent-Disposition: form-data;\r\n name="a"\r\n\r\n1\r\n--frontier--\r\n')


@pytest.mark.row(8)
@pytest.mark.parametrize(
    "lines",
    [["x: y"] * 10_000, ["x-long: " + "y" * 10_000], ["x: y"] * 16],
    ids=["many", "long", "one more"],
)
@pytest.mark.parametrize("size", [7, 65_536])
def test_row_008_headers_of_a_part_are_bounded(lines: list[str], size: int) -> None:
    """More than 16 headers, or one of more than 8 KiB, are refused."""
    with pytest.raises(BadRequestError) as refused:
        parse(make_body(make_part(headers=lines)), size)

    assert refused.value.detail == "A part of the form has more than 16 headers, or one of more than 8192 bytes."


@pytest.mark.row(8)
def test_row_008_a_header_that_never_ends_is_given_up() -> None:
    """As soon as it is longer than allowed, not at the end of the body."""
    parser = MultipartParser(BOUNDARY, FormLimits())
    fed = 0

    with pytest.raises(BadRequestError):
        for piece in [b"--frontier\r\n", *[b"x" * 100] * 1000]:
            list(parser.feed(piece))
            fed += len(piece)

    assert fed < 8192 + 200


@pytest.mark.row(8)
@pytest.mark.parametrize(
    "header", [b"x: " + b"y" * 100, b"x: " + b"\r" * 100, b"x" * 100 + b": y", b"x: " + b"; " * 50]
)
@pytest.mark.parametrize("size", [1, 7, 65_536])
def test_row_008_headers_of_parts_are_read_in_linear_time(header: bytes, size: int) -> None:
    """Twice as many parts full of headers are twice the work, and the longest header holds nobody up."""

    def read(pieces: list[bytes]) -> None:
        parser = MultipartParser(BOUNDARY, FormLimits())
        for piece in pieces:
            for _ in parser.feed(piece):
                pass

    def make(count: int) -> list[bytes]:
        head = b"\r\n".join([b'content-disposition: form-data; name="a"', *[header] * 15])
        return cut((b"--frontier\r\n" + head + b"\r\n\r\n1\r\n") * count, size)

    assert_linear(read, make, size=2)
    assert_quick(read, cut(b"--frontier\r\n" + header * 100, size))


@pytest.mark.row(8)
def test_as_many_headers_as_allowed_are_read() -> None:
    """Sixteen headers pass."""
    assert join(parse(make_body(make_part(headers=["x: y"] * 15)))) == [("a", None, b"1")]


@pytest.mark.row(9)
@pytest.mark.parametrize("noise", [b"\r\n", b"\r", b"hello\r\n", b"--frontie\r\n"])
def test_row_009_what_stands_around_the_parts_is_skipped(noise: bytes) -> None:
    """What comes before the first boundary and behind the last one is no part, and takes no longer than its length."""

    def surround(size: int) -> bytes:
        return noise * size + b"\r\n" + make_body(make_part()) + noise * size

    assert join(parse(surround(50), 7)) == [("a", None, b"1")]
    assert_linear(lambda body: parse(body, 1000), surround, size=500)


@pytest.mark.row(10)
@pytest.mark.parametrize("unit", [b"\r", b"\r\n", b"\r\n--frontie", b"\r\n--frontier"[:-1] + b"x", b"-"])
@pytest.mark.parametrize("size", [1, 7, 65_536])
def test_row_010_searching_a_boundary_is_linear(unit: bytes, size: int) -> None:
    """A file of what looks like boundaries takes no longer than its length, however it is cut."""

    def make(count: int) -> list[bytes]:
        return cut(make_body(make_part("f", unit * count, filename="x")), size)

    def read(pieces: list[bytes]) -> None:
        parser = MultipartParser(BOUNDARY, FormLimits())
        for piece in pieces:
            for _ in parser.feed(piece):
                pass
        parser.finish()

    assert_linear(read, make, size=200)
    # What is parsed at a time holds up all others for as long.
    assert_quick(read, [make_part("f", b"", filename="x") + (unit * (256 * 1024 // len(unit)))])


@given(st.binary(max_size=300), st.sampled_from([1, 5, 300]))
def test_any_bytes_are_parsed_or_refused(body: bytes, size: int) -> None:
    """Nothing but 400 comes out, and it comes to an end."""
    for text in (body, b"--frontier\r\n" + body, make_part() + body):
        try:
            parse(text, size)
        except BadRequestError:
            continue


@pytest.mark.parametrize("broken", [None, types.ModuleType("multipart")], ids=["missing", "another library"])
def test_without_the_library_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, broken: types.ModuleType | None
) -> None:
    """Also if another library has put its module in the place."""
    monkeypatch.setitem(sys.modules, "multipart", broken)

    spec = importlib.util.find_spec("covet.http.multipart")
    assert spec is not None
    assert spec.loader is not None

    with pytest.raises(MissingDependencyError, match=r'pip install "covetpy\[standard\]"'):
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


@pytest.mark.row(11)
@pytest.mark.parametrize("unit", ["a\\", '\\"', '"; x="', ';a="', '; a="\\x', "%22", ";a=b"])
def test_row_011_a_quoted_name_is_read_in_linear_time(unit: str) -> None:
    """By the library and by what reads the header after it."""
    limits = FormLimits(max_part_header_size=1_000_000)

    def read(body: bytes) -> None:
        for _ in MultipartParser(BOUNDARY, limits).feed(body):
            pass

    assert_linear(read, lambda size: make_part(unit * size), size=200)


@pytest.mark.row(11)
def test_row_011_names_full_of_escapes_are_read_once() -> None:
    """A hundred files named by 8 KB of escapes take no longer than any names of that length."""
    body = make_body(*(make_part(filename='\\"' * 3990) for _ in range(100)))
    plain = make_body(*(make_part(filename="ab" * 3990) for _ in range(100)))

    assert work(parse, body) < 1.1 * work(parse, plain)
    assert_quick(parse, body)
