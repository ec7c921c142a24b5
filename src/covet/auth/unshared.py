"""
What each of several workers would have of its own, where all of them need to have the same.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Unshared:
    """
    Something that is in the memory of each worker.

    Attributes:
        message: What it is, and what comes of it.
        fix: How workers share it.
        is_unsafe: Whether several workers must not start so, rather than be told of.

    Example:
        >>> Unshared("counts in memory: the limit is not what it says.", "Give it a store.").is_unsafe
        False
    """

    message: str
    fix: str
    is_unsafe: bool = False


REVOCATIONS: Final = Unshared(
    "JWTAuthProvider keeps in the memory of each worker what is revoked: a refresh token would be good once with each, "
    "and a stolen one go unnoticed.",
    "Give store=SQLiteRevocations(path) for one machine, or store=RedisRevocations(url) for several; "
    "store=NoRevocations() if no token is ever revoked or refreshed.",
    is_unsafe=True,
)
"""Of a provider that makes tokens."""

FOREIGN_REVOCATIONS: Final = Unshared(
    "JWTAuthProvider keeps in the memory of each worker what is revoked: a token that one of them revokes stays good "
    "with the others.",
    REVOCATIONS.fix,
)
"""Of a provider that knows the tokens of somebody else, and may never revoke any."""

API_KEYS: Final = Unshared(
    "MemoryAPIKeys keeps API keys in the memory of each worker: one that is made with one of them is unknown to the "
    "others, and one that is revoked stays good with them.",
    "Give APIKeyAuthProvider a SQLiteAPIKeys(path) for one machine, or a store over a database.",
    is_unsafe=True,
)

USERS: Final = Unshared(
    "MemoryUsers keeps users in the memory of each worker: who is added or changed with one of them is not with the "
    "others.",
    "Use SQLiteUsers(path) for one machine, or a store over a database, unless all of them are listed beforehand.",
)

FAILURES: Final = Unshared(
    "Lockout counts failed logins in the memory of each worker: there may be as many attempts with each.",
    "Put a RateLimitMiddleware with a store that the workers share around the logins.",
)
