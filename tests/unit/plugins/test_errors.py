"""
The errors of plugins: what they are, and what they say.
"""

import pytest

from covet.exceptions import ConfigurationError, LifespanError
from covet.plugins import errors


@pytest.mark.parametrize(
    ("error", "parents"),
    [
        (errors.PluginError, (ConfigurationError,)),
        (errors.PluginDefinitionError, (errors.PluginError, TypeError)),
        (errors.PluginConflictError, (errors.PluginError, ValueError)),
        (errors.PluginDependencyError, (errors.PluginError, ValueError)),
        (errors.PluginLoadError, (errors.PluginError, ImportError)),
        (errors.PluginStateError, (LifespanError,)),
        (errors.PluginTimeoutError, (errors.PluginStateError, TimeoutError)),
    ],
)
def test_errors_stand_in_the_tree(error: type[Exception], parents: tuple[type[Exception], ...]) -> None:
    """Each can be caught as what it is, and as what Python calls it."""
    assert all(issubclass(error, parent) for parent in parents)


def test_report_lists_all_of_its_problems() -> None:
    """Each with the way to mend it; the data stays at hand."""
    problems = [
        errors.PluginProblem("shop", "'shop' is gone.", "Find it."),
        errors.PluginProblem("cache", "'cache' is full.", "Empty it."),
    ]

    error = errors.PluginLoadError(problems)

    assert str(error) == (
        "Not every plugin could be loaded.\n  'shop' is gone.\n    Find it.\n  'cache' is full.\n    Empty it."
    )
    assert (error.plugin, error.problems) == ("shop", tuple(problems))


@pytest.mark.parametrize("hook", ["on_startup", "on_shutdown"])
def test_timeout_names_hook_and_option(hook: str) -> None:
    """What to do about it depends on the hook."""
    error = errors.PluginTimeoutError("shop", hook, 2.0)

    assert str(error) == (
        f"The plugin 'shop' did not end {hook}() within 2.0 s.\n"
        f"  Find out what it waits for, or set {hook.removeprefix('on_')}_timeout in its class."
    )
    assert (error.plugin, error.step, error.seconds) == ("shop", hook, 2.0)
