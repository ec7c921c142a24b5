"""
The promises of a store of rate limits, as tests that any implementation can run.

It needs no test framework to be imported; pytest collects a subclass whose name begins with `Test`.
"""

import asyncio
from abc import ABC, abstractmethod

from covet.rate_limiting import RateLimit, RateLimitStore

_WINDOWS = (RateLimit(3, 60), RateLimit(3, 60, algorithm="fixed_window"))
_BUCKET = RateLimit(2, 60, algorithm="token_bucket", burst=3)
_LIMITS = (*_WINDOWS, _BUCKET)


class RateLimitStoreConformance(ABC):
    """
    The test suite of stores of rate limits: subclass it, and say how to make a store and how time passes.

    Each test is a coroutine method: run it with pytest-asyncio or the like.

    Example:
        >>> from covet.rate_limiting import MemoryRateLimitStore
        >>> class TestMemoryStore(RateLimitStoreConformance):
        ...     time = 0.0
        ...     async def make_store(self):
        ...         return MemoryRateLimitStore(clock=lambda: self.time)
        ...     def advance(self, seconds):
        ...         self.time += seconds
        >>> await TestMemoryStore().test_calls_are_allowed_up_to_the_limit()
    """

    @abstractmethod
    async def make_store(self) -> RateLimitStore:
        """Make an empty store; the suite closes it."""

    @abstractmethod
    def advance(self, seconds: float) -> None:
        """Let time pass on the clock of the stores, which stands still otherwise. It is negative if it is set back."""

    async def test_it_is_a_store(self) -> None:
        """It has the methods of the contract."""
        store = await self.make_store()
        try:
            await store.open()
            _expect(isinstance(store, RateLimitStore), True, "isinstance(store, RateLimitStore)")
            _expect(type(store.is_shared), bool, "the type of is_shared")
        finally:
            await store.aclose()

    async def test_calls_are_allowed_up_to_the_limit(self) -> None:
        """Then they are refused, and what remains is counted down to nothing."""
        store = await self.make_store()
        try:
            for limit in _LIMITS:
                decisions = [await store.hit("ada", limit) for _ in range(5)]
                allowed = [decision.allowed for decision in decisions]
                _expect(allowed, [True, True, True, False, False], f"what is allowed of {limit}")
                remaining = [decision.remaining for decision in decisions]
                _expect(remaining, [2, 1, 0, 0, 0], f"what remains of {limit}")
                _expect({decision.limit for decision in decisions}, {3}, f"the limits of {limit}")
        finally:
            await store.aclose()

    async def test_keys_and_kinds_are_counted_apart(self) -> None:
        """Nobody is limited by what others do, or by another kind of limit."""
        store = await self.make_store()
        try:
            for limit in (*_LIMITS, RateLimit(3, 61)):
                for key in ("ada", "grace", "ada:", "ädä", "a" * 500):
                    decision = await store.hit(key, limit, 3)
                    _expect(decision.allowed, True, f"whether the first calls of {key[:5]!r} are allowed by {limit}")
        finally:
            await store.aclose()

    async def test_a_call_may_cost_several(self) -> None:
        """It is allowed whole or not at all, and not counted if it is not."""
        store = await self.make_store()
        try:
            for limit in _LIMITS:
                allowed = [(await store.hit("ada", limit, cost)).allowed for cost in (2, 2, 4, 1, 1)]
                _expect(allowed, [True, False, False, True, False], f"what is allowed of {limit}")
        finally:
            await store.aclose()

    async def test_what_was_used_comes_back(self) -> None:
        """When `reset_after` is over, everything is as it was at the beginning."""
        store = await self.make_store()
        try:
            for limit in _LIMITS:
                first = [await store.hit("ada", limit) for _ in range(4)]
                self.advance(first[-1].reset_after)
                again = [await store.hit("ada", limit) for _ in range(4)]
                _expect(again, first, f"what is allowed after the reset of {limit}")
        finally:
            await store.aclose()

    async def test_who_waits_as_long_as_is_said_is_allowed(self) -> None:
        """`retry_after` is enough, and a hundredth of a second less is not."""
        store = await self.make_store()
        try:
            for limit in _LIMITS:
                await store.hit("ada", limit, 3)
                refused = await store.hit("ada", limit)
                _expect(refused.retry_after > 0, True, f"that {limit} says when to come again")
                self.advance(refused.retry_after - 0.01)
                early = await store.hit("ada", limit)
                _expect(early.allowed, False, f"whether who comes too early is allowed by {limit}")
                self.advance(0.01)
                late = await store.hit("ada", limit)
                _expect(late.allowed, True, f"whether who waited is allowed by {limit}")
        finally:
            await store.aclose()

    async def test_a_sliding_window_has_no_edge(self) -> None:
        """Two calls before the end of the window and one behind it are not more than there may be within a period."""
        store = await self.make_store()
        limit = RateLimit(3, 60)
        try:
            await store.hit("ada", limit)
            self.advance(59)
            await store.hit("ada", limit, 2)
            self.advance(3)
            allowed = [(await store.hit("ada", limit)).allowed for _ in range(3)]
        finally:
            await store.aclose()
        _expect(allowed, [True, False, False], "what is allowed when the first call is forgotten")

    async def test_a_bucket_fills_steadily(self) -> None:
        """A call comes back every thirty seconds, and no more than the burst is saved up."""
        store = await self.make_store()
        try:
            await store.hit("ada", _BUCKET, 3)
            self.advance(45)
            allowed = [(await store.hit("ada", _BUCKET)).allowed for _ in range(2)]
            _expect(allowed, [True, False], "what is allowed after a call and a half came back")
            self.advance(15)
            _expect((await store.hit("ada", _BUCKET)).allowed, True, "whether the half was kept")
            self.advance(10_000)
            allowed = [(await store.hit("ada", _BUCKET)).allowed for _ in range(4)]
            _expect(allowed, [True, True, True, False], "what is allowed after a long rest")
        finally:
            await store.aclose()

    async def test_a_clock_that_goes_back_forgives_nothing(self) -> None:
        """What was used stays used, and comes back within a period from then on."""
        store = await self.make_store()
        try:
            for limit in _LIMITS:
                self.advance(100_000)
                await store.hit("ada", limit, 3)
                self.advance(-50_000)
                refused = await store.hit("ada", limit)
                _expect(refused.allowed, False, f"whether {limit} forgot when the clock was set back")
                self.advance(90)
                allowed = (await store.hit("ada", limit)).allowed
                _expect(allowed, True, f"whether {limit} allows calls again afterwards")
        finally:
            await store.aclose()

    async def test_a_limit_may_change(self) -> None:
        """What was used counts for the new number of calls."""
        store = await self.make_store()
        try:
            for algorithm in ("sliding_window", "fixed_window"):
                await store.hit("ada", RateLimit(10, 60, algorithm=algorithm), 5)
                lower = await store.hit("ada", RateLimit(3, 60, algorithm=algorithm))
                higher = await store.hit("ada", RateLimit(6, 60, algorithm=algorithm))
                _expect((lower.allowed, lower.remaining), (False, 0), "what a lower limit says")
                _expect((higher.allowed, higher.remaining), (True, 0), "what a higher limit says")
        finally:
            await store.aclose()

    async def test_counting_is_exact_when_many_ask_at_once(self) -> None:
        """Of two hundred that come together, exactly as many as may are allowed."""
        store = await self.make_store()
        try:
            for algorithm in ("sliding_window", "fixed_window", "token_bucket"):
                limit = RateLimit(50, 60, algorithm=algorithm)
                async with asyncio.TaskGroup() as group:
                    hits = [group.create_task(store.hit("ada", limit)) for _ in range(200)]
                allowed = sum(hit.result().allowed for hit in hits)
                _expect(allowed, 50, f"how many are allowed by {limit}")
        finally:
            await store.aclose()

    async def test_slots_are_given_out_and_back(self) -> None:
        """There are as many as there are; one that is given back twice is one."""
        store = await self.make_store()
        try:
            taken = [await store.acquire("ada", token, 2, 60) for token in ("a", "b", "c")]
            _expect([(slot.allowed, slot.remaining) for slot in taken], [(True, 1), (True, 0), (False, 0)], "the slots")
            _expect((await store.acquire("grace", "d", 2, 60)).allowed, True, "whether others have slots")
            for token in ("a", "a", "unknown"):
                await store.release("ada", token)
            again = [(await store.acquire("ada", token, 2, 60)).allowed for token in ("e", "f")]
            _expect(again, [True, False], "whether slots are free after one was given back")
        finally:
            await store.aclose()

    async def test_a_slot_that_is_not_given_back_ends_with_its_lease(self) -> None:
        """Whoever died with it keeps nobody out for ever."""
        store = await self.make_store()
        try:
            await store.acquire("ada", "a", 1, 30)
            self.advance(29)
            early = await store.acquire("ada", "b", 1, 30)
            self.advance(1)
            late = await store.acquire("ada", "c", 1, 30)
            await store.release("ada", "a")
            other = await store.acquire("ada", "d", 1, 30)
        finally:
            await store.aclose()
        _expect([early.allowed, late.allowed, other.allowed], [False, True, False], "when the slot was free")

    async def test_it_may_be_closed_twice_and_used_again(self) -> None:
        """A second `aclose()` does nothing, and what is asked afterwards is answered."""
        store = await self.make_store()
        await store.aclose()
        await store.hit("ada", RateLimit(3, 60))
        await store.aclose()
        await store.aclose()
        try:
            allowed = (await store.hit("ada", RateLimit(3, 60))).allowed
        finally:
            await store.aclose()
        _expect(allowed, True, "whether a store that was closed allows a call")


def _expect(actual: object, expected: object, what: str) -> None:
    """Fail as an assertion does, with words of the suite: an outside runner rewrites no assertions in here."""
    if actual != expected:
        raise AssertionError(f"Expected {what} to be {expected!r}, got {actual!r}.")


__all__ = ["RateLimitStoreConformance"]
