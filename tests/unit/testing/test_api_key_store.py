"""
The suite of stores of API keys passes what is right, and finds each kind of mistake.
"""

import asyncio
from collections.abc import Callable

import pytest

from covet.auth import APIKey, APIKeyStore, MemoryAPIKeys
from covet.testing.api_key_store import APIKeyStoreConformance


class TestMemoryAPIKeys(APIKeyStoreConformance):
    """The suite that every store passes."""

    async def make_store(self) -> MemoryAPIKeys:
        return MemoryAPIKeys()


class TextIds(MemoryAPIKeys):
    """A store that makes texts of ids."""

    async def add(self, key: APIKey, /) -> None:
        await super().add(APIKey(key_hash=key.key_hash, user_id=str(key.user_id)))


class Careless(MemoryAPIKeys):
    """A store that looks at the beginning of hashes."""

    async def find(self, key_hash: str, /) -> APIKey | None:
        return next((key for known, key in self._keys.items() if known.startswith(key_hash)), None)


class KeepsTheFirst(MemoryAPIKeys):
    """A store where nothing is replaced."""

    async def add(self, key: APIKey, /) -> None:
        self._keys.setdefault(key.key_hash, key)


class Remembers(MemoryAPIKeys):
    """A store that finds what was removed."""

    async def remove(self, key_hash: str, /) -> APIKey | None:
        return await self.find(key_hash)


class Slow(MemoryAPIKeys):
    """A store that looks first and removes later."""

    async def remove(self, key_hash: str, /) -> APIKey | None:
        found = await self.find(key_hash)
        await asyncio.sleep(0)
        self._keys.pop(key_hash, None)
        return found


class Blind(MemoryAPIKeys):
    """A store that writes without looking."""

    async def replace(self, old: APIKey, new: APIKey, /) -> bool:
        self._keys[old.key_hash] = new
        return True


class Hasty(MemoryAPIKeys):
    """A store that looks first and writes later."""

    async def replace(self, old: APIKey, new: APIKey, /) -> bool:
        is_same = self._keys.get(old.key_hash) == old
        await asyncio.sleep(0)
        if is_same:
            self._keys[old.key_hash] = new
        return is_same


class Loose(MemoryAPIKeys):
    """A store that looks at the beginning of families."""

    async def remove_family(self, family: str, /) -> list[APIKey]:
        found = [key for key in self._keys.values() if key.family.startswith(family)]
        return [self._keys.pop(key.key_hash) for key in found]


class Suite(APIKeyStoreConformance):
    def __init__(self, make: Callable[[], APIKeyStore]) -> None:
        self._make = make

    async def make_store(self) -> APIKeyStore:
        return self._make()


@pytest.mark.parametrize(
    ("make", "test", "message"),
    [
        (TextIds, "test_a_key_comes_back_equal", r"Expected what find\(\) gives of a key to be APIKey"),
        (Careless, "test_what_is_not_there_is_none", r"Expected what find\(\) gives of '' to be None"),
        (KeepsTheFirst, "test_a_key_takes_the_place_of_the_one_with_its_hash", "that was added again"),
        (Remembers, "test_a_removed_key_is_gone", r"Expected what the second remove\(\) gives to be None"),
        (Blind, "test_a_key_is_replaced_as_it_was_found", "a key that is otherwise"),
        (Hasty, "test_one_of_many_at_once_replaces_a_key", r"the number of replace\(\)"),
        (Loose, "test_a_family_is_forgotten_at_once", r"remove_family\(\) gives of '' to be \[\]"),
        (Slow, "test_one_of_many_at_once_removes_a_key", "twenty at once"),
    ],
)
async def test_each_mistake_is_found(make: Callable[[], APIKeyStore], test: str, message: str) -> None:
    """With words of its own."""
    with pytest.raises(AssertionError, match=message):
        await getattr(Suite(make), test)()
