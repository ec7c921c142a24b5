"""
Tests of locks.
"""

import asyncio
import logging

import pytest

from covet.cache.errors import CacheBackendError, CacheLockError
from covet.cache.locks import LockRoom
from covet.cache.memory import MemoryCacheBackend


class Crowd:
    """Those who are in a block at once."""

    def __init__(self) -> None:
        self.inside = self.most = self.entered = 0

    async def enter(self, room: LockRoom, name: str = "l/a") -> None:
        """Be inside for a moment."""
        async with room.hold(name, lease=30, timeout=None):
            self.inside += 1
            self.entered += 1
            self.most = max(self.most, self.inside)
            await asyncio.sleep(0.001)
            self.inside -= 1


@pytest.mark.parametrize("rooms", [1, 4], ids=["one process", "several processes"])
async def test_one_alone_is_inside(rooms: int) -> None:
    """
    Of those in this process, and of all that share the backend; at the end nothing is left.
    """
    backend = MemoryCacheBackend()
    places = [LockRoom(backend) for _ in range(rooms)]
    crowd = Crowd()
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        for number in range(20):
            group.create_task(crowd.enter(places[number % rooms]))

    assert (crowd.most, crowd.entered) == (1, 20)
    assert (len(backend), [len(place) for place in places]) == (0, [0] * rooms)


async def test_another_lock_holds_nobody_up() -> None:
    """
    Each guards what it names.
    """
    room, crowd = LockRoom(MemoryCacheBackend()), Crowd()
    async with room.hold("l/b", lease=30, timeout=None), asyncio.timeout(5):
        await crowd.enter(room)

    assert crowd.entered == 1


@pytest.mark.parametrize("is_other", [False, True], ids=["this process", "another one"])
async def test_who_waits_too_long_is_told(is_other: bool) -> None:
    """
    And the lock stays with whoever has it.
    """
    backend = MemoryCacheBackend()
    room = LockRoom(backend)
    async with room.hold("l/a", lease=30, timeout=None):
        with pytest.raises(CacheLockError, match=r"(?s)The lock 'a' was not free within 0\.02 s.*Wait longer"):
            async with (LockRoom(backend) if is_other else room).hold("l/a", lease=30, timeout=0.02):
                pytest.fail("it was free")
        assert await backend.get("l/a") is not None
    assert len(room) == 0


async def test_a_timeout_of_the_block_is_its_own() -> None:
    """
    The error of what is guarded is not taken for the lock's.
    """
    room = LockRoom(MemoryCacheBackend())

    with pytest.raises(TimeoutError) as caught:
        async with room.hold("l/a", lease=30, timeout=5):
            raise TimeoutError("of the block")

    assert not isinstance(caught.value, CacheLockError)
    assert len(room) == 0


async def test_who_is_cancelled_leaves_nothing_behind() -> None:
    """
    Inside or while waiting.
    """
    backend = MemoryCacheBackend()
    room, crowd = LockRoom(backend), Crowd()

    async def stay() -> None:
        async with room.hold("l/a", lease=30, timeout=None):
            await asyncio.sleep(30)

    tasks = [asyncio.create_task(stay()) for _ in range(3)]
    await asyncio.sleep(0.01)
    for task in tasks[:2]:
        task.cancel()
    await asyncio.sleep(0.01)
    tasks[2].cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.timeout(5):
        await crowd.enter(room)

    assert [type(result) for result in results] == [asyncio.CancelledError] * 3
    assert (crowd.entered, len(room), len(backend)) == (1, 0, 0)


async def test_a_lock_that_is_given_to_who_was_cancelled_is_given_back() -> None:
    """
    The backend may have said yes to somebody who did not hear it.
    """
    begun = asyncio.Event()

    class Slow(MemoryCacheBackend):
        async def add(self, key: str, value: bytes, ttl: float | None = None, /) -> bool:
            """Answer late."""
            given = await super().add(key, value, ttl)
            begun.set()
            await asyncio.sleep(30)
            return given

    backend = Slow()
    task = asyncio.create_task(Crowd().enter(LockRoom(backend)))
    await begun.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert len(backend) == 0


async def test_who_dies_is_followed_by_another_after_the_lease() -> None:
    """
    And one who was merely slow is told in the log; what is the next one's stays.
    """
    now = 0.0
    backend = MemoryCacheBackend(clock=lambda: now)
    async with LockRoom(backend).hold("l/a", lease=10, timeout=None):
        now = 11.0
        async with LockRoom(backend).hold("l/a", lease=10, timeout=1):
            held = await backend.get("l/a")

    assert held is not None


async def test_a_lease_that_was_too_short_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """
    Since what was guarded was not.
    """
    now = 0.0
    backend = MemoryCacheBackend(clock=lambda: now)
    with caplog.at_level(logging.WARNING, "covet.cache"):
        async with LockRoom(backend).hold("l/a", lease=10, timeout=None):
            now = 11.0

    assert caplog.messages == ["The lock 'l/a' was held longer than its lease: somebody else may have had it, too."]


async def test_a_backend_that_is_lost_gives_no_lock() -> None:
    """
    Nobody would know who is inside; one that is lost meanwhile ends no work.
    """

    class Lost(MemoryCacheBackend):
        is_up = True

        async def add(self, key: str, value: bytes, ttl: float | None = None, /) -> bool:
            """Answer, if it is up."""
            if not self.is_up:
                raise CacheBackendError("gone")
            return await super().add(key, value, ttl)

        async def delete_equal(self, key: str, value: bytes, /) -> bool:
            """Answer, if it is up."""
            if not self.is_up:
                raise CacheBackendError("gone")
            return await super().delete_equal(key, value)

    backend = Lost()
    room = LockRoom(backend)
    async with room.hold("l/a", lease=10, timeout=None):
        backend.is_up = False
    with pytest.raises(CacheBackendError):
        async with room.hold("l/b", lease=10, timeout=None):
            pytest.fail("it was given")
    assert len(room) == 0
