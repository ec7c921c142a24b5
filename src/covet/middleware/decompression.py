"""
Requests with compressed bodies: inflated within limits, or refused.

It is off unless an application asks for it: a small body that becomes a large one is work that the client does not pay
for. What is counted is what comes out, not what goes in.
"""

from collections.abc import Sequence

from covet.core.middleware import Middleware
from covet.exceptions import BadRequestError, ConfigurationError, ContentTooLargeError, HTTPError
from covet.http.content_codings import IDENTITY
from covet.http.headers import Headers
from covet.http.preconditions import SAFE_METHODS
from covet.http.request import Request
from covet.middleware.compressors import check_codings, find_codings, make_inflater
from covet.middleware.places import Place
from covet.options import refuse_unknown
from covet.threads import run_in_thread

_PIECE = 64 * 1024


class UnsupportedCodingError(HTTPError):
    """
    The body is compressed in a way that is not taken here.

    Args:
        codings: The codings that are.

    Example:
        >>> UnsupportedCodingError(["br", "gzip"]).headers
        {'accept-encoding': 'br, gzip'}
    """

    status_code = 415

    def __init__(self, codings: Sequence[str]) -> None:
        # RFC 9110 §12.5.3: so a client learns what it may send.
        super().__init__(
            "The body has a Content-Encoding that is not taken here.", headers={"accept-encoding": ", ".join(codings)}
        )
        self.codings = tuple(codings)


class DecompressionMiddleware(Middleware):
    """
    Inflate the bodies of requests.

    The body is read and inflated before the handler runs; it sees neither `Content-Encoding` nor the length that came.

    Args:
        max_size: Bytes that a body may have once it is inflated; by default as many as the route's `body_limit`.
        max_ratio: How many times its size a body may become, beyond 64 KiB.
        codings: The codings that are taken: `"zstd"`, `"br"`, `"gzip"`; by default all that are installed.

    Raises:
        ConfigurationError: If an option is wrong.
        MissingDependencyError: If the library of a coding that is named is not installed.

    Example:
        >>> import gzip
        >>> from covet import CovetPy, Request
        >>> from covet.testing import TestClient
        >>> app = CovetPy(middleware=[DecompressionMiddleware(codings=["gzip"])])
        >>> @app.post("/")
        ... async def count(request: Request) -> dict[str, int]:
        ...     return {"size": len(await request.body())}
        >>> body = gzip.compress(b"tea " * 100)
        >>> response = await TestClient(app).post("/", content=body, headers={"Content-Encoding": "gzip"})
        >>> response.json()
        {'size': 400}
    """

    priority: int = Place.DECOMPRESSION
    raises: tuple[type[Exception], ...] = (UnsupportedCodingError, ContentTooLargeError, BadRequestError)

    @refuse_unknown
    def __init__(
        self, *, max_size: int | None = None, max_ratio: int = 100, codings: Sequence[str] | None = None
    ) -> None:
        for name, value in (("max_size", max_size), ("max_ratio", max_ratio)):
            if value is not None and (type(value) is not int or value < 1):
                raise ConfigurationError(f"{name} must be a number above 0, got {value!r}.")
        self._max_size = max_size
        self._max_ratio = max_ratio
        self._codings = find_codings() if codings is None else check_codings(codings, needed_for=type(self).__name__)

    def list_raised(self, method: str) -> tuple[type[Exception], ...]:
        """List the errors that it answers requests of a method with: none, where a body has no meaning."""
        return () if method in SAFE_METHODS else self.raises

    async def process_request(self, request: Request) -> None:
        """
        Inflate the body, if it is compressed.

        Raises:
            UnsupportedCodingError: If it is compressed in another way, or more than once.
            ContentTooLargeError: If it becomes too large.
            BadRequestError: If it is malformed, or ends too early.
        """
        value = request.headers.get("content-encoding")
        coding = IDENTITY if value is None else value.strip().lower()
        if coding == IDENTITY:
            return
        coding = "gzip" if coding == "x-gzip" else coding
        if coding not in self._codings:
            raise UnsupportedCodingError(self._codings)
        body = await request.body()
        limit = self._max_size if self._max_size is not None else request.body_limits.max_size
        by_ratio = max(_PIECE, len(body) * self._max_ratio)
        limit = by_ratio if limit is None else min(limit, by_ratio)
        # A small body may become a large one as well.
        inflated = await run_in_thread(inflate_body, body, coding, limit) if body else b""
        request.replace_body(inflated)
        kept = [pair for pair in request.headers.multi_items() if pair[0] not in {"content-encoding", "content-length"}]
        request.headers = Headers([*kept, ("content-length", str(len(inflated)))])


def inflate_body(body: bytes, coding: str, limit: int) -> bytes:
    """
    Inflate a body as far as it is allowed.

    Args:
        body: The body.
        coding: How it is compressed.
        limit: Bytes that may come out.

    Raises:
        ContentTooLargeError: If more would come out; so many are never made.
        BadRequestError: If it is malformed, or ends too early.

    Example:
        >>> import gzip
        >>> inflate_body(gzip.compress(b"tea"), "gzip", 3)
        b'tea'
    """
    inflater = make_inflater(coding)
    pieces: list[bytes] = []
    size = 0
    data = body
    try:
        while piece := inflater.inflate(data, min(_PIECE, limit + 1 - size)):
            data = b""
            size += len(piece)
            if size > limit:
                raise ContentTooLargeError(limit=limit)
            pieces.append(piece)
    except ValueError as exc:
        raise BadRequestError("The body is not what its Content-Encoding says.") from exc
    if not inflater.is_complete:
        raise BadRequestError("The compressed body ends too early.")
    return b"".join(pieces)
