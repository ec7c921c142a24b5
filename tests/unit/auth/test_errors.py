"""
What goes wrong when somebody proves who they are.
"""

from covet.auth import (
    AuthenticationSetupError,
    AuthStoreError,
    InvalidCredentialsError,
    LockedOutError,
    MissingPermissionError,
)
from covet.exceptions import ConfigurationError, CovetError


def test_each_has_its_status_and_its_place() -> None:
    """What is the client's has a status; what is not has none."""
    statuses = [
        InvalidCredentialsError().status_code,
        MissingPermissionError().status_code,
        LockedOutError(1).status_code,
    ]

    assert statuses == [401, 403, 429]
    assert issubclass(AuthenticationSetupError, ConfigurationError)
    assert issubclass(AuthStoreError, CovetError)


def test_the_text_of_a_refusal_is_its_reason() -> None:
    """And nobody has been told of it yet, unless it says so."""
    error = InvalidCredentialsError("The token has expired.")

    assert (str(error), error.reason, error.is_reported) == ("The token has expired.", "The token has expired.", False)


def test_a_lock_says_how_long() -> None:
    """In whole seconds, at least one."""
    assert [LockedOutError(value).headers["retry-after"] for value in (0.1, 1.0, 29.2)] == ["1", "1", "30"]
