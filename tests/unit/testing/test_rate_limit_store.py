"""
Tests of the conformance suite of stores of rate limits: what is right passes, and each kind of mistake fails.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from covet.rate_limiting import (
    Decision,
    MemoryRateLimitStore,
    RateLimit,
    RateLimitStore,
    RedisRateLimitStore,
    Slot,
    SQLiteRateLimitStore,
)
from covet.testing.rate_limit_store import RateLimitStoreConformance


class Timed(RateLimitStoreConformance):
    """A suite with a clock of its own."""

    time = 1_000_000.0

    def advance(self, seconds: float) -> None:
        """Set it."""
        self.time += seconds


class TestMemoryRateLimitStore(Timed):
    """The store in memory keeps the promises."""

    async def make_store(self) -> RateLimitStore:
        """Make one."""
        return MemoryRateLimitStore(clock=lambda: self.time)


class TestSQLiteRateLimitStore(Timed):
    """The store in a file keeps the promises."""

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> None:
        """Give each test its own file."""
        self.path = tmp_path / "limits.db"

    async def make_store(self) -> RateLimitStore:
        """Make one."""
        return SQLiteRateLimitStore(self.path, clock=lambda: self.time)


class TimedRedisStore(RedisRateLimitStore):
    """Tells the scripts the time of a suite."""

    suite: Timed

    def _read_clock(self) -> int | str:
        return round(self.suite.time * 1000)


class TestRedisRateLimitStore(Timed):
    """The store in Redis keeps the promises."""

    @pytest.fixture(autouse=True)
    async def names(self, redis_url: str) -> AsyncIterator[None]:
        """Give each test names of its own, and delete them."""
        self.url, self.prefix = redis_url, f"covet-test:{uuid4().hex}:"
        yield
        import redis.asyncio

        async with redis.asyncio.Redis.from_url(redis_url) as client:
            names = [name async for name in client.scan_iter(match=f"{self.prefix}*")]
            if names:
                await client.delete(*names)

    async def make_store(self) -> RateLimitStore:
        """Make one."""
        store = TimedRedisStore(self.url, prefix=self.prefix, timeout=20)
        store.suite = self
        return store


class Generous(MemoryRateLimitStore):
    """Allows one more."""

    async def hit(self, key: str, limit: RateLimit, cost: int = 1) -> Decision:
        """Count to one more."""
        return self.count(key, RateLimit(limit.calls + 1, limit.period, algorithm=limit.algorithm), cost)


class Punishing(MemoryRateLimitStore):
    """Counts what it refuses, too."""

    async def hit(self, key: str, limit: RateLimit, cost: int = 1) -> Decision:
        """Take one more if one was refused."""
        decision = self.count(key, limit, cost)
        if not decision.allowed:
            self.count(key, limit, 1)
        return decision


class Mixing(MemoryRateLimitStore):
    """Knows one key."""

    async def hit(self, key: str, limit: RateLimit, cost: int = 1) -> Decision:
        """Count everybody together."""
        return self.count("all", limit, cost)


class Racing(MemoryRateLimitStore):
    """Looks first, waits, and counts then."""

    async def hit(self, key: str, limit: RateLimit, cost: int = 1) -> Decision:
        """Do it in two steps."""
        before = dict(self._open), dict(self._spent)
        decision = self.count(key, limit, cost)
        after = dict(self._open), dict(self._spent)
        self._open, self._spent = before
        await asyncio.sleep(0)
        self._open, self._spent = after
        return decision


class Keeping(MemoryRateLimitStore):
    """Keeps slots for ever."""

    async def acquire(self, key: str, token: str, slots: int, lease: float) -> Slot:
        """Forget the lease."""
        return await super().acquire(key, token, slots, 1e9)


@pytest.mark.parametrize(
    ("make", "test", "message"),
    [
        (Generous, "test_calls_are_allowed_up_to_the_limit", "Expected what is allowed of RateLimit(calls=3"),
        (Punishing, "test_a_call_may_cost_several", "to be [True, False, False, True, False]"),
        (Mixing, "test_keys_and_kinds_are_counted_apart", "Expected whether the first calls of 'grace'"),
        (Racing, "test_counting_is_exact_when_many_ask_at_once", "Expected how many are allowed by"),
        (Keeping, "test_a_slot_that_is_not_given_back_ends_with_its_lease", "[False, True, False]"),
    ],
)
async def test_a_store_that_breaks_a_promise_fails(
    make: Callable[..., MemoryRateLimitStore], test: str, message: str
) -> None:
    """The suite says what was expected, and what came."""

    class Suite(Timed):
        async def make_store(self) -> RateLimitStore:
            return make(clock=lambda: self.time)

    # Any: a test of the suite, by its name.
    run: Any = getattr(Suite(), test)
    with pytest.raises(AssertionError) as caught:
        await run()

    assert message in str(caught.value)
