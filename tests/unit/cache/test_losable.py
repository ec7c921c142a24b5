"""
Tests of a backend that may be lost.
"""

import pytest

from covet.cache.losable import LosableBackend
from covet.cache.outage import Outage


class Fragile:
    """What answers, or does not."""

    def __init__(self) -> None:
        self.is_up = True
        self.asked = 0

    async def get(self, key: str) -> str:
        """Answer, if it is up."""
        self.asked += 1
        if not self.is_up:
            raise ConnectionError("gone")
        return key


async def test_who_reads_goes_on_without_it() -> None:
    """
    And does not ask again at once; whoever takes something away does.
    """
    backend, losable = Fragile(), LosableBackend(Outage("It"), raises=False)

    found = [await losable.read("", backend.get, "a")]
    backend.is_up = False
    found += [await losable.read("", backend.get, "a"), await losable.read("", backend.get, "a")]
    asked = backend.asked
    found.append(await losable.change("", backend.get, "a"))

    assert found == ["a", "", "", ""]
    assert (asked, backend.asked) == (2, 3)


async def test_it_is_asked_again_when_it_has_answered() -> None:
    """
    Whoever takes something away finds out that it is back.
    """
    backend, losable = Fragile(), LosableBackend(Outage("It"), raises=False)
    backend.is_up = False
    await losable.read("", backend.get, "a")
    backend.is_up = True
    await losable.change("", backend.get, "a")

    assert await losable.read("", backend.get, "b") == "b"


async def test_who_wants_to_know_is_told() -> None:
    """
    Every time.
    """
    backend, losable = Fragile(), LosableBackend(Outage("It"), raises=True)
    backend.is_up = False

    for ask in (losable.read, losable.read, losable.change):
        with pytest.raises(ConnectionError):
            await ask("", backend.get, "a")
