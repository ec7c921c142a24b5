"""
`Link` and `Retry-After`: what belongs to a response, and when to come again (RFC 8288, RFC 9110 §10.2.3).
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from covet.exceptions import ResponseError
from covet.http.dates import format_http_date
from covet.http.percent import encode_extended
from covet.http.response_headers import check_header_value
from covet.http.urls import quote_url

__all__ = ["make_link", "make_retry_after"]

# RFC 8288 §3.3: registered names, or URIs; several are separated by spaces.
_REL: Final = re.compile(r"[A-Za-z][A-Za-z0-9.:/?#%_~+\-]*(?: [A-Za-z][A-Za-z0-9.:/?#%_~+\-]*)*")
# RFC 8288 §3: what every link begins with.
_TARGET: Final = re.compile(r"<[^<> ]+>")
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
# APPSEC: what runs where a link is followed, or carries its own content, belongs to nobody's response.
_SCRIPTS: Final = frozenset({"javascript", "vbscript", "data"})
_NAME: Final = re.compile(r"[a-z][a-z0-9\-]*")
_VALUE: Final = re.compile(r"[\x20\x21\x23-\x5b\x5d-\x7e]*")


def make_link(target: str, *, rel: str, **attributes: str) -> str:
    """
    Write the value of a `Link` header; several are joined with commas, or appended to the headers.

    Args:
        target: A path or a URL; what a URL cannot hold is encoded.
        rel: What it is to the response, such as `"next"` or `"preload"`.
        **attributes: Further attributes, such as `title` or `hreflang`; `as_` stands for `as`. What ASCII cannot write
            is encoded (RFC 8187).

    Raises:
        ResponseError: If something cannot stand in a header, or the target is nowhere: empty, or a script.

    Example:
        >>> make_link("/teas?page=3", rel="next"), make_link("/site.css", rel="preload", as_="style")
        ('</teas?page=3>; rel="next"', '</site.css>; rel="preload"; as="style"')
    """
    try:
        quoted = quote_url(target)
    except ValueError as exc:
        raise ResponseError("The target of a link has a character that no URL can carry.") from exc
    scheme = _SCHEME.match(quoted)
    if not quoted or (scheme is not None and scheme[1].lower() in _SCRIPTS):
        raise ResponseError(
            f"A link cannot lead to {target!r}.", hint="Write a path, or the URL of something that can be fetched."
        )
    if ">" in quoted or "<" in quoted or _REL.fullmatch(rel) is None:
        raise ResponseError(f"{rel!r} is no relation of a link.", hint="Write a name such as 'next', or a URI.")
    parts = [f"<{quoted}>", f'rel="{rel}"']
    for name, value in attributes.items():
        written = name.rstrip("_").replace("_", "-")
        is_named = _NAME.fullmatch(written) is not None and isinstance(value, str)
        if is_named and not value.isascii() and value.isprintable():
            parts.append(f"{written}*={encode_extended(value)}")
            continue
        if not is_named or _VALUE.fullmatch(value) is None:
            raise ResponseError(
                f"{name}={value!r} is no attribute of a link.", hint="Values are visible characters without quotes."
            )
        parts.append(f'{written}="{value}"')
    return "; ".join(parts)


def check_links(links: Iterable[str]) -> list[str]:
    """
    Return values of `Link`, or refuse them; each may hold several links.

    Raises:
        ResponseError: If a value is no link, or cannot stand in a header. Its text is not repeated: a target may be
            signed.

    Example:
        >>> check_links(['</site.css>; rel="preload"; as="style"'])
        ['</site.css>; rel="preload"; as="style"']
    """
    if isinstance(links, str) or not isinstance(links, Iterable):
        raise ResponseError(
            f"Links must be a list of values of Link, got {type(links).__name__}.",
            hint="Write [link] for a single one.",
        )
    checked = [check_header_value("link", link) for link in links]
    for number, link in enumerate(checked, 1):
        if _TARGET.match(link) is None:
            raise ResponseError(
                f"Link {number} of {len(checked)} does not begin with its target in angle brackets.",
                hint="Write make_link('/site.css', rel='preload', as_='style').",
            )
    return checked


def make_retry_after(moment: float | timedelta | datetime) -> str:
    """
    Write the value of a `Retry-After` header.

    Args:
        moment: Seconds from now, rounded up, or an aware datetime.

    Raises:
        ResponseError: If it is negative, or no moment at all.
        ValueError: If the datetime is naive.

    Example:
        >>> make_retry_after(0.5), make_retry_after(timedelta(minutes=2))
        ('1', '120')
    """
    if isinstance(moment, datetime):
        return format_http_date(moment)
    seconds = moment.total_seconds() if isinstance(moment, timedelta) else moment
    is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not is_number or not 0 <= seconds < float("inf"):
        raise ResponseError(
            f"Retry-After needs a number of seconds that is not negative, got {moment!r}.",
            hint="Write a number, a timedelta or an aware datetime.",
        )
    return str(ceil(seconds))
