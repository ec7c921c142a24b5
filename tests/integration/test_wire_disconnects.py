"""
Clients that leave while a handler works for them. Over both protocols.
"""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from covet import CovetPy, Request, Response
from covet.middleware import CompressionMiddleware, Middleware
from covet.responses import StreamingResponse
from covet.testing import TestClient
from tests.integration.wire import WireProtocol, error_records, on_both_protocols


@on_both_protocols
async def test_handler_is_cancelled_when_its_client_leaves(
    protocol: WireProtocol, caplog: pytest.LogCaptureFixture
) -> None:
    """With `cancel_on_disconnect` the handler ends; nothing is logged as an error."""
    app = CovetPy()
    started, cancelled = asyncio.Event(), asyncio.Event()

    @app.post("/", cancel_on_disconnect=True)
    async def slow(request: Request) -> bytes:
        await request.body()
        started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return b""

    with caplog.at_level(logging.WARNING):
        await _call_and_leave(TestClient(app, protocol=protocol), started)

    assert cancelled.is_set()
    assert error_records(caplog) == []


@on_both_protocols
async def test_handler_goes_on_without_the_option(protocol: WireProtocol) -> None:
    """By default a handler ends its work, whether its client is there or not."""
    app = CovetPy()
    started, finished = asyncio.Event(), asyncio.Event()

    @app.post("/")
    async def slow() -> None:
        started.set()
        await asyncio.sleep(0.02)
        finished.set()

    await _call_and_leave(TestClient(app, protocol=protocol), started)

    assert finished.is_set()


@on_both_protocols
async def test_watched_handler_reads_its_whole_body(protocol: WireProtocol) -> None:
    """Watching for the client's leaving takes nothing of the body."""
    app = CovetPy()

    @app.post("/", cancel_on_disconnect=True)
    async def size(request: Request) -> str:
        await asyncio.sleep(0.01)
        return str(len(await request.body()))

    async def body() -> AsyncIterator[bytes]:
        for _ in range(20):
            await asyncio.sleep(0)
            yield bytes(10_000)

    response = await TestClient(app, protocol=protocol).post("/", content=body())

    assert response.text == "200000"


@on_both_protocols
async def test_is_disconnected_tells(protocol: WireProtocol) -> None:
    """`is_disconnected()` is false while the client is there, and true when it has left."""
    app = CovetPy()
    seen: list[bool] = []
    started = asyncio.Event()

    @app.post("/")
    async def ask(request: Request) -> None:
        await request.body()
        seen.append(await request.is_disconnected())
        started.set()
        await asyncio.sleep(0.02)
        seen.append(await request.is_disconnected())

    await _call_and_leave(TestClient(app, protocol=protocol), started)

    assert seen == [False, True]


@on_both_protocols
async def test_asking_takes_nothing_of_the_body(protocol: WireProtocol) -> None:
    """A handler may ask before it reads."""
    app = CovetPy()

    @app.post("/")
    async def ask(request: Request) -> bytes:
        await request.is_disconnected()
        return await request.body()

    response = await TestClient(app, protocol=protocol).post("/", content=b"body")

    assert response.content == b"body"


@on_both_protocols
@pytest.mark.parametrize("kind", ["generator", "lines", "returned", "compressed", "of a middleware"])
async def test_stream_is_cancelled_before_its_first_piece(
    protocol: WireProtocol, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A stream needs no option: it ends as well while nothing of it was sent, and `on_finish` learns why."""
    app = CovetPy()
    started, closed = asyncio.Event(), asyncio.Event()
    finished: list[str] = []

    async def wait() -> AsyncIterator[bytes]:
        try:
            started.set()
            await asyncio.Event().wait()
            yield b"never"
        finally:
            await asyncio.sleep(0)
            closed.set()

    class Finishing(Middleware):
        async def process_request(self, request: Request) -> Response | None:
            return StreamingResponse(wait()) if kind == "of a middleware" else None

        async def on_finish(self, request: Request, response: Response | None, error: BaseException | None) -> None:
            finished.append(type(error).__name__)

    async def lines() -> AsyncIterator[dict[str, int]]:
        async for _ in wait():
            yield {}

    async def make() -> StreamingResponse:
        return StreamingResponse(wait())

    app.add_middleware(Finishing())
    if kind == "compressed":
        app.add_middleware(CompressionMiddleware())
    app.add_route("/", {"generator": wait, "lines": lines}.get(kind, make), ("POST",))

    with caplog.at_level(logging.WARNING):
        await _call_and_leave(TestClient(app, protocol=protocol, leave_timeout=2), started)

    assert (closed.is_set(), finished) == (True, ["ClientDisconnectedError"])
    assert error_records(caplog) == []


async def _call_and_leave(client: TestClient, started: asyncio.Event) -> None:
    """Send a request and leave as soon as the handler has started."""
    call = asyncio.create_task(client.post("/", content=b"x"))
    await started.wait()
    call.cancel()
    await asyncio.gather(call, return_exceptions=True)
