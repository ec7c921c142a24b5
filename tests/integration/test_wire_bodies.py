"""
Bodies of requests: limits to the byte, slow and truncated uploads, bodies that nobody reads. Over both protocols.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from covet import CovetPy, Request, Response
from covet.exceptions import ClientDisconnectedError
from covet.http.body import BodyLimits
from covet.middleware import Middleware
from covet.testing import TestClient
from tests.integration.wire import WireProtocol, assert_problem, error_records, on_both_protocols

LIMIT = 1000
JSON: dict[str, str | None] = {"content-type": "application/json"}


class Passing(Middleware):
    """Changes nothing, but makes the route one with middleware."""

    def process_response(self, request: Request, response: Response) -> Response:
        """Pass the response on."""
        return response


def make_app(*, with_middleware: bool = False, limit: int | None = LIMIT) -> CovetPy:
    """Make an application that answers the size of a body."""
    app = CovetPy(body_limit=limit, middleware=[Passing()] if with_middleware else None)

    @app.post("/size")
    async def size(request: Request) -> str:
        return str(len(await request.body()))

    @app.post("/stream")
    async def stream(request: Request) -> str:
        return str(sum([len(chunk) async for chunk in request.stream()]))

    @app.post("/unread")
    async def unread() -> str:
        return "not read"

    @app.post("/wide", body_limit=10 * LIMIT)
    async def wide(request: Request) -> str:
        return str(len(await request.body()))

    return app


async def pieces(size: int, *, piece: int = 100) -> AsyncIterator[bytes]:
    """Send a body without saying how long it is."""
    for start in range(0, size, piece):
        await asyncio.sleep(0)
        yield bytes(min(piece, size - start))


@on_both_protocols
@pytest.mark.parametrize("with_middleware", [False, True])
@pytest.mark.parametrize("path", ["/size", "/stream"])
@pytest.mark.parametrize("is_chunked", [False, True])
async def test_limit_is_exact(protocol: WireProtocol, with_middleware: bool, path: str, is_chunked: bool) -> None:
    """As many bytes as the limit pass, one more is 413."""
    client = TestClient(make_app(with_middleware=with_middleware), protocol=protocol)

    whole = await client.post(path, content=pieces(LIMIT) if is_chunked else bytes(LIMIT))
    more = await client.post(path, content=pieces(LIMIT + 1) if is_chunked else bytes(LIMIT + 1))

    assert (whole.status_code, whole.text) == (200, str(LIMIT))
    assert_problem(more, 413)


@pytest.mark.row(5)
@on_both_protocols
async def test_row_005_chunked_body_is_cut_at_the_limit(protocol: WireProtocol) -> None:
    """A body without a length is read no further than the limit."""
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 100
            yield bytes(100)

    response = await TestClient(make_app(), protocol=protocol).post("/stream", content=endless())

    assert_problem(response, 413)
    assert sent <= LIMIT + 300


@on_both_protocols
async def test_declared_length_is_refused_before_reading(protocol: WireProtocol) -> None:
    """What says that it is too large is not read at all."""
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        sent += 1
        yield bytes(LIMIT + 1)

    response = await TestClient(make_app(), protocol=protocol).post(
        "/size", content=body(), headers={"content-length": str(LIMIT + 1), "transfer-encoding": None}
    )

    assert_problem(response, 413)
    assert sent == 0


@pytest.mark.row(6)
@on_both_protocols
@pytest.mark.parametrize("declared", ["-1", "+5", "1_0", "5, 5", "0x5", " ", "99999999999999999999"])
async def test_row_006_malformed_length_is_refused(protocol: WireProtocol, declared: str) -> None:
    """A length is digits and nothing else."""
    response = await TestClient(make_app(), protocol=protocol).post(
        "/size", content=bytes(5), headers={"content-length": declared}
    )

    assert_problem(response, 400, echo=declared.strip() or "\0")


@on_both_protocols
async def test_limit_of_a_route_overrides(protocol: WireProtocol) -> None:
    """A route may allow more than the application."""
    client = TestClient(make_app(), protocol=protocol)

    response = await client.post("/wide", content=bytes(10 * LIMIT))

    assert response.text == str(10 * LIMIT)


@on_both_protocols
async def test_no_limit_reads_everything(protocol: WireProtocol) -> None:
    """`body_limit=None` takes a body of any size."""
    client = TestClient(make_app(limit=None), protocol=protocol)

    response = await client.post("/size", content=bytes(3_000_000))

    assert response.text == "3000000"


@on_both_protocols
async def test_slow_body_is_408(protocol: WireProtocol) -> None:
    """A client that trickles its body is given up."""
    app = make_app()
    app.body_limits = BodyLimits(grace=0.05, min_rate=1000)

    async def trickle() -> AsyncIterator[bytes]:
        while True:
            yield b"x"
            await asyncio.sleep(0.01)

    response = await TestClient(app, protocol=protocol).post("/size", content=trickle())

    assert_problem(response, 408)


@dataclass
class Sized:
    """A body with one key."""

    text: str


@on_both_protocols
async def test_slow_body_of_a_model_is_408(protocol: WireProtocol) -> None:
    """So it is where the handler takes a model, and its length was declared."""
    app = CovetPy()
    app.body_limits = BodyLimits(grace=0.02, min_rate=100_000)

    @app.post("/")
    async def take(body: Sized) -> str:
        return body.text

    async def stall() -> AsyncIterator[bytes]:
        yield b'{"text"'
        await asyncio.sleep(60)

    response = await TestClient(app, protocol=protocol).post(
        "/", content=stall(), headers=JSON | {"content-length": "14", "transfer-encoding": None}
    )

    assert_problem(response, 408)


@on_both_protocols
@pytest.mark.parametrize("second", ["text/plain", "application/json"])
async def test_two_content_types_are_none(protocol: WireProtocol, second: str) -> None:
    """Whoever reads the first and whoever reads the last must not see different bodies."""
    app = CovetPy()

    @app.post("/")
    async def take(body: Sized) -> str:
        return body.text

    response = await TestClient(app, protocol=protocol).post(
        "/", content=b'{"text":"a"}', headers=[("content-type", "application/json"), ("content-type", second)]
    )

    assert_problem(response, 400)


@on_both_protocols
@pytest.mark.parametrize(("declared", "status"), [("1_0", 400), ("-1", 400), ("2000000", 413), ("9" * 20, 400)])
async def test_bad_length_of_a_model_is_refused(protocol: WireProtocol, declared: str, status: int) -> None:
    """Before a byte of it is read."""
    app = CovetPy()

    @app.post("/")
    async def take(body: Sized) -> str:
        return body.text

    async def nothing() -> AsyncIterator[bytes]:
        await asyncio.sleep(60)
        yield b""

    response = await TestClient(app, protocol=protocol).post(
        "/", content=nothing(), headers=JSON | {"content-length": declared, "transfer-encoding": None}
    )

    assert_problem(response, status)


@on_both_protocols
async def test_slow_handler_is_not_the_clients_fault(protocol: WireProtocol) -> None:
    """The time that the handler takes between two pieces does not count."""
    app = CovetPy()
    app.body_limits = BodyLimits(grace=0.05, min_rate=100_000)

    @app.post("/")
    async def slowly(request: Request) -> str:
        size = 0
        async for chunk in request.stream():
            size += len(chunk)
            await asyncio.sleep(0.03)
        return str(size)

    response = await TestClient(app, protocol=protocol).post("/", content=pieces(500))

    assert response.text == "500"


@on_both_protocols
@pytest.mark.parametrize("with_middleware", [False, True])
async def test_truncated_upload_is_a_disconnect(
    protocol: WireProtocol, with_middleware: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """A body that is shorter than it said raises in the handler, and is no error of the application."""
    app = CovetPy(middleware=[Passing()] if with_middleware else None)
    raised: list[BaseException] = []

    @app.post("/")
    async def read(request: Request) -> bytes:
        try:
            return await request.body()
        except BaseException as exc:
            raised.append(exc)
            raise

    async def cut() -> AsyncIterator[bytes]:
        yield b"abc"
        raise ConnectionResetError("gone")

    with caplog.at_level(logging.WARNING), pytest.raises(ConnectionResetError):
        await TestClient(app, protocol=protocol).post(
            "/", content=cut(), headers={"content-length": "10", "transfer-encoding": None}
        )

    assert [type(exc) for exc in raised] == [ClientDisconnectedError]
    assert error_records(caplog) == []


@on_both_protocols
@pytest.mark.parametrize("with_middleware", [False, True])
async def test_unread_body_is_fine(protocol: WireProtocol, with_middleware: bool) -> None:
    """A handler need not read what it was sent."""
    client = TestClient(make_app(with_middleware=with_middleware), protocol=protocol)

    response = await client.post("/unread", content=bytes(LIMIT + 1))

    assert response.text == "not read"


@on_both_protocols
async def test_body_can_be_read_again(protocol: WireProtocol) -> None:
    """Middleware and handler may both read the whole body."""
    app = CovetPy()

    class Reading(Middleware):
        async def process_request(self, request: Request) -> None:
            request.state.size = len(await request.body())

    app.add_middleware(Reading())

    @app.post("/")
    async def both(request: Request) -> str:
        return f"{request.state.size} {len(await request.body())}"

    response = await TestClient(app, protocol=protocol).post("/", content=b"twelve bytes")

    assert response.text == "12 12"


@pytest.mark.row(23)
@on_both_protocols
async def test_row_023_lines_are_streamed(protocol: WireProtocol) -> None:
    """A body of many empty lines is read piece by piece, never split into as many objects."""
    app = CovetPy(body_limit=None)
    largest = 0

    @app.post("/lines")
    async def count(request: Request) -> str:
        nonlocal largest
        lines = 0
        async for chunk in request.stream():
            largest = max(largest, len(chunk))
            lines += chunk.count(b"\n")
        return str(lines)

    async def newlines() -> AsyncIterator[bytes]:
        for _ in range(128):
            yield b"\n" * 65_536

    response = await TestClient(app, protocol=protocol).post("/lines", content=newlines())

    assert response.text == str(128 * 65_536)
    assert largest <= 65_536


@pytest.mark.row(91)
@on_both_protocols
@pytest.mark.parametrize("with_middleware", [False, True])
@pytest.mark.parametrize("path", ["/size", "/stream", "/unread", "/nowhere"])
@pytest.mark.parametrize(
    "headers",
    [
        [("transfer-encoding", "chunked"), ("content-length", "2")],
        [("content-length", "2"), ("transfer-encoding", "Chunked")],
        [("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")],
        [("transfer-encoding", "chunked, chunked")],
        [("transfer-encoding", "gzip, chunked")],
        [("transfer-encoding", "canary")],
        [("transfer-encoding", "")],
    ],
    ids=str,
)
async def test_row_091_a_body_of_two_lengths_is_refused(
    protocol: WireProtocol, with_middleware: bool, path: str, headers: list[tuple[str, str]]
) -> None:
    """Before the handler runs, for the first request of a host and for the next ones; the connection ends."""
    async with TestClient(make_app(with_middleware=with_middleware), protocol=protocol) as client:
        for _ in range(2):
            response = await client.post(path, content=b"hi", headers=headers)
            assert_problem(response, 400, echo="canary")
            assert response.headers["connection"] == "close"
        assert (await client.post("/size", content=b"hi")).text == "2"
        assert (await client.post("/size", content=pieces(2))).text == "2"
