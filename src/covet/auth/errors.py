"""
What goes wrong when somebody proves who they are. No text here holds a credential.

::

    AuthenticationError
    └── InvalidCredentialsError       401  there are credentials, and they are not good
    PermissionDeniedError
    └── MissingPermissionError        403  it is known who asks, and they may not
    TooManyRequestsError
    └── LockedOutError                429  too many failures before
    ConflictError
    ├── PasswordChangedError          409  somebody else has changed the password meanwhile
    ├── UserIDTakenError              409  another user has the id
    └── UsernameTakenError            409  another user has the name
    ConfigurationError
    └── AuthenticationSetupError           providers and guards do not fit together
    CovetError
    └── AuthStoreError                     a store of users, keys or revocations failed
"""

import math
from collections.abc import Mapping

from covet.exceptions import (
    AuthenticationError,
    ConfigurationError,
    ConflictError,
    CovetError,
    PermissionDeniedError,
    TooManyRequestsError,
)


class InvalidCredentialsError(AuthenticationError):
    """
    401: credentials came, and they are not good.

    Attributes:
        reason: What the client is told of it.
        is_reported: Whether those who audit have been told.

    Example:
        >>> print(InvalidCredentialsError("The token has expired."))
        The token has expired.
    """

    def __init__(
        self,
        reason: str = "The credentials are not good.",
        *,
        is_reported: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(reason, headers=headers)
        self.reason = reason
        self.is_reported = is_reported


class MissingPermissionError(PermissionDeniedError):
    """403: it is known who asks, and they may not do this."""


class LockedOutError(TooManyRequestsError):
    """
    429: too many attempts have failed; the next ones are not looked at for a time.

    Attributes:
        retry_after: How many seconds that is.

    Example:
        >>> LockedOutError(12.3).headers
        {'retry-after': '13'}
    """

    def __init__(self, retry_after: float) -> None:
        seconds = max(1, math.ceil(retry_after))
        super().__init__("Too many attempts have failed. Try again later.", headers={"retry-after": str(seconds)})
        self.retry_after = retry_after


class PasswordChangedError(ConflictError):
    """
    409: a password that was to be changed is another one by now, and stays so.

    Example:
        >>> print(PasswordChangedError())
        The password was changed meanwhile. Log in with the new one.
    """

    def __init__(self) -> None:
        super().__init__("The password was changed meanwhile. Log in with the new one.")


class UserIDTakenError(ConflictError):
    """
    409: another user has the id.

    Attributes:
        user_id: The id, which is not told to the client.

    Example:
        >>> print(UserIDTakenError(7))
        The id is taken.
    """

    def __init__(self, user_id: int | str) -> None:
        super().__init__("The id is taken.")
        self.user_id = user_id


class UsernameTakenError(ConflictError):
    """
    409: another user has the name.

    Attributes:
        username: The name, which is not told to the client.

    Example:
        >>> print(UsernameTakenError("ada"))
        The name is taken.
    """

    def __init__(self, username: str) -> None:
        super().__init__("The name is taken.")
        self.username = username


class AuthenticationSetupError(ConfigurationError):
    """Providers and guards do not fit together; the text says how to mend it."""


class AuthStoreError(CovetError):
    """A store of keys or revocations failed: whether something is revoked is not known, so nobody is let in."""
