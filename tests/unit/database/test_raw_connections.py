"""
Tests of `covet.database.raw_connections`.
"""

import asyncio

import pytest

from covet.database import raw_connections
from covet.database.raw_connections import close_connection, reset_connection
from tests.unit.database.fake_driver import FakeConnection, FakeDriver, fail, never


async def test_what_can_be_reset_is_good() -> None:
    """And stays open."""
    raw = FakeConnection(FakeDriver(), 1)

    assert await reset_connection(raw)
    assert not raw.is_closed


async def test_what_was_closed_is_asked_nothing() -> None:
    """It is not good."""
    raw = FakeConnection(FakeDriver(), 1)
    raw.terminate()

    assert not await reset_connection(raw)
    assert raw.said == []


@pytest.mark.parametrize("hook", [fail, never])
async def test_what_fails_or_takes_too_long_is_closed_at_once(hook: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """No goodbye is waited for."""
    monkeypatch.setattr(raw_connections, "_SECONDS", 0.01)
    driver = FakeDriver()
    driver.hooks = {"reset": hook, "close": hook}  # type: ignore[dict-item]
    one, two = FakeConnection(driver, 1), FakeConnection(driver, 2)

    assert not await reset_connection(one)
    await close_connection(two)

    assert (one.closed, two.closed) == ("terminated", "terminated")


@pytest.mark.parametrize("end", [reset_connection, close_connection])
async def test_whoever_is_cancelled_meanwhile_leaves_it_closed(end: object) -> None:
    """And is cancelled."""
    driver = FakeDriver()
    driver.hooks = {"reset": never, "close": never}
    raw = FakeConnection(driver, 1)
    task = asyncio.create_task(end(raw))  # type: ignore[operator]
    await asyncio.sleep(0)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert raw.closed == "terminated"
