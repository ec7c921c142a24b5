"""
What goes wrong with tokens and passwords. No text here holds a secret, a token, a password or a hash.

::

    AuthenticationError
    └── InvalidTokenError             401  a JSON Web Token is not good
    PermissionDeniedError
    └── BadSignatureError             403  the token was not made here, or not for this
        └── ExpiredSignatureError     403  it was, but its time is over
    ValidationError
    └── InvalidPasswordError          400  the password is empty, too long or no Unicode
    CovetError
    └── UnreadableHashError                a stored hash is damaged, or of another kind (also ValueError)

All but the last are the client's: what is wrong came from outside, and whoever does not catch them answers with their
status.
"""

from datetime import datetime

from covet.exceptions import AuthenticationError, CovetError, ErrorItem, PermissionDeniedError, ValidationError


class InvalidTokenError(AuthenticationError):
    """
    401: a JSON Web Token is not good.

    Attributes:
        reason: What is wrong with it, without any of it.

    Example:
        >>> print(InvalidTokenError("The token has expired."))
        The token has expired.
    """

    def __init__(self, reason: str = "The token is malformed.") -> None:
        super().__init__(reason)
        self.reason = reason


class BadSignatureError(PermissionDeniedError):
    """
    403: a token or a signed URL was not made here, not for this purpose, or was changed.

    Why exactly is not said: it would help only whoever forges one.

    Example:
        >>> print(BadSignatureError())
        The signature is not valid.
    """

    def __init__(self, detail: str = "The signature is not valid.") -> None:
        super().__init__(detail)


class ExpiredSignatureError(BadSignatureError):
    """
    403: the signature is good, but its time is over.

    Attributes:
        expired_at: When it ended.
    """

    def __init__(self, expired_at: datetime) -> None:
        super().__init__(f"The signature expired at {expired_at:%Y-%m-%dT%H:%M:%SZ}.")
        self.expired_at = expired_at


class InvalidPasswordError(ValidationError):
    """
    400: a password that cannot be one: it is empty, too long, no Unicode, or has a NUL in it.

    Attributes:
        reason: What is expected, without the password.

    Example:
        >>> print(InvalidPasswordError("must not be empty", "too_short"))
        1 error
          body /password: must not be empty
    """

    status_code = 400

    def __init__(self, reason: str, type: str) -> None:  # noqa: A002 - the member's name in `errors`
        super().__init__([ErrorItem("body", "/password", reason, type)])
        self.reason = reason


class UnreadableHashError(CovetError, ValueError):
    """A stored password hash is none that its scheme writes; the text says why, and holds nothing of it."""
