"""
Blocking work, off the event loop.

This is the one way into a thread. It must never be used for work that could be awaited.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from inspect import iscoroutinefunction
from typing import Any, Final, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

P = ParamSpec("P")
T = TypeVar("T")

MAX_THREADS: Final = 40

# One pool for each event loop; it goes with its loop, so that tests and applications do not share threads.
_POOLS: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, ThreadPoolExecutor]] = WeakKeyDictionary()


async def run_in_thread(func: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """
    Call a blocking function in a thread and wait for its result.

    Context variables are seen inside as they are here; what the function sets stays inside. At most 40
    calls run at once, further ones wait. A cancelled caller stops waiting, but the thread runs on until
    the function returns: Python cannot interrupt it.

    Args:
        func: The function to call.
        *args: Its positional arguments.
        **kwargs: Its keyword arguments.

    Raises:
        RuntimeError: In place of a `StopIteration`, as coroutines do it.

    Example:
        >>> await run_in_thread(sum, [1, 2, 3])
        6
    """
    loop = asyncio.get_running_loop()
    return await asyncio.wrap_future(_submit(loop, func, *args, **kwargs), loop=loop)


class ThreadLimiter:
    """
    Let blocking work of one kind run in a few threads at once, however many callers there are.

    It is for what takes memory or processors, such as hashing passwords. Whoever has to wait takes no thread from
    others, and a call whose caller was cancelled keeps its place until its thread is done.

    Args:
        max_concurrent: How many calls run at once, on each event loop.

    Raises:
        ValueError: If that is none, or more than there are threads.

    Example:
        >>> limiter = ThreadLimiter(2)
        >>> await asyncio.gather(*(limiter.run(sum, [number, 1]) for number in range(4)))
        [1, 2, 3, 4]
    """

    def __init__(self, max_concurrent: int) -> None:
        if not 1 <= max_concurrent <= MAX_THREADS:
            raise ValueError(f"max_concurrent must be from 1 to {MAX_THREADS}, got {max_concurrent!r}.")
        self.max_concurrent = max_concurrent
        self._gates: dict[asyncio.AbstractEventLoop, asyncio.Semaphore] = {}

    async def run(self, func: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """
        Call a function as `run_in_thread` does, when its turn has come.

        Args:
            func: The function to call.
            *args: Its positional arguments.
            **kwargs: Its keyword arguments.
        """
        loop = asyncio.get_running_loop()
        gate = self._gates.get(loop)
        if gate is None:
            # A semaphore holds its loop, so that no weak reference would let go of either.
            self._gates = {known: its for known, its in self._gates.items() if not known.is_closed()}
            gate = self._gates[loop] = asyncio.Semaphore(self.max_concurrent)
        await gate.acquire()
        future = _submit(loop, func, *args, **kwargs)

        def leave(_: object) -> None:
            # The loop may be gone by the time that the thread is done, and nobody waits any more.
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(gate.release)

        future.add_done_callback(leave)
        return await asyncio.wrap_future(future, loop=loop)


# Any: what a function gives is its own.
async def call_anywhere(func: Callable[P, Any], /, *args: P.args, **kwargs: P.kwargs) -> Any:
    """
    Await a coroutine function; call another in a thread, and await what it gives if it can be awaited.

    Args:
        func: The function, a partial or a callable object.
        *args: Its positional arguments.
        **kwargs: Its keyword arguments.

    Example:
        >>> await call_anywhere(asyncio.sleep, 0, "slept"), await call_anywhere(sum, [1, 2, 3])
        ('slept', 6)
    """
    if is_async(func):
        return await call_here(func, *args, **kwargs)
    result = await run_in_thread(func, *args, **kwargs)
    return await result if hasattr(result, "__await__") else result


# Any: what a function gives is its own.
async def call_here(func: Callable[P, Any], /, *args: P.args, **kwargs: P.kwargs) -> Any:
    """
    Call a function on the event loop, and await what it gives if it can be awaited.

    Args:
        func: The function; it must not block.
        *args: Its positional arguments.
        **kwargs: Its keyword arguments.

    Example:
        >>> await call_here(lambda: asyncio.sleep(0, "slept")), await call_here(sum, [1, 2, 3])
        ('slept', 6)
    """
    result = func(*args, **kwargs)
    return await result if hasattr(result, "__await__") else result


def is_async(func: Callable[..., object]) -> bool:
    """
    Tell whether calling a function gives something to await.

    Example:
        >>> is_async(partial(asyncio.sleep, 0)), is_async(print)
        (True, False)
    """
    inner = func.func if isinstance(func, partial) else func
    # A class is called by its metaclass: that its instances can be awaited says nothing about making one.
    return iscoroutinefunction(inner) or iscoroutinefunction(getattr(type(inner), "__call__", None))  # noqa: B004


def _submit(loop: asyncio.AbstractEventLoop, func: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
    pool = _POOLS.get(loop)
    if pool is None:
        pool = _POOLS[loop] = ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="covet")
    return pool.submit(partial(copy_context().run, _call, func, *args, **kwargs))


def _call(func: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return func(*args, **kwargs)
    except StopIteration as exc:
        # A future cannot carry it, and whoever waits for the future would wait for ever (PEP 479 has the same rule).
        raise RuntimeError(f"{getattr(func, '__qualname__', func)!s} raised StopIteration") from exc


__all__ = ["ThreadLimiter", "run_in_thread"]
