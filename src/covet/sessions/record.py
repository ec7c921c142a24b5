"""
What a store keeps of a session.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """
    A session as a store keeps it. Times are milliseconds since 1970.

    Attributes:
        key: The hash of its id: whoever reads the store cannot use what stands there.
        data: What is in it, as JSON.
        user_id: Whose it is, if anybody has logged in.
        created_at: When it began.
        seen_at: When it was last used.
        expires_at: When it ends unless it is used again.
        version: How often it was saved.

    Example:
        >>> SessionRecord("5e55", "{}", None, created_at=0, seen_at=0, expires_at=60_000).version
        1
    """

    key: str
    data: str
    user_id: str | None
    created_at: int
    seen_at: int
    expires_at: int
    version: int = 1
