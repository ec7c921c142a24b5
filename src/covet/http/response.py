"""
A response, as handlers and middleware make and change it.

What no wire can carry is refused here, before an adapter sees it: servers trust the application too
much (a status of 70000 ends some of them). The length is always computed, never believed.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Unpack

from covet.exceptions import ResponseError
from covet.http.cookies import CookieOptions, CookieScope, make_delete_cookie, make_set_cookie
from covet.http.response_headers import (
    Field,
    MutableHeaders,
    check_header_name,
    check_header_value,
    make_field,
    make_headers,
)
from covet.options import make_unknown_error
from covet.serialization import encode_json
from covet.tasks import BackgroundTasks

TEXT: Final = "text/plain; charset=utf-8"
HTML: Final = "text/html; charset=utf-8"
JSON: Final = "application/json"
BYTES: Final = "application/octet-stream"

HeaderSource = Mapping[str, str] | Iterable[tuple[str, str]]


def check_status(status_code: int) -> int:
    """
    Return a final status, or refuse it.

    Raises:
        ResponseError: If it is no integer from 200 to 599. Interim statuses (1xx) are the server's business.

    Example:
        >>> check_status(204)
        204
        >>> check_status(70000)
        Traceback (most recent call last):
            ...
        covet.exceptions.ResponseError: A response's status must be an integer from 200 to 599, got 70000.
    """
    # An IntEnum such as http.HTTPStatus is fine; True is not.
    if not isinstance(status_code, int) or isinstance(status_code, bool) or not 200 <= status_code <= 599:
        raise ResponseError(f"A response's status must be an integer from 200 to 599, got {status_code!r}.")
    return int(status_code)


# RFC 9110 §15.3.5, §15.3.6, §15.4.5
BODILESS: Final = frozenset({204, 205, 304})


def has_no_body(status_code: int) -> bool:
    """Tell whether a status forbids a body."""
    return status_code in BODILESS


# PERF: what goes out for each media type that was named; one look-up instead of a check. They come from
# code, not from requests; the cap is a guard (benchmarks/onion.py).
_CONTENT_TYPES: Final[dict[str, Field]] = {}
_MAX_CONTENT_TYPES: Final = 256


def make_content_type(media_type: str) -> Field:
    """
    Return the `Content-Type` of a media type, or refuse it; text gets `charset=utf-8` unless it names one.

    Raises:
        ResponseError: If it is no text, or has a character that no header can carry.

    Example:
        >>> make_content_type("text/csv")[0], make_content_type("text/csv; charset=latin-1")[0]
        (('content-type', 'text/csv; charset=utf-8'), ('content-type', 'text/csv; charset=latin-1'))
    """
    content_type = check_header_value("content-type", media_type)
    lowered = content_type.lower()
    if lowered.startswith("text/") and "charset=" not in lowered:
        content_type += "; charset=utf-8"
    field = make_field("content-type", content_type)
    if len(_CONTENT_TYPES) < _MAX_CONTENT_TYPES and len(media_type) <= _MAX_CONTENT_TYPES:
        _CONTENT_TYPES[media_type] = field
    return field


class Response:
    """
    An HTTP response.

    Args:
        content: `str` and `bytes` go as they are, `None` is an empty body, everything else becomes JSON.
        status_code: The status, 200 to 599.
        headers: Further headers; a name may come several times.
        media_type: The `Content-Type`; by default what the content is. `charset=utf-8` is added to text types.
        background: What runs after it was sent.

    Attributes:
        headers: The headers; what is set is checked at once.
        background: What runs after it was sent.

    Raises:
        ResponseError: If the status or a header cannot be carried by HTTP, or if a `Content-Length` is
            given that is not the body's.

    Example:
        >>> response = Response({"error": "User not found"}, status_code=404)
        >>> response.body, response.headers["content-type"]
        (b'{"error":"User not found"}', 'application/json')
    """

    __slots__ = ("__weakref__", "_body", "_status_code", "background", "headers")

    media_type: str | None = None

    def __init__(
        self,
        # Any: whatever the serializer can write.
        content: Any = None,
        status_code: int = 200,
        headers: HeaderSource | None = None,
        media_type: str | None = None,
        background: BackgroundTasks | None = None,
    ) -> None:
        # PERF: the usual status passes with one comparison of identity (benchmarks/onion.py).
        self._status_code = (
            status_code if status_code.__class__ is int and 200 <= status_code <= 599 else check_status(status_code)
        )
        self.background = background
        self._body, default = self.render(content)
        chosen = media_type or self.media_type or default
        # PERF: a plain attribute, since middleware sets headers again and again (benchmarks/onion.py).
        # APPSEC: docs/security.md, row 45: a media type goes past the headers, and is checked as they are.
        self.headers = make_headers(None if chosen is None else _CONTENT_TYPES.get(chosen) or make_content_type(chosen))
        if headers is not None:
            self._take_headers(headers)

    def render(self, content: Any) -> tuple[bytes, str | None]:
        """
        Turn the content into the body and its media type; subclasses replace it.

        Returns:
            The body, and the media type if none was named.
        """
        if content is None:
            return b"", None
        if isinstance(content, str):
            return content.encode("utf-8", "replace"), TEXT
        if isinstance(content, (bytes, bytearray, memoryview)):
            return bytes(content), BYTES
        return encode_json(content), JSON

    def _take_headers(self, headers: HeaderSource) -> None:
        mine = self.headers
        for name, value in headers.items() if isinstance(headers, Mapping) else headers:
            if check_header_name(name) == "content-type":
                mine[name] = value
            else:
                mine.append(name, value)
        self.check_length()

    @property
    def status_code(self) -> int:
        """The status, 200 to 599."""
        return self._status_code

    @status_code.setter
    def status_code(self, value: int) -> None:
        self._status_code = check_status(value)

    @property
    def body(self) -> bytes:
        """The body; empty for a stream, whose body is not there yet."""
        return self._body

    @body.setter
    def body(self, value: bytes) -> None:
        if not isinstance(value, (bytes, bytearray, memoryview)):
            raise ResponseError(f"A body must be bytes, got {type(value).__name__}.", hint="Encode text first.")
        self._body = bytes(value)

    def check_length(self) -> None:
        """
        Drop a `Content-Length` that somebody set: the adapter writes the true one.

        Raises:
            ResponseError: If it was not the body's.
        """
        declared = self.headers.pop("content-length", None)
        if declared is None:
            return
        if declared != str(len(self.body)):
            raise ResponseError(
                f"Content-Length says {declared!r}, the body has {len(self.body)} bytes.",
                hint="Leave Content-Length out: it is always computed.",
            )

    def set_cookie(self, name: str, value: str = "", **options: Unpack[CookieOptions]) -> None:
        """
        Add a cookie.

        Args:
            name: Its name.
            value: Its value.
            **options: See `covet.http.cookies.CookieOptions`.

        Raises:
            ValueError: If an argument could inject another attribute, or contradicts another.
            TypeError: If there is no such argument.

        Example:
            >>> response = Response()
            >>> response.set_cookie("theme", "dark", max_age=3600)
            >>> response.headers["set-cookie"]
            'theme=dark; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax'
        """
        if unknown := options.keys() - CookieOptions.__annotations__.keys():
            raise make_unknown_error(make_set_cookie, "set_cookie", min(unknown))
        self.headers.append("set-cookie", make_set_cookie(name, value, **options))

    def delete_cookie(self, name: str, **scope: Unpack[CookieScope]) -> None:
        """Tell the client to forget a cookie; the arguments must be those it was set with."""
        self.headers.append("set-cookie", make_delete_cookie(name, **scope))

    def wire_headers(self) -> list[tuple[str, str]]:
        """Return the pairs that go to the wire, without a length."""
        return self._check_headers().multi_items()

    def encode_headers(self) -> list[tuple[bytes, bytes]]:
        """Return the same in bytes."""
        return self._check_headers().encode()

    def _check_headers(self) -> MutableHeaders:
        headers = self.headers
        if headers.__class__ is not MutableHeaders:
            # Somebody put a dictionary in their place.
            self.headers = headers = MutableHeaders(headers)
        if "content-length" in headers:
            self.check_length()
        return headers

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._status_code}>"


def make_response(body: bytes, status_code: int, content_type: Field, vary: Field | None = None) -> Response:
    """
    Make a response of parts that were checked before, as those of a route are when it is compiled.

    Example:
        >>> make_response(b"tea", 200, make_content_type("text/plain")).headers["content-type"]
        'text/plain; charset=utf-8'
    """
    # PERF: a fifth of what the constructor does for any arguments (benchmarks/onion.py).
    response = _new_response(Response)
    response._body = body  # noqa: SLF001 - a constructor
    response._status_code = status_code  # noqa: SLF001
    response.headers = headers = _new_headers(MutableHeaders)
    headers._fields = {"content-type": content_type} if vary is None else {"content-type": content_type, "vary": vary}
    headers._more = response.background = None  # noqa: SLF001
    return response


_new_response: Final = Response.__new__
_new_headers: Final = MutableHeaders.__new__
