"""
Tests of the backend in memory beyond what every backend promises.
"""

import logging
from typing import Any

import pytest

from covet.cache.memory import MemoryCacheBackend
from covet.exceptions import ConfigurationError
from covet.options import UnknownOptionError


@pytest.mark.parametrize("option", ["max_entries", "max_bytes"])
@pytest.mark.parametrize("value", [0, -1, True, 1.5, "many"])
def test_limits_are_checked(option: str, value: Any) -> None:
    """
    The error says what is expected.
    """
    with pytest.raises(ConfigurationError, match=rf"(?s)MemoryCacheBackend: {option} is .*whole number.*Leave it out"):
        MemoryCacheBackend(**{option: value})


def test_an_unknown_option_is_refused() -> None:
    """
    With the one that was meant.
    """
    with pytest.raises(UnknownOptionError, match="Did you mean 'max_entries'"):
        MemoryCacheBackend(max_entry=5)  # type: ignore[call-arg]


async def test_what_was_not_used_longest_makes_room() -> None:
    """
    To be asked for is to be used.
    """
    backend = MemoryCacheBackend(max_entries=3)
    for key in "abc":
        await backend.set(key, b"1")
    await backend.get("a")
    await backend.set("d", b"1")

    assert await backend.get_many(list("abcd")) == [b"1", None, b"1", b"1"]


async def test_what_has_expired_makes_room_first() -> None:
    """
    However recently it was used.
    """
    now = 0.0
    backend = MemoryCacheBackend(max_entries=3, clock=lambda: now)
    await backend.set("a", b"1")
    await backend.set("b", b"1", 100)
    await backend.set("c", b"1", 10)
    now = 11.0
    await backend.set("d", b"1")

    assert await backend.get_many(list("abcd")) == [b"1", b"1", None, b"1"]


async def test_the_room_is_bounded() -> None:
    """
    Whatever comes, as many bytes are kept as were said, names and overhead included.
    """
    backend = MemoryCacheBackend(max_bytes=10_000)
    for number in range(1000):
        await backend.set(f"key {number}", b"x" * (number % 700), ttl_of(number))
        assert backend._size <= 10_000

    assert backend._size == sum(entry.size for entry in backend._entries.values())
    assert 10 < len(backend) < 33
    await backend.clear()
    assert (backend._size, len(backend)) == (0, 0)


def ttl_of(number: int) -> float | None:
    """Let some have an end."""
    return None if number % 3 else 60.0


async def test_what_is_larger_than_the_room_is_not_kept(caplog: pytest.LogCaptureFixture) -> None:
    """
    It takes the place of its predecessor all the same, which would be wrong by now; all others stay.
    """
    backend = MemoryCacheBackend(max_bytes=2000)
    await backend.set_many({"a": b"old", "b": b"1"})
    with caplog.at_level(logging.WARNING, "covet.cache"):
        await backend.set("a", b"x" * 2000)

    assert await backend.get_many(["a", "b"]) == [None, b"1"]
    assert caplog.messages == ["An entry of 2301 bytes is not kept: MemoryCacheBackend has max_bytes=2000."]


async def test_ends_of_what_was_replaced_do_not_pile_up() -> None:
    """
    One entry that is put in again and again takes the room of one.
    """
    backend = MemoryCacheBackend()
    for _ in range(10_000):
        await backend.set("a", b"1", 60)

    assert len(backend._ends) < 100


async def test_an_end_that_was_put_off_takes_nothing_along() -> None:
    """
    What was to end earlier ends at its later time.
    """
    now = 0.0
    backend = MemoryCacheBackend(clock=lambda: now)
    await backend.set("a", b"1", 10)
    await backend.set("a", b"2", 100)
    now = 50.0
    await backend.set("b", b"1", 1)

    assert await backend.get("a") == b"2"
