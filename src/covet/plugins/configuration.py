"""
The configuration of plugins: `[plugins.<name>]` of the settings, and what their constructors were given.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from covet.exceptions import ConfigurationError
from covet.plugins.base import Plugin


# Any: `covet.config.Settings`, which is loaded only where there is something to bind.
def configure(plugins: Iterable[Plugin], settings: Any) -> None:
    """
    Bind and validate the configuration of plugins: of all of them, or of none.

    Args:
        plugins: The plugins.
        settings: The settings of the application; `None` if it has none.

    Raises:
        InvalidSettingsError: If values are wrong, missing or unknown: everything of all plugins.
        Exception: What a `validate_config` raised.
        ExceptionGroup: If several of these are to be said.
    """
    problems: list[Any] = []
    failures: list[Exception] = []
    given: list[tuple[Plugin, object]] = []
    for plugin in plugins:
        given.append((plugin, plugin.config))
        try:
            plugin.config = bind_config(plugin, settings)
            plugin.validate_config()
        except Exception as exc:  # noqa: BLE001 - the hook is the plugin's, and all failures come in one report
            if isinstance(exc, ConfigurationError) and hasattr(exc, "errors"):
                problems += exc.errors
                continue
            exc.add_note(f"in validate_config of the plugin {plugin.name!r}")
            failures.append(exc)
    if problems:
        from covet.config import InvalidSettingsError

        failures.insert(0, InvalidSettingsError(problems))
    if failures:
        # What was bound would be taken as it is the next time, whatever the settings say by then.
        for plugin, config in given:
            plugin.config = config
    if len(failures) == 1:
        raise failures[0]
    if failures:
        raise ExceptionGroup("The configuration of the plugins is wrong.", failures)


# Any: as above.
def bind_config(plugin: Plugin, settings: Any) -> object:
    """
    Make the configuration of a plugin: an object of its `Config`, or a mapping if it has none.

    Args:
        plugin: The plugin, which holds what its constructor was given: that wins over the settings.
        settings: The settings; `None` if there are none.

    Raises:
        InvalidSettingsError: If a value is wrong, missing or unknown.
    """
    given = plugin.config
    if not isinstance(given, Mapping):
        return given
    section = {} if settings is None else settings.plugins.get(plugin.name, {})
    values = {**section, **given}
    kind = type(plugin).Config
    if kind is None and not values:
        return given
    # Loaded here: most plugins have nothing to bind.
    from covet.config import InvalidSettingsError, bind_section
    from covet.config.tables import FrozenTable, find_within

    if kind is None:
        hidden = () if settings is None else settings.hidden_paths
        return FrozenTable(values, find_within(("plugins", plugin.name), hidden))
    try:
        return bind_section(kind, values, path=f"plugins.{plugin.name}", settings=settings)
    except InvalidSettingsError as exc:
        raise InvalidSettingsError([_name_argument(problem, plugin, given) for problem in exc.errors]) from exc


# Any: `covet.config.errors.SettingProblem`.
def _name_argument(problem: Any, plugin: Plugin, given: Mapping[str, object]) -> Any:
    """Say where a value is wrong that the constructor was given: no setting could mend it, as the constructor wins."""
    from covet.config.errors import Origin

    key = problem.path.removeprefix(f"plugins.{plugin.name}.").partition(".")[0]
    if key not in given:
        return problem
    call = f"{type(plugin).__name__}(...)"
    fixes = (f"Mend {key!r} where the program says {call}.",) if problem.fixes else ()
    return replace(problem, origin=Origin("argument", f"of {call}"), fixes=fixes)


# Any: as above.
def hide_secrets(text: str, plugin: Plugin, settings: Any) -> str:
    """
    Hide in a text about a plugin what its configuration and the settings keep secret, and passwords in URLs.

    Args:
        text: The text, such as that of an error that the plugin raised.
        plugin: The plugin.
        settings: The settings; `None` if there are none.
    """
    # Loaded here: it is needed when something has failed.
    from covet.config.masking import collect_secrets, mask_text, redact

    masked = mask_text(text) if settings is None else settings.hide_secrets(text)
    return redact(masked, collect_secrets(plugin.config))
