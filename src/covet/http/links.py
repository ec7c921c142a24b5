"""
`Link` headers (RFC 8288): where related things are, such as the next page.
"""

import re
from typing import Final

from covet.exceptions import ResponseError

# APPSEC: what would end the target or the quoted text, or begin another header.
_TARGET: Final = re.compile(r"[!#-;=?-~]+")
_REL: Final = re.compile(r"[!#-+\--:=?-~]+(?: [!#-+\--:=?-~]+)*")
_TEXT: Final = re.compile(r"[\x20-\x7e]*")


def make_link(target: str, rel: str, *, title: str | None = None, type: str | None = None) -> str:  # noqa: A002
    """
    Write one link, for `response.headers.append("link", ...)`.

    Args:
        target: Where it leads, percent-encoded.
        rel: What it is to this answer: `"next"`, `"prev"`, `"preload"` …; several are separated by spaces.
        title: What to call it, in ASCII.
        type: The media type of what is there.

    Raises:
        ResponseError: If a part could not be told from the next one.

    Example:
        >>> make_link("/items?page=2", "next")
        '</items?page=2>; rel="next"'
        >>> make_link("/spec.json", "describedby", type="application/json", title="The specification")
        '</spec.json>; rel="describedby"; type="application/json"; title="The specification"'
    """
    for name, value, pattern, hint in (
        ("target", target, _TARGET, "Percent-encode it: covet.http.percent.quote_path()."),
        ("rel", rel, _REL, "Write a word such as 'next'."),
        ("type", type, _REL, "Write a media type."),
        ("title", title, _TEXT, "Write it in ASCII."),
    ):
        if value is not None and (not isinstance(value, str) or not pattern.fullmatch(value)):
            raise ResponseError(f"The {name} of a link cannot be {value!r}.", hint=hint)
    link = f'<{target}>; rel="{rel}"'
    if type is not None:
        link += f'; type="{type}"'
    if title is not None:
        escaped = title.replace("\\", "\\\\").replace('"', '\\"')
        link += f'; title="{escaped}"'
    return link


__all__ = ["make_link"]
