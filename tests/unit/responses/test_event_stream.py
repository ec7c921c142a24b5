"""
Tests of streams of events, over both protocols.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import pytest

from covet import CovetPy, Request
from covet.exceptions import NotFoundError, ResponseError
from covet.parameters import Header
from covet.responses import EventStream, ServerSentEvent
from covet.responses.event_stream import encode_item
from covet.testing import TestClient
from tests.integration.wire import WireProtocol, assert_problem, on_both_protocols


@dataclass
class Progress:
    done: int


async def collect(stream: EventStream) -> bytes:
    """Read all that is sent."""
    return b"".join([piece async for piece in stream.stream()])


async def wait_without_end(log: list[str]) -> AsyncIterator[ServerSentEvent]:
    """Yield one event, wait for ever, and note the end."""
    try:
        yield ServerSentEvent("first", id="1")
        await asyncio.Event().wait()
    finally:
        log.append("closed")


@on_both_protocols
async def test_handler_that_yields_events_streams_them(protocol: WireProtocol) -> None:
    """Its annotation is all that it takes; the headers keep caches and proxies from collecting events."""
    app = CovetPy()

    @app.get("/")
    async def index() -> AsyncIterator[ServerSentEvent]:
        yield ServerSentEvent("one", event="note", id="1")
        yield ServerSentEvent(Progress(2))

    async with TestClient(app, protocol=protocol) as client:
        response = await client.get("/", headers={"accept": "text/event-stream"})

    assert response.content == b':\n\nevent: note\nid: 1\ndata: one\n\ndata: {"done":2}\n\n'
    assert dict(response.headers) == {
        "content-type": "text/event-stream; charset=utf-8",
        "cache-control": "no-store",
        "x-accel-buffering": "no",
    }


@on_both_protocols
async def test_stream_of_plain_values_is_one_of_events(protocol: WireProtocol) -> None:
    """A handler that returns the response may give whatever has a form in JSON, from a thread if it blocks."""
    app = CovetPy()

    @app.get("/")
    async def index() -> EventStream:
        def make() -> Iterator[object]:
            yield "text"
            yield Progress(1)
            yield [1]

        return EventStream(make(), {"x-name": "value"}, retry=500)

    async with TestClient(app, protocol=protocol) as client:
        response = await client.get("/")

    assert response.content == b'retry: 500\n\ndata: text\n\ndata: {"done":1}\n\ndata: [1]\n\n'
    assert response.headers["x-name"] == "value"


@on_both_protocols
async def test_client_that_leaves_ends_the_source(protocol: WireProtocol) -> None:
    """Its `finally` runs though it waits for something that never comes."""
    app, log = CovetPy(), list[str]()

    @app.get("/")
    async def index() -> AsyncIterator[ServerSentEvent]:
        async for event in wait_without_end(log):
            yield event

    async with TestClient(app, protocol=protocol) as client, client.stream("GET", "/") as response:
        pieces = response.aiter_bytes()
        received = [await anext(pieces) for _ in range(2)]

    assert received == [b":\n\n", b"id: 1\ndata: first\n\n"]
    assert log == ["closed"]


@on_both_protocols
async def test_stop_of_the_server_ends_the_stream(protocol: WireProtocol) -> None:
    """The body ends as a whole one, and the source where it waits."""
    app, log = CovetPy(), list[str]()
    app.add_route("/", lambda: EventStream(wait_without_end(log)), name="index")

    async with TestClient(app, protocol=protocol) as client, client.stream("GET", "/") as response:
        pieces = response.aiter_bytes()
        await anext(pieces)
        app.begin_drain()
        rest = [piece async for piece in pieces]

    assert rest in ([], [b"id: 1\ndata: first\n\n"])
    assert log == ["closed"]


@on_both_protocols
async def test_stream_is_opened_before_its_first_event(protocol: WireProtocol) -> None:
    """The browser learns that it is connected, and pings keep it so."""
    app = CovetPy()

    @app.get("/")
    async def index() -> EventStream:
        async def make() -> AsyncIterator[str]:
            await asyncio.Event().wait()
            yield ""

        return EventStream(make(), ping=0.001)

    async with TestClient(app, protocol=protocol) as client, client.stream("GET", "/") as response:
        pieces = response.aiter_bytes()
        received = [await anext(pieces) for _ in range(3)]

    assert received == [b":\n\n", b": ping\n\n", b": ping\n\n"]


@on_both_protocols
async def test_error_before_the_first_event_is_an_ordinary_answer(protocol: WireProtocol) -> None:
    """What a handler finds out first still has its status."""
    app = CovetPy()

    @app.get("/")
    async def index() -> AsyncIterator[ServerSentEvent]:
        await asyncio.sleep(0)
        raise NotFoundError("There is no such topic.")
        yield ServerSentEvent("never")

    async with TestClient(app, protocol=protocol) as client:
        response = await client.get("/")

    assert assert_problem(response, 404)["detail"] == "There is no such topic."


@on_both_protocols
async def test_client_that_does_not_want_events_is_told_before_anything_runs(protocol: WireProtocol) -> None:
    """406 names what there is."""
    app, log = CovetPy(), list[str]()

    @app.get("/")
    async def index() -> AsyncIterator[ServerSentEvent]:
        log.append("began")
        yield ServerSentEvent("x")

    async with TestClient(app, protocol=protocol) as client:
        response = await client.get("/", headers={"accept": "application/json"})

    assert assert_problem(response, 406)["available"] == ["text/event-stream"]
    assert log == []


@on_both_protocols
async def test_head_gets_the_headers_alone(protocol: WireProtocol) -> None:
    """The source is closed without having begun."""
    app, log = CovetPy(), list[str]()
    app.add_route("/", lambda: EventStream(wait_without_end(log)), name="index")

    async with TestClient(app, protocol=protocol) as client:
        response = await client.head("/")

    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert (response.content, log) == (b"", [])


@on_both_protocols
async def test_browser_that_comes_back_says_what_it_has_seen(protocol: WireProtocol) -> None:
    """By the class, or as a parameter like any other."""
    app = CovetPy()

    @app.get("/")
    async def index(
        request: Request, last_event_id: Annotated[str | None, Header()] = None
    ) -> AsyncIterator[ServerSentEvent]:
        yield ServerSentEvent([EventStream.last_event_id(request), last_event_id])

    async with TestClient(app, protocol=protocol) as client:
        first = await client.get("/")
        again = await client.get("/", headers={"last-event-id": "41"})

    assert (first.content, again.content) == (b":\n\ndata: [null,null]\n\n", b':\n\ndata: ["41","41"]\n\n')


def test_last_event_id_is_read_as_utf_8() -> None:
    """Browsers send it so, whatever headers are otherwise."""
    request = Request(headers={"last-event-id": "größe".encode().decode("latin-1")})

    assert EventStream.last_event_id(request) == "größe"
    assert EventStream.last_event_id(Request(headers={"last-event-id": ""})) is None


@on_both_protocols
async def test_bad_event_in_the_middle_cuts_the_connection(protocol: WireProtocol) -> None:
    """What has no form in JSON does not end the stream as if it were whole."""
    app = CovetPy()

    @app.get("/")
    async def index() -> AsyncIterator[ServerSentEvent]:
        yield ServerSentEvent("good")
        yield ServerSentEvent(object())

    async with TestClient(app, protocol=protocol) as client:
        with pytest.raises(Exception, match="object has no form in JSON"):
            await client.get("/")


@pytest.mark.parametrize("ping", [0, -1, True, "15", float("nan")])
def test_ping_that_cannot_be_is_refused(ping: Any) -> None:
    """The error says what is meant."""
    with pytest.raises(ResponseError) as caught:
        EventStream(iter(()), ping=ping)

    assert str(caught.value) == f"ping must be seconds, more than 0, or None, got {ping!r}."


@pytest.mark.parametrize("content", ["text", b"bytes", {"a": 1}, 7])
def test_what_is_no_iterable_of_events_is_refused(content: Any) -> None:
    """A text would be taken for its letters."""
    with pytest.raises(ResponseError, match="A stream takes an iterable"):
        EventStream(content)


@pytest.mark.parametrize("begins", [True, False])
async def test_stream_that_is_not_sent_is_closed(begins: bool) -> None:
    """Begun or not, once or twice."""
    log: list[str] = []
    source = wait_without_end(log)
    stream = EventStream(source)
    if begins:
        await stream.begin()

    await stream.aclose()
    await stream.aclose()

    assert log == (["closed"] if begins else [])
    assert [event async for event in source] == []
    assert await collect(stream) == b""


async def test_source_is_cancelled_where_it_waits_when_the_stream_is_closed() -> None:
    """A first event that never came leaves nothing behind."""
    log: list[str] = []

    async def make() -> AsyncIterator[str]:
        try:
            await asyncio.Event().wait()
            yield ""
        finally:
            log.append("closed")

    stream = EventStream(make())
    await stream.begin()

    await stream.aclose()

    assert log == ["closed"]


def test_item_is_written_whatever_it_is() -> None:
    """Subclasses of events are events."""

    class Note(ServerSentEvent):
        """An event of the application's own."""

    assert encode_item(Note("a")) == encode_item("a") == b"data: a\n\n"
