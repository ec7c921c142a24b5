"""
What goes wrong with logins at another service.
"""

import pytest

from covet.auth import OAuthAnswerError, OAuthLoginError, OAuthUnavailableError
from covet.auth.oauth.errors import GrantRefusedError
from covet.exceptions import HTTPError


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OAuthLoginError("google", "reason"), 400),
        (OAuthLoginError("google", "reason", is_refused=True), 403),
        (OAuthUnavailableError(), 503),
        (OAuthAnswerError("reason"), 502),
    ],
)
def test_a_client_is_told_no_reason(error: HTTPError, status: int) -> None:
    """The status says whose fault it is; the reason is for those who run the application."""
    assert error.status_code == status
    assert "reason" not in str(error)
    assert getattr(error, "reason", "reason") == "reason"


def test_a_refused_grant_has_its_code() -> None:
    """One of those that are known."""
    assert GrantRefusedError("invalid_grant").code == "invalid_grant"
