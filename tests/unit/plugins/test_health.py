"""
Health checks: at once, each within its time, none in the way of another.
"""

import asyncio

import pytest

from covet.plugins.health import run_checks


async def good() -> None:
    """Find all well."""


async def bad() -> bool:
    """Find something wrong."""
    return False


async def broken() -> bool:
    """Fail to find out."""
    raise ConnectionError("refused")


async def endless() -> None:
    """Never find out."""
    await asyncio.Event().wait()


async def test_each_check_has_its_report() -> None:
    """A failure of one says nothing about the others."""
    checks = [("good", "a", good), ("bad", "a", bad), ("broken", "b", broken)]

    reports = await run_checks(checks, seconds=5)

    assert {name: (report.plugin, report.is_healthy, repr(report.error)) for name, report in reports.items()} == {
        "good": ("a", True, "None"),
        "bad": ("a", False, "None"),
        "broken": ("b", False, "ConnectionError('refused')"),
    }
    assert all(report.seconds >= 0 for report in reports.values())


async def test_check_that_takes_too_long_is_not_healthy() -> None:
    """It is cancelled, and its report says so."""
    reports = await run_checks([("endless", "a", endless), ("good", "a", good)], seconds=0.01)

    assert not reports["endless"].is_healthy
    assert isinstance(reports["endless"].error, TimeoutError)
    assert reports["good"].is_healthy


async def test_checks_run_at_once() -> None:
    """Two that wait for each other both come to their end."""
    barrier = asyncio.Barrier(2)

    async def meet() -> None:
        await barrier.wait()

    reports = await run_checks([("one", "a", meet), ("other", "a", meet)], seconds=5)

    assert [report.is_healthy for report in reports.values()] == [True, True]


async def test_check_whose_task_was_cancelled_is_not_healthy() -> None:
    """What it waited for is gone; the other checks have their reports."""

    async def wait_for_what_is_cancelled() -> None:
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting.cancel()
        await waiting

    reports = await run_checks([("gone", "a", wait_for_what_is_cancelled), ("good", "a", good)], seconds=5)

    assert not reports["gone"].is_healthy
    assert isinstance(reports["gone"].error, asyncio.CancelledError)
    assert reports["good"].is_healthy


async def test_checks_end_when_whoever_asks_is_cancelled() -> None:
    """Being cancelled is no report then."""
    asking = asyncio.create_task(run_checks([("endless", "a", endless)], seconds=60))
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    asking.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_check_does_not_end_the_process() -> None:
    """A command line's function that exits is not healthy, and no more than that."""

    async def leave() -> None:
        raise SystemExit(7)

    reports = await run_checks([("leave", "a", leave), ("good", "a", good)], seconds=5)

    assert repr(reports["leave"].error) == "SystemExit(7)"
    assert (reports["leave"].is_healthy, reports["good"].is_healthy) == (False, True)
