"""
Tests of `covet.database.driver`.
"""

import pytest

from covet.database import DatabasePool, DriverConnection, QueryError, Result
from covet.database.drivers import make_driver
from covet.exceptions import ConfigurationError
from tests.unit.database.fake_driver import FakeConnection, FakeDriver


async def test_a_driver_of_ones_own_serves_a_pool() -> None:
    """What it does not say is not asked for: a limit, an open transaction."""
    driver = FakeDriver()
    pool = DatabasePool("postgresql://nowhere/tea", driver=driver)
    await pool.connect()

    async with pool.acquire() as connection:
        assert await connection.execute("one") == Result(1, None)
        assert await connection.fetch_one("two") == {"number": 1}
        assert [row async for row in connection.stream("three")] == [{"number": 1}]

    assert driver.connections[0].said == ["one", "two", "three", "reset"]
    assert not driver.connections[0].is_in_transaction
    assert driver.limit_pool(pool.url) is None
    await pool.disconnect()


def test_a_connection_that_describes_no_tables_says_so() -> None:
    """With the table that was asked for, and the way that is left."""
    with pytest.raises(QueryError) as caught:
        FakeConnection(FakeDriver(), 1).describe_table("tea")

    assert str(caught.value) == (
        "The driver of the table 'tea' does not tell columns: FakeConnection.\n"
        "  Write the statement by hand: execute(), in place of insert(), update() and delete()."
    )


def test_a_connection_has_to_do_everything() -> None:
    """Python names what is missing."""

    class Half(DriverConnection):
        pass

    with pytest.raises(TypeError, match="abstract"):
        Half()  # type: ignore[abstract]


def test_a_scheme_without_a_driver_is_refused() -> None:
    """With those that there are."""
    with pytest.raises(ConfigurationError, match=r"There is no driver for 'mysqll'\.\n  Did you mean 'mysql'"):
        make_driver("mysqll")
