"""
The open WebSockets of an application are closed when its server stops, and forgotten when they end.
"""

import asyncio
import logging
from collections.abc import Coroutine

import pytest

from covet import CovetPy
from covet.core import open_sockets
from covet.core.open_sockets import OpenSockets
from covet.exceptions import ServiceUnavailableError
from covet.http.websocket_errors import WebSocketDisconnect
from tests.unit.http.websocket_transports import MemoryTransport, make_socket


async def test_all_are_closed_at_the_drain() -> None:
    """
    Each gets 1012; whoever comes later is not served.
    """
    lifespan, transports = CovetPy(), [MemoryTransport() for _ in range(3)]
    sockets = OpenSockets(lifespan)

    async def serve(transport: MemoryTransport) -> None:
        websocket = make_socket(transport)

        async def handler() -> None:
            await websocket.accept()
            await websocket.receive()

        await sockets.serve(websocket, handler)

    tasks = [asyncio.ensure_future(serve(transport)) for transport in transports]
    await asyncio.sleep(0)
    assert len(sockets) == 3
    lifespan.begin_drain()
    for _ in range(5):
        await asyncio.sleep(0)
    for transport in transports:
        assert transport.sent[-1] == ("close", 1012, "", True)
        transport.incoming.put_nowait(WebSocketDisconnect(1012))
    await asyncio.gather(*tasks, return_exceptions=True)
    await sockets.wait_ended()

    with pytest.raises(ServiceUnavailableError, match="The server stops"):
        await serve(MemoryTransport())
    assert len(sockets) == 0


async def test_who_goes_on_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Its cancellation is ours, and becomes the end of the connection.
    """
    monkeypatch.setattr(open_sockets, "GRACE_SECONDS", 0.01)
    lifespan = CovetPy()
    sockets, websocket = OpenSockets(lifespan), make_socket()
    serving = asyncio.ensure_future(sockets.serve(websocket, asyncio.Event().wait))  # type: ignore[arg-type]
    await asyncio.sleep(0)

    lifespan.begin_drain()

    with pytest.raises(WebSocketDisconnect, match="1012"):
        await serving
    assert not serving.cancelled()


async def test_who_is_cancelled_by_others_stays_cancelled() -> None:
    """
    That belongs to them.
    """
    sockets = OpenSockets(CovetPy())
    serving = asyncio.ensure_future(sockets.serve(make_socket(), asyncio.Event().wait))  # type: ignore[arg-type]
    await asyncio.sleep(0)

    serving.cancel()

    with pytest.raises(asyncio.CancelledError):
        await serving
    assert (len(sockets), sockets._watcher) == (0, None)


async def test_one_watches_however_they_come_and_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Each begins in the turn in which the one before ends, and the last is cancelled once at the drain.
    """
    monkeypatch.setattr(open_sockets, "GRACE_SECONDS", 0.01)
    lifespan = CovetPy()
    sockets, count = OpenSockets(lifespan), 20
    leave = [asyncio.Event() for _ in range(count)]

    async def serve(number: int) -> None:
        await sockets.serve(make_socket(), leave[number].wait)  # type: ignore[arg-type]

    tasks = [asyncio.ensure_future(serve(0))]
    await asyncio.sleep(0)
    for number in range(1, count):
        leave[number - 1].set()
        tasks.append(asyncio.ensure_future(_behind(tasks[-1], serve(number))))
        for _ in range(4):
            await asyncio.sleep(0)
    watchers = [task for task in asyncio.all_tasks() if task.get_name() == "covet-open-sockets"]
    lifespan.begin_drain()

    assert len(watchers) == 1
    with pytest.raises(WebSocketDisconnect, match="1012"):
        await tasks[-1]


async def _behind(previous: "asyncio.Task[None]", call: Coroutine[object, object, None]) -> None:
    await previous
    await call


async def test_who_resists_is_named(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """
    The stop goes on without it, and the log says so.
    """
    caplog.set_level(logging.WARNING)
    monkeypatch.setattr(open_sockets, "GRACE_SECONDS", 0.01)
    monkeypatch.setattr(open_sockets, "_LAST_SECONDS", 0.01)
    lifespan, go_on = CovetPy(), asyncio.Event()
    sockets = OpenSockets(lifespan)

    async def resist() -> None:
        while not go_on.is_set():
            try:
                await go_on.wait()
            except asyncio.CancelledError:
                continue

    serving = asyncio.ensure_future(sockets.serve(make_socket(), resist))
    await asyncio.sleep(0)
    lifespan.begin_drain()
    await sockets.wait_ended()
    go_on.set()
    await serving

    assert "1 handler(s) of WebSockets did not end when they were cancelled." in caplog.text
