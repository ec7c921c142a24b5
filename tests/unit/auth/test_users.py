"""
Where the users with passwords are.
"""

import pytest

from covet.auth import MemoryUsers, UsernameTakenError, UserRecord, UserStore


async def test_users_are_found_by_name_and_by_id() -> None:
    """By the text of the id, as sessions have it; nobody else is found."""
    users = MemoryUsers([UserRecord(id=7, username="ada", password_hash="old")])

    assert isinstance(users, UserStore)
    assert (await users.find_by_username("ada")) == (await users.find_by_id("7")) is not None
    assert (await users.find_by_username(""), await users.find_by_username("Ada")) == (None, None)


async def test_a_hash_is_replaced_and_not_shown() -> None:
    """Of a user who is not there nothing is kept."""
    users = MemoryUsers([UserRecord(id=7, username="ada", password_hash="old")])
    await users.update_password(7, "new")
    await users.update_password(8, "new")
    found = await users.find_by_id("7")

    assert found is not None
    assert (found.password_hash, "new" in repr(found), await users.find_by_id("8")) == ("new", False, None)


async def test_a_user_may_be_renamed() -> None:
    """The old name is nobody's then."""
    users = MemoryUsers([UserRecord(id=7, username="ada", password_hash=None)])
    users.add(UserRecord(id=7, username="grace", password_hash=None))

    assert await users.find_by_username("ada") is None
    assert await users.find_by_username("grace") is not None


async def test_a_name_is_one_users() -> None:
    """Nobody takes over another's logins by registering under their name."""
    users = MemoryUsers([UserRecord(id=7, username="ada", password_hash="old")])

    with pytest.raises(UsernameTakenError, match=r"^The name is taken\.$"):
        users.add(UserRecord(id=8, username="ada", password_hash="another"))

    found = await users.find_by_username("ada")
    assert found is not None
    assert (found.id, found.password_hash, await users.find_by_id("8")) == (7, "old", None)
