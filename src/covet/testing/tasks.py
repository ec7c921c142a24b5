"""Which tasks an application started, so that those it forgot can be named."""

import asyncio
from collections.abc import Callable
from contextvars import Context, ContextVar, copy_context
from typing import Any
from weakref import WeakSet

_tracker: ContextVar["TaskTracker | None"] = ContextVar("covet_test_tracker", default=None)
# Seconds in which a task that is just ending may end.
_GRACE = 0.1


class TaskTracker:
    """
    Remember every task that is started by the application, directly or by one of its tasks.

    The application runs in a context that carries the tracker and that its tasks inherit; a task factory
    on the loop reads it. The test's own tasks do not carry it, and are left alone.
    """

    def __init__(self) -> None:
        self._tasks: WeakSet[asyncio.Future[Any]] = WeakSet()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._factory: Callable[..., asyncio.Future[Any]] | None = None
        self._previous: Callable[..., asyncio.Future[Any]] | None = None

    def install(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to watch a loop."""
        previous = loop.get_task_factory()

        # Any: the factory passes on whatever coroutine and options the loop hands it.
        def factory(loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> asyncio.Future[Any]:
            if previous is None:
                task: asyncio.Future[Any] = asyncio.Task(coro, loop=loop, **options)
            else:
                task = previous(loop, coro, **options)
            context: Context | None = options.get("context")
            owner = _tracker.get() if context is None else context.get(_tracker)
            if owner is not None:
                owner._tasks.add(task)  # noqa: SLF001 - its own class
            return task

        self._loop, self._factory, self._previous = loop, factory, previous
        loop.set_task_factory(factory)

    def uninstall(self) -> None:
        """Stop watching."""
        # A factory that was set later stands on this one; it stays, and does no harm.
        if self._loop is not None and self._loop.get_task_factory() is self._factory:
            self._loop.set_task_factory(self._previous)
        self._loop = None

    def make_context(self) -> Context:
        """Make a context in which the application's tasks are remembered."""
        context = copy_context()
        context.run(_tracker.set, self)
        return context

    async def collect_leftovers(self) -> list[str]:
        """Cancel the tasks that are still running, and name them."""
        pending = {task for task in self._tasks if not task.done()}
        if not pending:
            return []
        _, pending = await asyncio.wait(pending, timeout=_GRACE)
        names = sorted(_describe(task) for task in pending)
        for task in pending:
            task.cancel()
        if pending:
            await asyncio.wait(pending, timeout=1)
        return names


def _describe(task: asyncio.Future[Any]) -> str:
    if not isinstance(task, asyncio.Task):
        return repr(task)
    coro = task.get_coro()
    return f"{task.get_name()} ({getattr(coro, '__qualname__', None) or repr(coro)})"
