"""
Deferred work: functions that run after the response was sent, one after the other.

A failure is logged and never stops the next one. Nothing here survives the process.
"""

import asyncio
import logging
import warnings
from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from functools import partial
from inspect import isasyncgenfunction, iscoroutine, isgeneratorfunction
from typing import Any, Final, Self

from covet.error_text import describe_callable
from covet.threads import call_anywhere

# Any: what a deferred function takes and gives is its own.
Call = Callable[..., Awaitable[Any]]

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

    __slots__ = ("__weakref__", "_calls", "_is_joined")

    def __init__(self) -> None:
        host = _CURRENT.get()
        self._is_joined = host is not None
        self._calls: deque[partial[Any]] = deque() if host is None else host._calls  # noqa: SLF001 - one class

    @classmethod
    def for_request(cls) -> Self:
        """Make the tasks of a request, which join nobody's."""
        tasks = cls.__new__(cls)
        tasks._is_joined = False  # noqa: SLF001 - a second constructor of this class
        tasks._calls = deque()  # noqa: SLF001
        return tasks

    # Any: what a function takes. What is not given may be injected, so no checker can tell what is missing.
    def add_task(self, func: Callable[..., object], /, *args: Any, **kwargs: Any) -> None:
        """
        Add a function: a coroutine function is awaited, another runs in a thread.

        The parameters that are not given and that the application's container knows are injected, in a scope of
        their own.

        Args:
            func: The function to call.
            *args: Its positional arguments.
            **kwargs: Its keyword arguments.

        Raises:
            TypeError: If it is not callable, such as a coroutine that was called already, or if calling it
                would only make a generator.
        """
        if not callable(func):
            raise TypeError(_explain(func))
        if isgeneratorfunction(func) or isasyncgenfunction(func):
            raise TypeError(
                f"add_task() cannot run the generator {describe_callable(func)}: nobody would iterate over it."
            )
        self._calls.append(partial(func, *args, **kwargs))

    def __len__(self) -> int:
        return len(self._calls)

    async def run(self, call: Call = call_anywhere) -> None:
        """
        Call every function in order, those included that are added meanwhile.

        Args:
            call: What calls one; an application's own injects services.

        A failure is logged. So are those that never run because this was cancelled, as it is when the
        application stops and its deadline has passed.
        """
        task = asyncio.current_task()
        cancelling = 0 if task is None else task.cancelling()
        # No iterator: a function may defer more work while it runs.
        while self._calls:
            deferred = self._calls.popleft()
            try:
                await call(deferred.func, *deferred.args, **deferred.keywords)
            except asyncio.CancelledError:
                if task is None or task.cancelling() > cancelling:
                    self._give_up(deferred)
                    raise
                # Something inside was cancelled, not we.
                logger.exception("A background task failed: %s", describe_callable(deferred))
            except (Exception, SystemExit, KeyboardInterrupt):
                # A function that wants to exit must not take the server with it.
                logger.exception("A background task failed: %s", describe_callable(deferred))

    def _give_up(self, call: Callable[[], object]) -> None:
        lost = _name(self._calls)
        self._calls.clear()
        logger.error("Background tasks were cancelled: %s; never run: %s", describe_callable(call), lost or "none")

    def __del__(self) -> None:
        if self._calls and not self._is_joined:
            warnings.warn(
                f"Background tasks were never run: {_name(self._calls)}. Take BackgroundTasks as a parameter of the "
                "handler, or use request.defer().",
                ResourceWarning,
                stacklevel=1,
            )


def attach_background_tasks(tasks: BackgroundTasks) -> None:
    """Let every `BackgroundTasks()` that is made from here on in this context join the given one."""
    _CURRENT.set(tasks)


def _name(calls: deque[partial[Any]]) -> str:
    return ", ".join(describe_callable(call) for call in calls)


def _explain(func: object) -> str:
    message = f"add_task() takes a function and its arguments, got {type(func).__name__}."
    if not iscoroutine(func):
        return message
    # It will never be awaited, and this says so better than a warning.
    func.close()
    return f"{message} Write add_task({func.__name__}, ...) instead of add_task({func.__name__}(...))."
