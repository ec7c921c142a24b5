"""
From a name to a plugin: entry points, the registry, import strings, classes.

It must never load what nobody asked for: to be installed is not to be enabled.
"""

import inspect
from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

from covet.entry_points import EntryPointError, OfferedItem, find_entry_points, load_entry_point
from covet.exceptions import suggest
from covet.import_paths import ImportPathError, import_path
from covet.plugins.base import Plugin
from covet.plugins.errors import PluginDefinitionError, PluginError, PluginLoadError, PluginProblem
from covet.plugins.record import PluginOrigin
from covet.plugins.registry import get_plugin_registry

PLUGIN_GROUP: Final = "covet.plugins"
"""The group of entry points that distributions offer plugins under."""

ALL_PLUGINS: Final = "*"
"""What enables everything that is offered, but for the batteries of CovetPy itself: they are named one by one."""

_OWN: Final = "covetpy"


class Candidate(NamedTuple):
    """
    A plugin that an application is about to get.

    Attributes:
        plugin: The plugin.
        origin: Where it comes from.
    """

    plugin: Plugin
    origin: PluginOrigin


def discover_plugins(enabled: Iterable[str] = ALL_PLUGINS) -> list[Plugin]:
    """
    Make the plugins that installed distributions offer under the entry-point group `covet.plugins`.

    Args:
        enabled: The names of those that are wanted, or the name of one; `"*"` for all but CovetPy's own batteries.

    Raises:
        PluginLoadError: If a name is not offered, or one cannot be loaded; the text has all of them.

    Example:
        >>> discover_plugins(["no_such_plugin"])
        Traceback (most recent call last):
            ...
        covet.plugins.errors.PluginLoadError: Not every plugin could be loaded.
          There is no plugin 'no_such_plugin' to enable.
            Install the distribution that offers it. Available: ...
    """
    return [candidate.plugin for candidate in find_enabled(enabled)]


def find_candidates(
    plugins: Iterable[object], enabled: Iterable[str] = (), *, present: Collection[str] = ()
) -> list[Candidate]:
    """
    Make the plugins that a program gives, and after them those that its settings enable.

    Args:
        plugins: What `make_candidate` takes.
        enabled: What settings enable.
        present: The names of plugins that are there already: those win over what is enabled.

    Raises:
        PluginDefinitionError: If one is no plugin, and nothing else is wrong.
        PluginLoadError: If one cannot be found or loaded, or several things are wrong; the text has all of them.
    """
    found: list[Candidate] = []
    failures: list[PluginError] = []
    for item in plugins:
        try:
            found.append(make_candidate(item, PluginOrigin("argument")))
        except (PluginDefinitionError, PluginLoadError) as exc:
            failures.append(exc)
    try:
        found += find_enabled(enabled, present=[*present, *(candidate.plugin.name for candidate in found)])
    except (PluginDefinitionError, PluginLoadError) as exc:
        failures.append(exc)
    _raise_all(failures)
    return found


def find_enabled(enabled: Iterable[str], *, present: Collection[str] = ()) -> list[Candidate]:
    """
    Make the plugins that are enabled by name, by import string, or all with `"*"`.

    Args:
        enabled: What settings enable.
        present: The names of plugins that are there already: those win.

    Raises:
        PluginLoadError: If one cannot be found or loaded; the text has all of them.
    """
    names = [enabled] if isinstance(enabled, str) else list(dict.fromkeys(enabled))
    targets = [name for name in names if ":" in name]
    offered = find_entry_points(PLUGIN_GROUP) if len(targets) < len(names) else []
    registry = get_plugin_registry()
    if ALL_PLUGINS in names:
        every = {*registry, *(item.name for item in offered if not _is_own(item))}
        # What is named beside it is wanted as well: one of CovetPy's own, or a mistake that has to be told.
        named = [name for name in names if name not in {*targets, *every, ALL_PLUGINS}]
        names = [*targets, *sorted(every), *named]
    found: list[Candidate] = []
    failures: list[PluginError] = []
    for name in names:
        if name in present:
            continue
        try:
            found.append(_find_one(name, offered))
        except (PluginDefinitionError, PluginLoadError) as exc:
            failures.append(exc)
    _raise_all(failures)
    return [candidate for candidate in found if candidate.plugin.name not in present]


def _raise_all(failures: list[PluginError]) -> None:
    if len(failures) == 1:
        raise failures[0]
    problems: list[PluginProblem] = []
    for failure in failures:
        if isinstance(failure, PluginLoadError):
            problems += failure.problems
        else:
            problems.append(PluginProblem(failure.plugin or "", failure.message, failure.hint or ""))
    if problems:
        raise PluginLoadError(problems)


def _is_own(item: OfferedItem) -> bool:
    # APPSEC: whoever enables what was installed for it has not asked for pages that show the application.
    return item.distribution.partition(" ")[0].lower() == _OWN


def _find_one(name: str, offered: Iterable[OfferedItem]) -> Candidate:
    if ":" in name:
        return make_candidate(name, PluginOrigin("settings", name))
    registered = get_plugin_registry().get(name)
    if registered is not None:
        candidate = make_candidate(registered, PluginOrigin("registry"))
        return _check_name(candidate, name, "The registry", "register it under its own name.")
    try:
        loaded = load_entry_point(offered, name, kind="plugin", setting="discover_plugins")
    except EntryPointError as exc:
        raise _fail(name, exc.message, exc.hint) from exc.__cause__
    if loaded is None:
        known = {item.name for item in offered} | set(get_plugin_registry())
        hint = f"Install the distribution that offers it. {suggest(name, known)}"
        raise _fail(name, f"There is no plugin {name!r} to enable.", hint)
    candidate = make_candidate(loaded.item, PluginOrigin("entry point", loaded.distribution))
    return _check_name(candidate, name, loaded.distribution, "mend its pyproject.toml.")


def _check_name(candidate: Candidate, name: str, place: str, fix: str) -> Candidate:
    if candidate.plugin.name != name:
        # Two names for one thing: the settings could not say which section is meant.
        message = f"{place} offers {name!r}, which is the plugin {candidate.plugin.name!r}."
        raise _fail(name, message, f"Both names have to be the same: {fix}")
    return candidate


def make_candidate(item: object, origin: PluginOrigin) -> Candidate:
    """
    Make a plugin of an instance, a class that needs no arguments, or `"package.module:Name"` of one of them.

    Raises:
        PluginDefinitionError: If it is none of them.
        PluginLoadError: If the text leads nowhere.
    """
    if isinstance(item, str):
        if origin.detail is None:
            origin = PluginOrigin(origin.kind, item)
        item = _import(item)
    if isinstance(item, type) and issubclass(item, Plugin):
        item = _make(item)
    if not isinstance(item, Plugin):
        raise PluginDefinitionError(
            f"{item!r} is no plugin.", hint="Pass an instance or a subclass of Plugin, or 'package.module:Name' of one."
        )
    return Candidate(item, origin)


def _make(cls: type[Plugin]) -> Plugin:
    try:
        inspect.signature(cls).bind()
    except TypeError as exc:
        raise PluginDefinitionError(
            f"{cls.__name__} cannot be made without arguments: {exc}.",
            plugin=getattr(cls, "name", None),
            hint=f"Pass an instance: {cls.__name__}(…).",
        ) from exc
    if inspect.isabstract(cls):
        missing = ", ".join(sorted(cls.__abstractmethods__))
        raise PluginDefinitionError(
            f"{cls.__name__} is a base: it does not say {missing}.",
            plugin=getattr(cls, "name", None),
            hint="Derive a class from it.",
        )
    return cls()


def _import(target: str) -> object:
    if ":" not in target:
        hint = "Write 'package.module:Name'. A name alone goes into discover_plugins of the settings."
        raise _fail(target, f"{target!r} names no plugin.", hint)
    try:
        return import_path(target)
    except ImportPathError as exc:
        raise _fail(target, exc.message, exc.hint) from exc.__cause__


def _fail(plugin: str, message: str, hint: str | None) -> PluginLoadError:
    return PluginLoadError([PluginProblem(plugin, message, hint or "")])
