"""
Tests of the store in memory beyond what every store promises.
"""

import pytest

from covet.exceptions import ConfigurationError
from covet.sessions.memory import MemorySessionStore
from covet.sessions.record import SessionRecord


def make_record(key: str, user_id: str | None = None, *, now: int = 0, version: int = 1) -> SessionRecord:
    """Make a record that lasts for 100 ms."""
    return SessionRecord(key, "{}", user_id, now, now, now + 100, version)


async def test_visitors_make_room_before_users() -> None:
    """
    A crowd of visitors logs nobody out.
    """
    store = MemorySessionStore(max_sessions=3)
    await store.create(make_record("user", "7"))
    for number in range(10):
        await store.create(make_record(f"visitor {number}"))

    assert await store.load("user") is not None
    assert [number for number in range(10) if await store.load(f"visitor {number}")] == [8, 9]


async def test_who_was_seen_last_stays() -> None:
    """
    An update counts as a use, a user's session goes last, and the number is never exceeded.
    """
    store = MemorySessionStore(max_sessions=2)
    await store.create(make_record("a", "7"))
    await store.create(make_record("b", "7"))
    await store.update(make_record("a", "7", version=2), expected_version=1)
    await store.create(make_record("c", "8"))

    assert (await store.load("a"), await store.load("b")) == (make_record("a", "7", version=2), None)
    assert len(store) == 2
    assert repr(store) == "<MemorySessionStore of 2>"
    assert await store.delete_user("7") == 1


async def test_expired_sessions_go_as_new_ones_come() -> None:
    """
    Nobody has to purge.
    """
    store = MemorySessionStore()
    for number in range(100):
        await store.create(make_record(f"{number}", now=number))
    for number in range(100):
        await store.create(make_record(f"new {number}", now=1_000))

    assert len(store) == 100


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "many"])
def test_size_is_checked(value: object) -> None:
    """
    The error says what is expected.
    """
    with pytest.raises(ConfigurationError, match=r"max_sessions is .*, expected a whole number of at least 1\."):
        MemorySessionStore(max_sessions=value)  # type: ignore[arg-type]
