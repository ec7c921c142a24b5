"""
Tests of `covet.database.pool_stats`.
"""

import asyncio
from contextlib import suppress

from covet.database import DatabasePool, PoolStats, PoolTimeoutError
from tests.unit.database.fake_driver import FakeDriver


async def test_they_tell_what_the_pool_does() -> None:
    """While it lends, while somebody waits, and after it was closed."""
    pool = DatabasePool("postgresql://nowhere/tea", driver=FakeDriver(), max_size=1)
    await pool.connect()
    assert pool.stats == PoolStats(size=0, idle=0, waiting=0, opened=0, closed=0, timeouts=0)

    async with pool.acquire():
        waiting = asyncio.create_task(pool.lend("waiting", 0.02))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert pool.stats == PoolStats(size=1, idle=0, waiting=1, opened=1, closed=0, timeouts=0)
        with suppress(PoolTimeoutError):
            await waiting
        assert pool.stats == PoolStats(size=1, idle=0, waiting=0, opened=1, closed=0, timeouts=1)

    await pool.disconnect()
    assert pool.stats == PoolStats(size=0, idle=0, waiting=0, opened=1, closed=1, timeouts=1)
