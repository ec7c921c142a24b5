"""
The errors of plugins: each knows its plugin, and says what was needed, what was found and how to mend it.

::

    ConfigurationError
    └── PluginError
        ├── PluginDefinitionError   a class says something about itself that cannot be (also TypeError)
        ├── PluginConflictError     two plugins, or what they bring, have the same name (also ValueError)
        ├── PluginDependencyError   all that is missing, of the wrong version or goes in a circle (also ValueError)
        └── PluginLoadError         all that could not be found or imported (also ImportError)
    LifespanError
    └── PluginStateError            a plugin was asked for what it cannot do where it stands
        └── PluginTimeoutError      start or stop took too long (also TimeoutError)
"""

from collections.abc import Sequence
from dataclasses import dataclass

from covet.exceptions import ConfigurationError, LifespanError


class PluginError(ConfigurationError):
    """
    A plugin is not what it has to be; `plugin` names it.

    Example:
        >>> print(PluginError("It cannot be.", plugin="shop", hint="Mend it."))
        It cannot be.
          Mend it.
    """

    def __init__(self, message: str, *, plugin: str | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.plugin = plugin


class PluginDefinitionError(PluginError, TypeError):
    """A plugin's class says something about itself that cannot be; raised where the class is defined."""


class PluginConflictError(PluginError, ValueError):
    """Two plugins, or two things that they bring, have the same name."""


@dataclass(frozen=True, slots=True)
class PluginProblem:
    """
    One line of a report.

    Attributes:
        plugin: The plugin that is concerned.
        message: What is wrong.
        hint: How to mend it.
    """

    plugin: str
    message: str
    hint: str


class _PluginReportError(PluginError):
    _title = ""

    def __init__(self, problems: Sequence[PluginProblem]) -> None:
        super().__init__(self._title, plugin=problems[0].plugin)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        lines = [self._title]
        for problem in self.problems:
            lines += [f"  {problem.message}", f"    {problem.hint}"] if problem.hint else [f"  {problem.message}"]
        return "\n".join(lines)


class PluginDependencyError(_PluginReportError, ValueError):
    """
    Dependencies of plugins are not met: `problems` has all of them, a circle included.

    Example:
        >>> print(PluginDependencyError([PluginProblem("shop", "'shop' needs 'database'.", "Install it.")]))
        The dependencies of the plugins are not met.
          'shop' needs 'database'.
            Install it.
    """

    _title = "The dependencies of the plugins are not met."


class PluginLoadError(_PluginReportError, ImportError):
    """Plugins were named that could not be found or imported: `problems` has all of them."""

    _title = "Not every plugin could be loaded."


class PluginStateError(LifespanError):
    """A plugin was asked for what it cannot do where it stands; `plugin` names it."""

    def __init__(self, message: str, *, plugin: str, step: str, hint: str | None = None) -> None:
        super().__init__(message, step=step, hint=hint)
        self.plugin = plugin


class PluginTimeoutError(PluginStateError, TimeoutError):
    """
    A plugin did not start or stop in time.

    Example:
        >>> print(PluginTimeoutError("shop", "on_startup", 30.0))
        The plugin 'shop' did not end on_startup() within 30.0 s.
          Find out what it waits for, or set startup_timeout in its class.

    Attributes:
        seconds: How long it had.
        is_late: It came to its end all the same, later.
        is_cut_off: It went on when it was cancelled, and was closed.
    """

    def __init__(
        self, plugin: str, hook: str, seconds: float, *, is_late: bool = False, is_cut_off: bool = False
    ) -> None:
        option = f"{hook.removeprefix('on_')}_timeout"
        mend = "Let CancelledError pass in it: it went on" if is_late or is_cut_off else "Find out what it waits for"
        super().__init__(
            f"The plugin {plugin!r} did not end {hook}() within {seconds} s.",
            plugin=plugin,
            step=hook,
            hint=f"{mend}, or set {option} in its class.",
        )
        self.seconds = seconds
        self.is_late = is_late
        self.is_cut_off = is_cut_off
