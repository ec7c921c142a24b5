"""
`Content-Disposition`: whether a browser shows a content or stores it, and under which name (RFC 6266).
"""

import re
from typing import Final, Literal

from covet.exceptions import ResponseError
from covet.http.percent import encode_extended

Disposition = Literal["attachment", "inline"]

_KINDS: Final = ("attachment", "inline")
# APPSEC: docs/security.md, row 44. What is none of these could end the value, or mislead about the kind of file:
# control characters, quotes, what separates paths, and the marks that turn the direction of writing.
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f-\x9f"\\/\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]')
_NOT_ASCII: Final = re.compile(r"[^\x20-\x7e]|[%;]")
_MAX_NAME: Final = 255


def make_content_disposition(kind: Disposition, filename: str | None = None) -> str:
    r"""
    Write a `Content-Disposition`; the name stands in it twice if ASCII cannot write it.

    What no file name may hold is replaced by `_`: a name is data, and may have come from a client.

    Args:
        kind: `"attachment"` to store it, `"inline"` to show it.
        filename: The name to store it under; only what follows the last slash counts.

    Raises:
        ResponseError: If the kind is none of the two, or the name is no text.

    Example:
        >>> make_content_disposition("attachment", "tea.txt")
        'attachment; filename="tea.txt"'
        >>> make_content_disposition("inline", "Tee für 2.pdf")
        'inline; filename="Tee f_r 2.pdf"; filename*=UTF-8\'\'Tee%20f%C3%BCr%202.pdf'
    """
    if kind not in _KINDS:
        raise ResponseError(f"content_disposition must be one of {', '.join(_KINDS)}, got {kind!r}.")
    if filename is None:
        return kind
    if not isinstance(filename, str):
        raise ResponseError(f"filename must be a text, got {filename!r}.")
    name = _UNSAFE.sub("_", filename.replace("\\", "/").rpartition("/")[2]).strip(" .")[:_MAX_NAME] or "download"
    plain = _NOT_ASCII.sub("_", name)
    value = f'{kind}; filename="{plain}"'
    if plain == name:
        return value
    return f"{value}; filename*={encode_extended(name)}"
