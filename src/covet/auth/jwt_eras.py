"""
All tokens of a user revoked at once, and none of those that they get afterwards.

A token says in which era of its user it was made, and another era begins when all are revoked. Moments would not do:
a token may be made in the same second, or by a machine whose clock goes ahead.
"""

from collections.abc import Mapping
from typing import Any, Final

from covet.auth.revocations import RevocationStore
from covet.security.clock import Clock, read_milliseconds
from covet.security.tokens import generate_token

ERA: Final = "era"
"""The claim that says in which era of its user a token was made."""


class UserEras:
    """
    Begin the eras of users, and compare what tokens say of them.

    Args:
        store: Where they are kept: for as long as a token of the era before may be good.
        clock: What tells the time.
        leeway: How many seconds the clocks of two machines may differ.
    """

    def __init__(self, store: RevocationStore, *, clock: Clock, leeway: float) -> None:
        self._store = store
        self._clock = clock
        self._leeway = leeway

    async def begin(self, user_id: str, lifetime: float) -> None:
        """
        Begin another era: tokens of all those before are good for nothing from when this returns.

        Args:
            user_id: Whose.
            lifetime: How many seconds a token is good for at most.
        """
        now = read_milliseconds(self._clock) / 1000
        await self._store.put(name_user(user_id), f"{generate_token(128)} {now}", now + lifetime + 600)

    async def read(self, user_id: str) -> dict[str, str]:
        """Read what a token that is made now says of the era."""
        key = name_user(user_id)
        found = (await self._store.find(key)).get(key)
        return {} if found is None else {ERA: found.partition(" ")[0]}

    # Any: whatever JSON can hold.
    def is_over(self, claims: Mapping[str, Any], found: str | None, *, is_own: bool) -> bool:
        """
        Tell whether a token is of an era that is over.

        Args:
            claims: What the token says.
            found: What the store has for its user.
            is_own: Whether tokens are made here; those of somebody else say nothing of eras, and when they were made.
        """
        if found is None:
            return False
        era, _, began = found.partition(" ")
        if is_own:
            return bool(claims.get(ERA) != era)
        made = claims.get("iat")
        # Whole seconds: in that in which the era began, a token is taken for one of before.
        return isinstance(made, bool) or not isinstance(made, int | float) or made <= float(began) + self._leeway


def name_user(user_id: object) -> str:
    """
    Name a user for the store.

    Example:
        >>> name_user("7")
        'user:7'
    """
    return f"user:{user_id}"


__all__ = ["ERA", "UserEras", "name_user"]
