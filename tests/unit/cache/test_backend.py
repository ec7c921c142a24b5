"""
Tests of the contract of backends; what it promises is tested in `tests/unit/testing/test_cache_backend.py`.
"""

from covet.cache.backend import CacheBackend
from covet.cache.memory import MemoryCacheBackend


def test_backends_are_told_from_other_things() -> None:
    """
    `Cache` refuses what has not all methods.
    """

    class Half:
        async def get(self, key: str) -> None:
            """Have one of them."""

    assert isinstance(MemoryCacheBackend(), CacheBackend)
    assert not isinstance({}, CacheBackend)
    assert not isinstance(Half(), CacheBackend)
