"""
Streams that never reach their client are closed when their request is over. Over both protocols.
"""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from covet import CovetPy, Request, Response
from covet.middleware import Middleware
from covet.responses import StreamingResponse
from covet.testing import TestClient
from tests.integration.wire import WireProtocol, error_records, on_both_protocols


class Replacing(Middleware):
    """Answers something else, or fails, once the handler has answered."""

    def __init__(self, kept: list[object], *, fails: bool = False) -> None:
        self.kept = kept
        self.fails = fails

    async def process_response(self, request: Request, response: Response) -> Response:
        """Keep the response alive, so that no garbage collector does the framework's work."""
        self.kept.append(response)
        if self.fails:
            raise ValueError("later")
        return Response("replaced")


async def replace(request: Request, call_next: Any) -> Response:
    """Do the same as a function."""
    request.state.kept = await call_next(request)
    return Response("replaced")


def add_streams(app: CovetPy, log: list[str]) -> None:
    """Add a handler for every kind of stream."""

    async def make() -> AsyncIterator[str]:
        try:
            yield "one"
            yield "two"
        finally:
            log.append("closing")
            await asyncio.sleep(0)
            log.append("closed")

    def make_plain() -> Iterator[str]:
        try:
            yield "one"
            yield "two"
        finally:
            log.append("closed")

    app.add_route("/returned", lambda: make(), name="returned")
    app.add_route("/response", lambda: StreamingResponse(make()), name="response")
    app.add_route("/plain", lambda: make_plain(), name="plain")
    app.add_route("/handler", make, name="handler")


PATHS = pytest.mark.parametrize("path", ["/returned", "/response", "/plain", "/handler"])


@on_both_protocols
@PATHS
@pytest.mark.parametrize("layer", ["function", "hook", "failing"])
async def test_stream_that_is_replaced_is_closed(
    protocol: WireProtocol, path: str, layer: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Its `finally` has run before the request is over; the garbage collector finds nothing to complain of."""
    log: list[str] = []
    kept: list[object] = []
    middleware = {"function": replace, "hook": Replacing(kept), "failing": Replacing(kept, fails=True)}[layer]
    app = CovetPy(middleware=[middleware])
    add_streams(app, log)

    response = await TestClient(app, protocol=protocol, raise_app_exceptions=False).get(path)
    closed = list(log)
    kept.clear()
    gc.collect()
    await asyncio.sleep(0.01)

    assert response.status_code == (500 if layer == "failing" else 200)
    assert closed[-1] == "closed"
    assert log == closed
    assert len(error_records(caplog)) == (1 if layer == "failing" else 0)


@on_both_protocols
@PATHS
@pytest.mark.parametrize("is_layered", [False, True])
async def test_stream_that_cannot_be_sent_is_closed(protocol: WireProtocol, path: str, is_layered: bool) -> None:
    """A header that no response carries, or a status without a body, makes another answer of it."""
    log: list[str] = []
    kept: list[Response] = []

    class Spoiling(Middleware):
        async def process_response(self, request: Request, response: Response) -> Response:
            kept.append(response)
            response.headers["content-length"] = "none"
            return response

    class Emptying(Middleware):
        async def process_response(self, request: Request, response: Response) -> Response:
            kept.append(response)
            response.status_code = 204
            return response

    app = CovetPy(middleware=[Spoiling if is_layered else Emptying])
    add_streams(app, log)

    response = await TestClient(app, protocol=protocol, raise_app_exceptions=False).get(path)

    assert response.status_code == (500 if is_layered else 204)
    assert log[-1] == "closed"


@on_both_protocols
@pytest.mark.parametrize("is_layered", [False, True])
async def test_head_closes_what_it_does_not_read(protocol: WireProtocol, is_layered: bool) -> None:
    """A generator is not started for it; what was open before the response was made is closed."""
    log: list[str] = []

    class Open:
        def __iter__(self) -> Iterator[bytes]:
            log.append("read")
            return iter([b"one"])

        def close(self) -> None:
            log.append("closed")

    app = CovetPy(middleware=[replace] if is_layered else [])
    app.add_route("/", lambda: StreamingResponse(Open()))

    response = await TestClient(app, protocol=protocol).head("/")

    assert (response.status_code, log) == (200, ["closed"])


@on_both_protocols
async def test_stream_of_a_cancelled_request_is_closed(protocol: WireProtocol) -> None:
    """A layer that is cancelled behind the handler takes the stream with it."""
    log: list[str] = []
    kept: list[object] = []
    waiting = asyncio.Event()

    async def wait(request: Request, call_next: Any) -> Response:
        kept.append(await call_next(request))
        waiting.set()
        await asyncio.Event().wait()
        return Response("never")

    app = CovetPy(middleware=[wait])
    add_streams(app, log)
    request = asyncio.ensure_future(TestClient(app, protocol=protocol, leave_timeout=0.05).get("/handler"))
    await waiting.wait()
    request.cancel()
    await asyncio.gather(request, return_exceptions=True)

    assert log == ["closing", "closed"]


@on_both_protocols
async def test_stream_that_fails_to_close_is_logged(protocol: WireProtocol, caplog: pytest.LogCaptureFixture) -> None:
    """The response that went out in its place is whole, and the deferred work is done."""
    log: list[str] = []
    app = CovetPy(middleware=[replace])

    @app.get("/")
    async def index(request: Request) -> StreamingResponse:
        async def make() -> AsyncIterator[str]:
            try:
                yield "one"
            finally:
                raise KeyError("own")

        request.defer(log.append, "deferred")
        return StreamingResponse(make())

    response = await TestClient(app, protocol=protocol).get("/")

    assert (response.text, log) == ("replaced", ["deferred"])
    assert [record.getMessage() for record in error_records(caplog)] == [
        "Closing what <Request GET '/'> has left open failed"
    ]


@on_both_protocols
async def test_stream_inside_of_another_is_sent_and_closed(protocol: WireProtocol) -> None:
    """Middleware that makes a new stream of one need not close the old one."""
    log: list[str] = []

    async def upper(request: Request, call_next: Any) -> Response:
        response = await call_next(request)

        async def make() -> AsyncIterator[bytes]:
            async for piece in response.stream():
                yield piece.upper()
                return

        return StreamingResponse(make())

    app = CovetPy(middleware=[upper])
    add_streams(app, log)

    response = await TestClient(app, protocol=protocol).get("/handler")

    assert (response.text, log) == ("ONE", ["closing", "closed"])
