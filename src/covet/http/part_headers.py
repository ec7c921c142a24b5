"""
The headers of one part of a multipart body: what the part is called, and what it holds (RFC 7578).

Whatever two readers could understand in two ways is refused: a parameter or a header that comes twice, a folded
line, an encoded name.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from covet.exceptions import BadRequestError, UnsupportedMediaTypeError
from covet.http.headers import Headers
from covet.serialization import parse_media_type

_MULTIPART: Final = "multipart/form-data"

# Names of charsets that a client may say are looked up here, never in Python's codecs.
CODECS: Final = {"utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "ascii", "ascii": "ascii", "iso-8859-1": "latin-1"}
"""The codecs of the charsets that forms are understood in."""

_TOKEN: Final = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"  # noqa: S105 - a word of RFC 9110 §5.6.2
# Possessive: what was taken is never given back, so nothing is read twice (docs/security.md, rows 7 and 11).
_PARAMETER: Final = re.compile(rf'[ \t]*+;[ \t]*+({_TOKEN})[ \t]*+=[ \t]*+(?:"([^"]*+)"|({_TOKEN}))')
# As long as an escape, and no quotation mark: the places of all others stay what they are.
_HIDDEN: Final = "\0\0"
# No text of UTF-8 has it.
_BACKSLASH: Final = "\ud800"
_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_ONCE: Final = ("content-disposition", "content-type", "content-transfer-encoding", "content-length")
_PLAIN_ENCODINGS: Final = frozenset({"binary", "8bit", "7bit"})


class PartHead(NamedTuple):
    """
    What the headers of a part say.

    Attributes:
        name: The field that it is.
        filename: The name of the file as the client wrote it; `None` for a field that is no file.
        content_type: What it holds, if it says so.
        charset: The charset that it names, if it does, as Python calls it.
        headers: All of its headers.
    """

    name: str
    filename: str | None
    content_type: str | None
    charset: str | None
    headers: Headers


def read_part_head(pairs: Sequence[tuple[str, str]]) -> PartHead:
    """
    Read the headers of a part.

    Args:
        pairs: Its headers in their order.

    Raises:
        BadRequestError: If they are malformed, ambiguous or ask for what form data must not have.
        UnsupportedMediaTypeError: If a field is in a charset that is not understood.

    Example:
        >>> head = read_part_head([("Content-Disposition", 'form-data; name="photo"; filename="tea.png"')])
        >>> head.name, head.filename, head.content_type
        ('photo', 'tea.png', None)
    """
    headers = Headers(pairs)
    for name in _ONCE:
        if len(headers.get_list(name)) > 1:
            raise BadRequestError("A part of the form has one header twice.")
    name_, filename = read_disposition(headers.get("content-disposition"))
    if any(_CONTROL.search(value) for key, value in pairs if key.lower() != "content-disposition"):
        raise BadRequestError("A header of a part of the form has a control character.")
    # APPSEC: docs/security.md, row 14: RFC 7578 §4.7 knows no encoding of a part.
    encoding = headers.get("content-transfer-encoding")
    if encoding is not None and encoding.strip().lower() not in _PLAIN_ENCODINGS:
        raise BadRequestError("A part of the form is encoded: only binary, 8bit and 7bit are understood.")
    content_type, charset = headers.get("content-type"), None
    if content_type and filename is None:
        charset = parse_media_type(content_type)[1].get("charset")
    return PartHead(name_, filename, content_type, None if charset is None else find_codec(charset), headers)


def find_codec(charset: str) -> str:
    """
    Return the codec of a charset.

    Raises:
        UnsupportedMediaTypeError: If forms are not understood in it.
    """
    codec = CODECS.get(charset.lower())
    if codec is None:
        raise UnsupportedMediaTypeError([_MULTIPART], "Forms are understood in UTF-8, US-ASCII and ISO-8859-1.")
    return codec


def read_disposition(text: str | None) -> tuple[str, str | None]:
    r"""
    Read the `Content-Disposition` of a part: the field's name, and the file's if it is one.

    Browsers write `%22` for a quotation mark and nothing else (HTML, "multipart/form-data"); older programs escape it
    with a backslash. What stands behind `filename*` is ignored: RFC 7578 §4.2 forbids it.

    Raises:
        BadRequestError: If it is malformed, has no name, or has a parameter twice.

    Example:
        >>> read_disposition('form-data; name="a%22b"; filename="x.txt"')
        ('a"b', 'x.txt')
        >>> read_disposition('form-data; name=a; filename="say \\"x\\".txt"')
        ('a', 'say "x".txt')
    """
    kind, found = _split_disposition(text or "")
    if kind != "form-data":
        raise BadRequestError("A part of the form has no Content-Disposition of form-data.")
    name = found.get("name")
    if name is None:
        raise BadRequestError("A part of the form has no name.")
    if _CONTROL.search(name):
        raise BadRequestError("The name of a part of the form has a control character.")
    return name, found.get("filename")


def _split_disposition(text: str) -> tuple[str, dict[str, str]]:
    kind, _, _ = text.partition(";")
    position, end = len(kind), len(text.rstrip(" \t"))
    is_escaping = '\\"' in text
    # APPSEC: docs/security.md, row 11: a name may be full of escapes, so none of them costs a step of its own.
    visible = text.replace("\\\\", _HIDDEN).replace('\\"', _HIDDEN) if is_escaping else text
    found: dict[str, str] = {}
    while position < end:
        match = _PARAMETER.match(visible, position)
        if match is None:
            raise BadRequestError("The Content-Disposition of a part of the form is malformed.")
        position = match.end()
        key, quoted, token = match.groups()
        key = key.lower()
        # APPSEC: docs/security.md, row 12: who reads the first and who reads the last see different forms.
        if key in found:
            raise BadRequestError("The Content-Disposition of a part of the form has a parameter twice.")
        found[key] = token if quoted is None else _unquote(text[slice(*match.span(2))], is_escaping=is_escaping)
    return kind.strip(" \t").lower(), found


def _unquote(text: str, *, is_escaping: bool) -> str:
    if is_escaping:
        # In pairs from the left, so that an escaped backslash escapes nothing itself.
        return text.replace("\\\\", _BACKSLASH).replace('\\"', '"').replace(_BACKSLASH, "\\")
    # APPSEC: not %0D and %0A: a line break is never in a name (docs/security.md, row 12).
    return text.replace("%22", '"')


__all__ = ["CODECS", "PartHead", "find_codec", "read_disposition", "read_part_head"]
