"""
Tests of pings and of the end that the server's stop brings to streams.
"""

import asyncio
from functools import partial

import pytest

from covet import CovetPy, Request
from covet.core.live_stream import PING, LiveStream
from covet.exceptions import ClientDisconnectedError


def make_request(app: CovetPy | None = None) -> Request:
    """Make a request of an application."""
    return Request(app=app)


async def ignore(piece: bytes) -> None:
    """Send nothing."""


async def stay() -> None:
    """Never leave."""
    await asyncio.Event().wait()


async def test_client_that_leaves_ends_the_block_with_an_error() -> None:
    """Whoever sends the stream learns why it ended."""
    is_left = asyncio.Event()
    asyncio.get_running_loop().call_soon(is_left.set)

    with pytest.raises(ClientDisconnectedError, match="The client left"):
        async with LiveStream(make_request(), ignore, None, is_left.wait):
            await asyncio.Event().wait()
    task = asyncio.current_task()

    assert task is not None
    assert task.cancelling() == 0


async def test_stop_after_the_departure_changes_nothing() -> None:
    """What came first counts."""
    app = CovetPy()

    with pytest.raises(ClientDisconnectedError):
        async with LiveStream(make_request(app), ignore, None, partial(asyncio.sleep, 0)):
            try:
                await asyncio.Event().wait()
            finally:
                app.begin_drain()
                await asyncio.sleep(0)


async def test_pings_are_sent_while_nothing_happens() -> None:
    """The stream itself need not do anything for them."""
    sent: asyncio.Queue[bytes] = asyncio.Queue()

    async with LiveStream(make_request(), sent.put, 0.001, stay):
        pings = [await sent.get() for _ in range(3)]

    assert pings == [PING] * 3


async def test_no_ping_is_sent_without_an_interval() -> None:
    """Nothing rings."""
    sent: list[bytes] = []

    async def send(piece: bytes) -> None:
        sent.append(piece)

    async with LiveStream(make_request(), send, None, stay):
        await asyncio.sleep(0.01)

    assert sent == []


async def test_client_that_takes_nothing_is_sent_one_ping() -> None:
    """Pings do not pile up, and the one that waits is given up at the end."""
    begun: list[str] = []
    is_begun = asyncio.Event()

    async def send(piece: bytes) -> None:
        begun.append("ping")
        is_begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            begun.append("given up")

    async with LiveStream(make_request(), send, 0.001, stay):
        await is_begun.wait()
        await asyncio.sleep(0.01)

    assert begun == ["ping", "given up"]


@pytest.mark.parametrize("error", [OSError("left"), RuntimeError("closed")])
async def test_ping_to_a_client_that_has_left_is_no_error(error: Exception) -> None:
    """Whoever sends the stream notices it."""
    is_sent = asyncio.Event()

    async def send(piece: bytes) -> None:
        is_sent.set()
        raise error

    async with LiveStream(make_request(), send, 0.001, stay):
        await is_sent.wait()


async def test_stop_ends_the_block() -> None:
    """What waits inside is cancelled, and nobody outside sees a cancellation."""
    app = CovetPy()
    log: list[str] = []

    async with LiveStream(make_request(app), ignore, None, stay):
        asyncio.get_running_loop().call_soon(app.begin_drain)
        try:
            await asyncio.Event().wait()
        finally:
            log.append("closed")
        log.append("never")
    task = asyncio.current_task()

    assert (log, task is not None and task.cancelling()) == (["closed"], 0)


async def test_stream_that_begins_during_the_drain_ends_with_its_first_wait() -> None:
    """It is opened, so that the client learns when to come back."""
    app = CovetPy()
    app.begin_drain()
    log = ["begun"]

    async with LiveStream(make_request(app), ignore, None, stay):
        log.append("inside")
        await asyncio.Event().wait()
        log.append("never")

    assert log == ["begun", "inside"]


async def test_cancellation_from_outside_stays_one() -> None:
    """A server that cuts a request off is not taken for one that stops."""

    async def run() -> None:
        async with LiveStream(make_request(), ignore, None, stay):
            await asyncio.Event().wait()

    task = asyncio.create_task(run())
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_stop_after_the_end_does_nothing() -> None:
    """A stream that has ended is forgotten."""
    app = CovetPy()

    async with LiveStream(make_request(app), ignore, None, stay) as stream:
        pass
    app.begin_drain()
    stream.end()
    await asyncio.sleep(0)
    task = asyncio.current_task()

    assert task is not None
    assert task.cancelling() == 0


async def test_error_of_the_stream_leaves_as_it_is() -> None:
    """Only the cancellation of the stop is swallowed."""
    app = CovetPy()

    with pytest.raises(LookupError):
        async with LiveStream(make_request(app), ignore, None, stay):
            asyncio.get_running_loop().call_soon(app.begin_drain)
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                raise LookupError("closing failed") from None


async def test_there_is_nothing_to_guard_outside_of_a_task() -> None:
    """A coroutine that is driven by hand says so."""
    stream = LiveStream(make_request(), ignore, None, stay)
    loop = asyncio.get_running_loop()
    raised: asyncio.Future[BaseException] = loop.create_future()

    def step() -> None:
        try:
            stream.__aenter__().send(None)
        except RuntimeError as exc:
            raised.set_result(exc)

    loop.call_soon(step)

    assert str(await raised) == "A stream is sent in an asyncio task."
