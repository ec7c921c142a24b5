"""
The scripts of Redis, against the functions that they write again.
"""

from collections.abc import AsyncIterator
from random import Random
from typing import Any
from uuid import uuid4

import pytest

from covet.rate_limiting.algorithms import COUNTS, State
from covet.rate_limiting.limit import Algorithm, RateLimit
from covet.rate_limiting.redis_store import RedisRateLimitStore


class TimedStore(RedisRateLimitStore):
    """A store with a clock of its own."""

    now = 0

    def _read_clock(self) -> int | str:
        return self.now


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[TimedStore]:
    """A store whose keys are deleted in the end."""
    store = TimedStore(redis_url, prefix=f"covet-test:{uuid4().hex}:", timeout=20)
    yield store
    await store.open()
    client: Any = store._connect()
    for name in [name async for name in client.scan_iter(match=f"{store._prefix}*")]:
        await client.delete(name)
    await store.aclose()


@pytest.mark.parametrize("algorithm", ["sliding_window", "fixed_window", "token_bucket"])
@pytest.mark.parametrize(("calls", "period"), [(3, 600), (7, 1000.123), (1000, 86_400), (1, 777.7)])
async def test_script_decides_as_the_function(
    store: TimedStore, algorithm: Algorithm, calls: int, period: float
) -> None:
    """Whatever the pauses, the costs and the steps of the clock, back and forth."""
    random = Random(f"{algorithm}{calls}")
    limit = RateLimit(calls, period, algorithm=algorithm)
    state: State = ()
    # Of the size that the time has now. Periods are long: the server ends keys by its own clock all the same.
    store.now = 1_800_000_000_000
    for _ in range(150):
        store.now += random.choice(
            [0, 1, random.randrange(limit.period_ms), limit.period_ms // 5, -limit.period_ms // 3]
        )
        cost = random.choice([1, 1, 2, max(calls // 3, 1), calls + 1])

        state, expected = COUNTS[algorithm](limit, state, store.now, cost)
        decision = await store.hit("ada", limit, cost)

        assert decision == expected
