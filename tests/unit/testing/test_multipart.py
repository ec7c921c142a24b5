"""
Bodies of forms with files.
"""

import io

import pytest

from covet.testing.multipart import encode_multipart


def test_a_name_cannot_end_its_line() -> None:
    """
    Quotes and line ends in names are escaped as browsers do.
    """
    body, _ = encode_multipart({'a"\r\nb': "1"}, {"f": ('x"\r\n.txt', b"")}, boundary="b")

    assert b'name="a%22%0D%0Ab"\r\n\r\n1\r\n' in body
    assert b'filename="x%22%0D%0A.txt"' in body


def test_a_media_type_cannot_end_its_line() -> None:
    """
    A line end in a media type is refused.
    """
    with pytest.raises(ValueError, match="The media type of the file 'f' must not have CR, LF or NUL"):
        encode_multipart({}, {"f": ("x", b"", "a/b\r\nc: d")})


def test_a_file_names_itself() -> None:
    """
    An open file gives its own name, and the name its media type; pairs may repeat a field.
    """
    file = io.BytesIO(b"{}")
    file.name = "/some/where/data.json"

    body, content_type = encode_multipart({}, [("f", file), ("f", ("b.bin", "é"))])

    boundary = content_type.removeprefix("multipart/form-data; boundary=")
    assert len(boundary) == 32
    assert b'name="f"; filename="data.json"\r\nContent-Type: application/json\r\n\r\n{}' in body
    assert body.count(b'name="f"') == 2
    assert body.endswith(f"--{boundary}--\r\n".encode())
