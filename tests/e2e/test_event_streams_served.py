"""
Streams of events on every server: many subscribers, pings, departures, and the server's stop.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx2
import pytest

from tests.e2e import event_application
from tests.e2e.server_process import ServerProcess, serve

ROOT = Path(__file__).parents[2]
SERVERS = [("granian", "rsgi"), ("granian", "asgi"), ("uvicorn", "asgi"), ("hypercorn", "asgi")]
TARGET = "tests.e2e.event_application:app"
EVENT = b'id: 7\ndata: {"text":"tea"}\n\n'

every_server = pytest.mark.parametrize(("name", "interface"), SERVERS)


@pytest.fixture(scope="module", params=SERVERS, ids=lambda value: "-".join(value))
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    """Serve the application in every way there is."""
    name, interface = request.param
    with serve(TARGET, server=name, interface=interface, directory=ROOT) as server:
        yield server


class Subscriber:
    """A connection that reads events as they come off the wire."""

    def __init__(self, server: ServerProcess, path: str = "/events", headers: str = "") -> None:
        self._port = server.port
        self._request = f"GET {path} HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n{headers}\r\n".encode()

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writer.write(self._request)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    async def read_until(self, text: bytes) -> bytes:
        """Read up to a text."""
        return await asyncio.wait_for(self._reader.readuntil(text), 20)

    async def read_rest(self) -> bytes:
        """Read until the server has ended the connection."""
        return await asyncio.wait_for(self._reader.read(), 20)


async def subscribe_many(stack: AsyncExitStack, server: ServerProcess, number: int) -> list[Subscriber]:
    """Open so many streams, and wait until all are open."""
    subscribers = [await stack.enter_async_context(Subscriber(server)) for _ in range(number)]
    await asyncio.gather(*(subscriber.read_until(b"event: hello\ndata: none\n\n") for subscriber in subscribers))
    return subscribers


async def wait_for_count(server: ServerProcess, number: int) -> int:
    """Wait until there are so many subscribers."""
    async with httpx2.AsyncClient(base_url=server.url, timeout=20) as client:
        deadline, found = time.monotonic() + 20, -1
        while found != number and time.monotonic() < deadline:
            found = int((await client.get("/count")).text)
            await asyncio.sleep(0.02)
    return found


async def check_broadcast(server: ServerProcess, number: int) -> None:
    """Check that every subscriber gets an event, and that nothing is left of those that leave."""
    async with AsyncExitStack() as stack:
        subscribers = await subscribe_many(stack, server, number)
        assert await wait_for_count(server, number) == number
        async with httpx2.AsyncClient(base_url=server.url, timeout=20) as client:
            told = (await client.post("/publish", params={"text": "tea"})).text
        await asyncio.gather(*(subscriber.read_until(EVENT) for subscriber in subscribers))
    assert told == str(number)
    assert await wait_for_count(server, 0) == 0


async def test_every_subscriber_gets_every_event(server: ServerProcess) -> None:
    """
    Fifty of them; whoever leaves is forgotten.
    """
    await check_broadcast(server, 50)


@pytest.mark.campaign
async def test_five_hundred_subscribers_get_every_event(server: ServerProcess) -> None:
    """
    As many as the performance is measured with.
    """
    await check_broadcast(server, 500)


async def test_stream_is_opened_and_pinged_while_nothing_happens(server: ServerProcess) -> None:
    """
    Headers, retry and pings come without an event.
    """
    async with Subscriber(server, "/pinged") as subscriber:
        head = (await subscriber.read_until(b"\r\n\r\n")).lower()
        await subscriber.read_until(b"retry: 100\n\n")
        await subscriber.read_until(b": ping\n\n")
        await subscriber.read_until(b": ping\n\n")

    assert b"content-type: text/event-stream; charset=utf-8\r\n" in head
    assert b"cache-control: no-store\r\n" in head
    assert b"content-length" not in head
    assert b"content-encoding" not in head


async def test_browser_that_comes_back_is_known(server: ServerProcess) -> None:
    """
    What it has seen last reaches the handler.
    """
    async with Subscriber(server, headers="Last-Event-ID: 41\r\n") as subscriber:
        received = await subscriber.read_until(b"data: 41\n\n")

    assert b"event: hello\n" in received


@every_server
@pytest.mark.parametrize("path", ["/events", "/pinged"])
async def test_stop_ends_every_stream_at_once(name: str, interface: str, path: str) -> None:
    """
    The bodies end as whole ones, long before the drain is over; the server's status is 0.
    """
    with serve(TARGET, server=name, interface=interface, directory=ROOT, arguments=["--drain-timeout", "15"]) as server:
        async with Subscriber(server, path) as one, Subscriber(server, path) as other:
            first = b"data: none\n\n" if path == "/events" else b": ping\n\n"
            await asyncio.gather(one.read_until(first), other.read_until(first))
            assert await wait_for_count(server, 2) == 2
            begin = time.monotonic()
            server.send_signal()
            ends = await asyncio.gather(one.read_rest(), other.read_rest())
            status = await asyncio.to_thread(server.wait, 20)
            took = time.monotonic() - begin

    assert status == 0
    assert all(end.endswith(b"0\r\n\r\n") for end in ends), ends
    assert took < 14


async def test_lines_and_files_arrive_whole(server: ServerProcess) -> None:
    """
    A plain generator and an open file are read in a thread.
    """
    async with httpx2.AsyncClient(base_url=server.url, timeout=20) as client:
        lines = await client.get("/lines")
        source = await client.get("/source")

    assert [json.loads(line)["number"] for line in lines.text.splitlines()] == list(range(event_application.NUMBERS))
    assert source.content == await asyncio.to_thread(Path(event_application.__file__).read_bytes)
