"""
What the client sends: a request, checked and written out as the wire would carry it.
"""

import re
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict
from urllib.parse import quote, urlencode, urlsplit

from covet.serialization import encode_json
from covet.testing.multipart import Files, FormData, encode_multipart, flatten_pairs
from covet.testing.wire import RawHeaders, has_control, is_token

HeaderValue = str | bytes
# A header whose value is None is left out: {"host": None} sends no Host.
HeaderInput = Mapping[str, HeaderValue | None] | Sequence[tuple[str | bytes, HeaderValue]]
QueryInput = FormData | str
Content = bytes | str | AsyncIterable[bytes] | Iterable[bytes]
Body = bytes | AsyncIterable[bytes] | Iterable[bytes]

_CHUNKED = (b"transfer-encoding", b"chunked")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# Granian and uvicorn pass every visible ASCII character of a target as it is; so does the client,
# but for these, which a browser would not send either.
_UNSAFE = re.compile(r"[^!$-;=?-~]+")
_DEFAULT_PORTS = {"http": "80", "https": "443"}
USER_AGENT = "covet-testclient"


class RequestOptions(TypedDict, total=False):
    """The options that every method of the client takes; `TestClient.request` explains them."""

    params: QueryInput
    headers: HeaderInput
    cookies: Mapping[str, str]
    # Whatever the JSON encoder takes, None too (the body `null`).
    json: object
    content: Content
    data: FormData
    files: Files
    follow_redirects: bool


@dataclass(frozen=True, slots=True)
class Origin:
    """
    Where a request goes: the scheme and the host, with its port if that is not the scheme's own.

    Example:
        >>> Origin.parse("https://testserver:443")
        Origin(scheme='https', authority='testserver')
    """

    scheme: str
    authority: str

    @classmethod
    def parse(cls, url: str) -> "Origin":
        """
        Read a base URL.

        Raises:
            ValueError: If it is anything but a scheme and a host.
        """
        origin, target = split_url(url)
        if origin is None or target not in {"", "/"}:
            raise ValueError(f"base_url must be like 'http://testserver', without a path, got {url!r}.")
        return origin

    @property
    def host(self) -> str:
        """The host without its port."""
        return urlsplit(f"//{self.authority}").hostname or ""

    @property
    def port(self) -> int:
        """The port, the scheme's own if there is none."""
        return urlsplit(f"//{self.authority}").port or int(_DEFAULT_PORTS[self.scheme])


@dataclass(frozen=True, slots=True)
class ClientRequest:
    """
    A request as it was sent.

    Attributes:
        method: As it was given; methods are case-sensitive (RFC 9110 §9.1).
        raw_path: The path, percent-encoded.
        query: The query, percent-encoded, without its question mark.
        headers: Names in lower case, in the order in which they were sent.
    """

    method: str
    origin: Origin
    raw_path: str
    query: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: Body

    @property
    def target(self) -> str:
        """The path and the query, as they stand on the request line."""
        return f"{self.raw_path}?{self.query}" if self.query else self.raw_path

    @property
    def url(self) -> str:
        """The whole URL."""
        return f"{self.origin.scheme}://{self.origin.authority}{self.target}"

    async def iter_body(self) -> AsyncIterator[bytes]:
        """Read the body in the parts in which it is sent."""
        if isinstance(self.body, bytes):
            if self.body:
                yield self.body
            return
        if isinstance(self.body, AsyncIterable):
            async for part in self.body:
                yield check_part(part)
            return
        for part in self.body:
            yield check_part(part)


def check_part(part: object) -> bytes:
    """Refuse a part of a body that is not bytes."""
    if not isinstance(part, bytes):
        raise TypeError(f"content= must yield bytes, got {type(part).__name__}.")
    return part


def split_url(url: str) -> tuple[Origin | None, str]:
    """
    Split an absolute URL into origin and target; anything else is a target.

    Example:
        >>> split_url("http://other:8000/x?y=1")
        (Origin(scheme='http', authority='other:8000'), '/x?y=1')
        >>> split_url("//other/x")
        (None, '//other/x')
    """
    if _CONTROL.search(url):
        raise ValueError(f"A URL must not have CR, LF, NUL or another control character, got {url!r}.")
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.lower() not in _DEFAULT_PORTS:
        return None, url
    end = min((rest.find(mark) for mark in "/?#" if mark in rest), default=len(rest))
    authority, target = rest[:end], rest[end:]
    if not authority:
        raise ValueError(f"A URL needs a host, got {url!r}.")
    authority = authority.removesuffix(f":{_DEFAULT_PORTS[scheme.lower()]}")
    return Origin(scheme.lower(), authority), target


def build_request(
    method: str,
    path: str,
    *,
    origin: Origin,
    defaults: RawHeaders,
    cookie_header: str | None,
    options: RequestOptions,
) -> ClientRequest:
    """
    Write a request out.

    Args:
        method: The method.
        path: The path with or without a query, or an absolute URL.
        origin: Where it goes if `path` does not say.
        defaults: Headers that stand unless `options` names them too.
        cookie_header: The jar's cookies for this URL.
        options: What the test asked for.

    Raises:
        ValueError: If anything could not stand on its line (CR, LF, NUL), a path has no slash before it, or two
            bodies were given.
    """
    if not is_token(method.encode()):
        raise ValueError(f"A method must be an RFC 9110 token, got {method!r}.")
    own_origin, target = split_url(path)
    if own_origin is None and target != "*" and not target.startswith("/"):
        raise ValueError(f"A path begins with a slash, got {path!r}. Write {'/' + path!r}, or a URL with http://.")
    origin = own_origin or origin
    raw_path, _, query = target.partition("#")[0].partition("?")
    if own_origin is not None and not raw_path:
        raw_path = "/"
    query = "&".join(part for part in (query, _encode_query(options.get("params", ""))) if part)
    body, body_headers = _encode_body(options)
    own = make_headers(options.get("headers", ()))
    if any(name == b"content-length" for name, _ in own):
        # Whoever says the length of an iterable needs no chunks; both would be two readings (RFC 9112 §6.2).
        body_headers = [pair for pair in body_headers if pair != _CHUNKED]
    absent = {name for name, value in _pairs(options.get("headers", ())) if value is None}
    base: RawHeaders = [
        (b"host", origin.authority.encode("idna") if not origin.authority.isascii() else origin.authority.encode()),
        *body_headers,
    ]
    if cookie_header:
        base.append((b"cookie", encode_value("cookie", cookie_header)))
    headers = merge_headers(merge_headers(base, defaults), own)
    return ClientRequest(
        method=method,
        origin=origin,
        raw_path=_quote(raw_path),
        query=_quote(query),
        headers=tuple(pair for pair in headers if pair[0].decode() not in absent),
        body=body,
    )


def make_default_headers(headers: HeaderInput) -> RawHeaders:
    """Write the headers that a client sends with every request: its own, and those that it was given."""
    own = make_headers(headers)
    absent = {name for name, value in _pairs(headers) if value is None}
    base: RawHeaders = [(b"user-agent", USER_AGENT.encode()), (b"accept", b"*/*")]
    return [pair for pair in merge_headers(base, own) if pair[0].decode() not in absent]


def merge_headers(base: RawHeaders, own: RawHeaders) -> RawHeaders:
    """Put headers in the place of those of the same name."""
    names = {name for name, _ in own}
    return [pair for pair in base if pair[0] not in names] + own


def make_headers(headers: HeaderInput) -> RawHeaders:
    """
    Check headers and write them as bytes, names in lower case.

    Raises:
        ValueError: If a name is no token, or a value has CR, LF, NUL or another control character.
    """
    result: RawHeaders = []
    for name, value in _pairs(headers):
        if not is_token(name.encode("utf-8", "surrogateescape")):
            raise ValueError(f"A header's name must be an RFC 9110 token, got {name!r}.")
        if value is not None:
            result.append((name.encode(), encode_value(name, value)))
    return result


def _pairs(headers: HeaderInput) -> list[tuple[str, HeaderValue | None]]:
    items: Iterable[tuple[str | bytes, HeaderValue | None]]
    items = headers.items() if isinstance(headers, Mapping) else headers
    return [((name.decode("latin-1") if isinstance(name, bytes) else name).lower(), value) for name, value in items]


def encode_value(name: str, value: HeaderValue) -> bytes:
    """Check one header's value and write it as bytes: latin-1, as HTTP has it."""
    try:
        encoded = value.encode("latin-1") if isinstance(value, str) else value
    except UnicodeEncodeError as exc:
        raise ValueError(f"The header {name!r} has text beyond latin-1; give bytes to choose the encoding.") from exc
    if has_control(encoded):
        raise ValueError(f"The header {name!r} must not have CR, LF, NUL or another control character.")
    # Servers drop the white space around a value (RFC 9110 §5.5).
    return encoded.strip(b" \t")


def _quote(text: str) -> str:
    return _UNSAFE.sub(lambda match: quote(match[0], safe=""), text)


def _encode_query(params: QueryInput) -> str:
    if isinstance(params, str):
        if _CONTROL.search(params):
            raise ValueError(f"params must not have CR, LF, NUL or another control character, got {params!r}.")
        return params
    return urlencode(flatten_pairs(params), quote_via=quote)


def _encode_body(options: RequestOptions) -> tuple[Body, RawHeaders]:
    given: list[str] = [name for name in ("json", "content") if name in options]
    if "data" in options or "files" in options:
        given.append("data/files")
    if len(given) > 1:
        raise ValueError(f"A request has one body: give only one of {', '.join(given)}.")
    if "json" in options:
        return _sized(encode_json(options["json"]), b"application/json")
    if "content" in options:
        content = options["content"]
        if isinstance(content, str):
            return _sized(content.encode(), b"text/plain; charset=utf-8")
        if isinstance(content, bytes):
            return _sized(content, None)
        # As long as nobody knows: no content-length.
        return content, [_CHUNKED]
    if "files" in options:
        multipart, media_type = encode_multipart(options.get("data", {}), options["files"])
        return _sized(multipart, media_type.encode())
    if "data" in options:
        form = urlencode(flatten_pairs(options["data"]))
        return _sized(form.encode(), b"application/x-www-form-urlencoded")
    return b"", []


def _sized(body: bytes, media_type: bytes | None) -> tuple[bytes, RawHeaders]:
    headers: RawHeaders = [(b"content-length", str(len(body)).encode())]
    if media_type is not None:
        headers.append((b"content-type", media_type))
    return body, headers
