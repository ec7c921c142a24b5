"""
The options of tokens.
"""

from datetime import timedelta
from typing import Any

import pytest

from covet.auth import AuthenticationSetupError, JWTAuthProvider
from covet.auth.jwt_options import check_algorithms, read_lifetimes, read_names
from covet.security import generate_token


@pytest.mark.parametrize("value", [0, -1, True, "15m", None, float("nan"), timedelta(days=367)])
def test_a_lifetime_is_a_second_to_a_year(value: Any) -> None:
    """Whatever else is given."""
    with pytest.raises(AuthenticationSetupError, match="expected 1 second to a year"):
        read_lifetimes(value, timedelta(days=30))


def test_a_refresh_token_outlives_what_it_replaces() -> None:
    """Both lives are named."""
    message = r"(?s)access_lifetime=7200, which is longer than refresh_lifetime=3600.*Give the refresh token the longer"
    with pytest.raises(AuthenticationSetupError, match=message):
        JWTAuthProvider(generate_token(), access_lifetime=7200, refresh_lifetime=3600)

    assert read_lifetimes(60, 60) == (60.0, 60.0)


def test_algorithms_are_a_list() -> None:
    """They are needed with keys."""
    with pytest.raises(AuthenticationSetupError, match="expected a list"):
        check_algorithms("RS256", is_needed=False)
    with pytest.raises(AuthenticationSetupError, match="needs algorithms"):
        check_algorithms(None, is_needed=True)


@pytest.mark.parametrize("value", ["", [], ["a", ""], [7]])
def test_names_are_texts(value: Any) -> None:
    """With something in them."""
    with pytest.raises(AuthenticationSetupError, match="JWTAuthProvider has issuer="):
        read_names("issuer", value)
