"""
Tests of the one way into a thread.
"""

import asyncio
import contextvars
import threading
from functools import partial

import pytest

from covet.threads import MAX_THREADS, call_anywhere, is_async, run_in_thread

CURRENT: contextvars.ContextVar[str] = contextvars.ContextVar("current", default="nothing")


async def test_a_function_runs_in_another_thread() -> None:
    """The event loop stays free."""
    thread = await run_in_thread(threading.current_thread)

    assert thread is not threading.current_thread()


async def test_context_variables_go_in_and_stay_there() -> None:
    """The function sees what was set here, and what it sets is not seen here."""

    def change() -> str:
        before = CURRENT.get()
        CURRENT.set("changed")
        return before

    CURRENT.set("set")

    assert await run_in_thread(change) == "set"
    assert CURRENT.get() == "set"


async def test_an_error_comes_back() -> None:
    """It is the function's own."""
    with pytest.raises(ZeroDivisionError):
        await run_in_thread(divmod, 1, 0)


async def test_stop_iteration_becomes_an_error_that_a_future_can_carry() -> None:
    """Its caller would wait for ever otherwise."""
    with pytest.raises(RuntimeError, match="next raised StopIteration"):
        await asyncio.wait_for(run_in_thread(next, iter([])), 5)


async def test_no_more_calls_run_at_once_than_there_are_threads() -> None:
    """Further calls wait for a thread."""
    running, most, lock = 0, 0, threading.Lock()
    full = threading.Event()

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
            if running == MAX_THREADS:
                full.set()
        full.wait(5)
        with lock:
            running -= 1

    await asyncio.gather(*(run_in_thread(work) for _ in range(MAX_THREADS + 5)))

    assert most == MAX_THREADS


async def test_whatever_can_be_called_is_called_where_it_belongs() -> None:
    """A coroutine function on the loop, another in a thread; what it gives is awaited if it can be."""
    here = threading.get_ident()

    async def on_loop() -> int:
        return threading.get_ident()

    def in_thread() -> int:
        return threading.get_ident()

    def gives_coroutine() -> object:
        return on_loop()

    class Callable:
        async def __call__(self) -> int:
            return threading.get_ident()

    assert [await call_anywhere(func) for func in (on_loop, partial(on_loop), Callable(), gives_coroutine)] == [
        here
    ] * 4
    assert await call_anywhere(in_thread) != here


def test_making_an_instance_gives_nothing_to_await() -> None:
    """Calling a class runs its constructor, whatever its instances are."""

    class Job:
        async def __call__(self) -> None: ...

    assert not is_async(Job)
    assert is_async(Job())
    assert is_async(partial(Job()))
