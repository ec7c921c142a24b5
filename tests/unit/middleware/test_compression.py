"""Compression of responses, over both protocols."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from covet import CovetPy, Response
from covet.exceptions import ConfigurationError
from covet.middleware import CompressionMiddleware, GZipMiddleware, MiddlewareBuilder
from covet.middleware.compression import CompressedStream
from covet.middleware.compressors import make_compressor_factory, make_inflater
from covet.options import UnknownOptionError
from covet.responses import FileResponse, StreamingResponse
from covet.tasks import BackgroundTasks
from covet.testing import IncompleteResponseError, TestClient
from tests.integration.wire import WireProtocol, assert_problem, on_both_protocols

TEXT = "tea for two " * 1000
# What names the bytes of a body would lie about others (RFC 9530).
DIGESTS = ["content-digest", "repr-digest", "digest", "content-md5"]


def make_app(response: Response | None = None, **options: object) -> CovetPy:
    """Make an application that answers a long text, or a response."""
    app = CovetPy(middleware=[CompressionMiddleware(**options)])  # type: ignore[arg-type]

    @app.get("/")
    async def show() -> object:
        return TEXT if response is None else response

    return app


async def ask(
    app: CovetPy,
    protocol: WireProtocol = "asgi",
    accept: str | None = "zstd, br, gzip",
    method: str = "GET",
    **more: str,
) -> tuple[int, dict[str, str], bytes]:
    """Ask, and give status, headers and the body as it came."""
    headers = {"accept-encoding": accept, **{name.replace("_", "-"): value for name, value in more.items()}}
    async with TestClient(app, protocol=protocol).stream(method, "/", headers=headers) as response:
        body = b"".join([piece async for piece in response.aiter_bytes()])
        return response.status_code, dict(response.headers), body


def inflate(coding: str, data: bytes) -> bytes:
    """Inflate a body."""
    inflater, pieces = make_inflater(coding), []
    while piece := inflater.inflate(data, 1_000_000):
        data = b""
        pieces.append(piece)
    assert inflater.is_complete
    return b"".join(pieces)


@on_both_protocols
@pytest.mark.parametrize(
    ("accept", "coding"), [("gzip", "gzip"), ("br", "br"), ("zstd", "zstd"), ("gzip, br, zstd", "zstd"), ("*", "zstd")]
)
async def test_text_is_compressed_as_the_client_likes_it(protocol: WireProtocol, accept: str, coding: str) -> None:
    """Its length is that of what is sent."""
    status, headers, body = await ask(make_app(), protocol, accept)

    assert (status, headers["content-encoding"], headers["vary"]) == (200, coding, "Accept-Encoding")
    assert headers["content-length"] == str(len(body))
    assert inflate(coding, body) == TEXT.encode()


@on_both_protocols
@pytest.mark.parametrize("accept", [None, "identity", "deflate", "gzip;q=0", "*;q=0"])
async def test_client_that_takes_no_coding_gets_none(protocol: WireProtocol, accept: str | None) -> None:
    """A cache learns that others would."""
    status, headers, body = await ask(make_app(codings=["gzip"]), protocol, accept)

    assert (status, body) == (200, TEXT.encode())
    assert headers["vary"] == "Accept-Encoding"
    assert "content-encoding" not in headers


@pytest.mark.parametrize(
    ("response", "accept"),
    [
        (Response("x" * 999), "gzip"),
        (Response(b"x" * 5000, media_type="image/png"), "gzip"),
        (Response(b"x" * 5000), "gzip"),
        (Response("data: x\n\n" * 500, media_type="text/event-stream"), "gzip"),
        (Response("x" * 5000, headers={"cache-control": "public, No-Transform"}), "gzip"),
        (Response("x" * 5000, headers={"content-encoding": "br"}), "gzip"),
        (Response(None, 204), "gzip, identity;q=0"),
        (Response(""), "gzip, identity;q=0"),
        *((Response("x" * 5000, headers={name: "sha-256=:YQ==:"}), "gzip") for name in DIGESTS),
    ],
    ids=["small", "picture", "bytes", "events", "no-transform", "coded", "none", "empty", *DIGESTS],
)
async def test_what_is_left_alone(response: Response, accept: str) -> None:
    """Nothing about it changes."""
    expected, body = dict(response.headers), response.body

    _, headers, sent = await ask(make_app(response), accept=accept)

    assert sent == body
    assert {name: headers[name] for name in expected} == expected
    assert "vary" not in headers


@on_both_protocols
@pytest.mark.parametrize("size", [1, 1000])
async def test_secret_is_kept_from_compression(protocol: WireProtocol, size: int) -> None:
    """A handler says `identity`, which does not go out (BREACH), however small the body is."""
    app = make_app(Response("secret " * size, headers={"content-encoding": "Identity"}))

    _, headers, body = await ask(app, protocol)

    assert body == b"secret " * size
    assert "content-encoding" not in headers


@on_both_protocols
@pytest.mark.parametrize("kind", [Response, lambda text: StreamingResponse([text], media_type="text/plain")])
async def test_client_that_refuses_identity_gets_small_bodies_compressed(
    protocol: WireProtocol, kind: Callable[[str], Response]
) -> None:
    """Rather than what it said that it cannot read; a cache must not give it to others."""
    _, headers, body = await ask(make_app(kind("tea")), protocol, "gzip, identity;q=0")

    assert (headers["content-encoding"], inflate("gzip", body)) == ("gzip", b"tea")
    assert headers["vary"] == "Accept-Encoding"


@on_both_protocols
@pytest.mark.parametrize("size", [900, 40_000])
async def test_what_does_not_become_smaller_stays_as_it_is(protocol: WireProtocol, size: int) -> None:
    """With its tag, unless the client takes nothing else."""
    body = os.urandom(size)
    response = Response(body, headers={"etag": '"a"'}, media_type="text/plain; charset=x-binary")
    app = make_app(response, minimum_size=0)

    _, headers, sent = await ask(app, protocol, "gzip")
    _, forced, coded = await ask(app, protocol, "gzip, identity;q=0")

    assert (headers["etag"], headers["vary"], sent) == ('"a"', "Accept-Encoding", body)
    assert "content-encoding" not in headers
    assert (forced["content-encoding"], forced["etag"], inflate("gzip", coded)) == ("gzip", 'W/"a"', body)


@pytest.mark.parametrize(("etag", "expected"), [('"a"', 'W/"a"'), ('W/"a"', 'W/"a"')])
async def test_strong_tag_becomes_weak(etag: str, expected: str) -> None:
    """Other bytes must not have the same strong one."""
    _, headers, _ = await ask(make_app(Response(TEXT, headers={"etag": etag})))

    assert headers["etag"] == expected


@on_both_protocols
async def test_head_has_the_headers_of_get(protocol: WireProtocol) -> None:
    """The length of the compressed body included."""
    app = make_app()

    get, head = await ask(app, protocol), await ask(app, protocol, method="HEAD")

    assert (head[0], head[1], head[2]) == (get[0], get[1], b"")


@on_both_protocols
@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
async def test_stream_is_compressed_as_it_comes(protocol: WireProtocol, coding: str) -> None:
    """Each piece can be read before the next one exists."""
    go_on = asyncio.Event()

    async def pieces() -> AsyncIterator[str]:
        yield "first"
        await go_on.wait()
        yield "second"

    app = make_app(StreamingResponse(pieces(), media_type="text/plain"))
    inflater = make_inflater(coding)

    async with TestClient(app, protocol=protocol).stream("GET", "/", headers={"accept-encoding": coding}) as response:
        parts = response.aiter_bytes()
        first = inflater.inflate(await anext(parts), 100)
        go_on.set()
        rest = b"".join([part async for part in parts])

    assert (first, inflater.inflate(rest, 100)) == (b"first", b"second")
    assert inflater.is_complete
    assert response.headers["content-encoding"] == coding
    assert "content-length" not in response.headers


@on_both_protocols
async def test_client_that_leaves_ends_the_stream_inside(protocol: WireProtocol) -> None:
    """The generator's `finally` runs."""
    closed = asyncio.Event()

    async def forever() -> AsyncIterator[str]:
        try:
            yield "first"
            await asyncio.Event().wait()
        finally:
            closed.set()

    app = make_app(StreamingResponse(forever(), media_type="text/plain"))
    client = TestClient(app, protocol=protocol, leave_timeout=2)
    async with client.stream("GET", "/", headers={"accept-encoding": "gzip"}) as response:
        await anext(response.aiter_bytes())

    assert closed.is_set()


@on_both_protocols
async def test_error_of_a_stream_is_answered(protocol: WireProtocol) -> None:
    """Before the first piece it is a clean 500."""

    async def broken() -> AsyncIterator[str]:
        raise ValueError("secret")
        yield ""

    app = make_app(StreamingResponse(broken(), media_type="text/plain"))
    response = await TestClient(app, protocol=protocol, raise_app_exceptions=False).get("/")

    assert_problem(response, 500, echo="secret")


@on_both_protocols
@pytest.mark.parametrize("length", [len(TEXT) - 1, len(TEXT) + 1])
async def test_body_that_is_not_as_long_as_it_says_is_no_whole_one(protocol: WireProtocol, length: int) -> None:
    """Its length is not sent, and held against it all the same: what was compressed would pass for the whole."""

    async def make() -> AsyncIterator[str]:
        yield TEXT[:100]
        yield TEXT[100:]

    response = StreamingResponse(make(), headers={"content-length": str(length)}, media_type="text/plain")

    client = TestClient(make_app(response), protocol=protocol, raise_app_exceptions=False)

    with pytest.raises(IncompleteResponseError) as failure:
        await client.get("/", headers={"accept-encoding": "gzip"})

    assert "Content-Length" in str(failure.value.__cause__)


async def test_file_that_shrinks_is_no_whole_body(tmp_path: Path) -> None:
    """As without compression."""
    path = tmp_path / "a.txt"
    path.write_bytes(os.urandom(3_000_000))
    client = TestClient(make_app(FileResponse(path)), raise_app_exceptions=False)

    with pytest.raises(IncompleteResponseError):
        async with client.stream("GET", "/", headers={"accept-encoding": "gzip"}) as response:
            async for _ in response.aiter_bytes():
                await asyncio.to_thread(os.truncate, path, 300_000)


async def test_events_are_not_held_back() -> None:
    """Their stream is sent as it is, with what it says of itself."""

    async def events() -> AsyncIterator[str]:
        yield "data: x\n\n"

    _, headers, body = await ask(make_app(StreamingResponse(events(), media_type="text/event-stream")))

    assert body == b"data: x\n\n"
    assert "content-encoding" not in headers


@on_both_protocols
async def test_file_is_compressed_whole_and_not_in_parts(protocol: WireProtocol, tmp_path: Path) -> None:
    """A range counts the bytes of the file itself."""
    path = tmp_path / "large.txt"
    path.write_text(TEXT * 20)
    app = CovetPy(middleware=[GZipMiddleware()])
    app.add_route("/", lambda: FileResponse(path))

    status, headers, body = await ask(app, protocol, "gzip")
    part = await ask(app, protocol, "gzip", range="bytes=0-2999")
    head = await ask(app, protocol, "gzip", method="HEAD")
    same = await ask(app, protocol, "gzip", if_none_match=headers["etag"])

    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert headers["etag"].startswith('W/"')
    assert inflate("gzip", body) == (TEXT * 20).encode()
    assert not {"accept-ranges", "content-length"} & set(headers)
    assert (part[0], part[2]) == (206, TEXT.encode()[:3000])
    assert head[1] == headers
    assert (same[0], same[1]["etag"], same[1]["vary"]) == (304, headers["etag"], "Accept-Encoding")


@on_both_protocols
async def test_small_file_is_left_alone(protocol: WireProtocol, tmp_path: Path) -> None:
    """As any small body."""
    (tmp_path / "a.txt").write_text("tea")
    app = CovetPy(middleware=[GZipMiddleware()])
    app.static("/files", tmp_path)
    app.add_route("/", lambda: FileResponse(tmp_path / "a.txt"))

    _, headers, body = await ask(app, protocol, "gzip")

    assert (body, headers["content-length"]) == (b"tea", "3")


async def test_file_that_is_left_closes_its_file(tmp_path: Path) -> None:
    """Beneath the compression."""
    (tmp_path / "a.txt").write_bytes(os.urandom(3_000_000))
    app = CovetPy(middleware=[GZipMiddleware()])
    app.add_route("/", lambda: FileResponse(tmp_path / "a.txt"))
    client = TestClient(app, leave_timeout=5)
    await client.get("/", headers={"accept-encoding": "identity"})
    before = len(list(Path("/proc/self/fd").iterdir()))

    async with client.stream("GET", "/", headers={"accept-encoding": "gzip"}) as response:
        await anext(response.aiter_bytes())

    assert len(list(Path("/proc/self/fd").iterdir())) == before


async def test_large_body_is_compressed_off_the_loop() -> None:
    """The answer is the same."""
    _, headers, body = await ask(make_app(Response("x" * 500_000)), accept="br")

    assert (headers["content-encoding"], inflate("br", body)) == ("br", b"x" * 500_000)


async def test_compressed_stream_keeps_what_runs_afterwards() -> None:
    """Status, headers and deferred work are those of the inner one."""
    inner = StreamingResponse(iter(["a"]), 201, {"x-own": "1"})
    inner.background = BackgroundTasks()

    outer = CompressedStream(inner, make_compressor_factory("gzip", 6))
    body = b"".join([piece async for piece in outer.stream()])
    await outer.aclose()

    assert (outer.status_code, outer.headers["x-own"], outer.background) == (201, "1", inner.background)
    assert inflate("gzip", body) == b"a"


async def test_builder_knows_it() -> None:
    """With its options."""
    stack = MiddlewareBuilder().compression(minimum_size=10, level=1, codings=["gzip"]).build()
    app = CovetPy(middleware=stack)
    app.add_route("/", lambda: "tea " * 10)

    _, headers, _ = await ask(app)

    assert headers["content-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"minimum_size": -1}, "minimum_size must be a number of bytes, got -1."),
        ({"minimum_size": True}, "minimum_size must be a number of bytes, got True."),
        ({"level": 10}, "level must be a number from 1 to 9, got 10."),
        ({"brotli_quality": 12}, "brotli_quality must be a number from 0 to 11, got 12."),
        ({"zstd_level": 0}, "zstd_level must be a number from 1 to 19, got 0."),
    ],
)
def test_wrong_options_are_named(options: dict[str, int], message: str) -> None:
    """With what would be right."""
    with pytest.raises(ConfigurationError) as caught:
        CompressionMiddleware(**options)  # type: ignore[arg-type]

    assert str(caught.value) == message


def test_gzip_has_the_options_of_the_standards() -> None:
    """And no others."""
    GZipMiddleware(minimum_size=500, compression_level=9)

    with pytest.raises(UnknownOptionError, match="Did you mean 'compression_level'"):
        GZipMiddleware(compresion_level=9)  # type: ignore[call-arg]
    with pytest.raises(ConfigurationError, match="compression_level must be a number from 1 to 9, got 0"):
        GZipMiddleware(compression_level=0)
