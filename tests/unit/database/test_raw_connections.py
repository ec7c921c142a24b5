"""
Tests of `covet.database.raw_connections`.
"""

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Any

import pytest

from covet.database.connection import GRACE_SECONDS, PooledConnection
from covet.database.pool_options import PoolOptions
from covet.database.raw_connections import (
    RESET_SECONDS,
    abandon_connections,
    close_connection,
    is_known,
    is_old,
    needs_a_look,
    ping_connection,
    reset_connection,
)
from tests.unit.database.fake_driver import FakeConnection, FakeDriver, fail, never


def make_pooled(hook: Callable[[], Any] | None = None) -> tuple[PooledConnection, FakeConnection]:
    """Make a connection of a pool, and say what happens before anything is done with it."""
    driver = FakeDriver()
    if hook is not None:
        driver.hooks = dict.fromkeys(("reset", "close", "SELECT 1 AS one"), hook)
    raw = FakeConnection(driver, 1)
    return PooledConnection(raw, 0), raw


async def test_a_connection_that_answers_is_kept() -> None:
    """And is late no more."""
    pooled, raw = make_pooled()
    pooled.is_late = True

    assert await ping_connection(pooled)
    await reset_connection(pooled)
    assert not pooled.is_late
    assert not raw.is_closed
    await close_connection(pooled, 1)
    assert raw.is_closed
    assert not pooled.is_silent


async def test_one_that_was_lost_is_not_kept() -> None:
    """Its database is not silent: it said so."""
    pooled, raw = make_pooled(fail)

    assert not await ping_connection(pooled)
    await reset_connection(pooled)
    assert raw.is_closed
    await reset_connection(pooled)
    await close_connection(pooled, 1)
    assert not pooled.is_silent


async def test_one_whose_server_stands_still_is_given_up_soon() -> None:
    """Sooner if it had its time already; the database is silent then."""
    pooled, raw = make_pooled(never)
    begun = monotonic()

    await reset_connection(pooled)

    assert raw.is_closed
    assert pooled.is_silent
    assert monotonic() - begun >= RESET_SECONDS * 0.9
    late, _ = make_pooled(never)
    late.is_late = True
    begun = monotonic()
    await reset_connection(late)
    assert monotonic() - begun >= GRACE_SECONDS * 0.9
    assert late.is_silent


@pytest.mark.parametrize("do", [ping_connection, reset_connection])
async def test_cancelled_it_is_no_sign_of_silence(do: object) -> None:
    """The task had no more patience; nothing is known of the database."""
    assert callable(do)
    pooled, _ = make_pooled(never)
    task = asyncio.ensure_future(do(pooled))
    await asyncio.sleep(0)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert not pooled.is_silent


async def test_a_goodbye_that_takes_long_is_left_out() -> None:
    """The connection is closed without it."""
    pooled, raw = make_pooled(never)

    await close_connection(pooled, 0.01)

    assert raw.is_closed
    assert pooled.is_silent


def test_what_was_used_a_moment_ago_needs_no_look() -> None:
    """Unless it is closed, was not used for long, another one has failed since, or it has been there for long."""
    pooled, raw = make_pooled()
    options = PoolOptions(check_after=30.0, recycle=3600.0)
    assert is_known(pooled, options, 0)
    assert not is_old(pooled, options)
    assert not needs_a_look(pooled, options, 0)
    assert needs_a_look(pooled, options, 1)

    pooled.used_at -= 31
    assert not is_known(pooled, options, 0)
    assert needs_a_look(pooled, options, 0)
    pooled.used_at += 31
    pooled.opened_at -= 3601
    assert is_old(pooled, options)
    assert needs_a_look(pooled, options, 0)
    assert not needs_a_look(pooled, PoolOptions(recycle=None), 0)
    raw.terminate()
    assert needs_a_look(pooled, PoolOptions(recycle=None), 0)


def test_what_a_fork_brought_along_is_left_alone() -> None:
    """It is neither used nor closed."""
    pooled, raw = make_pooled()

    abandon_connections([pooled])

    assert not raw.is_closed
    assert raw.said == []
