"""
Where a request comes from, as the browser that sends it says: a page of this application, or of another site.

`Sec-Fetch-Site` (Fetch Metadata) and `Origin` (RFC 6454, Fetch) cannot be set by a page. What is in a request besides,
such as the type of its body, can be, and says nothing.
"""

from collections.abc import Collection
from enum import Enum
from typing import Final

from covet.exceptions import BadRequestError, ConfigurationError
from covet.http.request import Request
from covet.http.urls import URL
from covet.middleware.option_checks import OptionChecks

_OWN_SITES: Final = frozenset({b"same-origin", b"none"})


class Source(Enum):
    """
    Where a request comes from.

    Attributes:
        HERE: A page of the application itself or of a trusted origin, or its user, by typing the address.
        CROSS_SITE: A page of another site, as `Sec-Fetch-Site` says.
        OTHER_ORIGIN: A page of another origin, as `Origin` says.
        UNKNOWN: It says neither, as browsers of old and programs do.
    """

    HERE = "here"
    CROSS_SITE = "cross_site"
    OTHER_ORIGIN = "other_origin"
    UNKNOWN = "unknown"


# PERF: looking up a member of an enumeration, or hashing it, takes as long as reading a header
# (benchmarks/production.py).
_HERE: Final = Source.HERE


def find_source(request: Request, trusted: Collection[str] = ()) -> Source:
    """
    Tell where a request comes from.

    Args:
        request: The request.
        trusted: Other origins that are taken for this one.

    Example:
        >>> find_source(Request("POST", headers={"sec-fetch-site": "cross-site"}))
        <Source.CROSS_SITE: 'cross_site'>
        >>> find_source(Request("POST", "https://a.com/", headers={"origin": "https://a.com"}))
        <Source.HERE: 'here'>
    """
    headers = request.headers
    raw = headers.get_bytes(b"origin")
    origin = None if raw is None else raw.decode("latin-1")
    if origin is not None and origin in trusted:
        return _HERE
    site = headers.get_bytes(b"sec-fetch-site")
    if site is not None:
        # The first word: behind a proxy that has changed the host, browsers still know what they mean.
        return _HERE if site in _OWN_SITES else Source.CROSS_SITE
    if origin is None:
        return Source.UNKNOWN
    # Behind a proxy that ends TLS, the application sees `http` where the browser sees `https`; never the other way.
    # Several headers make a text with commas, and a page without an origin `null`: no origin is written so.
    # PERF: nearly always it is written as the header has it, and no URL is made (benchmarks/production.py).
    if origin == f"{request.scheme}://{request.host}":
        return _HERE
    own = request.url.origin
    is_own = origin == own or (own.startswith("http://") and origin == f"https{own[4:]}")
    return _HERE if is_own else Source.OTHER_ORIGIN


def check_origins(check: OptionChecks, option: str, value: object) -> frozenset[str]:
    """
    Take what must be a list of origins.

    Args:
        check: What makes the errors.
        option: The option's name.
        value: The list.

    Raises:
        ConfigurationError: If it is none, or has something else in it.

    Example:
        >>> sorted(check_origins(OptionChecks("CSRFMiddleware"), "trusted_origins", ["https://a.com"]))
        ['https://a.com']
    """
    return frozenset(_check_origin(check, option, text) for text in check.texts(option, value))


def _check_origin(check: OptionChecks, option: str, text: str) -> str:
    try:
        origin = URL(text).origin
    except (ValueError, BadRequestError):
        origin = ""
    if origin != text or not text.startswith(("http://", "https://")) or "*" in text:
        raise _make_error(check, option, text)
    return text


def _make_error(check: OptionChecks, option: str, text: str) -> ConfigurationError:
    hint = "Write scheme, host and, unless it is the scheme's own, port: 'https://example.com'; each one by itself."
    return check.fail(option, f"has {text!r}, which is no origin.", hint)
