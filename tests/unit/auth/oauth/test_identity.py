"""
Who has logged in, and with which tokens.
"""

from typing import Any

import pytest

from covet.auth import OAuthAnswerError, OAuthIdentity, OAuthTokens
from covet.auth.oauth.identity import read_tokens


def read(**answer: Any) -> OAuthTokens:
    """Read an answer of a token endpoint."""
    return read_tokens({"access_token": "a", "token_type": "Bearer", **answer}, now=1000, scopes=["asked"])


def test_no_token_is_shown() -> None:
    """Neither by itself nor with who has it."""
    tokens = OAuthTokens("first-secret", "second-secret", "third-secret")

    assert "secret" not in repr(tokens) + repr(OAuthIdentity("google", "7", {"a": "secret"}, tokens))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(60, 1060.0), ("60", 1060.0), (0, 1000.0), (1.5, 1001.5)]
    + [(value, None) for value in (None, True, -1, "soon", 1e300, "9" * 40, [60], float("nan"))],
)
def test_the_end_of_a_token_is_read(seconds: object, expected: float | None) -> None:
    """Where it is said in a way that can be read."""
    assert read(expires_in=seconds).expires_at == expected


def test_what_was_asked_for_was_given_where_nothing_else_is_said() -> None:
    """RFC 6749 §5.1."""
    assert read().scopes == {"asked"}
    assert read(scope="a b").scopes == {"a", "b"}


@pytest.mark.parametrize(
    "answer",
    [
        {"access_token": None},
        {"access_token": ""},
        {"access_token": 7},
        {"access_token": "a\r\nb"},
        {"access_token": "x" * 9000},
        {"token_type": "mac"},
        {"token_type": None},
        {"refresh_token": 7},
        {"id_token": ["a"]},
    ],
)
def test_what_is_no_answer_is_refused(answer: dict[str, Any]) -> None:
    """Whatever the provider meant."""
    with pytest.raises(OAuthAnswerError):
        read(**answer)
