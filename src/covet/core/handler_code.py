"""
What the code of a handler says besides its signature.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from inspect import unwrap
from types import CodeType
from typing import Any

from covet.tasks import BackgroundTasks


def makes_background_tasks(handler: Callable[..., object]) -> bool:
    """
    Tell whether the handler's own code names the class, as in `background = BackgroundTasks()`.

    Example:
        >>> def handler():
        ...     return BackgroundTasks()
        >>> makes_background_tasks(handler)
        True
    """
    function: Any = handler  # Any: what a callable object has depends on its kind
    while isinstance(function, partial):
        function = function.func
    function = unwrap(getattr(function, "__func__", function))
    code = getattr(function, "__code__", None)
    if code is None:
        return False
    names = dict(getattr(function, "__globals__", {}))
    for name, cell in zip(code.co_freevars, getattr(function, "__closure__", None) or (), strict=False):
        with suppress(ValueError):  # the enclosing function has not given it a value yet
            names[name] = cell.cell_contents
    used = _list_names(code)
    # As an attribute, `tasks.BackgroundTasks()`, it is known by its name only.
    return BackgroundTasks.__name__ in used or any(names.get(name) is BackgroundTasks for name in used)


def _list_names(code: CodeType) -> set[str]:
    """List the names that a function uses, in the functions within it too."""
    found = {*code.co_names, *code.co_freevars}
    for item in code.co_consts:
        if isinstance(item, CodeType):
            found |= _list_names(item)
    return found
