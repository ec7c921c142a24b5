"""
Tests of `covet.database.lent_connections`.
"""

import asyncio
import logging

import pytest

from covet.database import DatabasePool
from tests.unit.database.databases import wait_until
from tests.unit.database.fake_driver import FakeDriver


def count_warnings(caplog: pytest.LogCaptureFixture) -> int:
    """Count the lines about connections that are held."""
    return sum("is held for" in record.getMessage() for record in caplog.records)


async def test_the_log_names_who_holds_a_connection(caplog: pytest.LogCaptureFixture) -> None:
    """Once for each time it is lent, and each who holds it."""
    caplog.set_level(logging.WARNING, "covet.database")
    pool = DatabasePool("postgresql://nowhere/tea", driver=FakeDriver(), leak_after=0.02, name="shop")
    await pool.connect()

    async def forget() -> None:
        async with pool.acquire():
            before = count_warnings(caplog)
            await wait_until(lambda: count_warnings(caplog) > before)
            await asyncio.sleep(0.05)
            assert count_warnings(caplog) == before + 1

    async def forget_again() -> None:
        await forget()

    await forget()
    assert "A connection of the database 'shop' is held for 0 s by " in caplog.text
    assert f"forget() in {__file__}:" in caplog.text
    await forget_again()
    assert count_warnings(caplog) == 2
    await pool.disconnect()


async def test_who_gives_back_in_time_is_not_named(caplog: pytest.LogCaptureFixture) -> None:
    """And nobody is, where nobody shall be."""
    for seconds in (10.0, None):
        pool = DatabasePool("postgresql://nowhere/tea", driver=FakeDriver(), leak_after=seconds)
        await pool.connect()
        for _ in range(3):
            async with pool.acquire():
                await asyncio.sleep(0.01)
        await pool.disconnect()

    assert count_warnings(caplog) == 0
