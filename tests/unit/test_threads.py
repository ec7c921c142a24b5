"""
Tests of blocking work off the event loop.
"""

import asyncio
import threading
import time
from contextvars import ContextVar

import pytest

from covet.threads import MAX_THREADS, run_in_thread

current: ContextVar[str] = ContextVar("current", default="outside")


async def test_the_call_runs_in_a_thread_with_the_callers_context() -> None:
    """Context variables are seen inside; what is set there stays there."""
    current.set("caller")

    def read() -> tuple[bool, str]:
        seen = current.get()
        current.set("thread")
        return threading.current_thread() is threading.main_thread(), seen

    assert await run_in_thread(read) == (False, "caller")
    assert current.get() == "caller"


async def test_errors_and_arguments_pass() -> None:
    """What the function raises is raised here."""
    assert await run_in_thread(sorted, [2, 1], reverse=True) == [2, 1]
    with pytest.raises(ZeroDivisionError):
        await run_in_thread(lambda: 1 / 0)


async def test_at_most_forty_run_at_once() -> None:
    """Further calls wait for a free thread."""
    running, most, lock = 0, 0, threading.Lock()

    def work() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.02)
        with lock:
            running -= 1

    await asyncio.gather(*(run_in_thread(work) for _ in range(MAX_THREADS + 20)))

    assert 1 < most <= MAX_THREADS


async def test_a_cancelled_caller_stops_waiting() -> None:
    """The thread runs on; its result is dropped."""
    release = threading.Event()
    task = asyncio.create_task(run_in_thread(release.wait, 5))
    await asyncio.sleep(0.01)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    release.set()
