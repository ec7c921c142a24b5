"""
Tests of the versions of tags.
"""

import pytest

from covet.cache.memory import MemoryCacheBackend
from covet.cache.tags import read_tagged, read_versions, write_tagged


async def test_a_version_stays_until_it_is_taken_away() -> None:
    """
    Then there is another one.
    """
    backend = MemoryCacheBackend()

    first = await read_versions(backend, ["t/a", "t/b"], 60)
    again = await read_versions(backend, ["t/a"], 60)
    await backend.delete("t/a")
    later = await read_versions(backend, ["t/a", "t/b"], 60)

    assert first["t/a"] == again["t/a"] != later["t/a"]
    assert first["t/b"] == later["t/b"]


async def test_no_tags_ask_nothing() -> None:
    """
    Whoever has none pays nothing.
    """
    assert await read_versions(None, [], 60) == {}  # type: ignore[arg-type] # that is the test


async def test_a_version_lasts_longer_than_what_gets_it() -> None:
    """
    Of several entries the one that lasts longest counts.
    """
    now = 0.0
    backend = MemoryCacheBackend(clock=lambda: now)
    first = await read_versions(backend, ["t/a"], 10)
    longer = await read_versions(backend, ["t/a"], 100_000)
    now = 100_000.0
    after = await read_versions(backend, ["t/a"], None)
    now = 10_000_000.0
    for_ever = await read_versions(backend, ["t/a"], 1)

    assert first == longer == after == for_ever


async def test_one_of_two_that_make_a_version_wins() -> None:
    """
    The other one takes what is there.
    """

    class Crowded(MemoryCacheBackend):
        async def add(self, key: str, value: bytes, ttl: float | None = None, /) -> bool:
            """Let somebody else be first."""
            await self.set(key, b"theirs", ttl)
            return False

    assert await read_versions(Crowded(), ["t/a"], 60) == {"t/a": "theirs"}


async def test_what_is_taken_away_meanwhile_is_void() -> None:
    """
    Whoever was told that there is a version, and then finds none, has one that nothing else has.
    """

    class Forgetful(MemoryCacheBackend):
        async def add(self, key: str, value: bytes, ttl: float | None = None, /) -> bool:
            """Say that somebody else was first, and forget what he had."""
            return False

    versions = await read_versions(Forgetful(), ["t/a"], 60)

    assert len(versions["t/a"]) == 24


@pytest.mark.parametrize("value", [b"", b"7", b"s{}\n", b"btea"])
@pytest.mark.parametrize("name", ["t/a", 't/"\n', "t/é"])
def test_value_and_versions_are_parted_again(value: bytes, name: str) -> None:
    """
    Whatever stands in them.
    """
    assert read_tagged(write_tagged(value, {name: "1f"})) == (value, {name: "1f"})


@pytest.mark.parametrize("stored", [b"t", b"t{", b"t[]\n7", b"t{}", b"t\xff\n7"])
def test_what_has_no_versions_is_refused(stored: bytes) -> None:
    """
    It was written by somebody else.
    """
    with pytest.raises(ValueError, match=r"."):
        read_tagged(stored)
