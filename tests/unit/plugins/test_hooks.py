"""
Hooks within their time, those included that do not let themselves be ended.
"""

import asyncio

import pytest

from covet import CovetPy
from covet.plugins import Plugin, PluginTimeoutError
from covet.plugins.hooks import run_hook
from covet.testing import TestClient
from tests.unit.plugins.plugin_classes import make_plugin


async def test_hook_that_ends_in_time_is_run() -> None:
    """With a limit or without one."""
    log: list[str] = []

    async def on_startup() -> None:
        await asyncio.sleep(0)
        log.append("done")

    await run_hook(on_startup, "on_startup", "shop", 5)
    await run_hook(on_startup, "on_startup", "shop", None)

    assert log == ["done", "done"]


async def test_hook_that_goes_on_for_ever_is_closed() -> None:
    """It swallows every cancellation; the error says what to mend."""
    closed: list[str] = []

    async def on_startup() -> None:
        try:
            while True:
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    continue
        finally:
            closed.append("closed")

    with pytest.raises(PluginTimeoutError) as caught:
        await run_hook(on_startup, "on_startup", "shop", 0.01)

    assert str(caught.value) == (
        "The plugin 'shop' did not end on_startup() within 0.01 s.\n"
        "  Let CancelledError pass in it: it went on, or set startup_timeout in its class."
    )
    assert (caught.value.is_cut_off, caught.value.is_late, closed) == (True, False, ["closed"])


async def test_hook_that_waits_even_when_it_is_closed_is_left() -> None:
    """Nothing more can be done to it, and the start does not wait for it."""
    is_over = False

    async def on_startup() -> None:
        while not is_over:
            try:
                await asyncio.Event().wait()
            except BaseException:  # the mistake that is tested
                continue

    with pytest.raises(PluginTimeoutError):
        await run_hook(on_startup, "on_startup", "shop", 0.01)
    # So that nothing is left of it after the test.
    is_over = True


async def test_hook_that_ends_late_is_too_late() -> None:
    """Though it returns as if nothing had happened."""

    async def on_startup() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return

    with pytest.raises(PluginTimeoutError, match="Let CancelledError pass in it") as caught:
        await run_hook(on_startup, "on_startup", "shop", 0.01)

    assert (caught.value.is_late, caught.value.is_cut_off) == (True, False)


async def test_cleaning_up_has_its_time() -> None:
    """A hook that is cancelled may wait while it closes what it opened."""
    log: list[str] = []

    async def on_startup() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            log.append("cleaned up")

    with pytest.raises(PluginTimeoutError, match="Find out what it waits for"):
        await run_hook(on_startup, "on_startup", "shop", 0.05)

    assert log == ["cleaned up"]


async def test_time_limit_of_the_plugin_itself_is_its_own() -> None:
    """It is no limit of the hook."""

    async def on_startup() -> None:
        async with asyncio.timeout(0.001):
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError) as caught:
        await run_hook(on_startup, "on_startup", "shop", 5)

    assert type(caught.value) is TimeoutError


async def test_cancellation_from_outside_stays_one() -> None:
    """The hook is cancelled, and so is who runs it."""
    waits = asyncio.Event()

    async def on_startup() -> None:
        waits.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(run_hook(on_startup, "on_startup", "shop", 5))
    await waits.wait()
    task.cancel()
    await asyncio.wait({task})

    assert task.cancelled()


@pytest.mark.parametrize("is_required", [True, False])
async def test_plugin_that_starts_too_late_is_stopped_and_has_failed(is_required: bool) -> None:
    """What it has opened by then is closed; it does not count as started."""
    log: list[str] = []

    async def on_startup(self: Plugin) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            log.append("opened")

    plugin = make_plugin("shop", log=log, required=is_required, startup_timeout=0.01, on_startup=on_startup)
    app = CovetPy(plugins=[plugin])
    log.clear()

    try:
        async with TestClient(app):
            pass
    except PluginTimeoutError:
        log.append("refused")

    assert log == ["opened", "on_shutdown shop", *(["refused"] if is_required else [])]
    assert [record.state.value for record in app.plugin_manager.records] == ["failed"]


async def test_failure_of_that_stop_is_told_with_it() -> None:
    """Neither hides the other."""

    async def on_startup(self: Plugin) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return

    plugin = make_plugin("shop", fails={"on_shutdown": OSError("gone")}, startup_timeout=0.01, on_startup=on_startup)

    with pytest.raises(ExceptionGroup, match="The plugin 'shop' failed twice") as caught:
        await CovetPy(plugins=[plugin]).plugin_manager.startup_all()

    assert [type(error) for error in caught.value.exceptions] == [PluginTimeoutError, OSError]


async def test_stop_that_takes_too_long_is_told() -> None:
    """Though it came to its end."""

    async def on_shutdown(self: Plugin) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return

    plugin = make_plugin("shop", shutdown_timeout=0.01, on_shutdown=on_shutdown)
    manager = CovetPy(plugins=[plugin]).plugin_manager
    await manager.startup_all()

    with pytest.raises(ExceptionGroup) as caught:
        await manager.shutdown_all()

    assert [type(error) for error in caught.value.exceptions] == [PluginTimeoutError]
    assert isinstance(manager.records[0].error, PluginTimeoutError)
