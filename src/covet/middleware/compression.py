"""
Compression of responses, as far as the client takes it and it is worth while.

APPSEC: a body that holds a secret beside something that a client chose gives the secret away by its length, byte by
byte, when it is compressed (BREACH). Nothing in here can know: see docs/compression.md.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from typing import Final

from covet.core.middleware import Middleware
from covet.exceptions import ConfigurationError
from covet.http.content_codings import IDENTITY, choose_coding, is_compressible
from covet.http.entity_tags import EntityTags, weaken_etag
from covet.http.request import Request
from covet.http.response import Response
from covet.http.response_headers import MutableHeaders
from covet.http.streamed_response import StreamedResponse
from covet.middleware.compressors import Compressor, check_codings, find_codings, make_compressor_factory
from covet.middleware.places import Place
from covet.options import refuse_unknown
from covet.responses.event_stream import EventStream
from covet.threads import run_in_thread

# More is compressed in a thread: a hundredth of a second of it would hold up everybody else.
_LARGE: Final = 32 * 1024
# RFC 9530, RFC 3230, RFC 2616 §14.15
_DIGESTS: Final = ("content-digest", "repr-digest", "digest", "content-md5")
_LEVELS: Final = {"level": (1, 9), "brotli_quality": (0, 11), "zstd_level": (1, 19)}


class CompressionMiddleware(Middleware):
    """
    Compress what becomes smaller, in the coding that the client likes best.

    A stream is compressed as it comes: each piece can be read at once. Left alone are small bodies, types that are
    compressed already, streams of events, parts of files, what has a `Content-Encoding` or a digest of its bytes, and
    what says `Cache-Control: no-transform`. A handler says `Content-Encoding: identity` for a body that holds a secret.

    Args:
        minimum_size: Bytes from which on a body is worth it.
        level: How hard gzip tries, 1 to 9.
        brotli_quality: How hard brotli tries, 0 to 11.
        zstd_level: How hard zstd tries, 1 to 19.
        codings: The codings, the preferred one first: `"zstd"`, `"br"`, `"gzip"`; by default all that are installed.

    Raises:
        ConfigurationError: If an option is wrong.
        MissingDependencyError: If the library of a coding that is named is not installed.

    Example:
        >>> from covet import CovetPy
        >>> from covet.testing import TestClient
        >>> app = CovetPy(middleware=[CompressionMiddleware(codings=["gzip"])])
        >>> @app.get("/")
        ... async def index() -> str:
        ...     return "tea " * 1000
        >>> response = await TestClient(app).get("/", headers={"Accept-Encoding": "gzip, br"})
        >>> response.headers["content-encoding"], response.headers["vary"], len(response.content) < 100
        ('gzip', 'Accept-Encoding', True)
    """

    priority: int = Place.COMPRESSION

    @refuse_unknown
    def __init__(
        self,
        *,
        minimum_size: int = 1000,
        level: int = 6,
        brotli_quality: int = 4,
        zstd_level: int = 3,
        codings: Sequence[str] | None = None,
    ) -> None:
        if type(minimum_size) is not int or minimum_size < 0:
            raise ConfigurationError(f"minimum_size must be a number of bytes, got {minimum_size!r}.")
        levels = {"gzip": _check_level("level", level)}
        levels["br"] = _check_level("brotli_quality", brotli_quality)
        levels["zstd"] = _check_level("zstd_level", zstd_level)
        if codings is None:
            self._codings = find_codings()
        else:
            self._codings = check_codings(codings, needed_for=type(self).__name__)
        self._minimum_size = minimum_size
        self._factories = {coding: make_compressor_factory(coding, levels[coding]) for coding in self._codings}

    # PERF: a plain function for the many responses that are left alone: no coroutine (benchmarks/onion.py).
    def process_response(self, request: Request, response: Response) -> Response | Awaitable[Response]:
        """Compress a response, if that is worth while."""
        if "content-encoding" in response.headers:
            return _leave_coded(response)
        if isinstance(response, StreamedResponse):
            # Whatever type it says it has: who compresses events collects them, and nobody would end the stream.
            return response if isinstance(response, EventStream) else self._compress_stream(request, response)
        status, body = response.status_code, response.body
        if status == 304:
            return self._mark_unchanged(request, response)
        is_small = not body or (len(body) < self._minimum_size and not _refuses_identity(request))
        if is_small and status != 206:
            return response
        coding = self._choose(request, response)
        if coding is None:
            return response
        compressor = self._factories[coding]()
        if len(body) > _LARGE:
            return _compress_large(request, response, compressor, coding)
        return _take(request, response, compressor.finish(body), coding)

    async def _compress_stream(self, request: Request, response: StreamedResponse) -> Response:
        # A file decides now what is sent of it.
        await response.prepare(request)
        if "content-encoding" in response.headers:
            return _leave_coded(response)
        if response.status_code == 304:
            return self._mark_unchanged(request, response)
        size = response.declared_length
        is_small = size is not None and size < self._minimum_size and not _refuses_identity(request)
        if is_small and response.status_code != 206:
            return response
        coding = self._choose(request, response)
        if coding is None:
            return response
        sent = response if request.method == "HEAD" else CompressedStream(response, self._factories[coding])
        _mark(sent.headers, coding)
        sent.headers.pop("content-length", None)
        return sent

    def _choose(self, request: Request, response: Response) -> str | None:
        """Choose a coding for a response that may be compressed; `None` to leave it alone."""
        headers = response.headers
        if response.status_code in {204, 205} or _is_fixed(headers):
            return None
        is_part = response.status_code == 206 or "content-range" in headers
        # What stands in several parts of a file is not said any more.
        is_several = is_part and headers.get("content-type", "").startswith("multipart/byteranges")
        if not is_several and not is_compressible(headers.get("content-type")):
            return None
        # Whatever is chosen: a cache must learn that there is a choice (RFC 9110 §12.5.5, for a part §15.3.7).
        headers.add_vary("Accept-Encoding")
        if is_part:
            return None
        coding = choose_coding(request.headers.get("accept-encoding"), self._codings)
        return None if coding == IDENTITY else coding

    def _mark_unchanged(self, request: Request, response: Response) -> Response:
        """Let a 304 say what the whole response would have said (RFC 9110 §15.4.5)."""
        headers = response.headers
        # Made by hand, it does not say which type it stands for.
        if not is_compressible(headers.get("content-type", "text/plain")) or _is_fixed(headers):
            return response
        headers.add_vary("Accept-Encoding")
        etag = headers.get("etag")
        if etag is None or choose_coding(request.headers.get("accept-encoding"), self._codings) not in self._factories:
            return response
        # A client that names the strong one has the body as it is: it was too small, or did not become smaller.
        if etag not in EntityTags.parse(request.headers.get("if-none-match", "")).tags:
            headers["etag"] = weaken_etag(etag)
        return response


class GZipMiddleware(CompressionMiddleware):
    """
    Compress with gzip alone, which every client takes.

    Args:
        minimum_size: Bytes from which on a body is worth it.
        compression_level: How hard it tries, 1 to 9.

    Raises:
        ConfigurationError: If an option is wrong.

    Example:
        >>> GZipMiddleware(compression_level=12)
        Traceback (most recent call last):
            ...
        covet.exceptions.ConfigurationError: compression_level must be a number from 1 to 9, got 12.
    """

    @refuse_unknown
    def __init__(self, *, minimum_size: int = 1000, compression_level: int = 6) -> None:
        _check_level("compression_level", compression_level, (1, 9))
        super().__init__(minimum_size=minimum_size, level=compression_level, codings=["gzip"])


class CompressedStream(StreamedResponse):
    """
    A stream that is compressed while it is sent.

    Args:
        inner: The stream; its status, headers and deferred work go on.
        make_compressor: Makes what compresses it.
    """

    __slots__ = ("_inner",)

    def __init__(self, inner: StreamedResponse, make_compressor: Callable[[], Compressor]) -> None:
        self._inner = inner
        super().__init__(_compress_pieces(inner, make_compressor), inner.status_code, background=inner.background)
        # A copy: the length that the inner one declares is still held against its pieces.
        self.headers = MutableHeaders()
        self.headers.update(inner.headers)

    async def aclose(self) -> None:
        """Close the stream, and the one that it compresses."""
        try:
            await super().aclose()
        finally:
            await self._inner.aclose()


async def _compress_pieces(
    inner: StreamedResponse, make_compressor: Callable[[], Compressor]
) -> AsyncGenerator[bytes, None]:
    compressor = make_compressor()
    async with aclosing(inner.stream()) as pieces:
        async for piece in pieces:
            if len(piece) > _LARGE:
                yield await run_in_thread(compressor.compress, piece)
            else:
                yield compressor.compress(piece)
    yield compressor.finish()


async def _compress_large(request: Request, response: Response, compressor: Compressor, coding: str) -> Response:
    return _take(request, response, await run_in_thread(compressor.finish, response.body), coding)


def _take(request: Request, response: Response, compressed: bytes, coding: str) -> Response:
    """Put a compressed body in the place of its own, if it became smaller, or the client takes no other."""
    if len(compressed) < len(response.body) or _refuses_identity(request):
        response.body = compressed
        _mark(response.headers, coding)
    return response


def _leave_coded(response: Response) -> Response:
    """Leave a body alone that says how it is coded; `identity` is how the application asks for that."""
    headers = response.headers
    if headers["content-encoding"].lower() == IDENTITY:
        # On the wire it means nothing (RFC 9110 §12.5.3).
        del headers["content-encoding"]
    return response


def _mark(headers: MutableHeaders, coding: str) -> None:
    headers["content-encoding"] = coding
    # A range would count the bytes of the other form.
    headers.pop("accept-ranges", None)
    etag = headers.get("etag")
    if etag is not None:
        # RFC 9110 §8.8.3.3: other bytes, so no strong tag may be the same.
        headers["etag"] = weaken_etag(etag)


def _is_fixed(headers: MutableHeaders) -> bool:
    # RFC 9111 §5.2.2.6; a digest would be one of other bytes.
    return "no-transform" in headers.get("cache-control", "").lower() or any(name in headers for name in _DIGESTS)


def _refuses_identity(request: Request) -> bool:
    accepted = request.headers.get("accept-encoding")
    return accepted is not None and "q=0" in accepted and choose_coding(accepted, ()) is None


def _check_level(name: str, value: int, limits: tuple[int, int] | None = None) -> int:
    low, high = limits or _LEVELS[name]
    if type(value) is not int or not low <= value <= high:
        raise ConfigurationError(f"{name} must be a number from {low} to {high}, got {value!r}.")
    return value
