"""
Tests of the sending of events: turns, departures and ends, with an adapter that is written out here.
"""

import asyncio
from collections.abc import AsyncIterator

import pytest

from covet import CovetPy, Request, Response
from covet.core.event_sending import send_events
from covet.exceptions import ClientDisconnectedError
from covet.http.streamed_response import StreamedResponse
from covet.responses import EventStream, ServerSentEvent


class Exchange:
    """An adapter that notes what it is asked for; the client leaves where `strikes` says."""

    def __init__(self, left: type[Exception] = OSError, strikes: str = "") -> None:
        self.left = left
        self.strikes = strikes
        self.sent: list[bytes] = []
        self.rests: list[int] = []
        self.ends: list[BaseException | None] = []
        self.answer: Response | None = None

    async def open(self, response: StreamedResponse) -> Response | bytes:
        """Give the first piece."""
        return await anext(response.stream()) if self.answer is None else self.answer

    async def send(self, piece: bytes, /) -> None:
        """Take a piece."""
        if piece == b"data: 7\n\n" and self.strikes == "send":
            raise self.left("closed")
        self.sent.append(piece)

    async def rest(self, size: int, /) -> None:
        """Take a turn."""
        self.rests.append(size)
        if self.strikes == "rest":
            raise self.left("closed")
        await asyncio.sleep(0)

    async def wait_left(self) -> None:
        """Stay."""
        await asyncio.Event().wait()

    async def finish(self, error: BaseException | None) -> None:
        """Note the end."""
        self.ends.append(error)

    def cut_now(self) -> None:
        """Note the end of a coroutine that was closed."""
        self.ends.append(GeneratorExit())


def make_request() -> Request:
    """Make a request of an application."""
    return Request(app=CovetPy())


async def count(log: list[str], events: int = 1000) -> AsyncIterator[str]:
    """Yield so many numbers, and note the end."""
    try:
        for number in range(events):
            yield str(number)
    finally:
        log.append("closed")


@pytest.mark.parametrize("left", [OSError, RuntimeError])
@pytest.mark.parametrize("strikes", ["send", "rest"])
async def test_departure_is_told_wherever_it_shows(left: type[Exception], strikes: str) -> None:
    """A client may be found to have left while it is waited for, too, as over HTTP/2."""
    log: list[str] = []
    exchange = Exchange(left, strikes)

    await send_events(exchange, make_request(), EventStream(count(log)))

    assert [type(end) for end in exchange.ends] == [ClientDisconnectedError]
    assert str(exchange.ends[0]) == "The client left."
    assert log == ["closed"]


@pytest.mark.parametrize("left", [OSError, RuntimeError])
async def test_error_of_the_source_is_no_departure(left: type[Exception]) -> None:
    """Not even one of the kind by which the server tells of it."""

    async def fail() -> AsyncIterator[str]:
        yield "first"
        raise left("the source's own")

    exchange = Exchange(left)

    with pytest.raises(left, match="the source's own"):
        await send_events(exchange, make_request(), EventStream(fail()))

    assert [type(end) for end in exchange.ends] == [left]


async def test_others_get_a_turn_after_some_events_or_some_bytes() -> None:
    """A source that never waits does not hold the loop; the bytes are those that were sent since."""

    async def make() -> AsyncIterator[ServerSentEvent | str]:
        event = ServerSentEvent("12345")
        for _ in range(1 + 2 * 64):
            yield event
        yield "x" * 70_000

    exchange = Exchange()

    await send_events(exchange, make_request(), EventStream(make()))

    size = len(b"data: 12345\n\n")
    assert exchange.rests == [64 * size, 64 * size, 70_000 + len(b"data: \n\n")]
    assert len(exchange.sent) == 2 + 2 * 64 + 1
    assert exchange.ends == [None]


async def test_events_of_a_subclass_and_other_items_are_written() -> None:
    """Only what is an event itself takes the short way, and only once it was written."""

    class Note(ServerSentEvent):
        """An event of the application's own."""

        def encode(self) -> bytes:
            """Write it in another way."""
            return b"data: own\n\n"

    async def make() -> AsyncIterator[object]:
        event = ServerSentEvent("event")
        for item in (event, event, Note("note"), "text", {"a": 1}):
            yield item

    exchange = Exchange()

    await send_events(exchange, make_request(), EventStream(make()))

    written = [b"data: event\n\n", b"data: event\n\n", b"data: own\n\n", b"data: text\n\n", b'data: {"a":1}\n\n']
    assert exchange.sent == [b":\n\n", *written]


async def test_stream_that_is_answered_otherwise_is_closed() -> None:
    """Nothing of it is sent, and there is nothing to end."""
    log: list[str] = []
    exchange = Exchange()
    exchange.answer = Response("no")
    stream = EventStream(count(log))
    await stream.begin()

    response = await send_events(exchange, make_request(), stream)

    assert response is exchange.answer
    assert (exchange.sent, exchange.ends, log) == ([], [], ["closed"])


async def test_source_without_an_event_is_a_whole_body() -> None:
    """What opens the stream is all that is sent."""
    exchange = Exchange()

    await send_events(exchange, make_request(), EventStream(count([], 0)))

    assert (exchange.sent, exchange.ends) == ([b":\n\n"], [None])


async def test_stop_of_the_server_ends_the_stream_as_a_whole() -> None:
    """The source is cancelled where it waits."""
    log: list[str] = []

    async def wait() -> AsyncIterator[str]:
        try:
            yield "first"
            await asyncio.Event().wait()
        finally:
            log.append("closed")

    request, exchange = make_request(), Exchange()
    asyncio.get_running_loop().call_later(0.01, request.app.begin_drain)

    await send_events(exchange, request, EventStream(wait()))

    assert (exchange.ends, log) == ([None], ["closed"])
