"""
Where the users with passwords are.
"""

import pytest

from covet.auth import MemoryUsers, UserIDTakenError, UsernameTakenError, UserRecord, UserStore


async def test_users_are_found_by_name_and_by_id() -> None:
    """By the text of the id, as sessions have it; nobody else is found."""
    users = MemoryUsers([UserRecord(id=7, username="ada", password_hash="old")])

    assert isinstance(users, UserStore)
    assert (await users.find_by_username("ada")) == (await users.find_by_id("7")) is not None
    assert (await users.find_by_username(""), await users.find_by_username("Ada")) == (None, None)


async def test_a_hash_is_replaced_and_not_shown() -> None:
    """Of a user who is not there nothing is kept."""
    users = MemoryUsers([UserRecord(id=7, username="ada", password_hash="old")])
    assert await users.update_password(7, "old", "new")
    assert not await users.update_password(8, "old", "new")
    found = await users.find_by_id("7")

    assert found is not None
    assert (found.password_hash, "new" in repr(found), await users.find_by_id("8")) == ("new", False, None)


async def test_a_user_may_be_renamed() -> None:
    """The old name is nobody's then."""
    users = MemoryUsers([UserRecord(id=7, username="ada", password_hash=None)])
    await users.replace(UserRecord(id=7, username="grace", password_hash=None))
    await users.replace(UserRecord(id=8, username="eve", password_hash=None))

    assert await users.find_by_username("ada") is None
    assert await users.find_by_username("grace") is not None
    assert await users.find_by_username("eve") is None


async def test_a_name_is_one_users() -> None:
    """Nobody takes over another's logins by registering under their name."""
    users = MemoryUsers([UserRecord(id=7, username="ada", password_hash="old")])

    with pytest.raises(UsernameTakenError, match=r"^The name is taken\.$"):
        await users.add(UserRecord(id=8, username="ada", password_hash="another"))

    found = await users.find_by_username("ada")
    assert found is not None
    assert (found.id, found.password_hash, await users.find_by_id("8")) == (7, "old", None)


@pytest.mark.parametrize("user_id", [7, "7"])
async def test_an_id_is_one_users(user_id: int | str) -> None:
    """Nobody becomes another by an id that was given out twice; 7 and "7" are one, as sessions and tokens have it."""
    ada = UserRecord(id=7, username="ada", password_hash="old")
    zed = UserRecord(id=user_id, username="zed", password_hash="another", roles=frozenset({"admin"}))
    users = MemoryUsers([ada])

    with pytest.raises(UserIDTakenError, match=r"^The id is taken\.$") as caught:
        await users.add(zed)
    with pytest.raises(UserIDTakenError):
        MemoryUsers([ada, zed])

    assert (caught.value.status_code, caught.value.user_id) == (409, user_id)
    assert (await users.find_by_username("ada"), await users.find_by_username("zed")) == (ada, None)


async def test_a_name_is_not_taken_by_renaming() -> None:
    """Both users are as before."""
    ada = UserRecord(id=7, username="ada", password_hash=None)
    eve = UserRecord(id=8, username="eve", password_hash=None)
    users = MemoryUsers([ada, eve])

    with pytest.raises(UsernameTakenError):
        await users.replace(UserRecord(id=8, username="ada", password_hash=None))

    assert [await users.find_by_id(user_id) for user_id in ("7", "8")] == [ada, eve]
