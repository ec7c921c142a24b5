"""
Settings that follow their files while the application runs: taken over as a whole, then told to whoever wants to know.

Each worker follows by itself, and all come to the same. It must never show a value: names are logged and published.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from covet.config import Settings
from covet.config.watcher import ChangedValue, SettingsChange, SettingsWatcher
from covet.core.lifespan import Step
from covet.logs import change_logging

if TYPE_CHECKING:
    from covet.events import EventBus

_LOGGER: Final = logging.getLogger("covet.config")


class SettingsFollower:
    """
    Run the watcher of settings from the start of an application to its stop.

    Args:
        settings: The settings at the start.
        adopt: Takes over those that hold from now on.
        find_bus: Finds the bus of the application, if there is one by then.
        interval: Seconds between two looks at the files.
        settle: Seconds for which they must not have changed before they are read.

    Raises:
        ConfigurationError: If an interval is negative.
    """

    def __init__(
        self,
        settings: Settings,
        adopt: Callable[[Settings], object],
        find_bus: "Callable[[], EventBus | None]",
        *,
        interval: float = 1.0,
        settle: float = 0.1,
    ) -> None:
        self._watcher: SettingsWatcher[Settings] = settings.watch(interval=interval, settle=settle)
        self._adopt = adopt
        self._find_bus = find_bus

    def make_step(self) -> Step:
        """Make the step of the application's start."""
        tasks: list[asyncio.Task[None]] = []

        async def begin() -> None:
            tasks.append(asyncio.create_task(self._follow(), name="covet-settings"))

        async def end() -> None:
            task = tasks.pop()
            task.cancel()
            await asyncio.wait({task})

        return "watch_settings", begin, end

    async def _follow(self) -> None:
        try:
            await self._watcher.run(self._take)
        except Exception:
            # The application goes on with the settings that it has.
            _LOGGER.exception("The settings are not followed any more.")

    async def _take(self, change: SettingsChange[Settings]) -> None:
        before, after = change.before.logging, change.after.logging
        self._adopt(change.after)
        if (before.level, before.format) != (after.level, after.format):
            change_logging(after.level, after.format)
        if change.changed:
            _LOGGER.info("Settings have changed: %s.", _list(change.changed))
        if change.needs_restart:
            _LOGGER.warning("Settings have changed that need a restart: %s.", _list(change.needs_restart))
        await self._tell(change)

    async def _tell(self, change: SettingsChange[Settings]) -> None:
        bus = self._find_bus()
        if bus is None:
            return
        # Loaded here, as the bus was.
        from covet.events import SettingsChangedEvent

        if bus.wants(SettingsChangedEvent):
            await bus.publish(
                SettingsChangedEvent(
                    changed=tuple(value.path for value in change.changed),
                    needs_restart=tuple(value.path for value in change.needs_restart),
                )
            )


def _list(values: tuple[ChangedValue, ...]) -> str:
    return ", ".join(value.path for value in values)
