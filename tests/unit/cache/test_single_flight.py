"""
Tests of work that is done once.
"""

import asyncio

import pytest

from covet.cache.errors import CacheError
from covet.cache.single_flight import SingleFlight


async def test_work_is_done_once_for_all_who_wait() -> None:
    """
    And again for those who come later.
    """
    flights = SingleFlight[int]()
    done = 0

    async def work() -> int:
        nonlocal done
        await asyncio.sleep(0.01)
        done += 1
        return done

    first = await asyncio.gather(*(flights.run("a", work) for _ in range(100)))
    second = await flights.run("a", work)

    assert (set(first), second, len(flights)) == ({1}, 2, 0)


async def test_different_work_is_done_at_once() -> None:
    """
    Nobody waits for another key.
    """
    flights = SingleFlight[str]()
    may_end = asyncio.Event()

    async def wait() -> str:
        await may_end.wait()
        return "a"

    async def go_on() -> str:
        may_end.set()
        return "b"

    async with asyncio.timeout(5):
        found = await asyncio.gather(flights.run("a", wait), flights.run("b", go_on))

    assert "".join(found) == "ab"


async def test_a_failure_is_that_of_who_failed() -> None:
    """
    One of the others does the work then, and one alone.
    """
    flights = SingleFlight[int]()
    begun = 0

    async def work() -> int:
        nonlocal begun
        begun += 1
        mine = begun
        await asyncio.sleep(0)
        if mine == 1:
            raise RuntimeError("spilt")
        return mine

    results = await asyncio.gather(*(flights.run("a", work) for _ in range(10)), return_exceptions=True)

    assert [type(result) for result in results] == [RuntimeError] + [int] * 9
    assert (set(results[1:]), begun, len(flights)) == ({2}, 2, 0)


async def test_whoever_is_cancelled_takes_nobody_along() -> None:
    """
    Neither the one who works nor one who waits.
    """
    flights = SingleFlight[int]()
    begun = 0

    async def work() -> int:
        nonlocal begun
        begun += 1
        await asyncio.sleep(0.02)
        return begun

    tasks = [asyncio.create_task(flights.run("a", work)) for _ in range(5)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    tasks[3].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(result) for result in results] == [
        asyncio.CancelledError,
        int,
        int,
        asyncio.CancelledError,
        int,
    ]
    assert (begun, len(flights)) == (2, 0)


async def test_work_that_asks_for_itself_is_refused() -> None:
    """
    It would wait for ever.
    """
    flights = SingleFlight[int]()

    async def work() -> int:
        return await flights.run("a", work)

    with pytest.raises(CacheError, match=r"(?s)What makes the value of 'a' asks for that value itself.*another key"):
        await flights.run("a", work)
    assert len(flights) == 0


def test_what_another_loop_has_begun_holds_nobody_up() -> None:
    """
    A loop may end in the middle of it.
    """
    flights = SingleFlight[int]()
    loop = asyncio.new_event_loop()
    never = loop.create_future()

    async def wait() -> int:
        await never
        return 1

    async def work() -> int:
        return 2

    task = loop.create_task(flights.run("a", wait))
    loop.run_until_complete(asyncio.sleep(0))
    found = asyncio.run(flights.run("a", work))
    task.cancel()
    loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
    loop.close()

    assert (found, len(flights)) == (2, 0)
