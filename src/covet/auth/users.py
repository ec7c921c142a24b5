"""
Where the users with passwords are: the contract, and the store in memory.
"""

import hmac
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Protocol, runtime_checkable

from covet.auth.errors import UserIDTakenError, UsernameTakenError


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRecord:
    """
    What is known of a user who has a password.

    Attributes:
        id: Who, for ever.
        username: What is typed at a login.
        password_hash: What `covet.security.PasswordHasher` made; `None` for a user who cannot log in with a password.
        scopes: What they may.
        roles: What they are.
        is_active: Whether they may log in at all.
        user: The user as the application keeps it, for `Principal.user`.
    """

    id: int | str
    username: str
    password_hash: str | None = field(repr=False)
    scopes: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    is_active: bool = True
    user: object = field(default=None, repr=False, compare=False)


@runtime_checkable
class UserStore(Protocol):
    """
    Where users are kept: write these three over a database of one's own.

    `covet.testing.user_store` has the tests that every implementation passes.
    """

    async def find_by_username(self, username: str, /) -> UserRecord | None:
        """Find a user by what was typed; whether case matters is said here."""
        ...

    async def find_by_id(self, user_id: str, /) -> UserRecord | None:
        """Find a user by the text of its id, as sessions have it."""
        ...

    async def update_password(self, user_id: int | str, old_hash: str | None, new_hash: str, /) -> bool:
        """
        Keep another hash in the place of one, if that is there as it was found; `None` is a user's without a password.

        Returns:
            Whether it was; if not, as it has been changed meanwhile or the user is not there, nothing is kept.
        """
        ...


def has_hash(user: UserRecord, password_hash: str | None) -> bool:
    """Tell whether a user has a hash, and `None` whether they have none, in a time that does not say how near it is."""
    if user.password_hash is None or password_hash is None:
        return user.password_hash is password_hash
    return hmac.compare_digest(user.password_hash.encode(), password_hash.encode())


class MemoryUsers:
    """
    Keep users in this process: for tests, and for a few that the configuration lists.

    Args:
        users: The users that are there from the beginning.

    Raises:
        UserIDTakenError: If the ids of two of them are one text.
        UsernameTakenError: If two of them have one name.

    Example:
        >>> users = MemoryUsers([UserRecord(id=7, username="ada", password_hash=None)])
        >>> (await users.find_by_username("ada")).id, await users.find_by_id("8")
        (7, None)
    """

    def __init__(self, users: Collection[UserRecord] = ()) -> None:
        self._users: dict[str, UserRecord] = {}
        self._names: dict[str, str] = {}
        for user in users:
            self._add(user)

    async def add(self, user: UserRecord) -> None:
        """
        Add a user.

        Raises:
            UserIDTakenError: If another user has the id, of which 7 and "7" are one: 409.
            UsernameTakenError: If another user has the name: 409.
        """
        self._add(user)

    async def replace(self, user: UserRecord) -> None:
        """
        Keep a user in the place of the one with the same id; of one who is not there, nothing is kept.

        Raises:
            UsernameTakenError: If another user has the name: 409.
        """
        known = self._users.get(str(user.id))
        if known is None:
            return
        self._refuse_name(user)
        del self._names[known.username]
        self._put(user)

    async def find_by_username(self, username: str, /) -> UserRecord | None:
        """Find a user by what was typed, letter by letter."""
        return self._users.get(self._names.get(username, ""))

    async def find_by_id(self, user_id: str, /) -> UserRecord | None:
        """Find a user by the text of its id."""
        return self._users.get(user_id)

    async def update_password(self, user_id: int | str, old_hash: str | None, new_hash: str, /) -> bool:
        """Keep another hash in the place of one, if that is there as it was found."""
        known = self._users.get(str(user_id))
        if known is None or not has_hash(known, old_hash):
            return False
        self._users[str(user_id)] = replace(known, password_hash=new_hash)
        return True

    def _add(self, user: UserRecord) -> None:
        if str(user.id) in self._users:
            raise UserIDTakenError(user.id)
        self._refuse_name(user)
        self._put(user)

    def _refuse_name(self, user: UserRecord) -> None:
        if self._names.get(user.username, str(user.id)) != str(user.id):
            raise UsernameTakenError(user.username)

    def _put(self, user: UserRecord) -> None:
        self._users[str(user.id)] = user
        self._names[user.username] = str(user.id)
