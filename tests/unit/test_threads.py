"""
Tests of the one way into a thread.
"""

import asyncio
import contextvars
import threading
from functools import partial

import pytest

from covet.threads import MAX_THREADS, ThreadLimiter, call_anywhere, is_async, run_in_thread

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


async def test_limiter_lets_few_run_and_takes_no_thread_for_those_who_wait() -> None:
    """The others go on, though more calls wait than there are threads."""
    limiter, running, most, lock, free = ThreadLimiter(2), 0, 0, threading.Lock(), threading.Event()

    def work(number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        free.wait(5)
        with lock:
            running -= 1
        return number

    waiting = [asyncio.ensure_future(limiter.run(work, number)) for number in range(MAX_THREADS + 5)]
    await asyncio.sleep(0)

    assert await asyncio.wait_for(run_in_thread(divmod, 7, 2), 5) == (3, 1)
    free.set()
    assert await asyncio.gather(*waiting) == list(range(MAX_THREADS + 5))
    assert most == 2


async def test_cancelled_call_keeps_its_place_until_its_thread_is_done() -> None:
    """Clients that leave cannot make more run at once; one that waited gives up its turn."""
    limiter, started, free = ThreadLimiter(1), threading.Event(), threading.Event()
    order: list[str] = []

    def first() -> None:
        started.set()
        free.wait(5)
        order.append("first")

    running = asyncio.ensure_future(limiter.run(first))
    await run_in_thread(started.wait, 5)
    waiting = asyncio.ensure_future(limiter.run(order.append, "never"))
    last = asyncio.ensure_future(limiter.run(order.append, "last"))
    await asyncio.sleep(0)
    running.cancel()
    waiting.cancel()
    await asyncio.gather(running, waiting, return_exceptions=True)
    await asyncio.sleep(0.01)

    assert (order, last.done()) == ([], False)
    free.set()
    await asyncio.wait_for(last, 5)
    assert order == ["first", "last"]


async def test_failed_call_gives_its_place_to_the_next() -> None:
    """The error is the function's own."""
    limiter = ThreadLimiter(1)

    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await limiter.run(divmod, 1, 0)

    assert await limiter.run(divmod, 7, 2) == (3, 1)


def test_limiter_serves_one_loop_after_the_other() -> None:
    """Also when a thread outlives the loop that started it."""
    limiter, started, free, done = ThreadLimiter(1), threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        started.set()
        free.wait(5)
        done.set()

    async def leave_behind() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(limiter.run(work), 0.01)

    asyncio.run(leave_behind())
    assert started.wait(5)
    assert asyncio.run(limiter.run(divmod, 7, 2)) == (3, 1)
    assert len(limiter._gates) == 1
    free.set()
    assert done.wait(5)


@pytest.mark.parametrize("number", [0, -1, MAX_THREADS + 1])
def test_limiter_without_room_is_refused(number: int) -> None:
    """The message says the range."""
    with pytest.raises(ValueError, match=rf"max_concurrent must be from 1 to 40, got {number}\."):
        ThreadLimiter(number)
