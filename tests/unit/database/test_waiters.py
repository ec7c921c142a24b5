"""
Tests of `covet.database.waiters`.
"""

import asyncio

import pytest

from covet.database.connection import PooledConnection
from covet.database.waiters import Waiters
from tests.unit.database.fake_driver import FakeConnection, FakeDriver


def make_pooled() -> PooledConnection:
    """A connection of a pool."""
    return PooledConnection(FakeConnection(FakeDriver(), 1), 0)


async def settle() -> None:
    """Let all tasks come to where they wait."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_whoever_came_first_is_given_first() -> None:
    """And one who had a turn already stands before all."""
    waiters = Waiters()
    order: list[str] = []

    async def wait(name: str, *, is_first: bool = False) -> None:
        await waiters.wait(10, lambda _: None, is_first=is_first)
        order.append(name)

    async with asyncio.TaskGroup() as group:
        for name in ("a", "b"):
            group.create_task(wait(name))
            await settle()
        group.create_task(wait("again", is_first=True))
        await settle()
        assert len(waiters) == 3
        for _ in range(3):
            assert waiters.give(None)
            await settle()

    assert order == ["again", "a", "b"]
    assert not waiters.give(None)


async def test_a_wait_ends_in_time() -> None:
    """And leaves nobody in the queue."""
    waiters = Waiters()

    with pytest.raises(TimeoutError):
        await waiters.wait(0.001, lambda _: None)
    with pytest.raises(TimeoutError):
        await waiters.wait(-5, lambda _: None)

    assert len(waiters) == 0


async def test_what_comes_with_a_cancellation_is_passed_on() -> None:
    """A connection that was given in that very moment is not lost, in either order."""
    waiters, pooled = Waiters(), make_pooled()
    passed: list[PooledConnection | None] = []
    task = asyncio.create_task(waiters.wait(10, passed.append))
    await settle()

    waiters.give(pooled)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert passed == [pooled]

    task = asyncio.create_task(waiters.wait(10, passed.append))
    await settle()
    task.cancel()
    waiters.give(None)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert passed == [pooled, None]
    assert len(waiters) == 0


async def test_whoever_was_cancelled_is_given_nothing() -> None:
    """The next one is."""
    waiters, pooled = Waiters(), make_pooled()
    passed: list[PooledConnection | None] = []
    gone = asyncio.create_task(waiters.wait(10, passed.append))
    there = asyncio.create_task(waiters.wait(10, passed.append))
    await settle()

    gone.cancel()
    await settle()
    waiters.give(pooled)

    assert await there is pooled
    assert passed == []


async def test_each_is_told_with_an_error_of_its_own() -> None:
    """One error that several tasks raise would show the tracebacks of all of them."""
    waiters = Waiters()
    tasks = [asyncio.create_task(waiters.wait(10, lambda _: None)) for _ in range(2)]
    await settle()

    waiters.fail(lambda: LookupError("closed"))
    errors = await asyncio.gather(*tasks, return_exceptions=True)

    assert [str(error) for error in errors] == ["closed", "closed"]
    assert errors[0] is not errors[1]


async def test_whoever_is_told_and_cancelled_at_once_passes_nothing_on() -> None:
    """The error stays where it is."""
    waiters = Waiters()
    passed: list[PooledConnection | None] = []
    task = asyncio.create_task(waiters.wait(10, passed.append))
    await settle()

    waiters.fail(lambda: LookupError("closed"))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert passed == []
