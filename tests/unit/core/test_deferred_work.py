"""
Tests of what a stop waits for besides requests.
"""

import asyncio
import logging

import pytest

from covet import CovetPy
from covet.core.deferred_work import DeferredWork
from covet.tasks import BackgroundTasks
from covet.testing import TestClient


async def test_a_stop_without_deferred_work_waits_for_nothing() -> None:
    """There is nobody."""
    work = DeferredWork()

    await work.finish()


async def test_a_stop_waits_for_what_runs() -> None:
    """Whoever is in time ends by itself."""
    work, ended = DeferredWork(), []

    async def run() -> None:
        with work.running():
            await asyncio.sleep(0.01)
            ended.append("done")

    task = asyncio.create_task(run())
    await asyncio.sleep(0)
    work.begin_drain(60)
    await work.finish()

    assert ended == ["done"]
    await task


async def test_what_is_late_is_cancelled_and_named(caplog: pytest.LogCaptureFixture) -> None:
    """The log says how much was lost."""
    work = DeferredWork()

    async def run() -> None:
        with work.running():
            await asyncio.sleep(60)

    task = asyncio.create_task(run())
    await asyncio.sleep(0)
    work.begin_drain(0.01)
    work.begin_drain(60)
    with caplog.at_level(logging.WARNING):
        await work.finish()

    assert task.cancelled()
    assert "Deferred work of 1 request(s) did not finish in time and is cancelled." in caplog.text


async def test_an_application_waits_at_its_stop(caplog: pytest.LogCaptureFixture) -> None:
    """Its deferred work runs to the end, or is named in the log."""
    app = CovetPy()
    lines: list[str] = []

    async def work(name: str, seconds: float) -> None:
        lines.append(f"{name} begins")
        await asyncio.sleep(seconds)
        lines.append(f"{name} ends")

    @app.get("/")
    async def defer(tasks: BackgroundTasks, seconds: float) -> str:
        tasks.add_task(work, "first", seconds)
        tasks.add_task(work, "second", seconds)
        return "answered"

    for seconds in (0.01, 60):
        app.drain_timeout = 0.05 if seconds > 1 else 60.0
        async with TestClient(app) as client:
            request = asyncio.create_task(client.get(f"/?seconds={seconds}"))
            while not lines or not lines[-1].endswith("begins"):
                await asyncio.sleep(0.001)
            await app.shutdown()
            request.cancel()
            await asyncio.wait({request})

    assert lines == ["first begins", "first ends", "second begins", "second ends", "first begins"]
    assert "never run: tests.unit.core.test_deferred_work" in caplog.text
