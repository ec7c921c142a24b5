"""
`PluginManager`: the plugins of an application, from registration to the stop.

It works through the application's public surface only: whatever a plugin can do, it does not do for it.
"""

import logging
import traceback
from collections.abc import Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from covet.checks import Check
from covet.core.lifespan import Lifespan, Step
from covet.exceptions import suggest
from covet.plugins.announcement import StateAnnouncer
from covet.plugins.base import HealthCheck, Plugin
from covet.plugins.configuration import configure, hide_secrets
from covet.plugins.dependencies import order_plugins
from covet.plugins.discovery import Candidate, find_candidates
from covet.plugins.errors import PluginConflictError, PluginError, PluginStateError, PluginTimeoutError
from covet.plugins.health import HealthReport, run_checks
from covet.plugins.hooks import run_hook
from covet.plugins.record import PluginRecord, PluginState

if TYPE_CHECKING:
    from covet.app import CovetPy

logger = logging.getLogger("covet.plugins")


class PluginManager:
    """
    The plugins of one application.

    `CovetPy.plugin_manager` is the one that starts and stops with its application. One made by hand starts and stops
    with `startup_all` and `shutdown_all`.

    Args:
        app: The application.
        settings: Its settings, whose sections configure the plugins; without, only their constructors do.

    Example:
        >>> from covet import CovetPy
        >>> class Database(Plugin):
        ...     name, version = "database", "1.4"
        ...     def init_app(self, app): ...
        >>> class Shop(Plugin):
        ...     name, version, dependencies = "shop", "1.0", ["database>=1,<2"]
        ...     def init_app(self, app): ...
        >>> manager = PluginManager(CovetPy())
        >>> manager.register_all([Shop, Database])
        >>> await manager.startup_all()
        >>> [(record.name, record.state.value) for record in manager.records]
        [('database', 'started'), ('shop', 'started')]
        >>> await manager.shutdown_all()
    """

    # Any: `covet.config.Settings`, whose package is loaded only where there is something to bind.
    def __init__(self, app: "CovetPy", *, settings: Any = None) -> None:
        self.app = app
        self._settings = settings
        self._records: dict[str, PluginRecord] = {}
        self._health_checks: dict[str, tuple[str, HealthCheck]] = {}
        self._lifespan = Lifespan()
        self._announcer = StateAnnouncer(app)
        self._is_registering = False

    # ── Registration ─────────────────────────────────────────────────────────

    def register(self, plugin: object) -> None:
        """
        Add a plugin; those that it needs have to be there.

        Args:
            plugin: An instance, a class that needs no arguments, or `"package.module:Name"` of one of them.

        Raises:
            PluginError: If it cannot be: see `register_all`.
        """
        self.register_all([plugin])

    register_plugin = register

    def register_all(self, plugins: Iterable[object] = (), *, enabled: Iterable[str] = ()) -> None:
        """
        Add plugins, in the order in which they need each other.

        All are checked before the first one gets to know the application. One whose `init_app` has not run to its end
        may be registered again.

        Args:
            plugins: What `register` takes.
            enabled: The names of plugins to discover: see `covet.plugins.discover_plugins`.

        Raises:
            PluginConflictError: If a name is taken.
            PluginDependencyError: If something that they need is missing, or has the wrong version.
            PluginLoadError: If one cannot be found or imported; the text has all of them.
            ConfigurationError: If a configuration is wrong, or the application has begun to start.
            Exception: What the `init_app` of a required plugin raised.
        """
        self.app.refuse_late("A plugin")
        if self._is_registering:
            raise PluginError(
                "A plugin cannot be registered from the init_app of another.",
                hint="Name it in dependencies, and register both together.",
            )
        candidates = find_candidates(plugins, enabled, present=self._records)
        self._check_new(candidates)
        origins = {candidate.plugin.name: candidate.origin for candidate in candidates}
        present = [record.plugin for name, record in self._records.items() if name not in origins]
        order = order_plugins([*present, *(candidate.plugin for candidate in candidates)])
        ordered = [plugin for plugin in order if plugin.name in origins]
        configure(ordered, self._settings)
        new = [PluginRecord(plugin, origins[plugin.name], self._announcer.note) for plugin in ordered]
        records = {**self._records, **{record.name: record for record in new}}
        # In the order of their start, whenever they came.
        self._records = {plugin.name: records[plugin.name] for plugin in order}
        self._is_registering = True
        try:
            for record in new:
                self._initialise(record)
        finally:
            self._is_registering = False

    def _check_new(self, candidates: Iterable[Candidate]) -> None:
        again = {plugin.name for plugin, _ in candidates if self._may_come_again(plugin)}
        taken = {name: str(record.origin) for name, record in self._records.items() if name not in again}
        for plugin, origin in candidates:
            if plugin.name in taken:
                raise PluginConflictError(
                    f"There are two plugins {plugin.name!r}: one by {taken[plugin.name]}, one by {origin}.",
                    plugin=plugin.name,
                    hint="Register one of them; for two of a kind, derive a class with a name of its own.",
                )
            if plugin.app is not None and self.get_plugin(plugin.name) is not plugin:
                raise PluginConflictError(
                    f"The plugin {plugin.name!r} belongs to an application already.",
                    plugin=plugin.name,
                    hint=f"Make one for each application: {type(plugin).__name__}(…).",
                )
            taken[plugin.name] = str(origin)

    def _may_come_again(self, plugin: Plugin) -> bool:
        """Tell whether a plugin is here already whose init_app failed, or whose turn never came."""
        record = self._records.get(plugin.name)
        return record is not None and not record.is_initialised and type(record.plugin) is type(plugin)

    def _initialise(self, record: PluginRecord) -> None:
        plugin = record.plugin
        if self._skip_if_blocked(record):
            return
        plugin.app = self.app
        try:
            with record.time("init_app"), record.routes.collect(self.app.router):
                plugin.init_app(self.app)
                self._add_health_checks(plugin)
        except Exception as exc:
            self._fail(record, "init_app", exc)
            if plugin.required:
                exc.add_note(f"in init_app of the plugin {plugin.name!r}")
                raise
            self._log_failure(record)
            return
        record.move(PluginState.INITIALISED)

    def _add_health_checks(self, plugin: Plugin) -> None:
        # Those of an attempt that failed are not in the way of the next one.
        self._health_checks = {name: item for name, item in self._health_checks.items() if item[0] != plugin.name}
        for name, check in plugin.health_checks().items():
            if name in self._health_checks:
                raise PluginConflictError(
                    f"The plugins {self._health_checks[name][0]!r} and {plugin.name!r} both have a health check "
                    f"{name!r}.",
                    plugin=plugin.name,
                    hint=f"Put the plugin's name before it: '{plugin.name}.{name}'.",
                )
            self._health_checks[name] = (plugin.name, check)

    # ── What there is ────────────────────────────────────────────────────────

    def get_plugin(self, name: str) -> Plugin | None:
        """Return a plugin by its name, or `None`."""
        record = self._records.get(name)
        return None if record is None else record.plugin

    def list_plugins(self) -> list[Plugin]:
        """List the plugins, in the order of their start."""
        return [record.plugin for record in self._records.values()]

    @property
    def records(self) -> tuple[PluginRecord, ...]:
        """What is known about each plugin: origin, state, timings; in the order of their start."""
        return tuple(self._records.values())

    @property
    def degraded(self) -> Mapping[str, str]:
        """The plugins that failed or were skipped, each with the reason; empty if all is well."""
        return MappingProxyType({name: record.reason for name, record in self._records.items() if record.is_absent})

    @property
    def is_ready(self) -> bool:
        """Whether every plugin has started, apart from those that `degraded` names."""
        return all(record.is_absent or record.state is PluginState.STARTED for record in self._records.values())

    async def check_health(self, *, seconds: float = 5.0) -> dict[str, HealthReport]:
        """
        Run the health checks of all plugins at once; those of plugins that are not there are not asked.

        Args:
            seconds: How long each may take; then it is not healthy.
        """
        return await run_checks(
            [
                (name, plugin, check)
                for name, (plugin, check) in self._health_checks.items()
                if not self._records[plugin].is_absent
            ],
            seconds=seconds,
        )

    def list_commands(self) -> dict[str, tuple[str, object]]:
        """
        List the commands that the plugins add to `covet`, by name: the plugin's name, and what it gave.

        Raises:
            PluginConflictError: If two plugins give the same name.
        """
        found: dict[str, tuple[str, object]] = {}
        for record in self._records.values():
            if not record.is_initialised:
                continue
            for name, command in record.plugin.commands().items():
                if name in found:
                    raise PluginConflictError(
                        f"The plugins {found[name][0]!r} and {record.name!r} both have a command {name!r}.",
                        plugin=record.name,
                        hint=f"Make one group of each plugin's commands: {record.name!r}.",
                    )
                found[name] = (record.name, command)
        return found

    def list_checks(self) -> list[tuple[str, Check]]:
        """
        List the checks that the plugins add to `covet check`, each with the plugin's name.

        Raises:
            PluginConflictError: If plugins of two classes have checks of the same id.
            PluginError: If something is no check.
        """
        found: list[tuple[str, Check]] = []
        owners: dict[str, Plugin] = {}
        for record in self._records.values():
            if not record.is_initialised:
                continue
            for check in record.plugin.checks():
                if not isinstance(check, Check):
                    raise PluginError(
                        f"checks() of the plugin {record.name!r} gives what is no check: {check!r}.",
                        plugin=record.name,
                        hint="Return a list of covet.checks.Check.",
                    )
                owner = owners.setdefault(check.id, record.plugin)
                # Two of one class, such as two databases, look at the same twice.
                if type(owner) is not type(record.plugin):
                    raise PluginConflictError(
                        f"The plugins {owner.name!r} and {record.name!r} both have a check {check.id!r}.",
                        plugin=record.name,
                        hint=f"Put the plugin's name before it: '{record.name}.{check.id}'.",
                    )
                found.append((record.name, check))
        return found

    # ── Start and stop ───────────────────────────────────────────────────────

    def make_steps(self) -> list[Step]:
        """Make the steps of a start: each plugin begins after those that it needs, and ends before them."""
        self._warn_of_strangers()
        return [
            (f"plugin {record.name}", partial(self._start, record), partial(self._stop, record))
            for record in self._records.values()
        ]

    async def startup_all(self) -> None:
        """
        Start the plugins by hand; an application does it by itself when it starts.

        Raises:
            Exception: What a required plugin raised; what had been started was stopped again.
        """
        await self._lifespan.start(self.make_steps())

    async def shutdown_all(self) -> None:
        """
        Stop what `startup_all` started, in reverse.

        Raises:
            ExceptionGroup: With every failure, if there was one.
        """
        await self._lifespan.stop()

    async def _start(self, record: PluginRecord) -> None:
        try:
            await self._bring_up(record)
        finally:
            await self._announcer.publish()

    async def _bring_up(self, record: PluginRecord) -> None:
        plugin = record.plugin
        if not record.is_initialised:
            if record.is_absent and not (plugin.required and record.state is PluginState.FAILED):
                return
            raise PluginStateError(
                f"The plugin {record.name!r} cannot start: init_app has not run to its end. {record.reason}".rstrip(),
                plugin=record.name,
                step="on_startup",
                hint="Mend what it, or a plugin before it, raised when it was registered.",
            )
        if self._skip_if_blocked(record):
            return
        record.move(PluginState.STARTING)
        await self._announcer.publish()
        try:
            with record.time("on_startup"), record.routes.collect(self.app.router):
                await self._begin(plugin)
        except BaseException as exc:
            self._fail(record, "on_startup", exc)
            if plugin.required or not isinstance(exc, Exception):
                raise
            self._log_failure(record)
            return
        record.move(PluginState.STARTED)

    async def _stop(self, record: PluginRecord) -> None:
        # What failed or was skipped has nothing to undo.
        if record.state is not PluginState.STARTED:
            return
        record.move(PluginState.STOPPING)
        await self._announcer.publish()
        plugin, error = record.plugin, None
        try:
            with record.time("on_shutdown"):
                await run_hook(plugin.on_shutdown, "on_shutdown", plugin.name, plugin.shutdown_timeout)
        except BaseException as exc:
            error = exc
            raise
        finally:
            record.move(PluginState.STOPPED, error=error)
            await self._announcer.publish()

    async def _begin(self, plugin: Plugin) -> None:
        try:
            await run_hook(plugin.on_startup, "on_startup", plugin.name, plugin.startup_timeout)
        except PluginTimeoutError as exc:
            if exc.is_late:
                # What it has opened by now is closed by nothing else: it counts as failed.
                try:
                    await run_hook(plugin.on_shutdown, "on_shutdown", plugin.name, plugin.shutdown_timeout)
                except Exception as failure:  # noqa: BLE001 - both are told
                    raise ExceptionGroup(f"The plugin {plugin.name!r} failed twice.", [exc, failure]) from exc
            raise

    def _skip_if_blocked(self, record: PluginRecord) -> bool:
        for need in record.plugin.requirements:
            other = self._records[need.name]
            if other.is_absent:
                record.skip(f"it needs {need.name!r}, which {'failed' if other.error else 'was skipped'}")
                logger.warning("The plugin %r is skipped: %s.", record.name, record.reason)
                return True
        return False

    def _fail(self, record: PluginRecord, hook: str, exc: BaseException) -> None:
        text = f"{hook}() raised {type(exc).__name__}: {exc}"
        record.fail(exc, hide_secrets(text, record.plugin, self._settings))

    def _log_failure(self, record: PluginRecord) -> None:
        # Not as `exc_info`: the log would write the error's own text, with whatever stands in it.
        trace = "" if record.error is None else "".join(traceback.format_exception(record.error))
        logger.error(
            "The plugin %r is not there, the application runs without it: %s\n%s",
            record.name,
            record.reason,
            hide_secrets(trace, record.plugin, self._settings).rstrip(),
        )

    def _warn_of_strangers(self) -> None:
        for name in () if self._settings is None else self._settings.plugins:
            if name not in self._records:
                logger.warning(
                    "The settings have a section [plugins.%s], and no plugin %r is there. %s",
                    name,
                    name,
                    suggest(name, self._records),
                )
