"""
The suite of stores of users passes what is right, and finds each kind of mistake.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from covet.auth import MemoryUsers, UserRecord, UserStore
from covet.testing.user_store import UserStoreConformance


class TestMemoryUsers(UserStoreConformance):
    """The suite that every store passes."""

    async def make_store(self, users: Sequence[UserRecord]) -> MemoryUsers:
        return MemoryUsers(users)


class TextIds(MemoryUsers):
    """A store that makes texts of ids."""

    def __init__(self, users: Sequence[UserRecord]) -> None:
        super().__init__([replace(user, id=str(user.id)) for user in users])


class TakesIdsForNames(MemoryUsers):
    """A store where an id is good for a name."""

    async def find_by_username(self, username: str, /) -> UserRecord | None:
        return await super().find_by_username(username) or await self.find_by_id(username)


class MakesUsers(MemoryUsers):
    """A store where a password makes a user."""

    async def update_password(self, user_id: int | str, old_hash: str | None, new_hash: str, /) -> bool:
        if await self.find_by_id(str(user_id)) is None:
            await self.add(UserRecord(id=user_id, username=f"new {user_id}", password_hash=new_hash))
            return False
        return await super().update_password(user_id, old_hash, new_hash)


class ForgetsPasswords(MemoryUsers):
    """A store where the old password stays good."""

    async def update_password(self, user_id: int | str, old_hash: str | None, new_hash: str, /) -> bool:
        return True


class Blind(MemoryUsers):
    """A store that writes without looking."""

    async def update_password(self, user_id: int | str, old_hash: str | None, new_hash: str, /) -> bool:
        found = await self.find_by_id(str(user_id))
        return found is not None and await super().update_password(user_id, found.password_hash, new_hash)


class Hasty(MemoryUsers):
    """A store that looks first and writes later."""

    async def update_password(self, user_id: int | str, old_hash: str | None, new_hash: str, /) -> bool:
        found = self._users[str(user_id)]
        await asyncio.sleep(0)
        self._users[str(user_id)] = replace(found, password_hash=new_hash)
        return found.password_hash == old_hash


class Activates(MemoryUsers):
    """A store where everybody may log in."""

    def __init__(self, users: Sequence[UserRecord]) -> None:
        super().__init__([replace(user, is_active=True) for user in users])


class TakesOver(MemoryUsers):
    """A store where whoever comes with an id has it."""

    def __init__(self, users: Sequence[UserRecord]) -> None:
        super().__init__(list({user.id: user for user in users}.values()))


class Suite(UserStoreConformance):
    def __init__(self, make: Callable[[Sequence[UserRecord]], UserStore]) -> None:
        self._make = make

    async def make_store(self, users: Sequence[UserRecord]) -> UserStore:
        return self._make(users)


@pytest.mark.parametrize(
    ("make", "test", "message"),
    [
        (TextIds, "test_a_user_is_found_by_name_and_by_id", r"Expected what find_by_username\(\) gives of 'ada'"),
        (Activates, "test_a_user_is_found_by_name_and_by_id", r"Expected what find_by_username\(\) gives of 'eve'"),
        (TakesIdsForNames, "test_what_is_not_there_is_none", r"find_by_username\(\) gives of '7' to be None"),
        (MakesUsers, "test_nobody_is_made_by_a_password", "one who is not there to be None"),
        (ForgetsPasswords, "test_another_hash_is_kept", "the user whose password was changed"),
        (Blind, "test_a_hash_is_changed_as_it_was_found", r"update_password\(\) says of '\$old\$has' to be False"),
        (Hasty, "test_of_many_passwords_at_once_one_is_kept", r"the number of update_password\(\)"),
        (TakesOver, "test_an_id_is_one_users", "Expected the user who had the id first to be"),
    ],
)
async def test_each_mistake_is_found(
    make: Callable[[Sequence[UserRecord]], UserStore], test: str, message: str
) -> None:
    """With words of its own."""
    with pytest.raises(AssertionError, match=message):
        await getattr(Suite(make), test)()
