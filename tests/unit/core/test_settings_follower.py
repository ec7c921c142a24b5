"""
Settings that follow their files while an application runs.
"""

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from covet import CovetPy, create_app
from covet.config import Settings, Sources
from covet.config.watcher import SettingsChange, SettingsWatcher
from covet.core.settings_follower import SettingsFollower
from covet.events import SettingsChangedEvent

GOOD = '[logging]\nlevel = "info"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Write a configuration file."""
    path = tmp_path / "config.toml"
    path.write_text(GOOD)
    return path


def read(path: Path) -> Settings:
    """Read settings of a file, and nothing else."""
    return Settings.from_file(path, sources=Sources(dotenv=None, secrets=None, variables={}))


def make_app(path: Path) -> tuple[CovetPy, "asyncio.Queue[SettingsChangedEvent]"]:
    """Make an application that follows its settings, and a queue of what it tells."""
    app = create_app(read(path))
    told: asyncio.Queue[SettingsChangedEvent] = asyncio.Queue()
    app.events.subscribe(SettingsChangedEvent, told.put)
    app.watch_settings(interval=0.01)
    return app, told


async def test_what_is_reloadable_is_taken_over(file: Path) -> None:
    """`app.settings` is another object; what was read before stays what it was."""
    app, told = make_app(file)
    before = app.settings
    await app.startup()

    file.write_text('[logging]\nlevel = "error"\n')
    event = await asyncio.wait_for(told.get(), 10)
    await app.shutdown()

    assert (event.changed, event.needs_restart) == (("logging.level",), ())
    assert (before.logging.level, app.settings.logging.level) == ("info", "error")
    assert app.state.settings is app.settings


async def test_what_needs_a_restart_is_told(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Names go into the event and the log; values, which may be secret, do not."""
    caplog.set_level(logging.INFO, logger="covet")
    app, told = make_app(file)
    await app.startup()

    file.write_text('[logging]\nlevel = "error"\n[database]\nurl = "postgresql://shop:hunter2@localhost/shop"\n')
    event = await asyncio.wait_for(told.get(), 10)
    await app.shutdown()

    assert (event.changed, event.needs_restart) == (("logging.level",), ("database.url",))
    assert app.settings.database.url is None
    assert "Settings have changed: logging.level." in caplog.messages
    assert "Settings have changed that need a restart: database.url." in caplog.messages
    assert "hunter2" not in caplog.text


async def test_a_file_that_is_not_good_changes_nothing(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Its report is logged, and the next good state is taken over."""
    app, told = make_app(file)
    await app.startup()

    file.write_text('[logging]\nlevel = "loud"\n')
    async with asyncio.timeout(10):
        while "what is new is not good" not in caplog.text:
            await asyncio.sleep(0.01)
    kept = app.settings.logging.level
    file.write_text('[logging]\nlevel = "debug"\n')
    await asyncio.wait_for(told.get(), 10)
    await app.shutdown()

    assert (kept, app.settings.logging.level) == ("info", "debug")


async def test_it_ends_with_the_application(file: Path) -> None:
    """No task is left, and a second start follows again."""
    app, told = make_app(file)
    tasks = asyncio.all_tasks()

    for level in ("error", "debug"):
        await app.startup()
        assert {task.get_name() for task in asyncio.all_tasks() - tasks} >= {"covet-settings"}
        file.write_text(f'[logging]\nlevel = "{level}"\n')
        await asyncio.wait_for(told.get(), 10)
        await app.shutdown()

        assert app.settings.logging.level == level
        assert "covet-settings" not in {task.get_name() for task in asyncio.all_tasks()}


async def test_what_is_injected_is_the_state_at_the_start(file: Path) -> None:
    """A service must not change below its user: who wants the latest asks the application."""
    app, told = make_app(file)
    await app.startup()

    file.write_text('[logging]\nlevel = "error"\n')
    await asyncio.wait_for(told.get(), 10)
    async with app.scope() as scope:
        injected = await scope.resolve(Settings)
    await app.shutdown()

    assert (injected.logging.level, app.settings.logging.level) == ("info", "error")


async def test_nobody_has_to_listen(file: Path) -> None:
    """Without a bus, none is made; the settings change all the same."""
    app = create_app(read(file))
    app.watch_settings(interval=0.01)
    await app.startup()

    file.write_text('[logging]\nlevel = "error"\n')
    async with asyncio.timeout(10):
        while app.settings.logging.level != "error":
            await asyncio.sleep(0.01)
    await app.shutdown()

    assert app._wiring.current is None


async def test_a_failing_listener_does_not_end_it(file: Path) -> None:
    """What a handler raises is logged; the next change is told again."""
    app, told = make_app(file)

    @app.events.subscribe(SettingsChangedEvent)
    def fail(event: SettingsChangedEvent) -> None:
        raise RuntimeError(event.event_type)

    await app.startup()
    for level in ("error", "debug"):
        file.write_text(f'[logging]\nlevel = "{level}"\n')
        await asyncio.wait_for(told.get(), 10)
    await app.shutdown()

    assert app.settings.logging.level == "debug"


async def test_a_watcher_that_breaks_is_said_once(
    file: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The application goes on with the settings that it has, and stops without an error."""

    async def break_down(self: SettingsWatcher[Any], on_change: Any) -> SettingsChange[Any]:
        raise OSError("no disk")

    monkeypatch.setattr(SettingsWatcher, "run", break_down)
    follower = SettingsFollower(read(file), lambda settings: None, lambda: None)
    _, begin, end = follower.make_step()

    await begin()
    async with asyncio.timeout(10):
        while not caplog.messages:
            await asyncio.sleep(0)
    assert end is not None
    await end()

    assert caplog.messages == ["The settings are not followed any more."]
