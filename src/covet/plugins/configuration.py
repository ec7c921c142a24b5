"""
The configuration of plugins: `[plugins.<name>]` of the settings, and what their constructors were given.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from covet.exceptions import ConfigurationError
from covet.plugins.base import Plugin

if TYPE_CHECKING:
    from covet.app import CovetPy

Sections = Mapping[str, Mapping[str, object]]


def read_sections(app: "CovetPy") -> Sections:
    """Return the sections of plugins in the application's settings, by the names of the plugins."""
    settings = app.given_settings
    if settings is None:
        return {}
    return {name: section for name, section in settings.plugins.items() if isinstance(section, Mapping)}


def configure(plugins: Iterable[Plugin], sections: Sections) -> None:
    """
    Bind and validate the configuration of plugins.

    Raises:
        ConfigurationError: If one is wrong.
        ExceptionGroup: If several are, with all of them.
    """
    failures: list[Exception] = []
    for plugin in plugins:
        try:
            plugin.config = bind_config(plugin, sections.get(plugin.name, {}))
            plugin.validate_config()
        except ConfigurationError as exc:
            failures.append(exc)
        except Exception as exc:  # noqa: BLE001 - the hook is the plugin's, and all failures come in one report
            exc.add_note(f"in validate_config of the plugin {plugin.name!r}")
            failures.append(exc)
    if len(failures) == 1:
        raise failures[0]
    if failures:
        raise ExceptionGroup(f"The configuration of {len(failures)} plugins is wrong.", failures)


def bind_config(plugin: Plugin, section: Mapping[str, object]) -> object:
    """
    Make the configuration of a plugin: an object of its `Config`, or a mapping if it has none.

    Args:
        plugin: The plugin, which holds what its constructor was given: that wins over the settings.
        section: What the settings say.

    Raises:
        ConfigurationError: If a value is wrong, missing or unknown.
    """
    given = plugin.config
    if not isinstance(given, Mapping):
        return given
    values = {**section, **given}
    kind = type(plugin).Config
    if kind is None:
        return MappingProxyType(values)
    # Loaded here: most plugins have nothing to bind.
    from covet.config import bind_section

    return bind_section(kind, values, path=f"plugins.{plugin.name}")
