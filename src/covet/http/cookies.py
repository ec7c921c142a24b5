"""
Cookies: a `Cookie` header to names and values, and a value to a `Set-Cookie` header.

RFC 6265 holds, and RFC 6265bis where browsers already follow it. The standard library's `http.cookies`
is not used: its unquoting takes quadratic time on what a client sends, and it lets attributes be
injected. The parser here drops what is malformed instead of failing, since one broken cookie of a
neighbouring application must not lock a user out.
"""

import logging
import re
from datetime import UTC, datetime, timedelta
from typing import Literal, TypedDict, Unpack

from covet.exceptions import HeadersTooLargeError
from covet.http.dates import format_http_date

SameSite = Literal["lax", "strict", "none"]


class CookieScope(TypedDict, total=False):
    """
    Where a cookie goes; whoever deletes it names the same as whoever set it.

    Attributes:
        path: The path that it is for, and below; `"/"` by default, `None` leaves the choice to the browser.
        domain: The domain, subdomains included; this host alone by default.
        secure: Send it over HTTPS only.
        httponly: Hide it from scripts; the default.
        samesite: `"lax"`, the default, `"strict"` or `"none"`; `None` omits the attribute.
        partitioned: Keep a separate one per top-level site (CHIPS).
    """

    path: str | None
    domain: str | None
    secure: bool
    httponly: bool
    samesite: SameSite | None
    partitioned: bool


class CookieOptions(CookieScope, total=False):
    """
    What can be said of a cookie besides its name and value.

    Attributes:
        max_age: Seconds to live, or a duration; 0 or less deletes it. Until the browser closes by default.
        expires: When it ends, an aware datetime.
    """

    max_age: int | timedelta | None
    expires: datetime | None


MAX_COOKIE_HEADER = 8192
"""How many characters a `Cookie` header may have unless told otherwise."""

MAX_COOKIES = 150
"""How many cookies a request may carry unless told otherwise."""

_logger = logging.getLogger("covet.http.cookies")

# RFC 6265bis §5.6 step 1: a cookie with a control character is dropped; a tab is none for this purpose.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

# RFC 9110 §5.6.2 token, RFC 6265 §4.1.1 cookie-octet (and space and comma, which we send in quotes).
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[ !#-:<-\[\]-~]*")
_NEEDS_QUOTES = re.compile(r"[ ,]")
_PATH = re.compile(r"/[ -:<-~]*")
_DOMAIN = re.compile(r"\.?[0-9A-Za-z_-]+(?:\.[0-9A-Za-z_-]+)*")
_SAME_SITE = {"lax": "Lax", "strict": "Strict", "none": "None"}

# RFC 6265bis §5.6: browsers ignore a cookie that is longer, without a word.
_MAX_NAME_AND_VALUE = 4096
_MAX_ATTRIBUTE = 1024

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_cookies(header: str, *, max_size: int = MAX_COOKIE_HEADER, max_count: int = MAX_COOKIES) -> dict[str, str]:
    """
    Read a `Cookie` header into names and values.

    Of cookies with one name the first counts: browsers send the one with the most specific path first
    (RFC 6265 §5.4). A pair of double quotes around a value is taken off, nothing else is decoded.
    Cookies without a name (`=x`, `x`) or with a control character are dropped.

    Args:
        header: The header's text. Join several `Cookie` headers (HTTP/2) with `"; "` first.
        max_size: How many characters are allowed.
        max_count: How many cookies are allowed, malformed ones included.

    Raises:
        HeadersTooLargeError: If the header is longer, or if it has more cookies.

    Example:
        >>> parse_cookies('theme=dark; name="Ada Lovelace"; theme=light; =nameless')
        {'theme': 'dark', 'name': 'Ada Lovelace'}
    """
    if len(header) > max_size:
        raise HeadersTooLargeError(f"The Cookie header is longer than {max_size} bytes.")
    pairs = header.split(";")
    if len(pairs) > max_count:
        raise HeadersTooLargeError(f"The request has more than {max_count} cookies.")
    # PERF: nearly every header can be printed, and is not searched for what cannot (benchmarks/production.py).
    suspect = not header.isprintable() and _CONTROL.search(header) is not None
    cookies: dict[str, str] = {}
    dropped = 0
    for pair in pairs:
        name, equals, value = pair.partition("=")
        name = name.strip(" \t")
        if not name or not equals or (suspect and _CONTROL.search(pair)):
            dropped += bool(pair.strip(" \t"))
            continue
        if name in cookies:
            continue
        value = value.strip(" \t")
        if len(value) >= 2 and value[0] == '"' == value[-1]:
            value = value[1:-1]
        cookies[name] = value
    if dropped:
        _logger.debug("Dropped %d malformed cookies of a request.", dropped)
    return cookies


def make_set_cookie(
    name: str,
    value: str = "",
    *,
    max_age: int | timedelta | None = None,
    expires: datetime | None = None,
    path: str | None = "/",
    domain: str | None = None,
    secure: bool = False,
    httponly: bool = True,
    samesite: SameSite | None = "lax",
    partitioned: bool = False,
) -> str:
    """
    Write the value of a `Set-Cookie` header; `parse_cookies` reads the same value back.

    Scripts cannot read the cookie and other sites' forms do not carry it unless told otherwise.
    Without `max_age` and `expires` it lasts until the browser closes.

    The name is a token (RFC 9110 §5.6.2); `__Secure-` and `__Host-` in front bind the options. The value is visible
    ASCII and spaces, without `;`, `"` and a backslash: encode anything else first. `CookieOptions` has the options.

    Raises:
        ValueError: If an argument could not be sent as it is, or would inject another attribute, or
            if browsers would ignore the cookie because arguments contradict each other.

    Example:
        >>> make_set_cookie("theme", "dark blue", max_age=3600)
        'theme="dark blue"; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax'
        >>> make_set_cookie("__Host-sid", "k7", secure=True, samesite="strict")
        '__Host-sid=k7; Path=/; Secure; HttpOnly; SameSite=Strict'
    """
    _check_name_and_value(name, value)
    _check_prefix(name, path=path, domain=domain, secure=secure)
    parts = [f'{name}="{value}"' if _NEEDS_QUOTES.search(value) else f"{name}={value}"]
    if max_age is not None:
        parts.append(f"Max-Age={_to_seconds(max_age)}")
    if expires is not None:
        parts.append(f"Expires={format_http_date(_check_expires(expires))}")
    if path is not None:
        parts.append(f"Path={_check_path(path)}")
    if domain is not None:
        parts.append(f"Domain={_check_domain(domain)}")
    if secure:
        parts.append("Secure")
    if httponly:
        parts.append("HttpOnly")
    if samesite is not None:
        parts.append(f"SameSite={_check_same_site(samesite, secure=secure)}")
    if partitioned:
        if not secure:
            raise ValueError("partitioned=True needs secure=True: browsers ignore the cookie otherwise.")
        parts.append("Partitioned")
    return "; ".join(parts)


def make_delete_cookie(name: str, **scope: Unpack[CookieScope]) -> str:
    """
    Write the value of a `Set-Cookie` header that makes the browser forget a cookie.

    Args:
        name: Its name.
        **scope: What the cookie was set with: the browser keeps it if the path, the domain or `partitioned` differ.

    Raises:
        ValueError: As `make_set_cookie` does.

    Example:
        >>> make_delete_cookie("theme")
        'theme=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/; HttpOnly; SameSite=Lax'
    """
    return make_set_cookie(name, max_age=0, expires=_EPOCH, **scope)


def _check_name_and_value(name: str, value: str) -> None:
    if not isinstance(name, str) or not _TOKEN.fullmatch(name):
        raise ValueError(f"{name!r} is no name for a cookie. Use letters, digits and any of !#$%&'*+-.^_`|~ alone.")
    if not isinstance(value, str):
        raise TypeError(f"The value of cookie {name!r} must be a text, got {type(value).__name__}.")
    if not _VALUE.fullmatch(value):
        # The value may be a secret: the text names the cookie only.
        raise ValueError(
            f"The value of cookie {name!r} holds a character that no cookie can carry: use visible ASCII without "
            "';', '\"' and '\\'. Encode it first, for example with urllib.parse.quote()."
        )
    if len(name) + len(value) > _MAX_NAME_AND_VALUE:
        raise ValueError(
            f"The name and value of cookie {name!r} are longer than {_MAX_NAME_AND_VALUE} bytes together: browsers "
            "would ignore it. Keep the data on the server and put its key into the cookie."
        )


def _check_prefix(name: str, *, path: str | None, domain: str | None, secure: bool) -> None:
    prefix = name.lower()
    if prefix.startswith(("__secure-", "__host-")) and not secure:
        raise ValueError(f"Cookie {name!r} needs secure=True: browsers ignore it otherwise.")
    if prefix.startswith("__host-") and (path != "/" or domain is not None):
        raise ValueError(f"Cookie {name!r} needs path='/' and no domain: browsers ignore it otherwise.")


def _to_seconds(max_age: int | timedelta) -> int:
    if isinstance(max_age, timedelta):
        return int(max_age.total_seconds())
    if not isinstance(max_age, int) or isinstance(max_age, bool):
        raise ValueError(f"max_age must be whole seconds or a timedelta, got {max_age!r}.")  # noqa: TRY004
    return max_age


def _check_expires(expires: datetime) -> datetime:
    if not isinstance(expires, datetime):
        raise ValueError(f"expires must be an aware datetime, got {expires!r}.")  # noqa: TRY004
    return expires


def _check_path(path: str) -> str:
    if not _PATH.fullmatch(path) or len(path) > _MAX_ATTRIBUTE:
        raise ValueError(
            f"{path!r} is no path for a cookie. It starts with '/' and has at most {_MAX_ATTRIBUTE} visible ASCII "
            "characters without ';'."
        )
    return path


def _check_domain(domain: str) -> str:
    if not _DOMAIN.fullmatch(domain) or len(domain) > _MAX_ATTRIBUTE:
        raise ValueError(f"{domain!r} is no domain for a cookie. Write a host name without scheme, port or path.")
    return domain


def _check_same_site(samesite: str, *, secure: bool) -> str:
    spelled = _SAME_SITE.get(samesite.lower())
    if spelled is None:
        raise ValueError(f"samesite must be 'lax', 'strict', 'none' or None, got {samesite!r}.")
    if spelled == "None" and not secure:
        raise ValueError("samesite='none' needs secure=True: browsers ignore the cookie otherwise.")
    return spelled


__all__ = [
    "MAX_COOKIES",
    "MAX_COOKIE_HEADER",
    "CookieOptions",
    "CookieScope",
    "make_delete_cookie",
    "make_set_cookie",
    "parse_cookies",
]
