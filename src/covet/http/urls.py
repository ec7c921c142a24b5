"""
URLs: an immutable value, and targets that are safe to redirect to.

A `URL` keeps its parts apart and encodes what would move from one into another: no path becomes a
host, no host becomes a path. It is for URLs of the web: user names are refused (RFC 9110 §4.2.4).
"""

import re
from typing import Self

from covet.exceptions import BadRequestError
from covet.http.hosts import is_valid_host, parse_host
from covet.http.percent import quote_path, quote_query, quote_segment, quote_url, unquote_path
from covet.http.query import QueryParams, encode_query
from covet.types import UNSET, UnsetType

__all__ = [
    "URL",
    "is_safe_redirect",
    "is_valid_host",
    "parse_host",
    "quote_path",
    "quote_segment",
    "quote_url",
    "safe_redirect_target",
    "unquote_path",
]

_CONTROL_OR_BACKSLASH = re.compile(r"[\x00-\x1f\x7f\\]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
# RFC 3986 appendix B: each group's characters exclude what ends it.
_PARTS = re.compile(r"(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_IMPLIED_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}

# What some client or server drops, or resolves, before it looks for the "//" of a host.
_DROPPED = re.compile(r"[\x00-\x20\x7f]")
_TWO_SLASHES = re.compile(r"/(?:\.{1,2}/)*/")


class URL:
    """
    A URL that cannot change: `replace` and its relatives make new ones.

    Args:
        url: An absolute URL (`https://host/path`), or a path with what may follow it.

    Raises:
        ValueError: If the text is no such URL: it has a user name, a host that no `Host` header may
            name, a control character or a backslash, or a scheme without a host.

    Example:
        >>> url = URL("https://example.com:8443/menu?tea=green#top")
        >>> url.host, url.port, url.path, url.query, url.is_secure
        ('example.com', 8443, '/menu', 'tea=green', True)
        >>> print(url.replace(path="/café", query="", fragment="", port=None))
        https://example.com/caf%C3%A9
    """

    __slots__ = ("_fragment", "_host", "_path", "_port", "_query", "_scheme", "_text")

    def __init__(self, url: str) -> None:
        if _CONTROL_OR_BACKSLASH.search(url):
            raise ValueError(f"{url!r} is no URL: it holds a control character or a backslash.")
        match = _PARTS.fullmatch(url)
        scheme, authority, path, query, fragment = match.groups() if match else (None, None, "", None, None)
        if scheme is not None and authority is None:
            raise ValueError(f"{url!r} is no URL of the web: a scheme is followed by '//' and a host.")
        if scheme is None and authority is not None:
            raise ValueError(
                f"{url!r} has a host but no scheme. Write https:// in front, or a path that starts with '/x'."
            )
        self._set(scheme or "", authority or "", path, query or "", fragment or "")

    @classmethod
    def from_parts(cls, scheme: str, host: str, path: str = "/", query: str = "", fragment: str = "") -> Self:
        """
        Build a URL of parts that are never read as one another.

        Args:
            scheme: Such as `"https"`; empty for a URL without a host.
            host: What a `Host` header says: a name or an address, and a port if need be.
            path: The path, with or without percent-encoding. `"*"` means no path (RFC 9112 §3.2.4).
            query: The query without `?`.
            fragment: The fragment without `#`.

        Raises:
            ValueError: If scheme or host are not valid, or if a part holds CR, LF or NUL.

        Example:
            >>> print(URL.from_parts("http", "example.com", "//evil.com/?x", "page=2"))
            http://example.com//evil.com/%3Fx?page=2
            >>> print(URL.from_parts("http", "example.com", "@evil.com"))
            http://example.com/@evil.com
        """
        url = cls.__new__(cls)
        url._set(scheme, host, path, query, fragment)  # noqa: SLF001 - a second constructor of this class
        return url

    def _set(self, scheme: str, netloc: str, path: str, query: str, fragment: str) -> None:
        if scheme and not _SCHEME.fullmatch(scheme):
            raise ValueError(f"{scheme!r} is no scheme of a URL.")
        if bool(scheme) != bool(netloc):
            raise ValueError(f"A URL has both scheme and host, or none: got {scheme!r} and {netloc!r}.")
        self._scheme = scheme.lower()
        self._host, self._port = _parse_netloc(netloc)
        path = "" if path == "*" and netloc else quote_path(path)
        if netloc and path and path[0] != "/":
            path = "/" + path
        if not netloc and (path.startswith("//") or ":" in path.partition("/")[0]):
            raise ValueError(f"The path {path!r} needs a host in front of it: alone it would be read as one.")
        self._path = path
        self._query = quote_query(query)
        self._fragment = quote_query(fragment)
        self._text: str | None = None

    @property
    def scheme(self) -> str:
        """The scheme in lower case; empty for a URL without a host."""
        return self._scheme

    @property
    def host(self) -> str | None:
        """The host in lower case, an IPv6 address without its brackets."""
        return self._host

    @property
    def port(self) -> int | None:
        """The port, if the URL names one."""
        return self._port

    @property
    def netloc(self) -> str:
        """Host and port as a `Host` header has them."""
        return "" if self._host is None else _to_netloc(self._host, self._port)

    @property
    def origin(self) -> str:
        """Scheme, host and port, without the port that the scheme implies; empty without a host."""
        if self._host is None:
            return ""
        netloc = _to_netloc(self._host, None if self._port == _IMPLIED_PORTS.get(self._scheme) else self._port)
        return f"{self._scheme}://{netloc}"

    @property
    def path(self) -> str:
        """The path, percent-encoded."""
        return self._path

    @property
    def query(self) -> str:
        """The query without `?`, percent-encoded."""
        return self._query

    @property
    def fragment(self) -> str:
        """The fragment without `#`, percent-encoded."""
        return self._fragment

    @property
    def is_secure(self) -> bool:
        """Whether the scheme is `https` or `wss`."""
        return self._scheme in {"https", "wss"}

    def replace(
        self,
        *,
        scheme: str | None = None,
        host: str | None = None,
        port: int | UnsetType | None = UNSET,
        path: str | None = None,
        query: str | None = None,
        fragment: str | None = None,
    ) -> Self:
        """
        Make the same URL with other parts; what is not given stays.

        Args:
            scheme: The new scheme.
            host: The new host without a port; an IPv6 address with or without brackets.
            port: The new port; `None` removes it.
            path: The new path.
            query: The new query; `""` removes it.
            fragment: The new fragment; `""` removes it.

        Raises:
            ValueError: As `from_parts` does.

        Example:
            >>> print(URL("http://example.com/a").replace(scheme="https", port=8443))
            https://example.com:8443/a
        """
        new_host = (self._host or "") if host is None else host
        new_port = self._port if port is UNSET else port
        return self.from_parts(
            self._scheme if scheme is None else scheme,
            _to_netloc(new_host, new_port),
            self._path if path is None else path,
            self._query if query is None else query,
            self._fragment if fragment is None else fragment,
        )

    def include_query_params(self, **params: object) -> Self:
        """
        Make the same URL with parameters added; one of the same name is replaced where it stands.

        Example:
            >>> print(URL("/search?q=tea&page=1").include_query_params(page=2, sort="name"))
            /search?q=tea&page=2&sort=name
        """
        merged: dict[str, object] = dict(QueryParams(self._query).to_lists())
        merged.update(params)
        return self.replace(query=encode_query(merged))

    def remove_query_params(self, *names: str) -> Self:
        """
        Make the same URL without some parameters.

        Example:
            >>> print(URL("/search?q=tea&page=1").remove_query_params("page"))
            /search?q=tea
        """
        pairs = QueryParams(self._query).multi_items()
        return self.replace(query=encode_query([pair for pair in pairs if pair[0] not in names]))

    def __str__(self) -> str:
        if self._text is None:
            text = f"{self._scheme}://{self.netloc}{self._path}" if self._scheme else self._path
            if self._query:
                text += f"?{self._query}"
            if self._fragment:
                text += f"#{self._fragment}"
            self._text = text
        return self._text

    def __repr__(self) -> str:
        # It stands in logs and traces. Loaded here: `import covet` has no need of settings.
        from covet.config.masking import mask_url

        return f"URL({mask_url(str(self))!r})"

    def __eq__(self, other: object) -> bool:
        return str(self) == str(other) if isinstance(other, (URL, str)) else NotImplemented

    def __hash__(self) -> int:
        return hash(str(self))


def safe_redirect_target(target: str, *, host: str | None = None) -> str:
    r"""
    Make a `Location` that stays on this host out of what a client sent (`?next=…`), or refuse it.

    The target is a path that starts with one slash, with query and fragment. What some client would
    read as a host is refused in every disguise: `//evil.com`, `/\evil.com`, `/%09/evil.com`,
    `https:evil.com`.

    Args:
        target: The client's text.
        host: This application's host, as a validated `Host` header has it. When given, an absolute URL
            of the same host is accepted too, and cut down to its path.

    Raises:
        ValueError: If the target may lead elsewhere.

    Example:
        >>> safe_redirect_target("/account?tab=2")
        '/account?tab=2'
        >>> safe_redirect_target("https://example.com/account", host="example.com")
        '/account'
        >>> safe_redirect_target("//evil.com/account")
        Traceback (most recent call last):
        ValueError: '//evil.com/account' is no path of this host. Redirect to a path that starts with one '/'.
    """
    if host is not None and not target.startswith("/"):
        return safe_redirect_target(_cut_to_path(target, host))
    path = target.partition("?")[0].partition("#")[0]
    if target[:1] != "/" or _CONTROL_OR_BACKSLASH.search(target) or target[-1:].isspace() or not _stays_here(path):
        raise _leads_elsewhere(target)
    return quote_url(target)


def is_safe_redirect(target: str, *, host: str | None = None) -> bool:
    """
    Tell whether `safe_redirect_target` would accept the target.

    Example:
        >>> is_safe_redirect("/account"), is_safe_redirect("https:evil.com")
        (True, False)
    """
    try:
        safe_redirect_target(target, host=host)
    except ValueError:
        return False
    return True


def _stays_here(path: str) -> bool:
    # APPSEC: not only what browsers resolve; a proxy or a page behind this one may decode once more.
    try:
        decoded = unquote_path(path)
    except BadRequestError:
        return False
    return not _TWO_SLASHES.match(_DROPPED.sub("", decoded).replace("\\", "/"))


def _cut_to_path(target: str, host: str) -> str:
    try:
        url = URL(target)
    except ValueError as exc:
        raise _leads_elsewhere(target) from exc
    own = URL.from_parts(url.scheme or "http", host)
    if url.scheme not in {"http", "https"} or url.origin != own.origin:
        raise _leads_elsewhere(target)
    return str(URL.from_parts("", "", url.path or "/", url.query, url.fragment))


def _leads_elsewhere(target: str) -> ValueError:
    return ValueError(f"{target!r} is no path of this host. Redirect to a path that starts with one '/'.")


def _parse_netloc(netloc: str) -> tuple[str | None, int | None]:
    if not netloc:
        return None, None
    try:
        return parse_host(netloc)
    except BadRequestError as exc:
        raise ValueError(f"{netloc!r} is no host of a URL, with or without a port.") from exc


def _to_netloc(host: str, port: int | None) -> str:
    if ":" in host and host[0] != "[":
        host = f"[{host}]"
    return host if port is None else f"{host}:{port}"
