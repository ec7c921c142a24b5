"""
Tasks that run at once when they are made, as `asyncio.eager_task_factory` of Python 3.12 has them, on every Python.
"""

import asyncio
import types
from collections.abc import Coroutine, Generator, Iterator
from contextlib import contextmanager
from contextvars import Context, copy_context
from typing import Any


class _Ended(asyncio.Future[Any]):
    """
    Stand for a task that has ended in its first step.
    """

    def set_name(self, name: str) -> None:
        """
        Take a name, as tasks do.
        """


@types.coroutine
def _go_on(coroutine: Coroutine[Any, Any, Any], awaited: Any) -> Generator[Any, Any, Any]:
    """
    Run the rest of a coroutine whose first step has been done.
    """
    try:
        while True:
            try:
                value = yield awaited
            except BaseException as exc:
                awaited = coroutine.throw(exc)
            else:
                awaited = coroutine.send(value)
    except StopIteration as exc:
        return exc.value


def make_eager_task(
    loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, Any], *, context: Context | None = None, **_: object
) -> asyncio.Future[Any]:
    """
    Make a task, and do its first step before anybody has it.
    """
    own = copy_context() if context is None else context
    try:
        awaited = own.run(coroutine.send, None)
    except BaseException as exc:
        ended = _Ended(loop=loop)
        if isinstance(exc, StopIteration):
            ended.set_result(exc.value)
        else:
            ended.set_exception(exc)
        return ended
    return asyncio.Task(_go_on(coroutine, awaited), loop=loop, context=own)


@contextmanager
def eager_tasks() -> Iterator[None]:
    """
    Let the running loop's tasks run at once when they are made.
    """
    loop = asyncio.get_running_loop()
    former = loop.get_task_factory()
    # Any: type checkers know another signature of factories for each Python.
    eager: Any = getattr(asyncio, "eager_task_factory", make_eager_task)
    loop.set_task_factory(eager)
    try:
        yield
    finally:
        loop.set_task_factory(former)
