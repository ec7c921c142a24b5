"""
What plugins become, as the application's bus is told.
"""

import subprocess
import sys

import pytest

from covet import CovetPy
from covet.events import EventBus, PluginStateChangedEvent
from covet.plugins import PluginState
from covet.testing import TestClient
from tests.unit.plugins.plugin_classes import make_plugin

Told = list[tuple[str, str | None, str, str | None]]


def listen(bus: EventBus) -> Told:
    """Note each event: the plugin, its states before and now, and what made it fail."""
    told: Told = []

    async def note(event: PluginStateChangedEvent) -> None:
        told.append((event.plugin, event.previous, event.state, event.error))

    bus.subscribe(PluginStateChangedEvent, note)
    return told


def select(told: Told, name: str) -> list[tuple[str | None, str]]:
    """Select what was told of one plugin."""
    return [(previous, state) for plugin, previous, state, _ in told if plugin == name]


async def run(app: CovetPy) -> None:
    """Start an application and stop it."""
    async with TestClient(app):
        pass


async def test_every_state_of_a_life_is_told() -> None:
    """From its registration on, if somebody has subscribed by then."""
    app = CovetPy()
    told = listen(app.events)
    app.plugin_manager.register(make_plugin("shop"))

    await run(app)

    assert told == [
        ("shop", None, "registered", None),
        ("shop", "registered", "initialised", None),
        ("shop", "initialised", "starting", None),
        ("shop", "starting", "started", None),
        ("shop", "started", "stopping", None),
        ("shop", "stopping", "stopped", None),
    ]


async def test_event_comes_before_what_follows_it() -> None:
    """`starting` is told before `on_startup` runs, and `stopping` before `on_shutdown`."""
    log: list[str] = []
    app = CovetPy(plugins=[make_plugin("shop", log=log)])
    log.clear()
    app.events.subscribe(PluginStateChangedEvent, lambda event: log.append(event.state))

    await run(app)

    assert log == ["starting", "on_startup shop", "started", "stopping", "on_shutdown shop", "stopped"]


async def test_failure_and_rollback_are_told() -> None:
    """The failure with the class of its error, and each stop of those that had started."""
    shop = make_plugin("shop", needs=["database"], fails={"on_startup": ConnectionError("refused")})
    app = CovetPy(plugins=[make_plugin("database"), shop])
    told = listen(app.events)

    with pytest.raises(ConnectionError):
        await run(app)

    assert told[-3:] == [
        ("shop", "starting", "failed", "ConnectionError"),
        ("database", "started", "stopping", None),
        ("database", "stopping", "stopped", None),
    ]


async def test_what_is_skipped_is_told() -> None:
    """It did not fail itself."""
    database = make_plugin("database", required=False, fails={"on_startup": ConnectionError("refused")})
    app = CovetPy(plugins=[database, make_plugin("shop", needs=["database"])])
    told = listen(app.events)

    await run(app)

    assert ("database", "starting", "failed", "ConnectionError") in told
    assert [item for item in told if item[0] == "shop"] == [("shop", "initialised", "skipped", None)]


async def test_failed_stop_is_told_with_its_error() -> None:
    """It is stopped all the same."""
    app = CovetPy(plugins=[make_plugin("shop", fails={"on_shutdown": OSError("gone")})])
    told = listen(app.events)

    with pytest.raises(ExceptionGroup):
        await run(app)

    assert told[-1] == ("shop", "stopping", "stopped", "OSError")


async def test_failed_registration_is_told_at_the_start() -> None:
    """There was no loop to deliver its event in."""
    app = CovetPy()
    told = listen(app.events)
    app.plugin_manager.register(make_plugin("shop", required=False, fails={"init_app": ValueError("no")}))

    await run(app)

    assert told == [("shop", None, "registered", None), ("shop", "registered", "failed", "ValueError")]


async def test_manager_made_by_hand_tells_too() -> None:
    """With `startup_all` and `shutdown_all`."""
    app = CovetPy()
    told = listen(app.events)
    app.plugin_manager.register(make_plugin("shop"))

    await app.plugin_manager.startup_all()
    await app.plugin_manager.shutdown_all()

    assert [state for _, state in select(told, "shop")] == [
        state.value for state in PluginState if state not in {PluginState.FAILED, PluginState.SKIPPED}
    ]


def test_nobody_pays_for_what_nobody_hears() -> None:
    """Without a subscription plugins start and stop, and the package of the events is not even loaded."""
    program = """
import asyncio, sys
from covet import CovetPy
from covet.plugins import Plugin

class Shop(Plugin):
    name, version = "shop", "1.0"
    def init_app(self, app): ...

async def main():
    app = CovetPy(plugins=[Shop])
    await app.plugin_manager.startup_all()
    await app.plugin_manager.shutdown_all()
    print("covet.events" in sys.modules, app.has_events)

asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout == "False False\n"
