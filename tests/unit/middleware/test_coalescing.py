"""
Tests of requests that wait for each other.
"""

import asyncio

from covet.http.response import Response
from covet.middleware.cached_response import CachedResponse
from covet.middleware.coalescing import Coalescing

KEPT = CachedResponse.take(Response("tea"), age=0, lifetime=60)


async def test_who_waits_gets_what_came_of_it() -> None:
    """
    Nobody waits for what has ended.
    """
    coalescing = Coalescing()
    flight = coalescing.begin("a")
    assert flight is not None
    assert coalescing.find("a") is flight
    waiting = asyncio.create_task(flight.wait())
    await asyncio.sleep(0)
    coalescing.land(flight, KEPT)
    coalescing.land(flight, None)

    assert (await waiting, flight.result) == (True, KEPT)
    assert (coalescing.find("a"), len(coalescing)) == (None, 0)


async def test_who_waits_for_a_failure_gets_nothing() -> None:
    """
    And takes its place.
    """
    coalescing = Coalescing()
    flight = coalescing.begin("a")
    assert flight is not None
    waiting = asyncio.create_task(flight.wait())
    await asyncio.sleep(0)
    coalescing.fail(flight)

    assert await waiting is False
    assert coalescing.begin("a") is not None


async def test_what_was_forgotten_gives_nothing_to_anybody() -> None:
    """
    Since it is not true any more.
    """
    coalescing = Coalescing()
    flight = coalescing.begin("a")
    assert flight is not None
    waiting = asyncio.create_task(flight.wait())
    await asyncio.sleep(0)
    coalescing.forget(flight)
    newer = coalescing.begin("a")
    coalescing.land(flight, KEPT)

    assert await waiting is False
    assert coalescing.find("a") is newer


async def test_nobody_waits_for_what_is_for_nobody_else() -> None:
    """
    For a while; then it is tried again.
    """
    now = 0.0
    coalescing = Coalescing(clock=lambda: now)
    flight = coalescing.begin("a")
    assert flight is not None
    coalescing.let_pass("a")
    coalescing.land(flight, None)
    passed = coalescing.find("a"), coalescing.begin("a")
    now = 10.0

    assert passed == (None, None)
    assert coalescing.begin("a") is not None


async def test_few_keys_are_remembered() -> None:
    """
    Clients choose them.
    """
    coalescing = Coalescing()
    for number in range(5000):
        coalescing.let_pass(f"{number}")

    assert len(coalescing._passing) == 1024
    assert coalescing.begin("0") is not None
    assert coalescing.begin("4999") is None
