"""
What a cache that many share may keep, and give to whom (RFC 9111).

Where the RFC allows more than it has to, this allows less: nothing that anybody brought credentials for, and nothing
that speaks of a cookie.

APPSEC: docs/security.md, row 81.
"""

import re
from collections.abc import Sequence
from time import time
from typing import Final, NamedTuple

from covet.http.cache_control import parse_cache_control, read_seconds
from covet.http.dates import parse_http_date
from covet.http.request import Request
from covet.http.response_headers import MutableHeaders

STATUSES: Final = frozenset({200, 203, 204, 300, 301, 308, 404, 410})
"""What is kept, of those that may be without being asked for it (RFC 9110 §15.1): no part, and no error of a method."""

# Headers that say who asks, in the words that people have for that: what came with one is nobody else's.
_CREDENTIALS: Final = re.compile(
    r"auth|cookie|token|secret|session|credential|passw|jwt|oidc|signature|api-?key|access-?key|client-?cert"
    r"|(?<!sec-fetch-)user(?!-agent)|principal|consumer|account|tenant|customer|organi[sz]ation|subject|identity|login"
    r"|client-(?:id|dn|cn|name)|remote-name|-(?:email|groups?|roles?|org)(?:-id)?(?:\n|$)|-[cd]n(?:\n|$)"
    r"|(?:^|\n)(?:range|if-range|upgrade|transfer-encoding)(?:\n|$)"
)
# What is not there may be there in a moment, and a cache knows nothing of that: kept only where the handler says so.
_MISSING: Final = frozenset({404, 410})
_PERMITTING: Final = frozenset({"public", "max-age", "s-maxage"})
_PRIVATE: Final = frozenset({"no-store", "private", "no-cache"})
_OURS: Final = frozenset({"cookie", "authorization", "*"})
# What layers outside of the cache do with each response anew, whoever gets it.
_DONE_OUTSIDE: Final = frozenset({"accept-encoding", "origin"})


class Wishes(NamedTuple):
    """
    What a request wants of a cache.

    Attributes:
        is_shared: Whether it may be answered with what others were answered, and others with its answer.
        may_read: Whether what is kept will do.
        max_age: How old that may be.
        min_fresh: How long it has to be fresh from now on.
    """

    is_shared: bool
    may_read: bool = True
    max_age: float = float("inf")
    min_fresh: float = 0.0


_ALONE: Final = Wishes(is_shared=False)
_PLAIN: Final = Wishes(is_shared=True)


def read_wishes(request: Request) -> Wishes:
    """
    Read what a request wants of a cache.

    Example:
        >>> read_wishes(Request()).is_shared, read_wishes(Request(headers={"Cookie": "a=b"})).is_shared
        (True, False)
        >>> read_wishes(Request(headers={"Cache-Control": "no-cache"})).may_read
        False
    """
    headers = request.headers
    if _CREDENTIALS.search("\n".join(headers)) is not None or headers.get("content-length", "0") != "0":
        return _ALONE
    user = getattr(request.state, "user", None)
    if user is not None and getattr(user, "is_authenticated", True):
        return _ALONE
    if "cache-control" not in headers:
        # RFC 9111 §5.4
        return _PLAIN if "no-cache" not in headers.get("pragma", "").lower() else Wishes(is_shared=True, may_read=False)
    said = parse_cache_control(headers.get_list("cache-control"))
    if "no-store" in said:
        return _ALONE
    max_age = read_seconds(said["max-age"]) if "max-age" in said else float("inf")
    min_fresh = float(read_seconds(said["min-fresh"])) if "min-fresh" in said else 0.0
    return Wishes(True, "no-cache" not in said and max_age > 0, max_age, min_fresh)


def find_lifetime(status_code: int, headers: MutableHeaders, default: float) -> float | None:
    """
    Find for how many seconds a response may be given to others; `None` if it may not.

    What it says of that itself counts, and otherwise the default; a 404 or 410 has to say so by its `Cache-Control`.

    Args:
        status_code: Its status.
        headers: Its headers.
        default: How long, if it does not say.

    Example:
        >>> find_lifetime(200, MutableHeaders(), 60), find_lifetime(200, MutableHeaders({"vary": "*"}), 60)
        (60, None)
        >>> find_lifetime(200, MutableHeaders({"cache-control": "max-age=5, s-maxage=10", "age": "3"}), 60)
        7
    """
    if status_code not in STATUSES or not is_shareable(headers):
        return None
    said = parse_cache_control(headers.get_list("cache-control"))
    if status_code in _MISSING and _PERMITTING.isdisjoint(said):
        return None
    lifetime: float = default
    if "s-maxage" in said:
        lifetime = read_seconds(said["s-maxage"])
    elif "max-age" in said:
        lifetime = read_seconds(said["max-age"])
    elif "expires" in headers:
        moment = parse_http_date(headers["expires"])
        lifetime = 0 if moment is None else moment.timestamp() - time()
    lifetime -= read_age(headers)
    return lifetime if lifetime > 0 else None


def read_age(headers: MutableHeaders) -> int:
    """Read how old a response is already; 0 if it does not say."""
    return read_seconds(headers.get("age"))


def is_shareable(headers: MutableHeaders) -> bool:
    """
    Tell whether a response may be given to others at all.

    Example:
        >>> is_shareable(MutableHeaders({"vary": "Accept , COOKIE"}))
        False
    """
    if "set-cookie" in headers or not _OURS.isdisjoint(read_vary(headers)):
        return False
    return _PRIVATE.isdisjoint(parse_cache_control(headers.get_list("cache-control")))


def read_vary(headers: MutableHeaders) -> list[str]:
    """
    Read the names that a response varies by.

    Example:
        >>> read_vary(MutableHeaders({"vary": "Accept-Language, ,accept"}))
        ['accept', 'accept-language']
    """
    names = {name.strip().lower() for text in headers.get_list("vary") for name in text.split(",")}
    return sorted(names - {""})


def join_vary(inner: Sequence[tuple[str, str]], outer: MutableHeaders) -> list[str]:
    """
    Join what a response varied by when it came out of the handler, and when it left.

    Args:
        inner: Its headers at first.
        outer: Its headers at last.

    Example:
        >>> join_vary([("vary", "Accept")], MutableHeaders({"vary": "Accept, Accept-Encoding, X-Tenant"}))
        ['accept', 'x-tenant']
    """
    first = read_vary(MutableHeaders(inner))
    return sorted({*first, *(set(read_vary(outer)) - _DONE_OUTSIDE)})


def is_for_one_page(request: Request, headers: MutableHeaders) -> bool:
    """Tell whether a page may hold the nonce of its request, which no other request has."""
    return hasattr(request.state, "csp_nonce") and headers.get("content-type", "").startswith("text/html")


__all__ = [
    "STATUSES",
    "Wishes",
    "find_lifetime",
    "is_for_one_page",
    "is_shareable",
    "join_vary",
    "read_age",
    "read_vary",
    "read_wishes",
]
