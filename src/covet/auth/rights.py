"""
What a token or a key is worth now: no more than its user may, and nothing once they may not log in.
"""

from collections.abc import Awaitable, Callable
from copy import copy
from typing import Final

from covet.auth.errors import AuthenticationSetupError
from covet.auth.principal import Principal
from covet.auth.users import UserRecord

FindUser = Callable[[str], Awaitable[UserRecord | None]]
"""What finds a user by the text of its id, as the `find_by_id` of a `UserStore` does."""

_HINT: Final = "Write find_user=users.find_by_id."


async def limit_rights(principal: Principal, find_user: FindUser | None) -> Principal | None:
    """
    Leave a principal the scopes and roles that its user still has.

    Args:
        principal: The principal, as a token or a key says.
        find_user: Finds the user; without it the principal is left as it is.

    Returns:
        The principal; `None` if there is no such user any more, or they may not log in.

    Example:
        >>> from covet.auth.users import MemoryUsers
        >>> ada = UserRecord(id=7, username="ada", password_hash=None, scopes=frozenset({"read"}))
        >>> before = Principal(7, scopes=["read", "write"], roles=["admin"])
        >>> await limit_rights(before, MemoryUsers([ada]).find_by_id)
        Principal(id=7, scopes=frozenset({'read'}), roles=frozenset(), method='')
        >>> print(await limit_rights(before, MemoryUsers().find_by_id))
        None
    """
    if find_user is None:
        return principal
    user = await find_user(str(principal.id))
    if user is None or not user.is_active:
        return None
    # A copy, since it may be of a class of the application's own.
    limited = copy(principal)
    put = object.__setattr__
    # What a token was not given for it does not get later on.
    put(limited, "scopes", principal.scopes & user.scopes)
    put(limited, "roles", principal.roles & user.roles)
    if user.user is not None:
        put(limited, "user", user.user)
    return limited


def check_find_user(owner: str, find_user: object) -> None:
    """
    Refuse what cannot find users.

    Args:
        owner: Whose option it is.
        find_user: The option.

    Raises:
        AuthenticationSetupError: If it cannot be called.
    """
    if find_user is not None and not callable(find_user):
        raise AuthenticationSetupError(f"{owner}: find_user is {find_user!r}, expected a function.", hint=_HINT)


__all__ = ["FindUser", "check_find_user", "limit_rights"]
