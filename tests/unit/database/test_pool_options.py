"""
Tests of `covet.database.pool_options`.
"""

from typing import Any

import pytest

from covet.database import DatabasePool, SQLiteAdapter
from covet.database.pool_options import PoolOptions
from covet.exceptions import ConfigurationError


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_size": 0}, "max_size must be at least 1, got 0."),
        ({"max_size": True}, "max_size must be at least 1, got True."),
        ({"max_size": 2.5}, "max_size must be at least 1, got 2.5."),
        ({"min_size": -1}, "min_size must be at least 0, got -1."),
        ({"min_size": 11}, "min_size is 11, and there are at most 10 connections."),
        ({"timeout": 0}, "timeout must be seconds above 0, got 0."),
        ({"timeout": None}, "timeout must be seconds above 0, got None."),
        ({"recycle": -1}, "recycle must be seconds above 0, got -1."),
        ({"query_timeout": "1"}, "query_timeout must be seconds above 0, got '1'."),
        ({"idle_timeout": float("nan")}, "idle_timeout must be seconds above 0, got nan."),
        ({"leak_after": False}, "leak_after must be seconds above 0, got False."),
    ],
)
def test_what_cannot_be_is_refused(options: dict[str, Any], message: str) -> None:
    """When the pool is made, with the value."""
    with pytest.raises(ConfigurationError) as caught:
        DatabasePool("postgresql://nowhere/tea", **options)

    assert caught.value.message == message


def test_some_times_may_be_never() -> None:
    """Those without which one can do."""
    options = PoolOptions(query_timeout=None, recycle=None, idle_timeout=None, leak_after=None)

    assert (options.query_timeout, options.recycle, options.idle_timeout, options.leak_after) == (None,) * 4


@pytest.mark.parametrize(
    ("url", "options", "message"),
    [
        ("sqlite://?busy_timeout=soon", {}, "The option 'busy_timeout' of the database's URL cannot be read."),
        ("sqlite://?synchronous=canary", {}, "The option 'synchronous' of the database's URL cannot be read."),
        ("sqlite://?busy_timeouts=1", {}, "A connection of SQLite has no option 'busy_timeouts'."),
        ("sqlite://", {"busy_timout": 1}, "connect() has no option 'busy_timout'."),
        ("sqlite://", {"application_name": "a"}, "connect() has no option 'application_name'."),
    ],
)
async def test_options_of_a_url_are_checked(url: str, options: dict[str, Any], message: str) -> None:
    """Without their values: one may be a secret."""
    with pytest.raises(ConfigurationError) as caught:
        await SQLiteAdapter().connect(url, **options)

    assert caught.value.message == message


async def test_what_is_said_in_python_counts_more_than_the_url() -> None:
    """Of the same option."""
    adapter = SQLiteAdapter()
    await adapter.connect("sqlite://?busy_timeout=1", busy_timeout=2.0, max_size=5)

    assert adapter.pool._driver_options == {"busy_timeout": 2.0}
    assert adapter.pool.options.max_size == 1, "a database in memory is its connection"
    await adapter.disconnect()
