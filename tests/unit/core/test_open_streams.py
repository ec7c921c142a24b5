"""
Tests of the streams that a stop waits for.
"""

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from covet import CovetPy
from covet.core.open_streams import OpenStreams
from covet.testing import TestClient
from tests.integration.wire import WireProtocol, on_both_protocols


@on_both_protocols
async def test_stop_waits_until_a_cancelled_stream_has_cleaned_up(protocol: WireProtocol) -> None:
    """As some servers do it: they cancel what is late, and stop the application at once."""
    app = CovetPy()
    events: list[str] = []
    tasks: list[asyncio.Task[None] | None] = []

    @app.get("/")
    async def forever() -> AsyncIterator[bytes]:
        tasks.append(asyncio.current_task())
        try:
            while True:
                yield b"piece"
                await asyncio.sleep(0)
        finally:
            await asyncio.sleep(0.05)
            events.append("closed")

    async def stop() -> None:
        events.append("stopped")

    app.on_event("shutdown")(stop)
    await app.startup()
    async with TestClient(app, protocol=protocol).stream("GET", "/") as response:
        await anext(response.aiter_bytes())
        [task] = tasks
        assert task is not None
        task.cancel()
        await app.shutdown()

    assert events == ["closed", "stopped"]


async def test_stop_does_not_wait_for_ever(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that takes its time is left behind, and the log says so."""
    monkeypatch.setattr("covet.core.open_streams._LAST_SECONDS", 0.01)
    streams = OpenStreams()
    over = asyncio.Event()

    async def send() -> None:
        streams.add()
        await over.wait()

    task = asyncio.create_task(send())
    await asyncio.sleep(0)
    with caplog.at_level(logging.WARNING, "covet.lifespan"):
        await streams.wait_ended()
    over.set()
    await task

    assert caplog.messages == ["1 stream(s) had not ended when the application was stopped."]


async def test_stream_that_has_ended_is_forgotten() -> None:
    """Nobody waits for it, nor does anybody for himself."""
    streams = OpenStreams()

    async def send() -> None:
        streams.add()
        # Whoever stops the application may stand in a stream.
        await streams.wait_ended()

    await asyncio.create_task(send())
    async with asyncio.timeout(0.5):
        await streams.wait_ended()
