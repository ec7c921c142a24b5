"""
The promises of a store of API keys, as tests that any implementation can run.

It needs no test framework to be imported; pytest collects a subclass whose name begins with `Test`.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from covet.auth import APIKey, APIKeyStore
from covet.auth.provider import close_store

_PLAIN = APIKey(key_hash="aa", user_id=7)
_FULL = APIKey(
    key_hash="ab",
    user_id="7",
    scopes=frozenset({"orders:read", "é'; --"}),
    roles=frozenset({"clerk"}),
    expires_at=1_900_000_000.25,
    name='laptop "of" ada\'s, é日',
)


class APIKeyStoreConformance(ABC):
    """
    The test suite of stores of API keys: subclass it, and say how to make a store.

    Each test is a coroutine method: run it with pytest-asyncio or the like.

    Example:
        >>> from covet.auth import MemoryAPIKeys
        >>> class TestMemoryKeys(APIKeyStoreConformance):
        ...     async def make_store(self):
        ...         return MemoryAPIKeys()
        >>> await TestMemoryKeys().test_a_key_comes_back_equal()
    """

    @abstractmethod
    async def make_store(self) -> APIKeyStore:
        """Make an empty store; the suite awaits its `aclose()`, if it has one."""

    async def test_it_is_a_store_of_api_keys(self) -> None:
        """It has the methods of the contract."""
        async with self._open() as store:
            _expect(isinstance(store, APIKeyStore), True, "isinstance(store, APIKeyStore)")

    async def test_a_key_comes_back_equal(self) -> None:
        """What is found is what was added, whatever stands in it; 7 and "7" are two users."""
        async with self._open() as store:
            await store.add(_PLAIN)
            await store.add(_FULL)
            _expect(await store.find("aa"), _PLAIN, "what find() gives of a key")
            _expect(await store.find("ab"), _FULL, "what find() gives of a key with everything")

    async def test_what_is_not_there_is_none(self) -> None:
        """A hash is found as a whole and letter by letter, and never as a pattern."""
        async with self._open() as store:
            await store.add(_PLAIN)
            for key_hash in ("", "a", "aaa", "AA", "a%", "a_", "*", "' OR '1"):
                _expect(await store.find(key_hash), None, f"what find() gives of {key_hash!r}")
                _expect(await store.remove(key_hash), None, f"what remove() gives of {key_hash!r}")
            _expect(await store.find("aa"), _PLAIN, "what find() gives of the key afterwards")

    async def test_a_key_takes_the_place_of_the_one_with_its_hash(self) -> None:
        """So a key gets another end."""
        async with self._open() as store:
            await store.add(_PLAIN)
            changed = replace(_PLAIN, expires_at=1_900_000_000.0, scopes=frozenset({"read"}))
            await store.add(changed)
            _expect(await store.find("aa"), changed, "what find() gives of a key that was added again")
            await store.remove("aa")
            _expect(await store.find("aa"), None, "what find() gives of it once it is removed")

    async def test_a_key_is_replaced_as_it_was_found(self) -> None:
        """And left alone if it was changed or removed meanwhile: what was revoked never comes back."""
        async with self._open() as store:
            for number, key in enumerate((_PLAIN, _FULL)):
                later = replace(key, expires_at=1_800_000_000.5 + number, name="later")
                await store.add(key)
                _expect(await store.replace(later, key), False, "what replace() says of a key that is otherwise")
                _expect(await store.replace(key, later), True, "what replace() says of a key as it is")
                _expect(await store.replace(key, key), False, "what replace() says of a key as it was")
                _expect(await store.find(key.key_hash), later, "what find() gives of a key that was replaced")
                await store.remove(key.key_hash)
                _expect(await store.replace(later, key), False, "what replace() says of a removed key")
                _expect(await store.find(key.key_hash), None, "what find() gives of a removed key")

    async def test_one_of_many_at_once_replaces_a_key(self) -> None:
        """Of several who found it as it was, one changes it."""
        async with self._open() as store:
            await store.add(_PLAIN)
            async with asyncio.TaskGroup() as group:
                changes = [
                    group.create_task(store.replace(_PLAIN, replace(_PLAIN, name=str(number)))) for number in range(20)
                ]
            changed = [number for number, change in enumerate(changes) if change.result()]
            _expect(len(changed), 1, "the number of replace() that changed a key")
            _expect(await store.find("aa"), replace(_PLAIN, name=str(changed[0])), "what find() gives afterwards")

    async def test_a_removed_key_is_gone(self) -> None:
        """It alone; `remove()` gives it once."""
        async with self._open() as store:
            await store.add(_PLAIN)
            await store.add(_FULL)
            _expect(await store.remove("aa"), _PLAIN, "what remove() gives of a key")
            _expect(await store.remove("aa"), None, "what the second remove() gives")
            _expect(await store.find("aa"), None, "what find() gives of a removed key")
            _expect(await store.find("ab"), _FULL, "what find() gives of another key")

    async def test_a_family_is_forgotten_at_once(self) -> None:
        """All keys that came of one another, and no others; those of a family that is not there are none."""
        family = [_PLAIN, *(replace(_FULL, key_hash=f"k{number}", family="aa") for number in range(3))]
        others = [_FULL, replace(_FULL, key_hash="ac", family="a"), replace(_FULL, key_hash="ad", family="AA")]
        async with self._open() as store:
            for key in (*family, *others):
                await store.add(key)
            for name in ("", "k1", "a_", "a%", "*", "' OR '1"):
                _expect(await store.remove_family(name), [], f"what remove_family() gives of {name!r}")
            _expect(await store.find("k1"), family[2], "what find() gives of a key of a family")
            given = sorted(await store.remove_family("aa"), key=lambda key: key.key_hash)
            _expect(given, family, "what remove_family() gives")
            for key in family:
                _expect(await store.find(key.key_hash), None, "what find() gives of a key whose family was removed")
                _expect(await store.replace(key, key), False, "what replace() says of such a key")
            for key in others:
                _expect(await store.find(key.key_hash), key, "what find() gives of a key of another family")
            _expect(await store.remove_family("aa"), [], "what the second remove_family() gives")

    async def test_one_of_many_at_once_removes_a_key(self) -> None:
        """Of several who remove the same key, one is given it."""
        async with self._open() as store:
            await store.add(_PLAIN)
            async with asyncio.TaskGroup() as group:
                removals = [group.create_task(store.remove("aa")) for _ in range(20)]
            given = [removal.result() for removal in removals]
            _expect([key for key in given if key is not None], [_PLAIN], "what remove() gives to twenty at once")

    async def test_keys_that_are_added_at_once_are_all_there(self) -> None:
        """None takes the place of another."""
        keys = [replace(_FULL, key_hash=f"k{number}", name=str(number)) for number in range(20)]
        async with self._open() as store:
            async with asyncio.TaskGroup() as group:
                for key in keys:
                    group.create_task(store.add(key))
            _expect([await store.find(key.key_hash) for key in keys], keys, "what find() gives of twenty keys")

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[APIKeyStore]:
        store = await self.make_store()
        try:
            yield store
        finally:
            await close_store(store)


def _expect(actual: object, expected: object, what: str) -> None:
    """Fail as an assertion does, with words of the suite: an outside runner rewrites no assertions in here."""
    if actual != expected:
        raise AssertionError(f"Expected {what} to be {expected!r}, got {actual!r}.")


__all__ = ["APIKeyStoreConformance"]
