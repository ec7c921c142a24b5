"""
The promises of a backend of caches, as tests that any implementation can run.

It needs no test framework to be imported; pytest collects a subclass whose name begins with `Test`.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from covet.cache import CacheBackend, CacheValueError

# What stores and file systems that are not careful take for the same.
_ALIKE = ("K", "k", "\u212a", "é", "e\u0301", "k-", "k45", "a", "a ", "a\0", "a*", "a?", "[a]", "\ud800", "x" * 2000)
_LARGEST = 2**63 - 1


class CacheBackendConformance(ABC):
    """
    The test suite of backends: subclass it, and say how to make one.

    Each test is a coroutine method: run it with pytest-asyncio or the like.

    Example:
        >>> from covet.cache import MemoryCacheBackend
        >>> class TestMemoryBackend(CacheBackendConformance):
        ...     async def make_backend(self):
        ...         return MemoryCacheBackend()
        >>> await TestMemoryBackend().test_bytes_come_back_as_they_are()
    """

    @abstractmethod
    async def make_backend(self) -> CacheBackend:
        """Make an empty one; the suite closes it."""

    async def test_it_is_a_cache_backend(self) -> None:
        """It has the methods of the contract."""
        async with self._open() as backend:
            _expect(isinstance(backend, CacheBackend), True, "isinstance(backend, CacheBackend)")

    async def test_bytes_come_back_as_they_are(self) -> None:
        """Whatever they are, no bytes included; what is not there is `None`."""
        values = {"none": b"", "zero": b"0", "odd": bytes(range(256)), "much": b"x" * 100_000}
        async with self._open() as backend:
            for key, value in values.items():
                await backend.set(key, value)
            found = [await backend.get(key) for key in values]
            _expect(await backend.get("missing"), None, "what get() gives of what is not there")
        _expect(found, list(values.values()), "what get() gives")

    async def test_names_are_told_apart_by_their_bytes(self) -> None:
        """Two names are one if they are equal, and never otherwise."""
        async with self._open() as backend:
            for number, key in enumerate(_ALIKE):
                await backend.set(key, b"%d" % number)
            found = [await backend.get(key) for key in _ALIKE]
        _expect(found, [b"%d" % number for number in range(len(_ALIKE))], "what get() gives of names that look alike")

    async def test_several_are_read_and_put_at_once(self) -> None:
        """In the order in which they were asked for; none is no error."""
        async with self._open() as backend:
            await backend.set_many({"a": b"1", "b": b"2"})
            await backend.set_many({})
            found = list(await backend.get_many(["b", "missing", "a", "b"]))
            nothing = list(await backend.get_many([]))
        _expect(found, [b"2", None, b"1", b"2"], "what get_many() gives")
        _expect(nothing, [], "what get_many() gives of nothing")

    async def test_an_entry_ends_when_it_says(self) -> None:
        """Each at its own time; the latest word about it counts."""
        async with self._open() as backend:
            await backend.set("short", b"1", 0.2)
            await backend.set("longer", b"1", 0.2)
            await backend.set("longer", b"1", 30)
            await backend.set("lasting", b"1", 0.2)
            await backend.set("lasting", b"1")
            await backend.set_many({"many": b"1"}, 0.2)
            before = list(await backend.get_many(["short", "longer", "lasting", "many"]))
            await asyncio.sleep(0.3)
            after = list(await backend.get_many(["short", "longer", "lasting", "many"]))
            _expect(await backend.delete("short"), False, "what delete() gives of what has ended")
        _expect(before, [b"1"] * 4, "what is there before the end")
        _expect(after, [None, b"1", b"1", None], "what is there after it")

    async def test_only_what_is_not_there_is_added(self) -> None:
        """Of many who add at once, one does; what has ended is not there."""
        async with self._open() as backend:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(backend.add("a", b"%d" % number, 0.2)) for number in range(20)]
            added = [task.result() for task in tasks]
            found = await backend.get("a")
            await asyncio.sleep(0.3)
            _expect(await backend.add("a", b"later"), True, "what add() gives when the entry has ended")
        _expect(added.count(True), 1, "how many of 20 have added")
        _expect(found, b"%d" % added.index(True), "what stands there then")

    async def test_nothing_is_lost_that_is_added_up(self) -> None:
        """However many add at once; an end stays what it was."""
        async with self._open() as backend:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(backend.increment("n", 2, 0.3)) for _ in range(20)]
            _expect(sorted(task.result() for task in tasks), list(range(2, 42, 2)), "what increment() gives")
            _expect(await backend.increment("n", -50), -10, "what increment() gives of a negative amount")
            _expect(await backend.get("n"), b"-10", "what stands there")
            await asyncio.sleep(0.4)
            _expect(await backend.get("n"), None, "what stands there after its end")
            await backend.set("given", b"41")
            _expect(await backend.increment("given", 1), 42, "what increment() gives of what was put there")

    async def test_what_is_no_number_is_not_added_to(self) -> None:
        """Nor what has more than 64 bits, before or after; it stays as it is."""
        async with self._open() as backend:
            await backend.set("text", b"tea")
            await backend.set("large", b"%d" % _LARGEST)
            for key in ("text", "large"):
                try:
                    await backend.increment(key, 1)
                except CacheValueError:
                    continue
                raise AssertionError(f"increment() of {key!r}: expected a CacheValueError")
            found = list(await backend.get_many(["text", "large"]))
        _expect(found, [b"tea", b"%d" % _LARGEST], "what stands there afterwards")

    async def test_an_end_is_put_off_and_never_brought_forward(self) -> None:
        """What is not there is not made."""
        async with self._open() as backend:
            await backend.set_many({"later": b"1", "sooner": b"1", "never": b"1"}, 0.25)
            await backend.set("lasting", b"1")
            done = [
                await backend.extend("later", 30),
                await backend.extend("sooner", 0.01),
                await backend.extend("never", None),
                await backend.extend("lasting", 0.01),
                await backend.extend("missing", 30),
            ]
            at_once = await backend.get("sooner")
            await asyncio.sleep(0.1)
            early = await backend.get("sooner")
            await asyncio.sleep(0.25)
            found = list(await backend.get_many(["later", "sooner", "never", "lasting", "missing"]))
        _expect(done, [True, True, True, True, False], "what extend() gives")
        _expect([at_once, early], [b"1", b"1"], "what is there before its end")
        _expect(found, [b"1", None, b"1", b"1", None], "what is there afterwards")

    async def test_what_is_deleted_is_gone(self) -> None:
        """And whoever deletes learns whether there was anything."""
        async with self._open() as backend:
            await backend.set("a", b"")
            _expect(await backend.delete("a"), True, "what delete() gives of what is there")
            _expect(await backend.delete("a"), False, "what a second delete() gives")
            _expect(await backend.get("a"), None, "what stands there")

    async def test_only_what_is_equal_is_deleted(self) -> None:
        """Whoever held a lock too long does not take away that of the next."""
        async with self._open() as backend:
            await backend.set("lock", b"mine")
            _expect(await backend.delete_equal("lock", b"theirs"), False, "what delete_equal() gives of another")
            _expect(await backend.get("lock"), b"mine", "what stands there then")
            _expect(await backend.delete_equal("lock", b"mine"), True, "what delete_equal() gives of this one")
            _expect(await backend.delete_equal("lock", b"mine"), False, "what it gives of what is gone")

    async def test_what_begins_otherwise_is_not_cleared(self) -> None:
        """What looks like a pattern is none."""
        keys = ["a*b/1", "a*b/2", "axb/1", "a*", "b", "a*b"]
        async with self._open() as backend:
            await backend.set_many(dict.fromkeys(keys, b"1"))
            await backend.clear("a*b/")
            some = list(await backend.get_many(keys))
            await backend.clear()
            none = list(await backend.get_many(keys))
        _expect(some, [None, None, b"1", b"1", b"1", b"1"], "what is there after clear('a*b/')")
        _expect(none, [None] * 6, "what is there after clear()")

    async def test_a_closed_backend_opens_again(self) -> None:
        """`aclose()` may be called twice, and is not the end."""
        backend = await self.make_backend()
        await backend.aclose()
        await backend.aclose()
        try:
            await backend.set("a", b"1")
            _expect(await backend.get("a"), b"1", "what get() gives after aclose()")
        finally:
            await backend.aclose()

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[CacheBackend]:
        backend = await self.make_backend()
        try:
            yield backend
        finally:
            await backend.aclose()


def _expect(found: object, expected: object, what: str) -> None:
    if found != expected:
        raise AssertionError(f"{what}: expected {expected!r}, got {found!r}")


__all__ = ["CacheBackendConformance"]
