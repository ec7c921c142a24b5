"""
The cookie of a session: its name, its attributes, and what a response says of it.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

from covet.http.cookies import CookieScope, SameSite, parse_cookies
from covet.http.hosts import is_valid_host, parse_host
from covet.http.request import Request
from covet.http.response import Response
from covet.http.response_headers import MutableHeaders, make_field
from covet.middleware.option_checks import OptionChecks

_SAME_SITE: Final = ("lax", "strict", "none")
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_PREFIXES: Final = ("__Host-", "__Secure-")
_PRIVATE: Final = make_field("cache-control", "private")
# What responses nearly always have by then; none of it speaks to caches.
_SILENT: Final = frozenset({"content-type", "vary", "ratelimit", "ratelimit-policy", "etag", "link", "location"})
# APPSEC: docs/security.md, row 28: what is remembered is bounded in number and size, whatever is sent.
_MAX_REMEMBERED: Final = 4096
_MAX_LENGTH: Final = 512


# PERF: a client that comes again sends what it sent before; reading one cookie takes as long as half of a route does
# (benchmarks/production.py).
@lru_cache(_MAX_REMEMBERED)
def _read_known(header: bytes, name: str) -> str | None:
    return parse_cookies(header.decode("latin-1")).get(name)


@dataclass(frozen=True, slots=True)
class SafeCookie:
    """
    A cookie that only one host gets, over `https` alone, and that no script sees.

    Attributes:
        name: Its name without a prefix: the one that it has where it is not secure.
        secure: Whether only `https` carries it; `None` for always, but for a developer on his own machine.
        same_site: `SameSite`.
        domain: The domain, subdomains included; `None` for this host alone.
        path: The path that it is for.
        secure_name: Its name where it is secure: browsers hold what its prefix promises (RFC 6265bis §4.1.3).
    """

    name: str
    secure: bool | None = None
    same_site: SameSite = "lax"
    domain: str | None = None
    path: str = "/"
    secure_name: str = field(init=False)

    def __post_init__(self) -> None:
        prefix = _PREFIXES[0] if self.domain is None and self.path == "/" else _PREFIXES[1]
        object.__setattr__(self, "secure_name", prefix + self.name)

    def read(self, request: Request) -> str | None:
        """
        Read what a request carries in it; `None` if it does not.

        Raises:
            HeadersTooLargeError: As `request.cookies` does.
        """
        header = request.headers.get_bytes(b"cookie")
        if header is None:
            return None
        # PERF: nearly every request is one over `https` (benchmarks/production.py).
        is_usual = self.secure is None and request.scheme == "https"
        name = self.secure_name if is_usual else self.find_name(request)
        return _read_known(header, name) if len(header) <= _MAX_LENGTH else request.cookies.get(name)

    def find_name(self, request: Request) -> str:
        """Say under which name a request carries it."""
        return self.secure_name if self.is_secure(request) else self.name

    def is_secure(self, request: Request) -> bool:
        """Tell whether only `https` shall carry it."""
        if self.secure is not None:
            return self.secure
        return request.scheme in {"https", "wss"} or not _is_at_home(request)

    def set(self, request: Request, response: Response, value: str, max_age: int | None) -> None:
        """Give it to the client."""
        response.set_cookie(self.find_name(request), value, max_age=max_age, **self._write_scope(request))

    def delete(self, request: Request, response: Response) -> None:
        """Tell the client to forget it."""
        response.delete_cookie(self.find_name(request), **self._write_scope(request))

    def _write_scope(self, request: Request) -> CookieScope:
        scope: CookieScope = {
            "path": self.path,
            "secure": self.is_secure(request),
            "httponly": True,
            "samesite": self.same_site,
        }
        if self.domain is not None:
            scope["domain"] = self.domain
        return scope


def make_cookie(
    check: OptionChecks,
    option: str,
    name: object,
    *,
    secure: object,
    same_site: object,
    domain: object = None,
    path: object = "/",
) -> SafeCookie:
    """
    Check the options of a cookie.

    Args:
        check: What makes the errors.
        option: What its name is called among the options.
        name: Its name; with a prefix, it is secure.
        secure: `True`, `False` or `None`.
        same_site: `"lax"`, `"strict"` or `"none"`.
        domain: The domain, or `None`.
        path: The path.

    Raises:
        ConfigurationError: If one of them is wrong, or contradicts another.
    """
    if same_site not in _SAME_SITE:
        raise check.fail("same_site", f"is {same_site!r}, expected 'lax', 'strict' or 'none'.", "'lax' is the default.")
    if secure is not None:
        check.flag("secure", secure)
    if same_site == "none" and secure is False:
        raise check.fail("same_site", "is 'none', which browsers take of secure cookies alone.", "Leave secure out.")
    if not isinstance(name, str):
        raise check.fail(option, f"is {name!r}, expected the name of a cookie.", f"Write {option}='session'.")
    if name in {"", *_PREFIXES}:
        raise check.fail(option, f"is {name!r}, which names no cookie.", f"Write {option}='session'.")
    if same_site == "none":
        secure = True
    # Any: what `dataclass` does not check.
    known: Any = {"secure": secure, "same_site": same_site, "domain": domain, "path": path}
    for prefix in _PREFIXES:
        if name.startswith(prefix):
            cookie = SafeCookie(name.removeprefix(prefix), **known | {"secure": True})
            if secure is False or cookie.secure_name != name:
                hint = f"Write {option}={cookie.name!r}: it gets the prefix that it can have."
                raise check.fail(option, f"is {name!r}, but the other options are not what it promises.", hint)
            break
    else:
        cookie = SafeCookie(name, **known)
    try:
        cookie.set(Request(), Response(), "x", None)
    except (ValueError, TypeError) as exc:
        raise check.fail(option, f"cannot be set with these options: {exc}", "See covet.http.cookies.") from exc
    return cookie


def make_private(headers: MutableHeaders) -> None:
    """
    Say of a response that it is one client's alone: no cache may give it to another.

    APPSEC: docs/security.md, row 80: whatever was read of a cookie, if only whether something is in it.

    Example:
        >>> headers = MutableHeaders({"cache-control": "public, max-age=60, s-maxage=600"})
        >>> make_private(headers)
        >>> headers["vary"], headers["cache-control"]
        ('Cookie', 'max-age=60, private')
    """
    headers.add_vary("Cookie")
    if headers.are_among(_SILENT):
        # PERF: nearly always nothing was said of caches (benchmarks/production.py).
        headers.set_field(_PRIVATE)
    else:
        forbid_sharing(headers)


def forbid_sharing(headers: MutableHeaders) -> None:
    """
    Say of a response that no cache may give it to others, whatever was said before.

    Example:
        >>> headers = MutableHeaders({"cache-control": "public, max-age=60"})
        >>> forbid_sharing(headers)
        >>> headers["cache-control"]
        'max-age=60, private'
    """
    # APPSEC: caches of their vendors believe these before Cache-Control (RFC 9213), and those of old Expires.
    for name in [name for name in headers if name.endswith("cdn-cache-control") or name == "surrogate-control"]:
        del headers[name]
    if "expires" in headers:
        headers["expires"] = "0"
    if "cache-control" not in headers:
        headers.set_field(_PRIVATE)
        return
    said = headers["cache-control"]
    kept = [part for part in map(str.strip, said.split(",")) if part and not _is_for_all(part)]
    if not {"private", "no-store"} & {part.lower() for part in kept}:
        kept.append("private")
    headers["cache-control"] = ", ".join(kept)


def _is_for_all(directive: str) -> bool:
    return directive.partition("=")[0].strip().lower() in {"public", "s-maxage"}


def _is_at_home(request: Request) -> bool:
    """Tell whether a request goes to an application in development, at a name of this machine."""
    if not getattr(request.app, "is_in_development", False):
        return False
    host = request.host
    name = parse_host(host)[0] if is_valid_host(host) else ""
    return name in _LOCAL or name.endswith(".localhost")
