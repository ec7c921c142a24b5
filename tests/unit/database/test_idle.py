"""
Tests of `covet.database.idle`.
"""

import asyncio

from covet.database.idle import IdleWatch
from tests.unit.database.databases import wait_until


async def test_it_looks_until_nothing_is_left() -> None:
    """And again when there is something new."""
    looks: list[float] = []

    async def look(seconds: float) -> bool:
        looks.append(seconds)
        return len(looks) < 3

    watch = IdleWatch(0.001, look)
    watch.watch()
    watch.watch()
    await wait_until(lambda: len(looks) == 3)
    await asyncio.sleep(0.01)
    assert looks == [0.001] * 3

    watch.watch()
    await wait_until(lambda: len(looks) == 4)
    await watch.stop()


async def test_stopped_it_looks_no_more() -> None:
    """What it has begun is done first."""
    looks: list[str] = []

    async def look(_: float) -> bool:
        looks.append("begun")
        await asyncio.sleep(0.01)
        looks.append("done")
        return True

    watch = IdleWatch(0.001, look)
    watch.watch()
    await wait_until(lambda: looks)
    await watch.stop()
    watch.watch()
    await asyncio.sleep(0.01)
    await watch.stop()

    assert looks == ["begun", "done"]


async def test_for_ever_is_for_ever() -> None:
    """`None` looks never."""

    async def look(_: float) -> bool:
        raise AssertionError

    watch = IdleWatch(None, look)
    watch.watch()
    await asyncio.sleep(0.005)
    await watch.stop()
