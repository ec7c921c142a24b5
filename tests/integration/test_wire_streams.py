"""
Bodies that are sent while they are made, and clients that leave meanwhile. Over both protocols.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from covet import CovetPy, Request, Response
from covet.exceptions import NotFoundError
from covet.middleware import Middleware
from covet.responses import StreamingResponse
from covet.testing import IncompleteResponseError, TestClient
from tests.integration.wire import WireProtocol, assert_problem, error_records, on_both_protocols

# A condition that no type checker looks through.
TYPED = bool(1)


class Finishing(Middleware):
    """Notes what `on_finish` is told."""

    def __init__(self, events: list[str]) -> None:
        self.events = events

    async def on_finish(self, request: Request, response: Response | None, error: BaseException | None) -> None:
        """Note the error's class."""
        self.events.append(f"on_finish {type(error).__name__}")


@on_both_protocols
async def test_pieces_arrive_as_they_are_made(protocol: WireProtocol) -> None:
    """The client has a piece before the next one exists."""
    app = CovetPy()
    go_on = asyncio.Event()

    @app.get("/")
    async def count() -> AsyncIterator[str]:
        yield "one"
        await go_on.wait()
        yield "two"

    async with TestClient(app, protocol=protocol).stream("GET", "/") as response:
        pieces = response.aiter_bytes()
        first = await anext(pieces)
        go_on.set()
        second = await anext(pieces)

    assert (first, second) == (b"one", b"two")


@on_both_protocols
async def test_generator_that_blocks_is_streamed_from_a_thread(protocol: WireProtocol) -> None:
    """A plain generator is streamed as well."""
    app = CovetPy()

    @app.get("/")
    def count() -> Iterator[str]:
        yield from ("a", "", "b")

    response = await TestClient(app, protocol=protocol).get("/")

    assert response.content == b"ab"
    assert "content-length" not in response.headers


@on_both_protocols
async def test_stream_without_a_piece_is_an_empty_body(protocol: WireProtocol) -> None:
    """A generator that yields nothing is a response without content."""
    app = CovetPy()

    @app.get("/")
    async def nothing() -> AsyncIterator[bytes]:
        if not TYPED:
            yield b""

    response = await TestClient(app, protocol=protocol).get("/")

    assert (response.status_code, response.content) == (200, b"")


async def test_slow_client_holds_the_generator_back_over_asgi() -> None:
    """No more is made than the network takes; RSGI's stream cannot wait."""
    app = CovetPy()
    made = 0

    @app.get("/")
    async def much() -> AsyncIterator[bytes]:
        nonlocal made
        while True:
            made += 1
            yield bytes(10_000)

    async with TestClient(app, protocol="asgi").stream("GET", "/") as response:
        await anext(response.aiter_bytes())
        for _ in range(200):
            await asyncio.sleep(0)

        assert made < 20


@on_both_protocols
async def test_endless_stream_lets_others_run(protocol: WireProtocol) -> None:
    """A generator that never waits does not stop other requests."""
    app = CovetPy()

    @app.get("/endless")
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x"

    @app.get("/ok")
    async def ok() -> str:
        return "ok"

    client = TestClient(app, protocol=protocol)
    async with client.stream("GET", "/endless"):
        other = await asyncio.wait_for(client.get("/ok"), 5)

    assert other.text == "ok"


@on_both_protocols
@pytest.mark.parametrize("with_middleware", [False, True])
async def test_client_that_leaves_ends_the_generator(
    protocol: WireProtocol, with_middleware: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """The generator's `finally` runs at once, deferred work follows, and nothing is logged as an error."""
    app = CovetPy()
    events: list[str] = []
    if with_middleware:
        app.add_middleware(Finishing(events))

    @app.get("/")
    async def forever(request: Request) -> StreamingResponse:
        async def pieces() -> AsyncIterator[bytes]:
            try:
                yield b"first"
                await asyncio.Event().wait()
            finally:
                events.append("closed")

        request.defer(events.append, "deferred")
        return StreamingResponse(pieces())

    client = TestClient(app, protocol=protocol, leave_timeout=2)
    async with client.stream("GET", "/") as response:
        await anext(response.aiter_bytes())

    finished = ["on_finish ClientDisconnectedError"] if with_middleware else []
    assert events == ["closed", *finished, "deferred"]
    assert error_records(caplog) == []


@on_both_protocols
async def test_client_that_leaves_a_busy_stream_ends_it(protocol: WireProtocol) -> None:
    """A generator that never waits ends, too, when there is nobody to send to."""
    app = CovetPy()
    closed = asyncio.Event()

    @app.get("/")
    async def busy() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x"
        finally:
            closed.set()

    async with TestClient(app, protocol=protocol, leave_timeout=2).stream("GET", "/"):
        pass

    assert closed.is_set()


@on_both_protocols
async def test_stream_that_reads_the_body_gets_all_of_it(protocol: WireProtocol) -> None:
    """Watching for the client's leaving takes no piece of the body from the handler."""
    app = CovetPy()

    @app.post("/")
    async def echo(request: Request) -> AsyncIterator[bytes]:
        async for chunk in request.stream():
            yield chunk

    async def body() -> AsyncIterator[bytes]:
        for number in range(50):
            await asyncio.sleep(0)
            yield b"%d;" % number

    response = await TestClient(app, protocol=protocol).post("/", content=body())

    assert response.content == b"".join(b"%d;" % number for number in range(50))


@on_both_protocols
async def test_error_before_the_first_piece_is_a_clean_500(
    protocol: WireProtocol, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing has gone out yet, so the client gets a problem and the log one record."""
    app = CovetPy()

    @app.get("/")
    async def broken() -> AsyncIterator[bytes]:
        raise ValueError("secret")
        yield b""

    response = await TestClient(app, protocol=protocol, raise_app_exceptions=False).get("/")

    assert_problem(response, 500, echo="secret")
    assert len(error_records(caplog)) == 1


@on_both_protocols
async def test_http_error_before_the_first_piece_is_its_status(protocol: WireProtocol) -> None:
    """An HTTP error in a generator is that error, as it is in a handler."""
    app = CovetPy()

    @app.get("/")
    async def missing() -> AsyncIterator[bytes]:
        raise NotFoundError("There is no such report.")
        yield b""

    response = await TestClient(app, protocol=protocol).get("/")

    assert assert_problem(response, 404)["detail"] == "There is no such report."


@on_both_protocols
async def test_exception_handler_answers_an_error_before_the_first_piece(protocol: WireProtocol) -> None:
    """The application's exception handlers see it, too."""
    app = CovetPy()

    @app.get("/")
    async def broken() -> AsyncIterator[bytes]:
        raise KeyError("x")
        yield b""

    @app.exception_handler(KeyError)
    async def answer(request: Request, exc: Exception) -> Response:
        return Response("answered", 418)

    response = await TestClient(app, protocol=protocol).get("/")

    assert (response.status_code, response.text) == (418, "answered")


@on_both_protocols
@pytest.mark.parametrize(("answering", "status"), [([b"piece"], 200), ([], 200), (None, 500)])
async def test_error_may_be_answered_with_a_stream(
    protocol: WireProtocol, answering: list[bytes] | None, status: int
) -> None:
    """A stream in place of one that failed is sent; if it fails in its turn, that is a 500, not a loop."""
    app = CovetPy()

    @app.get("/")
    async def broken() -> AsyncIterator[bytes]:
        raise KeyError("x")
        yield b""

    @app.exception_handler(KeyError)
    async def answer(request: Request, exc: Exception) -> StreamingResponse:
        return StreamingResponse(broken() if answering is None else iter(answering))

    response = await TestClient(app, protocol=protocol, raise_app_exceptions=False).get("/")

    if answering is None:
        assert_problem(response, status)
    else:
        assert (response.status_code, response.content) == (status, b"".join(answering))


@on_both_protocols
@pytest.mark.parametrize("with_middleware", [False, True])
async def test_error_in_the_middle_is_no_whole_body(
    protocol: WireProtocol, with_middleware: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """The error leaves to the server, which logs it; the body is not ended as if it were whole."""
    app = CovetPy()
    events: list[str] = []
    if with_middleware:
        app.add_middleware(Finishing(events))

    @app.get("/")
    async def breaks() -> AsyncIterator[bytes]:
        try:
            yield b"one"
            raise ValueError("in the middle")
        finally:
            events.append("closed")

    client = TestClient(app, protocol=protocol, raise_app_exceptions=False)

    with pytest.raises(IncompleteResponseError) as failure:
        await client.get("/")

    assert isinstance(failure.value.__cause__, ValueError)
    assert events == ["closed", *(["on_finish ValueError"] if with_middleware else [])]
    # Once: by the server, which is not there.
    assert error_records(caplog) == []


@on_both_protocols
async def test_piece_of_a_wrong_type_is_named(protocol: WireProtocol) -> None:
    """What is neither bytes nor text is an error, before the first byte."""
    app = CovetPy()

    @app.get("/")
    async def numbers() -> AsyncIterator[object]:
        yield 7

    response = await TestClient(app, protocol=protocol, raise_app_exceptions=False).get("/")

    assert_problem(response, 500)


@on_both_protocols
async def test_head_on_a_stream_sends_and_starts_nothing(protocol: WireProtocol) -> None:
    """HEAD has the headers of the stream; its generator does not run."""
    app = CovetPy()
    events: list[str] = []

    @app.get("/")
    async def pieces() -> StreamingResponse:
        async def make() -> AsyncIterator[bytes]:
            events.append("started")
            yield b"x"

        return StreamingResponse(make(), headers={"x-own": "1"}, media_type="text/csv")

    response = await TestClient(app, protocol=protocol).head("/")

    assert (response.status_code, response.content) == (200, b"")
    assert (response.headers["x-own"], response.headers["content-type"]) == ("1", "text/csv; charset=utf-8")
    assert events == []


@on_both_protocols
async def test_order_after_the_last_byte(protocol: WireProtocol) -> None:
    """`on_finish` follows the last byte, deferred work follows that."""
    app = CovetPy()
    events: list[str] = []
    app.add_middleware(Finishing(events))

    @app.get("/")
    async def pieces(request: Request) -> StreamingResponse:
        async def make() -> AsyncIterator[bytes]:
            yield b"x"
            events.append("last byte")

        request.defer(events.append, "deferred")
        return StreamingResponse(make())

    await TestClient(app, protocol=protocol).get("/")

    assert events == ["last byte", "on_finish NoneType", "deferred"]


@on_both_protocols
async def test_status_without_a_body_sends_none(protocol: WireProtocol) -> None:
    """A stream with a status that forbids a body is not started."""
    app = CovetPy()

    @app.get("/")
    async def nothing() -> StreamingResponse:
        return StreamingResponse(iter([b"x"]), 204)

    response = await TestClient(app, protocol=protocol).get("/")

    assert (response.status_code, response.content) == (204, b"")


@on_both_protocols
async def test_stream_ends_when_the_server_stops(protocol: WireProtocol) -> None:
    """A stream without an end waits for `wait_draining()` beside its own source."""
    app = CovetPy()

    @app.get("/")
    async def until_stop() -> AsyncIterator[bytes]:
        yield b"first "
        await app.wait_draining()
        yield b"last"

    async with TestClient(app, protocol=protocol) as client, client.stream("GET", "/") as response:
        pieces = response.aiter_bytes()
        first = await anext(pieces)
        app.begin_drain()
        last = await anext(pieces)

    assert (first, last) == (b"first ", b"last")


@on_both_protocols
async def test_stream_may_say_how_long_it_is(protocol: WireProtocol) -> None:
    """The length goes out, with HEAD as well; a status without a body has none."""
    app = CovetPy()
    headers = {"content-length": "3"}
    app.add_route("/", lambda: StreamingResponse(iter(["ab", "c"]), headers=headers), name="whole")
    app.add_route("/none", lambda: StreamingResponse(iter(["ab", "c"]), 304, headers), name="none")

    client = TestClient(app, protocol=protocol)
    get, head, none = await client.get("/"), await client.head("/"), await client.get("/none")

    assert (get.text, get.headers["content-length"], head.headers["content-length"]) == ("abc", "3", "3")
    assert (none.content, dict(none.headers)) == (b"", {})


@on_both_protocols
@pytest.mark.parametrize(("pieces", "status"), [(["abcd"], 500), (["ab", "cd"], None), (["ab"], None)])
async def test_row_047_stream_that_is_not_as_long_as_it_says_is_cut_off(
    protocol: WireProtocol, pieces: list[str], status: int | None
) -> None:
    """In the first piece the error is still a clean answer; later no byte too many leaves."""
    app = CovetPy()
    app.add_route("/", lambda: StreamingResponse(iter(pieces), headers={"content-length": "3"}))

    client = TestClient(app, protocol=protocol, raise_app_exceptions=False)

    if status is not None:
        assert_problem(await client.get("/"), status)
        return
    with pytest.raises(IncompleteResponseError) as failure:
        await client.get("/")
    assert "Content-Length" in str(failure.value.__cause__)
