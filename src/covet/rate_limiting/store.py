"""
The contract of what keeps the counters.

`covet.testing.rate_limit_store` has its promises as tests.
"""

from typing import Protocol, runtime_checkable

from covet.rate_limiting.limit import Decision, RateLimit, Slot


@runtime_checkable
class RateLimitStore(Protocol):
    """
    Count calls and hand out slots, by key.

    Each method does all it does at once: whoever asks at the same time, in another worker too, is counted before or
    after. Keys of different kinds of limits are different counters; slots have nothing to do with counters.

    Attributes:
        is_shared: Whether other processes count with it.
    """

    is_shared: bool

    async def open(self) -> None:
        """
        Get ready, so that the first call need not.

        Raises:
            RateLimitStoreError: If the store cannot be used: an application with it does not start.
        """

    async def hit(self, key: str, limit: RateLimit, cost: int = 1) -> Decision:
        """
        Count calls if they are allowed, and nothing if they are not.

        Args:
            key: Who calls.
            limit: How often that is allowed.
            cost: For how many calls it counts.

        Raises:
            RateLimitStoreError: If the store cannot be asked.
        """

    async def acquire(self, key: str, token: str, slots: int, lease: float) -> Slot:
        """
        Take one of several slots, if one is free.

        Args:
            key: Who wants it.
            token: What it is given back with; each one is used once.
            slots: How many there are.
            lease: Seconds after which it is free again, though nobody gave it back.

        Raises:
            RateLimitStoreError: If the store cannot be asked.
        """

    async def release(self, key: str, token: str) -> None:
        """
        Give a slot back; one that is not held is none of its business.

        Raises:
            RateLimitStoreError: If the store cannot be asked.
        """

    async def aclose(self) -> None:
        """Close what is open; closing twice does nothing, and the next call opens it again."""
