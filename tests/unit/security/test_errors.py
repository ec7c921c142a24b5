"""
The errors of tokens and passwords: their places in the tree, their statuses, their texts.
"""

from datetime import UTC, datetime

from covet.exceptions import PermissionDeniedError, ValidationError
from covet.security.errors import BadSignatureError, ExpiredSignatureError, InvalidPasswordError


def test_signature_errors_are_refusals() -> None:
    """Who catches the one catches the other; who catches neither answers 403."""
    bad, expired = BadSignatureError(), ExpiredSignatureError(datetime(2026, 11, 3, 12, tzinfo=UTC))

    assert BadSignatureError.__mro__[1] is PermissionDeniedError
    assert isinstance(expired, BadSignatureError)
    assert (bad.status_code, str(bad)) == (403, "The signature is not valid.")
    assert (expired.status_code, str(expired)) == (403, "The signature expired at 2026-11-03T12:00:00Z.")


def test_password_error_is_a_validation_error_of_status_400() -> None:
    """With one entry that points at the password and does not repeat it."""
    error = InvalidPasswordError("must have at most 1024 bytes", "too_long")

    assert isinstance(error, ValidationError)
    assert error.status_code == 400
    assert [item.to_dict() for item in error.errors] == [
        {"source": "body", "pointer": "/password", "message": "must have at most 1024 bytes", "type": "too_long"}
    ]
    assert error.reason == "must have at most 1024 bytes"
