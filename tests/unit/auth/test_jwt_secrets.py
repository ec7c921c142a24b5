"""
The secrets that tokens are signed with.
"""

import pytest

from covet import CovetPy
from covet.auth.jwt_secrets import find_secret_keys, find_settings_secret
from covet.config import Settings, Sources
from covet.exceptions import ConfigurationError

GOOD = "R9f3kLmQ27xYtWz8VbNc4HdJsPgEuKiA"


@pytest.mark.row(77)
@pytest.mark.parametrize(
    "secret",
    [
        "your-secret-key",
        "your-secret-key-here",
        "change-me",
        "${JWT_SECRET_KEY}",
        "change-me-change-me-change-me-change-me",
        "a" * 64,
        b"your-secret-key-here-your-secret-key-here",
    ],
)
def test_placeholders_are_refused(secret: str | bytes) -> None:
    """With how to get a good one, and without the secret."""
    with pytest.raises(ConfigurationError, match="anybody could make tokens with it") as caught:
        find_secret_keys(secret, [])
    assert "covet secret" in str(caught.value)
    assert str(secret) not in str(caught.value)


@pytest.mark.row(85)
@pytest.mark.parametrize("secret", ["", b"", "R9f3kLmQ27xYtWz8VbNc4HdJsPgEuKi"])
def test_short_secrets_are_refused(secret: str | bytes) -> None:
    """Less than 32 bytes for HS256."""
    with pytest.raises(ConfigurationError, match=r"HS256 needs 32|has 0 bytes"):
        find_secret_keys(secret, [])


def test_the_algorithm_is_one_of_those_for_secrets() -> None:
    """Several are none: a key is for one."""
    long = [GOOD + "x7Zp" * 8 + "Qm2", GOOD + "b4Yk" * 8 + "Wn9"]

    assert [key.algorithm for key in find_secret_keys(GOOD, [])] == ["HS256"]
    assert [key.algorithm for key in find_secret_keys(long, ["HS512"])] == ["HS512", "HS512"]
    for algorithms in (["RS256"], ["HS256", "HS512"], ["none"]):
        with pytest.raises(ConfigurationError, match="a secret is for one of HS256, HS384, HS512"):
            find_secret_keys(GOOD, algorithms)


def test_the_settings_have_it_or_it_is_missing() -> None:
    """The error names the setting and the variable."""
    settings = Settings(security={"jwt_secret_key": GOOD}, sources=Sources.none())

    assert find_settings_secret(CovetPy(settings=settings)) == GOOD
    for app in (None, CovetPy()):
        with pytest.raises(ConfigurationError, match=r"(?s)'security.jwt_secret_key' is missing.*secret_key"):
            find_settings_secret(app)
