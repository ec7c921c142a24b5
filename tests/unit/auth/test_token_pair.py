"""
The pair of tokens.
"""

from covet import CovetPy
from covet.auth import TokenPair
from covet.testing import TestClient


def test_it_shows_no_token() -> None:
    """Whoever logs it has logged no credentials."""
    assert repr(TokenPair("secret access", "secret refresh", 900)) == "TokenPair(expires_in=900, token_type='Bearer')"


async def test_it_is_answered_with_the_members_of_oauth() -> None:
    """RFC 6749 §5.1."""
    app = CovetPy()

    @app.post("/tokens")
    async def create_tokens() -> TokenPair:
        return TokenPair("a", "b", 60)

    answered = (await TestClient(app).post("/tokens")).json()

    assert answered == {"access_token": "a", "refresh_token": "b", "expires_in": 60, "token_type": "Bearer"}
