"""
The thread that a connection of SQLite lives in: what is asked of it is done there, one thing after the other.

A pool of threads would hand each statement to another one; this one waits for its connection alone.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

# Any: what is called and what it gives has every type.
_Job = tuple["asyncio.Future[Any] | None", Callable[..., Any], tuple[Any, ...]]


class ConnectionThread:
    """
    A thread for one connection.

    Args:
        loop: Where results are waited for.
        name: What the thread is called.
    """

    __slots__ = ("_jobs", "_loop", "_thread")

    def __init__(self, loop: asyncio.AbstractEventLoop, name: str) -> None:
        self._loop = loop
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        # Nothing is lost with the process: what was not committed then is rolled back.
        self._thread = Thread(target=_work, args=(self._jobs, loop), name=name, daemon=True)
        self._thread.start()

    # Any: as above.
    def call(self, function: Callable[..., T], *args: Any) -> "asyncio.Future[T]":
        """Let the thread call a function, and give what will be its result."""
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put((future, function, args))
        return future

    async def finish(self, nudge: Callable[[], None] | None = None) -> None:
        """
        Wait until all that was asked of the thread is done, whoever cancels the wait.

        Args:
            nudge: Called again and again meanwhile, to make it end sooner.

        Raises:
            CancelledError: When it is done, if the wait was cancelled meanwhile.
        """
        done = self.call(_nothing)
        cancelled: asyncio.CancelledError | None = None
        while not done.done():
            if nudge is not None:
                nudge()
            try:
                await asyncio.wait((done,), timeout=None if nudge is None else 0.02)
            except asyncio.CancelledError as exc:
                cancelled = exc
        if cancelled is not None:
            raise cancelled

    def stop(self, last: Callable[[], object] | None = None) -> None:
        """Let the thread end when it has done what was asked of it, with a last call if there is one."""
        if last is not None:
            self._jobs.put((None, last, ()))
        self._jobs.put(None)


def _nothing() -> None:
    """Nothing: it is done when all before it is done."""


def _work(jobs: "SimpleQueue[_Job | None]", loop: asyncio.AbstractEventLoop) -> None:
    while (job := jobs.get()) is not None:
        future, function, args = job
        del job
        if future is not None and future.cancelled():
            continue
        try:
            result = function(*args)
        except BaseException as exc:  # noqa: BLE001 - it belongs to whoever waits
            if future is not None:
                _report(loop, _fail, future, exc)
        else:
            if future is not None:
                _report(loop, _succeed, future, result)
            del result
        # Nothing is kept alive while the thread waits.
        del future, function, args


# Any: as above.
def _report(loop: asyncio.AbstractEventLoop, function: Callable[..., None], *args: Any) -> None:
    # The loop may have been closed meanwhile: nobody waits any more.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(function, *args)


# Any: as above.
def _succeed(future: "asyncio.Future[Any]", result: Any) -> None:
    if not future.done():
        future.set_result(result)


# Any: as above.
def _fail(future: "asyncio.Future[Any]", exc: BaseException) -> None:
    if not future.done():
        future.set_exception(exc)


__all__ = ["ConnectionThread"]
