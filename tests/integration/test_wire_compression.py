"""What is compressed on its way to the wire, and what is not: statuses, parts, streams, tags."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from covet import CovetPy, Request, Response
from covet.core import CovetRouter
from covet.http.preconditions import make_not_modified
from covet.middleware import CompressionMiddleware, ConditionalMiddleware, DecompressionMiddleware, GZipMiddleware
from covet.middleware.compressors import make_inflater
from covet.responses import EventStream, FileResponse, JSONLines, ServerSentEvent, StreamingResponse
from covet.testing import TestClient
from tests.integration.wire import WireProtocol, on_both_protocols

TEXT = "tea for two " * 1000
EVERYTHING = "zstd, br, gzip"
STRICT = "gzip, identity;q=0"

on_every_coding = pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])

Answer = tuple[int, dict[str, str], bytes]


async def ask(
    app: CovetPy, protocol: WireProtocol, path: str = "/", *, method: str = "GET", **headers: str | None
) -> Answer:
    """Ask, and give status, headers and the body as it came."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with TestClient(app, protocol=protocol).stream(method, path, headers=named) as response:
        body = b"".join([piece async for piece in response.aiter_bytes()])
        return response.status_code, dict(response.headers), body


def inflate(coding: str, data: bytes) -> bytes:
    """Inflate a body that is whole."""
    inflater = make_inflater(coding)
    made = inflater.inflate(data, 1_000_000)
    assert inflater.is_complete
    return made


async def yield_events() -> AsyncIterator[ServerSentEvent]:
    """Yield an event that would become much smaller."""
    yield ServerSentEvent("x" * 5000)


def make_event_app(**options: object) -> CovetPy:
    """Make an application with events in every form there is."""
    app = CovetPy(middleware=[CompressionMiddleware(minimum_size=0, **options)])  # type: ignore[arg-type]
    as_json = {"content-type": "application/json"}
    app.add_route("/stream", lambda: EventStream(yield_events()))
    app.add_route("/misnamed", lambda: EventStream(yield_events(), headers=as_json))
    app.add_route("/yielded", yield_events)
    app.add_route("/pieces", lambda: StreamingResponse(["data: x\n\n"] * 500, media_type="Text/Event-Stream"))
    app.add_route("/whole", lambda: Response("data: x\n\n" * 500, media_type="text/event-stream"))
    return app


@on_both_protocols
@on_every_coding
@pytest.mark.parametrize("path", ["/stream", "/misnamed", "/yielded", "/pieces", "/whole"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_events_are_never_compressed(protocol: WireProtocol, coding: str, path: str, method: str) -> None:
    """Whoever wants them so, however they are made, and whatever type they say they have."""
    app = make_event_app()

    for accept in (coding, f"{coding}, identity;q=0", "*"):
        status, headers, body = await ask(app, protocol, path, method=method, accept_encoding=accept)

        assert status == 200
        assert "content-encoding" not in headers
        assert "vary" not in headers
        assert (b"data: x" in body) is (method == "GET")


@on_both_protocols
async def test_misnamed_events_still_end_with_the_server(protocol: WireProtocol) -> None:
    """They stay an event stream, pings and all."""
    app = CovetPy(middleware=[CompressionMiddleware(minimum_size=0)])

    async def forever() -> AsyncIterator[str]:
        yield "first"
        await asyncio.Event().wait()

    app.add_route("/", lambda: EventStream(forever(), {"content-type": "text/plain"}, ping=0.01))

    async with (
        TestClient(app, protocol=protocol) as client,
        client.stream("GET", "/", headers={"accept-encoding": "gzip"}) as response,
    ):
        body = b""
        async for piece in response.aiter_bytes():
            body += piece
            if b"ping" in body:
                app.begin_drain()

    assert body.startswith(b":\n\ndata: first\n\n: ping\n\n")


@on_both_protocols
@on_every_coding
async def test_lines_go_through_one_by_one(protocol: WireProtocol, coding: str) -> None:
    """Each line of JSON can be read before the next one is made."""
    go_on = asyncio.Event()

    async def lines() -> AsyncIterator[dict[str, int]]:
        for number in range(3):
            yield {"number": number}
            await go_on.wait()
            go_on.clear()

    app = CovetPy(middleware=[CompressionMiddleware()])
    app.add_route("/", lambda: JSONLines(lines()))
    inflater = make_inflater(coding)
    seen = []

    async with TestClient(app, protocol=protocol).stream("GET", "/", headers={"accept-encoding": coding}) as response:
        async for piece in response.aiter_bytes():
            if made := inflater.inflate(piece, 100):
                seen.append(made)
                go_on.set()

    assert seen == [b'{"number":%d}\n' % number for number in range(3)]
    assert inflater.is_complete


@on_both_protocols
async def test_nothing_is_compressed_twice(protocol: WireProtocol) -> None:
    """By two members of the family, one around the other; a stream neither."""
    app = CovetPy(middleware=[CompressionMiddleware()])
    router = CovetRouter(middleware=[GZipMiddleware()])
    router.add_route("/whole", lambda: TEXT)
    router.add_route("/stream", lambda: StreamingResponse([TEXT], media_type="text/plain"))
    app.include_router(router)

    for path in ("/whole", "/stream"):
        _, headers, body = await ask(app, protocol, path, accept_encoding=EVERYTHING)

        assert (headers["content-encoding"], headers["vary"]) == ("gzip", "Accept-Encoding")
        assert inflate("gzip", body) == TEXT.encode()


@on_both_protocols
@pytest.mark.parametrize("accept", [EVERYTHING, STRICT, None])
@pytest.mark.parametrize("status", [204, 205, 304])
async def test_statuses_without_a_body_get_none(protocol: WireProtocol, status: int, accept: str | None) -> None:
    """And no coding of it."""
    app = CovetPy(middleware=[CompressionMiddleware(minimum_size=0)])
    app.add_route("/", lambda: Response(TEXT, status, {"etag": '"a"'}))

    answered, headers, body = await ask(app, protocol, accept_encoding=accept)

    assert (answered, body) == (status, b"")
    assert "content-encoding" not in headers
    assert headers.get("vary") == ("Accept-Encoding" if status == 304 else None)


@on_both_protocols
@pytest.mark.parametrize(("wanted", "size"), [("bytes=0-99", 100), ("bytes=0-4999", 5000), ("bytes=0-9,20-29", None)])
async def test_parts_are_those_of_the_file(
    protocol: WireProtocol, tmp_path: Path, wanted: str, size: int | None
) -> None:
    """Uncompressed, with the strong tag; a cache learns that the whole is chosen by its coding (RFC 9110 §15.3.7)."""
    (tmp_path / "a.txt").write_text(TEXT)
    app = CovetPy(middleware=[CompressionMiddleware()])
    app.add_route("/", lambda: FileResponse(tmp_path / "a.txt"))

    _, plain, _ = await ask(app, protocol, accept_encoding="identity")
    _, coded, _ = await ask(app, protocol, accept_encoding=EVERYTHING)
    status, headers, body = await ask(app, protocol, accept_encoding=EVERYTHING, range=wanted)
    # The tag of what was compressed names no bytes that a part could complete.
    resumed = await ask(app, protocol, accept_encoding=EVERYTHING, range=wanted, if_range=coded["etag"])

    assert (status, headers["etag"], headers["vary"]) == (206, plain["etag"], "Accept-Encoding")
    assert "content-encoding" not in headers
    assert size is None or body == TEXT.encode()[:size]
    assert coded["etag"] == f"W/{plain['etag']}"
    assert (resumed[0], resumed[1]["etag"]) == (200, coded["etag"])


@on_both_protocols
async def test_small_part_that_a_handler_makes_varies_too(protocol: WireProtocol) -> None:
    """As the whole does."""
    app = CovetPy(middleware=[CompressionMiddleware()])
    app.add_route("/", lambda: Response("tea", 206, {"content-range": "bytes 0-2/9999"}))

    assert (await ask(app, protocol, accept_encoding=STRICT))[1:] == (
        {
            "content-type": "text/plain; charset=utf-8",
            "content-range": "bytes 0-2/9999",
            "vary": "Accept-Encoding",
            "content-length": "3",
        },
        b"tea",
    )


@on_both_protocols
@pytest.mark.parametrize("kind", ["whole", "stream"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_no_transform_means_the_body_as_it_is(protocol: WireProtocol, kind: str, method: str) -> None:
    """With its tag, for every client alike: so nothing varies."""
    app = CovetPy(middleware=[CompressionMiddleware()])
    headers = {"cache-control": "max-age=60, no-transform", "etag": '"a"'}
    app.add_route("/whole", lambda: Response(TEXT, headers=headers))
    app.add_route("/stream", lambda: StreamingResponse([TEXT], 200, headers, "text/plain"))

    _, sent, body = await ask(app, protocol, f"/{kind}", method=method, accept_encoding=EVERYTHING)

    assert sent["etag"] == '"a"'
    assert not {"vary", "content-encoding"} & set(sent)
    assert body == (TEXT.encode() if method == "GET" else b"")


@on_both_protocols
@on_every_coding
@pytest.mark.parametrize("kind", ["whole", "stream"])
async def test_tags_of_compressed_bodies_are_weak(protocol: WireProtocol, coding: str, kind: str) -> None:
    """Two codings have different bytes, so no strong tag is the same for both (RFC 9110 §8.8.3.3)."""
    app = CovetPy(middleware=[CompressionMiddleware()])
    app.add_route("/whole", lambda: Response(TEXT, headers={"etag": '"a"'}))
    app.add_route("/stream", lambda: StreamingResponse([TEXT], 200, {"etag": '"a"'}, "text/plain"))

    _, plain, whole = await ask(app, protocol, f"/{kind}", accept_encoding=None)
    _, coded, body = await ask(app, protocol, f"/{kind}", accept_encoding=coding)
    _, head, _ = await ask(app, protocol, f"/{kind}", method="HEAD", accept_encoding=coding)

    assert (plain["etag"], coded["etag"], head["etag"]) == ('"a"', 'W/"a"', 'W/"a"')
    assert plain["vary"] == coded["vary"] == head["vary"] == "Accept-Encoding"
    assert inflate(coding, body) == whole == TEXT.encode()


@on_both_protocols
@pytest.mark.parametrize(
    ("text", "accept", "is_weak"), [(TEXT, EVERYTHING, True), (TEXT, "identity", False), ("tea", EVERYTHING, False)]
)
async def test_unchanged_answer_has_the_tag_of_the_whole_one(
    protocol: WireProtocol, text: str, accept: str, *, is_weak: bool
) -> None:
    """A small body was never compressed, and neither was that of a client that takes no coding."""
    app = CovetPy(middleware=[CompressionMiddleware(), ConditionalMiddleware()])
    app.add_route("/", lambda: text)

    _, first, _ = await ask(app, protocol, accept_encoding=accept)
    status, again, body = await ask(app, protocol, accept_encoding=accept, if_none_match=first["etag"])

    assert first["etag"].startswith("W/") is is_weak
    assert (status, again["etag"], again["vary"], body) == (304, first["etag"], "Accept-Encoding", b"")


@on_both_protocols
async def test_unchanged_answer_of_a_handler_has_that_tag_too(protocol: WireProtocol) -> None:
    """It says nothing of its type."""
    app = CovetPy(middleware=[CompressionMiddleware()])

    @app.get("/")
    async def show(request: Request) -> object:
        return make_not_modified(request, etag="v1") or (TEXT, 200, {"etag": '"v1"'})

    _, first, _ = await ask(app, protocol, accept_encoding=EVERYTHING)
    status, again, body = await ask(app, protocol, accept_encoding=EVERYTHING, if_none_match=first["etag"])

    assert (status, again, body) == (304, {"etag": 'W/"v1"', "vary": "Accept-Encoding"}, b"")
    assert first["etag"] == again["etag"]


@on_both_protocols
async def test_conditions_work_around_compression_too(protocol: WireProtocol) -> None:
    """Compression of a route stands inside of the application's conditions: other bytes get another tag then."""
    app = CovetPy(middleware=[ConditionalMiddleware()])
    app.add_route("/", lambda: TEXT, middleware=[CompressionMiddleware()])
    tags = {}

    for coding in ("gzip", "br", "zstd", "identity"):
        _, headers, _ = await ask(app, protocol, accept_encoding=coding)
        tags[coding] = headers["etag"]
        status, again, _ = await ask(app, protocol, accept_encoding=coding, if_none_match=headers["etag"])
        assert (status, again["vary"]) == (304, "Accept-Encoding")

    assert len(set(tags.values())) == 4


@on_both_protocols
async def test_form_is_read_from_what_was_inflated(protocol: WireProtocol) -> None:
    """Urlencoded or in parts; the limits of the form are the same."""
    app = CovetPy(middleware=[DecompressionMiddleware()])

    @app.post("/")
    async def brew(request: Request) -> str:
        form = await request.form()
        return str(form["tea"])

    boundary = 'a\r\nContent-Disposition: form-data; name="tea"\r\n\r\nAssam\r\n'
    parts = f"--{boundary}--a--\r\n".encode()
    client = TestClient(app, protocol=protocol)
    answers = [
        await client.post(
            "/", content=gzip.compress(body), headers={"content-encoding": "gzip", "content-type": media_type}
        )
        for body, media_type in (
            (b"tea=Assam", "application/x-www-form-urlencoded"),
            (parts, "multipart/form-data; boundary=a"),
        )
    ]

    assert [answer.text for answer in answers] == ["Assam", "Assam"]
