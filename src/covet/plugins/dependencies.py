"""
What plugins need of each other: checked all at once, and put in order.
"""

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from covet.exceptions import suggest
from covet.plugins.base import Plugin
from covet.plugins.errors import PluginDependencyError, PluginProblem
from covet.plugins.versions import Requirement


def order_plugins(plugins: Iterable[Plugin]) -> list[Plugin]:
    """
    Put plugins in an order in which each comes after those that it needs.

    Args:
        plugins: All plugins of an application; those that need none of each other keep their order.

    Raises:
        PluginDependencyError: With everything that is missing, has the wrong version, or goes in a circle.

    Example:
        >>> class Shop(Plugin):
        ...     name, version, dependencies = "shop", "1.0", ["database>=2"]
        ...     def init_app(self, app): ...
        >>> class Database(Plugin):
        ...     name, version = "database", "1.4"
        ...     def init_app(self, app): ...
        >>> order_plugins([Shop(), Database()])
        Traceback (most recent call last):
            ...
        covet.plugins.errors.PluginDependencyError: The dependencies of the plugins are not met.
          'shop' 1.0 needs 'database>=2', and 'database' 1.4 is there.
            Install a version of 'database' that is >=2, or a version of 'shop' that needs another.
    """
    by_name = {plugin.name: plugin for plugin in plugins}
    problems = [
        problem
        for plugin in by_name.values()
        for requirement in plugin.requirements
        if (problem := _find_problem(plugin, requirement, by_name)) is not None
    ]
    # All of them, in their order: it decides among those that are free to come next.
    needs = {
        plugin.name: [need.name for need in plugin.requirements if need.name in by_name] for plugin in by_name.values()
    }
    order: list[str] | None = None
    while order is None:
        try:
            order = _sort(needs)
        except CycleError as exc:
            # The circle is opened where it was found, to find the next one.
            circle = exc.args[1]
            problems.append(_draw_cycle(circle))
            needs[circle[1]].remove(circle[0])
    if problems:
        raise PluginDependencyError(problems)
    return [by_name[name] for name in order]


def _sort(needs: Mapping[str, Sequence[str]]) -> list[str]:
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for name in needs:
        sorter.add(name)
    for name, others in needs.items():
        sorter.add(name, *others)
    return list(sorter.static_order())


def _find_problem(plugin: Plugin, need: Requirement, by_name: Mapping[str, Plugin]) -> PluginProblem | None:
    title = f"{plugin.name!r} {plugin.version}"
    other = by_name.get(need.name)
    if other is None:
        # The plugin itself is the closest name of many that extend another one.
        known = [name for name in by_name if name != plugin.name]
        hint = f"Add it to plugins= or to discover_plugins in the settings. {suggest(need.name, known)}"
        return PluginProblem(plugin.name, f"{title} needs {str(need)!r}, which is not there.", hint)
    if need.accepts(other.version):
        return None
    versions = str(need).removeprefix(need.name)
    return PluginProblem(
        plugin.name,
        f"{title} needs {str(need)!r}, and {other.name!r} {other.version} is there.",
        f"Install a version of {other.name!r} that is {versions}, or a version of {plugin.name!r} that needs another.",
    )


def _draw_cycle(names: list[str]) -> PluginProblem:
    # graphlib gives the way from what is needed to who needs it.
    way = names[::-1]
    return PluginProblem(
        way[0],
        f"They need each other in a circle: {' → '.join(way)}",
        "Take one of these dependencies away, or move what both need into a plugin of its own.",
    )
