"""
What a pool answers by itself.
"""

from pathlib import Path

import pytest

from covet.database import DatabasePool, PoolTimeoutError, QueryError


async def test_a_row_needs_no_connection_of_ones_own(tmp_path: Path) -> None:
    """One is borrowed for the question, and given back."""
    pool = DatabasePool(f"sqlite:///{tmp_path / 'tea.db'}", min_size=1, max_size=2, timeout=5)
    await pool.connect()

    row = await pool.fetch_one("SELECT $1 AS tea", "Assam")
    named = await pool.fetch_one("SELECT :tea AS tea WHERE 1 = 0", tea="Assam")

    assert (row, named) == ({"tea": "Assam"}, None)
    assert (pool.stats.size, pool.stats.idle) == (1, 1)
    await pool.disconnect()


async def test_it_waits_as_long_as_the_pool_does(tmp_path: Path) -> None:
    """And gives back what it borrowed after an error, too."""
    pool = DatabasePool(f"sqlite:///{tmp_path / 'tea.db'}", max_size=1, timeout=0.01)
    await pool.connect()

    with pytest.raises(QueryError):
        await pool.fetch_one("SELECT FROM")
    async with pool.acquire():
        with pytest.raises(PoolTimeoutError):
            await pool.fetch_one("SELECT 1 AS one")

    assert await pool.fetch_one("SELECT 1 AS one") == {"one": 1}
    await pool.disconnect()
