"""
Blocking work, off the event loop.

This is the one way into a thread. It must never be used for work that could be awaited.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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
    pool = _POOLS.get(loop)
    if pool is None:
        pool = _POOLS[loop] = ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="covet")
    return await loop.run_in_executor(pool, partial(copy_context().run, _call, func, *args, **kwargs))


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


def _call(func: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return func(*args, **kwargs)
    except StopIteration as exc:
        # A future cannot carry it, and whoever waits for the future would wait for ever (PEP 479 has the same rule).
        raise RuntimeError(f"{getattr(func, '__qualname__', func)!s} raised StopIteration") from exc


__all__ = ["run_in_thread"]
