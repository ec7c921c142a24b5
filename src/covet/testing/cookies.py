"""
A client's cookies between its requests (RFC 6265, in short).

It reads Set-Cookie with a parser of its own, not with the framework's, so that one checks the other.
"""

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from covet.testing.wire import has_control, is_token


@dataclass(frozen=True, slots=True)
class Cookie:
    """
    One cookie of a jar.

    Attributes:
        domain: The host that set it; with a leading dot its subdomains get it too; `""` is every host.
        path: The path below which it is sent.
        is_secure: Whether only https carries it.
        is_expired: Whether it is a request to delete it.
    """

    name: str
    value: str
    domain: str = ""
    path: str = "/"
    is_secure: bool = False
    is_expired: bool = False

    def fits(self, *, scheme: str, host: str, path: str) -> bool:
        """Tell whether a request to that place carries the cookie."""
        if self.is_secure and scheme != "https":
            return False
        domain = self.domain.removeprefix(".")
        if domain and host != domain and not (self.domain.startswith(".") and host.endswith(self.domain)):
            return False
        # RFC 6265 §5.1.4
        return path == self.path or path.startswith(self.path if self.path.endswith("/") else self.path + "/")


def parse_set_cookie(header: str, *, host: str = "") -> Cookie | None:
    """
    Read a Set-Cookie header; `None` if it has no name.

    Example:
        >>> parse_set_cookie("id=7; Path=/app; Secure")
        Cookie(name='id', value='7', domain='', path='/app', is_secure=True, is_expired=False)
        >>> parse_set_cookie("id=; Max-Age=0").is_expired
        True
    """
    pair, *attributes = header.split(";")
    name, separator, value = pair.partition("=")
    if not separator or not name.strip():
        return None
    found = {key.strip().lower(): text.strip() for key, _, text in (part.partition("=") for part in attributes)}
    domain = found.get("domain", "").lower().removeprefix(".")
    path = found.get("path", "")
    return Cookie(
        name=name.strip(),
        value=value.strip(),
        domain=f".{domain}" if domain else host,
        path=path if path.startswith("/") else "/",
        is_secure="secure" in found,
        is_expired=_is_expired(found),
    )


def _is_expired(attributes: Mapping[str, str]) -> bool:
    max_age = attributes.get("max-age", "")
    if max_age.lstrip("-").isdecimal():
        return int(max_age) <= 0
    try:
        expires = parsedate_to_datetime(attributes.get("expires", ""))
    except (TypeError, ValueError):
        return False
    return expires.replace(tzinfo=expires.tzinfo or UTC) <= datetime.now(UTC)


class CookieJar(MutableMapping[str, str]):
    """
    The cookies that a client keeps, by name; `set` says more about one.

    Example:
        >>> jar = CookieJar({"theme": "dark"})
        >>> jar.header_for(scheme="http", host="testserver", path="/")
        'theme=dark'
    """

    def __init__(self, cookies: Mapping[str, str] | None = None) -> None:
        self._cookies: dict[tuple[str, str, str], Cookie] = {}
        self.update(cookies or {})

    def __getitem__(self, name: str) -> str:
        for cookie in reversed(self._cookies.values()):
            if cookie.name == name:
                return cookie.value
        raise KeyError(name)

    def __setitem__(self, name: str, value: str) -> None:
        self.set(name, value)

    def __delitem__(self, name: str) -> None:
        keys = [key for key, cookie in self._cookies.items() if cookie.name == name]
        if not keys:
            raise KeyError(name)
        for key in keys:
            del self._cookies[key]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(cookie.name for cookie in self._cookies.values()))

    def __len__(self) -> int:
        return len({cookie.name for cookie in self._cookies.values()})

    def __repr__(self) -> str:
        return f"CookieJar({dict(self)!r})"

    def set(self, name: str, value: str, *, domain: str = "", path: str = "/", secure: bool = False) -> None:
        """
        Put a cookie into the jar.

        Raises:
            ValueError: If name or value cannot stand in a Cookie header.
        """
        check_cookie(name, value)
        self._store(Cookie(name, value, domain=domain, path=path, is_secure=secure))

    def extract(self, headers: list[str], *, host: str) -> None:
        """Take over what a response's Set-Cookie headers say."""
        for header in headers:
            cookie = parse_set_cookie(header, host=host)
            if cookie is not None:
                # What the test put in for every host is what the server now replaces or deletes.
                self._cookies.pop(("", cookie.path, cookie.name), None)
                self._store(cookie)

    def header_for(self, *, scheme: str, host: str, path: str, extra: Mapping[str, str] | None = None) -> str | None:
        """Write the Cookie header of a request; `extra` are cookies of that request alone."""
        fitting = [cookie for cookie in self._cookies.values() if cookie.fits(scheme=scheme, host=host, path=path)]
        # The longest path first (RFC 6265 §5.4).
        fitting.sort(key=lambda cookie: -len(cookie.path))
        extra = extra or {}
        for name, value in extra.items():
            check_cookie(name, value)
        pairs = [(cookie.name, cookie.value) for cookie in fitting if cookie.name not in extra]
        return "; ".join(f"{name}={value}" for name, value in (*pairs, *extra.items())) or None

    def _store(self, cookie: Cookie) -> None:
        key = (cookie.domain, cookie.path, cookie.name)
        self._cookies.pop(key, None)
        if not cookie.is_expired:
            self._cookies[key] = cookie


def check_cookie(name: str, value: str) -> None:
    """Refuse a cookie that would break out of its header."""
    if not is_token(name.encode("utf-8", "surrogateescape")):
        raise ValueError(f"A cookie's name must be an RFC 9110 token, got {name!r}.")
    if ";" in value or has_control(value.encode("utf-8", "surrogateescape")):
        raise ValueError(f"The cookie {name!r} must not have a semicolon, CR, LF or NUL in its value.")
