"""
What is revoked, in memory.
"""

from time import time

import pytest

from covet.auth import AuthStoreError, MemoryRevocations
from covet.exceptions import ConfigurationError
from covet.testing.revocation_store import RevocationStoreConformance


class TestMemoryRevocations(RevocationStoreConformance):
    """The suite that every store passes."""

    async def make_store(self) -> MemoryRevocations:
        return MemoryRevocations()


async def test_what_has_expired_makes_room() -> None:
    """A full store forgets what is over before it refuses."""
    store = MemoryRevocations(max_keys=2)
    await store.add("old", time() - 1)
    await store.add("a", time() + 60)

    assert await store.add("b", time() + 60)
    assert (len(store), await store.contains("a", "b")) == (2, True)


async def test_a_full_store_forgets_nothing() -> None:
    """It says so: a revoked token that is good again would be worse."""
    store = MemoryRevocations(max_keys=1)
    await store.add("a", time() + 60)

    with pytest.raises(AuthStoreError, match="is full: 1 have not expired yet") as caught:
        await store.add("b", time() + 60)
    assert "SQLiteRevocations" in str(caught.value)
    with pytest.raises(ConfigurationError, match="max_keys must be a number of at least 1, got 0"):
        MemoryRevocations(max_keys=0)
