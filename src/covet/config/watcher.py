"""
Settings that follow their files while the application runs: checked first, then taken over as a whole, or not at all.

Every worker watches by itself. Each reads a snapshot in which no file changed meanwhile, so all come to the same
values. It must never block the event loop, and never let a broken file change anything.
"""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Generic, Never, Protocol, Self, TypeVar

from covet.config.errors import InvalidSettingsError, Origin
from covet.config.explanation import mask_tables
from covet.config.files import Stamp, find_stamp
from covet.config.masking import mask_text, show
from covet.exceptions import ConfigurationError
from covet.threads import run_in_thread

_LOGGER: Final = logging.getLogger("covet.config")
_ATTEMPTS: Final = 10


class Watchable(Protocol):
    """What a watcher asks of settings."""

    @property
    def stamps(self) -> Mapping[Path, Stamp | None]:
        """The files, and the state that each was read in."""
        ...

    def read_again(self) -> Self:
        """Ask all sources anew."""
        ...

    def compare(self, newer: Self) -> "tuple[ChangedValue, ...]":
        """List the values that differ."""
        ...

    def adopt(self, newer: Self) -> Self:
        """Take over the values that may change while the application runs."""
        ...


SettingsT = TypeVar("SettingsT", bound=Watchable)


@dataclass(frozen=True, slots=True)
class ChangedValue:
    """
    One value that differs.

    Attributes:
        path: The setting, such as `"logging.level"`.
        before: The value in use so far.
        after: The value that the sources have now.
        origin: Where that comes from, if it is known.
        is_reloadable: Whether it may change while the application runs.
        hidden: Where in it something is not shown, as paths within it: `()` is all of it.

    Example:
        >>> print(ChangedValue("logging.level", "info", "debug", None, True))
        logging.level: 'info' -> 'debug'
    """

    path: str
    before: object
    after: object
    # The same value on another line of the file is no other value.
    origin: Origin | None = field(compare=False)
    is_reloadable: bool
    hidden: frozenset[tuple[str, ...]] = field(default=frozenset(), compare=False)

    def __str__(self) -> str:
        return f"{self.path}: {self._show(self.before)} -> {self._show(self.after)}"

    def __repr__(self) -> str:
        return f"<ChangedValue {self}>"

    def _show(self, value: object) -> str:
        name = self.path.rpartition(".")[2]
        hidden = {(name, *place) for place in self.hidden}
        return show(mask_tables(value, (name,), hidden), name=name)


@dataclass(frozen=True, slots=True)
class SettingsChange(Generic[SettingsT]):
    """
    What a watcher found.

    Attributes:
        before: The settings in use so far.
        after: The settings in use from now on.
        changed: The values that were taken over.
        needs_restart: The values that differ from the sources until the application is restarted.
    """

    before: SettingsT
    after: SettingsT
    changed: tuple[ChangedValue, ...]
    needs_restart: tuple[ChangedValue, ...]

    def __str__(self) -> str:
        lines = [f"changed: {value}" for value in self.changed]
        lines += [f"needs restart: {value}" for value in self.needs_restart]
        return "\n".join(lines)


OnChange = Callable[[SettingsChange[SettingsT]], Awaitable[object] | object]


class SettingsWatcher(Generic[SettingsT]):
    """
    Follows the files of settings. Made by `settings.watch()`.

    Loop over it, or give `run` a function; `current` is always the settings in use.

    Args:
        settings: The settings in use.
        interval: Seconds between two looks at the files.
        settle: Seconds for which the files must not have changed before they are read: editors write in pieces.

    Raises:
        ConfigurationError: If an interval is negative.
    """

    def __init__(self, settings: SettingsT, *, interval: float = 1.0, settle: float = 0.1) -> None:
        for name, seconds in (("interval", interval), ("settle", settle)):
            if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < float("inf"):
                raise ConfigurationError(f"{name} must be a number of seconds, 0 or more, got {seconds!r}.")
        self._current = settings
        self._interval = interval
        self._settle = settle
        self._stamps = dict(settings.stamps)
        self._outstanding: tuple[ChangedValue, ...] = ()
        self._lock = asyncio.Lock()

    @property
    def current(self) -> SettingsT:
        """The settings in use: the latest that were good."""
        return self._current

    async def check(self) -> SettingsChange[SettingsT] | None:
        """
        Look at the files once; `None` if nothing is different, or what is new is not good.

        What is wrong is logged as the whole report, once for each state of the files. Nothing about it is raised.
        """
        # Two at once would both take over the same change, each from the same settings.
        async with self._lock:
            return await self._check()

    async def run(self, on_change: OnChange[SettingsT]) -> Never:
        """
        Look at the files for ever, and call a function with each change; cancel it to stop.

        Args:
            on_change: A function, asynchronous or not. What it raises is logged, and watching goes on.
        """
        async for change in self:
            try:
                result: Any = on_change(change)
                if inspect.isawaitable(result):
                    await result
            except Exception:
                _LOGGER.exception("The settings have changed, but on_change failed.")
        raise RuntimeError("a watcher never ends by itself")

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SettingsChange[SettingsT]:
        while True:
            change = await self.check()
            if change is not None:
                return change
            await asyncio.sleep(self._interval)

    async def _check(self) -> SettingsChange[SettingsT] | None:
        stamps = await run_in_thread(_read_stamps, tuple(self._stamps))
        if stamps == self._stamps:
            return None
        for _ in range(_ATTEMPTS):
            stamps = await self._wait_until_settled(stamps)
            newer, report = None, ""
            read: Mapping[Path, object] = stamps
            try:
                newer = await run_in_thread(self._current.read_again)
                read = newer.stamps
            except Exception as exc:  # noqa: BLE001 - whatever is wrong with the new ones, those in use are good
                report = _describe(exc)
                if isinstance(exc, InvalidSettingsError):
                    read = exc.stamps
            # A file that was written meanwhile may contradict the others: all are read again.
            again = await run_in_thread(_read_stamps, tuple(read))
            if again == read:
                # Those of a report as well: what mends it may be another file than those that were read before.
                self._stamps = again
                if newer is not None:
                    return self._take(newer)
                _LOGGER.error("The settings in use are kept: what is new is not good. %s", report)
                return None
            stamps = await run_in_thread(_read_stamps, tuple(self._stamps))
        return None

    async def _wait_until_settled(self, stamps: dict[Path, Stamp | None]) -> dict[Path, Stamp | None]:
        while True:
            await asyncio.sleep(self._settle)
            again = await run_in_thread(_read_stamps, tuple(stamps))
            if again == stamps:
                return stamps
            stamps = again

    def _take(self, newer: SettingsT) -> SettingsChange[SettingsT] | None:
        before = self._current
        different = before.compare(newer)
        needs_restart = tuple(value for value in different if not value.is_reloadable)
        changed = tuple(value for value in different if value.is_reloadable)
        if not changed and needs_restart == self._outstanding:
            return None
        try:
            after = before.adopt(newer)
        except Exception as exc:  # noqa: BLE001 - as above
            # New values that are good with each other may not be good with old ones that stay.
            _LOGGER.error("The settings in use are kept: a restart is needed. %s", _describe(exc))  # noqa: TRY400 - the report says all
            return None
        self._current, self._outstanding = after, needs_restart
        return SettingsChange(before, after, changed, needs_restart)


def _describe(exc: Exception) -> str:
    # A report hides what is secret; of any other error nobody knows what it holds, and its traceback shows more of it.
    return str(exc) if isinstance(exc, InvalidSettingsError) else mask_text(f"{type(exc).__name__}: {exc}")


def _read_stamps(files: tuple[Path, ...]) -> dict[Path, Stamp | None]:
    return {file: find_stamp(file) for file in files}
