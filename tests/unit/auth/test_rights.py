"""
What a token or a key is worth now.
"""

from dataclasses import replace

import pytest

from covet.auth import MemoryUsers, Principal, UserRecord
from covet.auth.rights import check_find_user, limit_rights
from covet.exceptions import ConfigurationError

ADA = UserRecord(
    id=7,
    username="ada",
    password_hash=None,
    scopes=frozenset({"read", "delete"}),
    roles=frozenset({"clerk"}),
    user="the user",
)
SAID = Principal(7, scopes=["read", "write"], roles=["clerk", "admin"], claims={"tenant": 3}, method="jwt")


async def test_both_have_to_say_it() -> None:
    """What the user lost is gone, and what the token was not given for it does not get."""
    limited = await limit_rights(SAID, MemoryUsers([ADA]).find_by_id)

    assert limited == Principal(7, scopes=["read"], roles=["clerk"], claims={"tenant": 3}, method="jwt")
    assert limited is not None
    assert limited.user == "the user"


async def test_a_class_of_ones_own_stays() -> None:
    """With what it knows besides."""

    class Member(Principal):
        club = "chess"

    limited = await limit_rights(Member(7, scopes=["read", "write"], user="mine"), MemoryUsers([ADA]).find_by_id)

    assert type(limited) is Member
    assert limited.scopes == {"read"}
    assert limited.user == "the user"
    unknown = MemoryUsers([replace(ADA, user=None)])
    assert getattr(await limit_rights(Member(7, user="mine"), unknown.find_by_id), "user", None) == "mine"


@pytest.mark.parametrize("users", [[], [replace(ADA, id=8)], [replace(ADA, is_active=False)]])
async def test_who_may_not_log_in_has_none(users: list[UserRecord]) -> None:
    """Neither who is gone nor who is not active."""
    assert await limit_rights(SAID, MemoryUsers(users).find_by_id) is None


async def test_without_users_nothing_is_asked() -> None:
    """The token is believed."""
    assert await limit_rights(SAID, None) is SAID


def test_what_finds_users_is_a_function() -> None:
    """A store in its place is a mistake that is named."""
    with pytest.raises(ConfigurationError, match=r"(?s)find_user is .*expected a function.*users\.find_by_id"):
        check_find_user("JWTAuthProvider", MemoryUsers())
