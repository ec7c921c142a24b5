"""
Tests of deadlines.
"""

import asyncio
from typing import Any
from unittest.mock import patch

import pytest

from covet.deadlines import Deadline


async def test_a_block_that_takes_too_long_ends() -> None:
    """With `TimeoutError`, and the task is not left cancelled."""
    with pytest.raises(TimeoutError, match=r"The time of 0.01 s is up."), Deadline(0.01):
        await asyncio.sleep(5)

    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_a_block_in_time_is_left_alone() -> None:
    """It knows how long it took."""
    with Deadline(5) as deadline:
        await asyncio.sleep(0.01)

    assert not deadline.is_expired
    assert 0 < deadline.elapsed < 5


async def test_the_inner_deadline_fires_inside() -> None:
    """The outer one goes on."""
    with Deadline(5) as outer:
        with pytest.raises(TimeoutError), Deadline(0.01):
            await asyncio.sleep(5)
        await asyncio.sleep(0)

    assert not outer.is_expired


async def test_a_cancellation_from_outside_stays_one() -> None:
    """Also when the time is up as well."""

    async def work() -> None:
        with Deadline(5):
            await asyncio.sleep(5)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_many_deadlines_share_one_timer() -> None:
    """A thousand requests with a deadline arm one timer, and none is left when they are done."""
    loop = asyncio.get_running_loop()
    armed: list[Any] = []
    real = loop.call_at

    def spy(when: float, *args: Any, **kwargs: Any) -> asyncio.TimerHandle:
        handle = real(when, *args, **kwargs)
        armed.append(handle)
        return handle

    async def work() -> None:
        with Deadline(30):
            await asyncio.sleep(0)

    with patch.object(loop, "call_at", spy):
        await asyncio.gather(*(work() for _ in range(1000)))

    assert len(armed) <= 2


def test_a_deadline_needs_a_task() -> None:
    """Outside of one there is nothing to cancel."""

    async def enter() -> None:
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[str] = loop.create_future()

        def call() -> None:
            try:
                with Deadline(1):
                    pass
            except RuntimeError as exc:
                outcome.set_result(str(exc))

        loop.call_soon(call)
        assert await outcome == "A Deadline guards code that runs in an asyncio task."

    asyncio.run(enter())
