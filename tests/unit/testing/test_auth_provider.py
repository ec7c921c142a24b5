"""
The suite of providers finds what is wrong with one.
"""

import pytest

from covet.auth import APIKeyAuthProvider
from covet.testing.auth_provider import AuthProviderConformance


class Stubborn(APIKeyAuthProvider):
    """A provider whose keys stay good."""

    async def revoke_token(self, token: str) -> None:
        pass


class Suite(AuthProviderConformance):
    async def make_provider(self) -> Stubborn:
        return Stubborn(header=None)


async def test_it_passes_what_is_right_and_fails_what_is_wrong() -> None:
    """With words of its own."""
    suite = Suite()

    await suite.test_a_token_says_whose_it_is()
    with pytest.raises(AssertionError, match="for a revoked token to be None"):
        await suite.test_a_revoked_token_is_nobodys()
