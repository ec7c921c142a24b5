"""
Deferred work: functions that run after the response was sent, one after the other.

A failure is logged and never stops the next one. Nothing here survives the process.
"""

import logging
import warnings
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from inspect import iscoroutinefunction
from typing import Final, ParamSpec

from covet.threads import run_in_thread

P = ParamSpec("P")

logger = logging.getLogger(__name__)

# The list of the request whose handler is running; set only for handlers that make BackgroundTasks themselves.
_CURRENT: Final[ContextVar["BackgroundTasks | None"]] = ContextVar("covet_background_tasks", default=None)


class BackgroundTasks:
    """
    Functions to call after the response was sent.

    A handler gets the request's own by a parameter of this type; one that it makes itself joins the request's.

    Example:
        >>> tasks = BackgroundTasks()
        >>> tasks.add_task(print, "sent")
        >>> await tasks.run()
        sent
    """

    __slots__ = ("__weakref__", "_calls", "_host")

    def __init__(self) -> None:
        self._calls: list[Callable[[], object]] = []
        self._host = _CURRENT.get()

    def add_task(self, func: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs) -> None:
        """
        Add a function: a coroutine function is awaited, another runs in a thread.

        Args:
            func: The function to call.
            *args: Its positional arguments.
            **kwargs: Its keyword arguments.

        Raises:
            TypeError: If it is not callable, such as a coroutine that was called already.
        """
        if not callable(func):
            raise TypeError(f"add_task() takes a function and its arguments, got {type(func).__name__}.")
        calls = self._calls if self._host is None else self._host._calls  # noqa: SLF001 - the same class
        calls.append(partial(func, *args, **kwargs))

    def __len__(self) -> int:
        return len(self._calls)

    async def run(self) -> None:
        """Call every function in order, those included that are added meanwhile; failures are logged."""
        # No iterator: a function may defer more work while it runs.
        while self._calls:
            call = self._calls.pop(0)
            try:
                await _call(call)
            except (Exception, SystemExit, KeyboardInterrupt):
                # The last two would end the process, and every other request with it.
                logger.exception("A background task failed: %s", describe_call(call))

    def __del__(self) -> None:
        if self._calls:
            names = ", ".join(describe_call(call) for call in self._calls)
            warnings.warn(
                f"Background tasks were never run: {names}. Take BackgroundTasks as a parameter of the handler, "
                "or use request.defer().",
                ResourceWarning,
                stacklevel=1,
            )


def attach_background_tasks(tasks: BackgroundTasks) -> None:
    """Let every `BackgroundTasks()` that is made from here on in this context join the given one."""
    _CURRENT.set(tasks)


def describe_call(call: Callable[[], object]) -> str:
    """Name the function of a deferred call."""
    func = call.func if isinstance(call, partial) else call
    return f"{getattr(func, '__module__', '?')}.{getattr(func, '__qualname__', type(func).__qualname__)}"


async def _call(call: Callable[[], object]) -> None:
    func = call.func if isinstance(call, partial) else call
    if iscoroutinefunction(func) or iscoroutinefunction(getattr(func, "__call__", None)):  # noqa: B004
        result = call()
    else:
        result = await run_in_thread(call)
    if hasattr(result, "__await__"):
        await result
