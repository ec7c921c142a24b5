"""
The promises of a store of revocations, as tests that any implementation can run.

It needs no test framework to be imported; pytest collects a subclass whose name begins with `Test`.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import time

from covet.auth import RevocationStore


class RevocationStoreConformance(ABC):
    """
    The test suite of stores of revocations: subclass it, and say how to make a store.

    Each test is a coroutine method: run it with pytest-asyncio or the like.

    Example:
        >>> from covet.auth import MemoryRevocations
        >>> class TestMemoryStore(RevocationStoreConformance):
        ...     async def make_store(self):
        ...         return MemoryRevocations()
        >>> await TestMemoryStore().test_what_is_in_is_found()
    """

    @abstractmethod
    async def make_store(self) -> RevocationStore:
        """Make an empty store; the suite closes it."""

    async def test_it_is_a_revocation_store(self) -> None:
        """It has the methods of the contract."""
        async with self._open() as store:
            _expect(isinstance(store, RevocationStore), True, "isinstance(store, RevocationStore)")

    async def test_what_is_in_is_found(self) -> None:
        """By itself, and as one of several; what is not in is not."""
        async with self._open() as store:
            _expect(await store.contains("a"), False, "what contains() gives of an empty store")
            _expect(await store.add("a", time() + 60), True, "what the first add() gives")
            _expect(await store.contains("a"), True, "what contains() gives of what is in")
            _expect(await store.contains("b", "a", "c"), True, "what contains() gives of several, one of them in")
            _expect(await store.contains("b", "A", ""), False, "what contains() gives of several that are not in")

    async def test_the_second_hears_that_it_is_in(self) -> None:
        """It stays in whatever the second says."""
        async with self._open() as store:
            await store.add("a", time() + 60)
            _expect(await store.add("a", time() + 30), False, "what the second add() gives")
            _expect(await store.contains("a"), True, "what contains() gives afterwards")

    async def test_what_is_over_is_out(self) -> None:
        """After its end it is not found, and can be put in again."""
        async with self._open() as store:
            await store.add("a", time() + 0.05)
            await asyncio.sleep(0.1)
            _expect(await store.contains("a"), False, "what contains() gives after the end")
            _expect(await store.add("a", time() + 60), True, "what add() gives after the end")

    async def test_one_of_many_at_once_is_first(self) -> None:
        """Of several who put in the same, one hears `True`."""
        async with self._open() as store:
            async with asyncio.TaskGroup() as group:
                answers = [group.create_task(store.add("a", time() + 60)) for _ in range(20)]
            _expect(
                sorted(answer.result() for answer in answers),
                [False] * 19 + [True],
                "what add() gives to twenty at once",
            )

    async def test_what_belongs_to_a_text_is_found_with_it(self) -> None:
        """The latest; what was added is found, and what is not in is not."""
        async with self._open() as store:
            await store.put("a", "first", time() + 60)
            await store.put("a", "é日 'second'", time() + 60)
            await store.add("b", time() + 60)
            found = await store.find("a", "b", "c")
            _expect(sorted(found), ["a", "b"], "the texts that find() gives")
            _expect(found["a"], "é日 'second'", "what find() gives of a text that was put in twice")
            _expect(await store.find("A", ""), {}, "what find() gives of texts that are not in")
            _expect(await store.contains("a"), True, "what contains() gives of a text that was put in")

    async def test_what_belongs_to_a_text_is_over_with_it(self) -> None:
        """At the end that was said last."""
        async with self._open() as store:
            await store.put("a", "first", time() + 60)
            await store.put("a", "second", time() + 0.05)
            await store.put("b", "first", time() + 0.05)
            await store.put("b", "second", time() + 60)
            await asyncio.sleep(0.1)
            _expect(await store.find("a", "b"), {"b": "second"}, "what find() gives after the end of one")

    async def test_one_of_many_at_once_is_the_latest(self) -> None:
        """As a whole: what find() gives is what one of them has put in."""
        values = [f"{number}" * 50 for number in range(20)]
        async with self._open() as store:
            async with asyncio.TaskGroup() as group:
                for value in values:
                    group.create_task(store.put("a", value, time() + 60))
            _expect((await store.find("a"))["a"] in values, True, "whether find() gives what one of twenty has put in")

    async def test_it_may_be_closed_twice(self) -> None:
        """A second `aclose()` does nothing."""
        async with self._open() as store:
            await store.add("a", time() + 60)
            await store.aclose()

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[RevocationStore]:
        store = await self.make_store()
        try:
            yield store
        finally:
            await store.aclose()


def _expect(actual: object, expected: object, what: str) -> None:
    """Fail as an assertion does, with words of the suite: an outside runner rewrites no assertions in here."""
    if actual != expected:
        raise AssertionError(f"Expected {what} to be {expected!r}, got {actual!r}.")


__all__ = ["RevocationStoreConformance"]
