"""`Content-Disposition`, and the names in it."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.exceptions import ResponseError
from covet.http.content_disposition import make_content_disposition

VALUE = re.compile(r"attachment; filename=\"([\x20-\x7e]*)\"(?:; filename\*=UTF-8''([A-Za-z0-9!#$&+\-.^_`|~%]+))?")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.txt", 'attachment; filename="a.txt"'),
        ("a b.txt", 'attachment; filename="a b.txt"'),
        ("/etc/passwd", 'attachment; filename="passwd"'),
        ("..\\..\\x.exe", 'attachment; filename="x.exe"'),
        ("...", 'attachment; filename="download"'),
        ("", 'attachment; filename="download"'),
        ('a";x=".bat', "attachment; filename=\"a__x=_.bat\"; filename*=UTF-8''a_%3Bx%3D_.bat"),
        ("100%.txt", "attachment; filename=\"100_.txt\"; filename*=UTF-8''100%25.txt"),
        ("é.pdf", "attachment; filename=\"_.pdf\"; filename*=UTF-8''%C3%A9.pdf"),
        ("日本.txt", "attachment; filename=\"__.txt\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.txt"),
        ("gpj.\u202eexe", 'attachment; filename="gpj._exe"'),
    ],
)
def test_row_044_name_stands_in_both_forms(name: str, expected: str) -> None:
    """In ASCII for everybody, encoded for who can read it (RFC 6266, RFC 8187)."""
    assert make_content_disposition("attachment", name) == expected


@given(st.text(max_size=300))
def test_row_044_no_name_breaks_out_of_its_quotes(name: str) -> None:
    """Whatever it holds, there is one parameter in each form, and the encoded one reads back as a name of a file."""
    match = VALUE.fullmatch(make_content_disposition("attachment", name))

    assert match is not None
    decoded = unquote(match[2]) if match[2] else match[1]
    assert '"' not in match[1]
    assert len(decoded) <= 255
    assert not set(decoded) & set('/\\"\r\n\0')


def test_kind_may_stand_alone() -> None:
    """Without a name the browser takes the last part of the path."""
    assert make_content_disposition("inline") == "inline"


@pytest.mark.parametrize(
    ("kind", "name", "message"),
    [
        ("attached", None, "content_disposition must be one of attachment, inline, got 'attached'."),
        ("inline", 7, "filename must be a text, got 7."),
    ],
)
def test_wrong_arguments_are_named(kind: str, name: object, message: str) -> None:
    """With their values."""
    with pytest.raises(ResponseError) as caught:
        make_content_disposition(kind, name)  # type: ignore[arg-type]

    assert str(caught.value) == message
