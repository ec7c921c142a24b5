"""
Tests of `covet.database.drivers.sqlite_thread`.
"""

import asyncio
import threading
from time import sleep

import pytest

from covet.database.drivers.sqlite_thread import ConnectionThread
from tests.unit.database.databases import wait_until


async def test_calls_are_done_one_after_the_other() -> None:
    """In a thread of its own; errors come back."""
    thread = ConnectionThread(asyncio.get_running_loop(), "tea")
    order: list[int] = []

    def note(number: int) -> str:
        order.append(number)
        return threading.current_thread().name

    names = [thread.call(note, number) for number in range(5)]

    assert await asyncio.gather(*names) == ["tea"] * 5
    assert order == list(range(5))
    with pytest.raises(ZeroDivisionError):
        await thread.call(lambda: 1 / 0)
    thread.stop()


async def test_what_nobody_waits_for_any_more_is_not_begun() -> None:
    """But what has begun comes to its end before the next."""
    thread = ConnectionThread(asyncio.get_running_loop(), "tea")
    done: list[str] = []
    has_begun, may_go_on = threading.Event(), threading.Event()

    def work() -> None:
        has_begun.set()
        may_go_on.wait(5)
        done.append("first")

    first = thread.call(work)
    second = thread.call(done.append, "second")
    await wait_until(has_begun.is_set)
    second.cancel()
    first.cancel()

    nudges: list[int] = []
    waiting = asyncio.create_task(thread.finish(lambda: nudges.append(1)))
    await wait_until(lambda: len(nudges) > 2)
    waiting.cancel()
    await asyncio.sleep(0.01)
    assert not waiting.done()
    may_go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert done == ["first"]
    thread.stop()


async def test_the_last_call_is_the_last() -> None:
    """Then the thread ends."""
    thread = ConnectionThread(asyncio.get_running_loop(), "tea")
    done: list[str] = []
    thread.call(done.append, "call")
    thread.stop(lambda: done.append("last"))

    await wait_until(lambda: not thread._thread.is_alive())

    assert done == ["call", "last"]


def test_a_loop_that_is_closed_meanwhile_is_told_nothing() -> None:
    """The thread ends as it would."""
    ended = threading.Event()

    async def leave() -> ConnectionThread:
        thread = ConnectionThread(asyncio.get_running_loop(), "tea")
        thread.call(sleep, 0.05)
        thread.call(lambda: 1 / 0)
        return thread

    thread = asyncio.run(leave())
    thread.stop(ended.set)

    assert ended.wait(5)
    thread._thread.join(5)
    assert not thread._thread.is_alive()
