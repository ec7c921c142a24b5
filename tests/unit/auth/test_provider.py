"""
The contract of providers.
"""

import gc
import weakref

import pytest

from covet import CovetPy, Request
from covet.auth import AuthProvider, Principal, SecurityScheme
from covet.auth.provider import Credentials


class One(AuthProvider):
    """A provider with nothing of its own."""

    async def authenticate(self, request: Request, credentials: Credentials) -> Principal | None:
        return None

    async def validate_token(self, token: str) -> Principal | None:
        return None

    async def create_token(self, user: Principal) -> str:
        return ""

    async def revoke_token(self, token: str) -> None:
        pass


def test_the_four_methods_have_to_be_there() -> None:
    """One that lacks one cannot be made."""
    with pytest.raises(TypeError, match="revoke_token"):
        AuthProvider()  # type: ignore[abstract]


def test_a_bearer_token_is_found_unless_it_says_otherwise() -> None:
    """Absent is `None`; what cannot be read is there and empty."""
    found = [One().find_credentials(Request(headers=headers)) for headers in ({}, {"authorization": "Bearer a"})]

    assert found == [None, {"token": "a"}]
    assert One().find_credentials(Request(headers={"authorization": "Bearer"})) == {"token": ""}


def test_a_token_stands_behind_the_word_of_the_scheme() -> None:
    """That word is what clients are challenged with; a bearer token is none of it then."""
    provider = One()
    provider.scheme = SecurityScheme("token", "Token", {"type": "apiKey", "in": "header", "name": "Authorization"})

    found = [
        provider.find_credentials(Request(headers={"authorization": f"{word} a"}))
        for word in ("Token", "token", "Bearer")
    ]

    assert found == [{"token": "a"}, {"token": "a"}, None]


async def test_it_does_not_keep_its_application_alive() -> None:
    """It knows it to tell its bus, and tells nobody once it is gone."""
    provider, app = One(), CovetPy()
    provider.prepare(app)
    gone = weakref.ref(app)
    del app
    gc.collect()

    assert gone() is None
    await provider.report("TokenRevokedEvent", user_id=1, method="one", token_id="a")
