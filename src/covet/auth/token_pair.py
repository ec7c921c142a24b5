"""
An access token and its refresh token, as they are handed out.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TokenPair:
    """
    What somebody gets who logs in. A handler that returns it answers as RFC 6749 §5.1 has it.

    Attributes:
        access_token: What requests carry.
        refresh_token: What the next pair is had for, once.
        expires_in: How many seconds the access token is good for.
        token_type: `"Bearer"`.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
    token_type: str = "Bearer"  # noqa: S105 - the word of RFC 6750
