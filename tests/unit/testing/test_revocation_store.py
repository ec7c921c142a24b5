"""
The suite of stores of revocations finds what is wrong with one.
"""

from time import time

import pytest

from covet.auth import MemoryRevocations
from covet.testing.revocation_store import RevocationStoreConformance


class Forgetful(MemoryRevocations):
    """A store that everybody is the first to put something into."""

    async def add(self, key: str, expires_at: float, /) -> bool:
        await super().add(key, expires_at)
        return True


class Suite(RevocationStoreConformance):
    async def make_store(self) -> Forgetful:
        return Forgetful()


async def test_it_passes_what_is_right_and_fails_what_is_wrong() -> None:
    """With words of its own."""
    suite = Suite()

    await suite.test_what_is_in_is_found()
    with pytest.raises(AssertionError, match=r"Expected what the second add\(\) gives to be False, got True"):
        await suite.test_the_second_hears_that_it_is_in()
    with pytest.raises(AssertionError, match="twenty at once"):
        await suite.test_one_of_many_at_once_is_first()
    assert await Forgetful().add("a", time() + 1)
