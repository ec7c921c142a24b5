"""
The promises of a store of users, as tests that any implementation can run.

It needs no test framework to be imported; pytest collects a subclass whose name begins with `Test`.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from covet.auth import UserRecord, UserStore
from covet.auth.provider import close_store

_OLD, _NEW = "$old$hash", "$new$hash"


class UserStoreConformance(ABC):
    """
    The test suite of stores of users: subclass it, and say how to make a store with some users in it.

    Each test is a coroutine method: run it with pytest-asyncio or the like.

    Attributes:
        ids: Three ids as the store has them, each another user's: numbers or texts.

    Example:
        >>> from covet.auth import MemoryUsers
        >>> class TestMemoryUsers(UserStoreConformance):
        ...     async def make_store(self, users):
        ...         return MemoryUsers(users)
        >>> await TestMemoryUsers().test_a_user_is_found_by_name_and_by_id()
    """

    ids: Sequence[int | str] = (7, 8, 77)

    @abstractmethod
    async def make_store(self, users: Sequence[UserRecord]) -> UserStore:
        """
        Make a store with these users and no others; the suite awaits its `aclose()`, if it has one.

        Of two with one id, the second is refused by whatever exception.
        """

    async def test_it_is_a_store_of_users(self) -> None:
        """It has the methods of the contract."""
        async with self._open() as (store, _):
            _expect(isinstance(store, UserStore), True, "isinstance(store, UserStore)")

    async def test_a_user_is_found_by_name_and_by_id(self) -> None:
        """As the same record, with the id that it has and not its text."""
        async with self._open() as (store, users):
            for user in users:
                by_name, by_id = await store.find_by_username(user.username), await store.find_by_id(str(user.id))
                _expect(by_name, user, f"what find_by_username() gives of {user.username!r}")
                _expect(by_id, user, f"what find_by_id() gives of {str(user.id)!r}")
                _expect(by_name and type(by_name.id), type(user.id), "the type of the id that find_by_username() gives")

    async def test_what_is_not_there_is_none(self) -> None:
        """Nothing is taken for a pattern, and no name for an id."""
        async with self._open() as (store, users):
            for name in ("", "nobody", "%", "a_a", "*", "' OR '1", str(users[0].id), "ada ", "ad\x00a", "\ud800"):
                _expect(await store.find_by_username(name), None, f"what find_by_username() gives of {name!r}")
            for user_id in ("", "0", "%", "*", "' OR '1", "ada", f"{users[0].id} ", f"0{users[0].id}", "x" * 500):
                _expect(await store.find_by_id(user_id), None, f"what find_by_id() gives of {user_id!r}")

    async def test_another_hash_is_kept(self) -> None:
        """Of that user, and nothing else of them is changed."""
        async with self._open() as (store, users):
            first, *others = users
            _expect(
                await store.update_password(first.id, _OLD, _NEW),
                True,
                "what update_password() says of one who is there",
            )
            changed = replace(first, password_hash=_NEW)
            _expect(await store.find_by_id(str(first.id)), changed, "the user whose password was changed")
            _expect(await store.find_by_username(first.username), changed, "the same user, found by name")
            for other in others:
                _expect(await store.find_by_id(str(other.id)), other, "a user whose password was not changed")

    async def test_a_hash_is_changed_as_it_was_found(self) -> None:
        """And left alone if it was changed meanwhile: a password that was given up never comes back."""
        async with self._open() as (store, users):
            first, without = users[0], users[1]
            for user, wrong in (
                (first, "$old$has"),
                (first, "$OLD$hash"),
                (first, None),
                (without, _OLD),
                (without, ""),
            ):
                _expect(
                    await store.update_password(user.id, wrong, _NEW),
                    False,
                    f"what update_password() says of {wrong!r}",
                )
                _expect(await store.find_by_id(str(user.id)), user, "a user whose hash is not the one that was said")
            _expect(await store.update_password(without.id, None, _NEW), True, "what update_password() says of None")
            _expect(await store.update_password(without.id, None, _OLD), False, "what it says of None the next time")
            changed = replace(without, password_hash=_NEW)
            _expect(await store.find_by_id(str(without.id)), changed, "a user who had no password before")

    async def test_nobody_is_made_by_a_password(self) -> None:
        """Of a user who is not there, nothing is kept."""
        async with self._open(count=2) as (store, _):
            missing = self.ids[2]
            for old in (None, _OLD):
                said = await store.update_password(missing, old, _NEW)
                _expect(said, False, "what update_password() says of one who is not there")
            _expect(await store.find_by_id(str(missing)), None, "what find_by_id() gives of one who is not there")

    async def test_of_many_passwords_at_once_one_is_kept(self) -> None:
        """As a whole, and one of them is told so."""
        hashes = [f"$hash${number}" * 20 for number in range(20)]
        async with self._open() as (store, users):
            async with asyncio.TaskGroup() as group:
                changes = [group.create_task(store.update_password(users[0].id, _OLD, new)) for new in hashes]
            kept = [new for new, change in zip(hashes, changes, strict=True) if change.result()]
            _expect(len(kept), 1, "the number of update_password() that changed a password")
            found = await store.find_by_id(str(users[0].id))
            _expect(found and found.password_hash, kept[0], "the one of twenty hashes that is kept")

    async def test_an_id_is_one_users(self) -> None:
        """Whoever comes second with an id is refused or left out; the first one is as before."""
        first = UserRecord(id=self.ids[0], username="ada", password_hash=_OLD)
        second = UserRecord(id=self.ids[0], username="zed", password_hash=_NEW, roles=frozenset({"admin"}))
        try:
            store = await self.make_store([first, second])
        except Exception:  # noqa: BLE001 - each database has an error of its own
            return
        try:
            _expect(await store.find_by_username("ada"), first, "the user who had the id first")
            _expect(await store.find_by_id(str(first.id)), first, "the user who is found by an id that came twice")
            _expect(await store.find_by_username("zed"), None, "whoever came second with an id")
        finally:
            await close_store(store)

    @asynccontextmanager
    async def _open(self, count: int = 3) -> AsyncIterator[tuple[UserStore, list[UserRecord]]]:
        users = [
            UserRecord(
                id=self.ids[0],
                username="ada",
                password_hash=_OLD,
                scopes=frozenset({"read"}),
                roles=frozenset({"é'; --", "admin"}),
            ),
            UserRecord(id=self.ids[1], username='é日 "o\'brien"', password_hash=None),
            UserRecord(id=self.ids[2], username="eve", password_hash=_OLD, is_active=False),
        ][:count]
        store = await self.make_store(users)
        try:
            yield store, users
        finally:
            await close_store(store)


def _expect(actual: object, expected: object, what: str) -> None:
    """Fail as an assertion does, with words of the suite: an outside runner rewrites no assertions in here."""
    if actual != expected:
        raise AssertionError(f"Expected {what} to be {expected!r}, got {actual!r}.")


__all__ = ["UserStoreConformance"]
