"""
The contract of what keeps the entries; `covet.testing.cache_backend.CacheBackendConformance` tests whatever fulfils it.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable


@runtime_checkable
class CacheBackend(Protocol):
    """
    What keeps entries: bytes under names, each for its time.

    It knows neither what the bytes mean nor what tags are; `Cache` does. An entry may go at any time, to make room for
    example: a cache forgets, and never invents. Every method happens as a whole or not at all, whoever else uses the
    backend. Times are in seconds from now, `None` for as long as there is room.

    A backend that cannot be asked raises `CacheBackendError`.
    """

    async def get(self, key: str, /) -> bytes | None:
        """Return what stands under a name; `None` if nothing does."""

    async def get_many(self, keys: Sequence[str], /) -> Sequence[bytes | None]:
        """Return what stands under several names, in their order."""

    async def set(self, key: str, value: bytes, ttl: float | None = None, /) -> None:
        """Put something under a name, in the place of what stood there."""

    async def set_many(self, values: Mapping[str, bytes], ttl: float | None = None, /) -> None:
        """Put something under several names."""

    async def add(self, key: str, value: bytes, ttl: float | None = None, /) -> bool:
        """Put something under a name unless something stands there, and say whether it was put."""

    async def increment(self, key: str, amount: int, ttl: float | None = None, /) -> int:
        """
        Add to the number that stands under a name, written in decimal digits; a new one begins with 0.

        Args:
            key: The name.
            amount: What is added; it may be negative.
            ttl: How long a new number lasts; one that is there goes on to its own end.

        Returns:
            The sum.

        Raises:
            CacheValueError: If no whole number of 64 bits stands there, or the sum is none.
        """

    async def extend(self, key: str, ttl: float | None, /) -> bool:
        """Let what stands under a name last at least so long from now, and say whether anything does."""

    async def delete(self, key: str, /) -> bool:
        """Take away what stands under a name, and say whether anything did."""

    async def delete_equal(self, key: str, value: bytes, /) -> bool:
        """Take away what stands under a name if it is this, and say whether it was."""

    async def clear(self, prefix: str = "", /) -> None:
        """Take away all of the backend whose names begin so."""

    async def aclose(self) -> None:
        """Close what is open; the next call opens it again."""
