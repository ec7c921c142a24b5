"""
Tests of `covet.database.answering`.
"""

import asyncio
import time

import pytest

from covet.database import answering
from covet.database.answering import limit_answer


async def test_a_database_that_does_not_answer_has_had_its_time() -> None:
    """The block ends with `TimeoutError`, and the task is not left cancelled."""
    loop = asyncio.get_running_loop()
    began = loop.time()

    with pytest.raises(TimeoutError):
        async with limit_answer(0.05):
            await asyncio.Event().wait()

    assert loop.time() - began >= 0.05 * 0.9
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_one_that_answers_in_time_is_left_alone() -> None:
    """And no timer is left that would cancel what comes later."""
    async with limit_answer(0.02):
        await asyncio.sleep(0)

    await asyncio.sleep(0.05)


async def test_a_cancellation_from_outside_stays_one() -> None:
    """Whoever cancelled the task is heard."""

    async def ask() -> None:
        async with limit_answer(5):
            await asyncio.Event().wait()

    task = asyncio.create_task(ask())
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("steps", [0, 1, 3])
async def test_the_time_of_a_stall_is_not_the_databases(steps: int) -> None:
    """An answer that came while something blocked the loop is taken, in whatever step of the time that was."""
    loop = asyncio.get_running_loop()
    answer = loop.create_future()

    def stall() -> None:
        time.sleep(0.3)
        answer.set_result("there")

    async with limit_answer(0.2):
        loop.call_later(0.05 * steps + 0.02, stall)
        assert await answer == "there"


async def test_a_loop_that_is_always_late_ends_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """No step counts then, and the block would never end."""
    monkeypatch.setattr(answering, "_LONGEST_LATENESS", 0.1)
    loop = asyncio.get_running_loop()

    timer: asyncio.Handle = loop.call_soon(int)

    def stall() -> None:
        nonlocal timer
        time.sleep(0.03)
        timer = loop.call_later(0.001, stall)

    stall()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(30) as patience, limit_answer(0.02):
            await asyncio.Event().wait()

    timer.cancel()
    assert not patience.expired()
