"""
The settings of an application: read from every layer, checked, frozen.

It must never read the environment or a file when it is imported, and never change either.
"""

import logging
import sys
import warnings
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn, Self, SupportsIndex

from covet.config.collection import Collected, collect
from covet.config.comparison import compare_values
from covet.config.environment import Environment
from covet.config.errors import ConfigurationWarning, FrozenSettingsError, Origin
from covet.config.explanation import Explanation, make_explanation, mask_members
from covet.config.fields import OpenMark, Section, read_annotations
from covet.config.files import Stamp
from covet.config.json_schema import Schema, make_settings_schema
from covet.config.layers import Entry
from covet.config.loading import Loaded, load
from covet.config.masking import mask_text, redact
from covet.config.names import VariableNames
from covet.config.sections import (
    AppSettings,
    CacheSettings,
    DatabaseSettings,
    LimitSettings,
    LoggingSettings,
    SecuritySettings,
    ServerSettings,
)
from covet.config.sources import Sources, choose_sources
from covet.config.watcher import ChangedValue, SettingsWatcher
from covet.exceptions import ConfigurationError

_LOGGER: Final = logging.getLogger("covet.config")

# Nested builtins, as JSON has them. Beside `Settings.dict`, the builtin's name cannot be used for a type.
Plain = dict[str, object]

_RESERVED = frozenset({"sources", "env_prefix"})


class Settings:
    """
    Everything that is configured about an application.

    A value is taken from the first of these that has it: keyword arguments, the command line, the environment
    (`COVET_DATABASE__URL`), secret files, `.env`, `config.<environment>.toml`, `config.toml` (or `.yaml`, `.json`),
    defaults. Whatever is wrong with any of it is one error. Add settings by subclassing: an annotation with a
    dataclass is a section.

    Args:
        sources: Where to look; the usual places by default.
        env_prefix: What the names of variables begin with, instead of `COVET_`.
        **overrides: Values, and sections as mappings or as objects: the strongest layer.

    Attributes:
        environment: Where the application runs; decides about defaults, and about what is refused (read by
            `create_app`).
        debug: Whether errors show their source and variables to the client (read by `create_app`).
        middleware: Names of registered middleware that is added, the outermost first (read by `create_app`).
        discover_plugins: Names of installed plugins to load; `*` for all (read by the application).
        app: What the application is.
        server: How it is served.
        limits: How much a request may bring.
        database: Where its database is.
        security: Who may do what, and the keys that prove it.
        cache: Where results are kept.
        logging: What is logged, and how.
        plugins: What each plugin is given, by its name; read by the plugin's `Config`.

    Raises:
        InvalidSettingsError: If anything is wrong; lists all of it, with the ways to mend each.
        ConfigurationError: If the class itself cannot be read.

    Example:
        >>> settings = Settings(environment="testing", database={"url": "sqlite:///shop.db"}, sources=Sources.none())
        >>> settings.database.url, settings.is_testing
        ('sqlite:///shop.db', True)
        >>> Settings(databasee={}, sources=Sources.none())
        Traceback (most recent call last):
            ...
        covet.config.errors.InvalidSettingsError: 1 setting is wrong.
          databasee is no setting. Did you mean 'database'? Available: app, cache, ...
    """

    environment: Environment = Environment.DEVELOPMENT
    debug: bool = False
    middleware: tuple[str, ...] = ()
    discover_plugins: tuple[str, ...] = ()
    app: AppSettings
    server: ServerSettings
    limits: LimitSettings
    database: DatabaseSettings
    security: SecuritySettings
    cache: CacheSettings
    logging: LoggingSettings
    plugins: Annotated[Mapping[str, Mapping[str, object]], OpenMark()]

    _sources: Sources
    _collected: Collected
    _loaded: Loaded
    _overrides: tuple[Mapping[str, Any], ...]

    # Any: the values of sections and fields, each of its own type; they are checked by their names.
    def __init__(self, *, sources: Sources | None = None, env_prefix: str | None = None, **overrides: Any) -> None:
        chosen = choose_sources(sources, env_prefix)
        for message in self._fill(chosen, self._collect(chosen, (overrides,)), (overrides,)):
            _warn(message)

    @classmethod
    def from_file(
        cls, path: Path | str, *, sources: Sources | None = None, env_prefix: str | None = None, **overrides: Any
    ) -> Self:
        """
        Read a configuration file instead of looking for one; the other layers stay what they are.

        Args:
            path: The file: TOML, YAML or JSON.
            sources: Where to look for the rest.
            env_prefix: What the names of variables begin with.
            **overrides: Values: the strongest layer.

        Raises:
            InvalidSettingsError: If the file is not there, or anything is wrong.
        """
        from dataclasses import replace

        chosen = replace(choose_sources(sources, env_prefix), file=path, use_files=True)
        return cls(sources=chosen, **overrides)

    @classmethod
    def read_shape(cls) -> Section:
        """
        Describe what there is to set.

        Raises:
            ConfigurationError: If the class has a field that cannot be read, or one whose name is taken.
        """
        owner: type = cls
        return _read_shape(owner)

    @classmethod
    def json_schema(cls) -> Schema:
        """
        Write the JSON Schema of a configuration file, for editors.

        Example:
            >>> Settings.json_schema()["properties"]["app"]["properties"]["name"]["default"]
            'CovetPy application'
        """
        return make_settings_schema(cls.read_shape())

    def replace(self, **overrides: Any) -> Self:
        """
        Make settings in which some values are others.

        No source is asked again; the defaults of an environment and its checks follow the new values.

        Args:
            **overrides: Values, and sections as mappings: what they do not name stays.

        Raises:
            InvalidSettingsError: If the result is wrong.

        Example:
            >>> settings = Settings(database={"url": "sqlite://"}, sources=Sources.none())
            >>> changed = settings.replace(database={"pool_size": 3}).database
            >>> changed.url, changed.pool_size
            ('sqlite://', 3)
        """
        collected = self._collected.with_overrides(self.read_shape(), overrides)
        return self._make(collected, (*self._overrides, overrides))

    def explain(self) -> Explanation:
        """
        Say for each value which layer gave it, in which file and line; secrets are masked.

        Example:
            >>> print(Settings(debug=True, sources=Sources.none()).explain().find("debug"))
            debug = True (keyword argument debug)
        """
        return make_explanation(self.read_shape(), self._loaded)

    def dict(self) -> Plain:
        """
        Make nested builtins of the values, secrets masked: what a page or a log may show.

        Example:
            >>> settings = Settings(security={"secret_key": "k" * 32}, sources=Sources.none())
            >>> settings.dict()["security"]["secret_key"]
            '**********'
        """
        return mask_members(self.read_shape(), self._loaded)

    @property
    def sources(self) -> Sources:
        """Where the values were looked for."""
        return self._sources

    @property
    def origins(self) -> Mapping[tuple[str, ...], Origin]:
        """Where each value came from, by its path; `explain()` says it with the values."""
        return self._loaded.origins

    @property
    def hidden_paths(self) -> AbstractSet[tuple[str, ...]]:
        """The paths of values that are never shown though their type does not say so: of secret files, for one."""
        return self._loaded.hidden

    @property
    def config_file(self) -> Path | None:
        """The configuration file in use."""
        return self._collected.config_file

    @property
    def stamps(self) -> Mapping[Path, Stamp | None]:
        """The files that values come from, or would come from were they there, and the state that each was read in."""
        return self._collected.stamps

    @property
    def is_development(self) -> bool:
        """Whether the environment is development."""
        return self.environment is Environment.DEVELOPMENT

    @property
    def is_testing(self) -> bool:
        """Whether the environment is testing."""
        return self.environment is Environment.TESTING

    @property
    def is_staging(self) -> bool:
        """Whether the environment is staging."""
        return self.environment is Environment.STAGING

    @property
    def is_production(self) -> bool:
        """Whether the environment is production."""
        return self.environment is Environment.PRODUCTION

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise FrozenSettingsError(
            f"Settings never change: {name!r} cannot be set.", hint=f"Make others: settings.replace({name}=...)."
        )

    def __delattr__(self, name: str) -> NoReturn:
        raise FrozenSettingsError(f"Settings never change: {name!r} cannot be deleted.")

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._loaded.members == other._loaded.members

    def __hash__(self) -> int:
        return hash((type(self), self.environment, self.debug))

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(
            "Settings cannot be pickled: what they were read from would be written in clear, the environment included. "
            "Make them anew where they are needed: Settings()."
        )

    def __repr__(self) -> str:
        return f"{type(self).__qualname__}(environment={str(self.environment)!r}, debug={self.debug})"

    def hide_secrets(self, text: str) -> str:
        """
        Hide in a text whatever is secret in the settings, such as in an error of a driver; passwords in URLs as well.

        Example:
            >>> settings = Settings(security={"secret_key": "k" * 32}, sources=Sources.none())
            >>> settings.hide_secrets(f"{'k' * 32} is wrong, and so is db://ada:enigma@host")
            '********** is wrong, and so is db://ada:**********@host'
        """
        return redact(mask_text(text), self._loaded.secrets)

    # ── While the application runs ───────────────────────────────────────────

    def watch(self, *, interval: float = 1.0, settle: float = 0.1) -> SettingsWatcher[Self]:
        """
        Follow the files: `async for change in settings.watch()`, or `await settings.watch().run(function)`.

        Only fields that are `Reloadable` are taken over; a change lists the others as what needs a restart. A file
        that is not good changes nothing, and its report is logged.

        Args:
            interval: Seconds between two looks at the files.
            settle: Seconds for which the files must not have changed before they are read.

        Raises:
            ConfigurationError: If an interval is negative.
        """
        return SettingsWatcher(self, interval=interval, settle=settle)

    def read_again(self) -> Self:
        """
        Ask all sources anew, with the same keyword arguments. Warnings are logged.

        Raises:
            InvalidSettingsError: If anything is wrong now.
        """
        made = object.__new__(type(self))
        for message in made._fill(self._sources, self._collect(self._sources, self._overrides), self._overrides):
            _LOGGER.warning("%s", message)
        return made

    def compare(self, newer: Self) -> tuple[ChangedValue, ...]:
        """
        List the values that are others in newer settings; with another environment all of them need a restart.

        Example:
            >>> settings = Settings(sources=Sources.none())
            >>> settings.compare(settings.replace(logging={"level": "debug"}))
            (<ChangedValue logging.level: 'info' -> 'debug'>,)
        """
        # Another environment has other defaults: half of it would be none at all.
        may_reload = newer.environment is self.environment
        return tuple(compare_values(self.read_shape(), self._loaded, newer._loaded, may_reload=may_reload))

    def adopt(self, newer: Self) -> Self:
        """
        Make settings with the values of newer ones, as far as they are `Reloadable`; the rest stays.

        Those of another environment wait for the restart as a whole.

        Raises:
            InvalidSettingsError: If the new values are not good with those that stay.

        Example:
            >>> settings = Settings(sources=Sources.none())
            >>> newer = settings.replace(logging={"level": "debug"}, server={"port": 80})
            >>> adopted = settings.adopt(newer)
            >>> adopted.logging.level, adopted.server.port
            ('debug', 8000)
        """
        values, origins = newer._loaded.values, newer._loaded.origins
        adopted = {
            field.path: Entry(values[field.path], origins[field.path], is_hidden=field.path in newer.hidden_paths)
            for field in self.read_shape().walk()
            if newer.environment is self.environment
            and field.is_reloadable
            and field.path in values
            and field.path in self._loaded.values
        }
        return self._make(self._collected.with_adopted(adopted, newer.stamps), self._overrides)

    # ── Making ───────────────────────────────────────────────────────────────

    @classmethod
    def _collect(cls, sources: Sources, overrides: tuple[Mapping[str, Any], ...]) -> Collected:
        shape = cls.read_shape()
        collected = collect(shape, sources, VariableNames(shape, sources.env_prefix), overrides[0])
        for further in overrides[1:]:
            collected = collected.with_overrides(shape, further)
        return collected

    def _make(self, collected: Collected, overrides: tuple[Mapping[str, Any], ...]) -> Self:
        made = object.__new__(type(self))
        made._fill(self._sources, collected, overrides)
        return made

    def _fill(self, sources: Sources, collected: Collected, overrides: tuple[Mapping[str, Any], ...]) -> list[str]:
        shape = self.read_shape()
        loaded = load(shape, collected, VariableNames(shape, sources.env_prefix))
        vars(self).update(loaded.members, _sources=sources, _collected=collected, _loaded=loaded, _overrides=overrides)
        return loaded.warnings


@lru_cache(maxsize=64)
def _read_shape(cls: type) -> Section:
    shape = read_annotations(cls)
    for name in shape.members:
        is_taken = name in _RESERVED or (hasattr(Settings, name) and name not in Settings.__annotations__)
        if is_taken and cls is not Settings:
            raise ConfigurationError(
                f"{cls.__qualname__} has a setting named {name!r}, which is a name of Settings itself.",
                hint="Choose another name.",
            )
    return shape


def _warn(message: str) -> None:
    # The caller is whoever made the settings, however many calls of this package lie between.
    level, frame = 1, sys._getframe()  # noqa: SLF001 - there is no other way to the caller before 3.12
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith("covet.config"):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, ConfigurationWarning, stacklevel=level)
