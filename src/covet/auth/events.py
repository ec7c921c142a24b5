"""
What happens to logins, tokens and permissions, for audit. No event holds a credential.

A `UserAuthenticatedEvent` of `covet.events` says that somebody has proved who they are.
"""

from covet.events import Event, UserAuthenticatedEvent

__all__ = [
    "AccountLockedEvent",
    "AuthenticationFailedEvent",
    "PasswordChangedEvent",
    "PermissionDeniedEvent",
    "TokenReusedEvent",
    "TokenRevokedEvent",
    "UserAuthenticatedEvent",
    "UserLoggedOutEvent",
    "UserTokensRevokedEvent",
]


class AuthenticationFailedEvent(Event):
    """
    Credentials came, and they were not good.

    Attributes:
        method: The name of the provider that judged them.
        reason: What was wrong, as the client was told.
        client_ip: Where they came from; empty if it is not known.
        account: The name that was given, if it was one.
    """

    event_type: str = "auth.failed"
    method: str
    reason: str
    client_ip: str = ""
    account: str | None = None


class AccountLockedEvent(Event):
    """
    Too many attempts have failed; the next ones are refused for a time.

    Attributes:
        account: The name that was given, empty if it is nobody's; `None` if it is the address that is locked.
        client_ip: The address that is locked; empty if it is the account.
        failures: How many have failed.
        seconds: For how long.
    """

    event_type: str = "auth.locked"
    account: str | None
    client_ip: str
    failures: int
    seconds: float


class PermissionDeniedEvent(Event):
    """
    It was known who asks, and they might not.

    Attributes:
        user_id: Who.
        path: The path.
        missing: What they lack: scopes, roles or policies.
    """

    event_type: str = "auth.denied"
    user_id: int | str | None
    path: str
    missing: str


class TokenRevokedEvent(Event):
    """
    A token or a key is good for nothing any more.

    Attributes:
        user_id: Whose.
        method: The name of the provider that made it.
        token_id: Its identifier, which is not the token.
    """

    event_type: str = "auth.revoked"
    user_id: int | str | None
    method: str
    token_id: str


class UserTokensRevokedEvent(Event):
    """
    All tokens that a user had are good for nothing any more.

    Attributes:
        user_id: Whose.
        method: The name of the provider that made them.
    """

    event_type: str = "auth.user_revoked"
    user_id: int | str
    method: str


class TokenReusedEvent(Event):
    """
    A refresh token came a second time: it was stolen, or its thief was first. All tokens of its family are revoked.

    Attributes:
        user_id: Whose.
        family: The identifier of the family.
    """

    event_type: str = "auth.reused"
    user_id: int | str | None
    family: str


class PasswordChangedEvent(Event):
    """
    A password has been changed.

    Attributes:
        user_id: Whose.
    """

    event_type: str = "auth.password_changed"
    user_id: int | str


class UserLoggedOutEvent(Event):
    """
    Somebody has logged out.

    Attributes:
        user_id: Who.
    """

    event_type: str = "auth.logged_out"
    user_id: int | str | None
