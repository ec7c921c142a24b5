"""
Tables to the dataclasses of others: how a plugin gets its `[plugins.<name>]`.
"""

from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any, TypeVar

from covet.config.collection import Collected, Variables
from covet.config.environment import Environment
from covet.config.errors import Origin
from covet.config.fields import Path, Section, read_section
from covet.config.layers import KEYWORD, Entry, LayerReader
from covet.config.loading import load
from covet.config.names import DEFAULT_PREFIX, VariableNames
from covet.config.settings import Settings
from covet.exceptions import ConfigurationError
from covet.introspection import type_name

T = TypeVar("T")


def bind_section(config_type: type[T], raw: Mapping[str, object], *, path: str, settings: Settings | None = None) -> T:
    """
    Make a dataclass of a table: texts are parsed by the fields' types, and everything wrong is one report.

    Args:
        config_type: A dataclass, such as a plugin's `Config`.
        raw: The table, such as `settings.plugins["hello"]`.
        path: Where it stands in the settings, for the report: `"plugins.hello"`.
        settings: The settings that the table is from: they know the file and line of each value, and whether weak
            secrets are refused.

    Raises:
        InvalidSettingsError: If a value is wrong, missing or unknown; says how to mend each.
        ConfigurationError: If it is no dataclass, or has a field that cannot be read.

    Example:
        >>> from covet.config.sections import section
        >>> @section
        ... class HelloConfig:
        ...     greeting: str = "Hello"
        ...     repeat: int = 1
        >>> bind_section(HelloConfig, {"repeat": "2"}, path="plugins.hello")
        HelloConfig(greeting='Hello', repeat=2)
        >>> bind_section(HelloConfig, {"reapet": 2}, path="plugins.hello")
        Traceback (most recent call last):
            ...
        covet.config.errors.InvalidSettingsError: 1 setting is wrong.
          plugins.hello.reapet is no setting. Did you mean 'repeat'? Available: greeting, repeat (keyword argument ...).
    """
    if not isinstance(config_type, type) or not is_dataclass(config_type):
        raise ConfigurationError(
            f"{type_name(config_type)} cannot be bound to {path!r}: it is no dataclass.",
            hint="Decorate it with covet.config.section, or @dataclass(frozen=True, kw_only=True).",
        )
    place = tuple(path.split("."))
    shape = _enclose(read_section(config_type, place))
    origins: Mapping[Path, Origin] = {} if settings is None else settings.origins

    hidden = () if settings is None else settings.hidden_paths

    def make(written: Path, value: object) -> Entry:
        # A table has no origin of its own: that of a value within it is near enough.
        near = (origin for path, origin in origins.items() if path[: len(written)] == written)
        # What holds a hidden value is not shown, and no part of one is.
        is_hidden = any(path[: len(written)] == written[: len(path)] for path in hidden)
        return Entry(value, next(near, None) or Origin(KEYWORD, ".".join(written)), is_hidden=is_hidden)

    reader = LayerReader(shape, [], [])
    nested: Any = raw
    for part in reversed(place):
        nested = {part: nested}
    layer = reader.read_tables(nested, make)
    file = None if settings is None else settings.config_file
    collected = Collected((layer,), Variables(), tuple(reader.problems), (), {}, file)
    prefix = DEFAULT_PREFIX if settings is None else settings.sources.env_prefix
    environment = Environment.DEVELOPMENT if settings is None else settings.environment
    names = VariableNames(shape, prefix, has_aliases=False)
    found: Any = load(shape, collected, names, environment=environment).members
    for part in place:
        found = found[part]
    return found  # type: ignore[no-any-return]


def _enclose(section: Section) -> Section:
    """Put a section into the tables around it, up to the settings as a whole."""
    for end in range(len(section.path) - 1, -1, -1):
        section = Section(path=section.path[:end], cls=dict, members={section.path[end]: section})
    return section
