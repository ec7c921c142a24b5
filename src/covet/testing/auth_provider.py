"""
The promises of an authentication provider with tokens, as tests that any implementation can run.

It needs no test framework to be imported; pytest collects a subclass whose name begins with `Test`.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from covet.auth import AuthProvider, InvalidCredentialsError, Principal
from covet.http.request import Request


class AuthProviderConformance(ABC):
    """
    The test suite of providers with tokens: subclass it, and say how to make one and how its tokens travel.

    Each test is a coroutine method: run it with pytest-asyncio or the like.

    Example:
        >>> from covet.auth import APIKeyAuthProvider
        >>> class TestKeys(AuthProviderConformance):
        ...     async def make_provider(self):
        ...         return APIKeyAuthProvider()
        ...     def write_headers(self, token):
        ...         return {"X-API-Key": token}
        >>> await TestKeys().test_absent_credentials_are_none()
    """

    @abstractmethod
    async def make_provider(self) -> AuthProvider:
        """Make a provider; the suite closes it."""

    def write_headers(self, token: str) -> Mapping[str, str]:
        """Write the headers that carry a token."""
        return {"Authorization": f"Bearer {token}"}

    async def test_absent_credentials_are_none(self) -> None:
        """A request without credentials has none, and neither has one with those of another scheme."""
        provider = await self.make_provider()
        for headers in ({}, {"Authorization": "Unheard-Of abc"}):
            found = provider.find_credentials(Request(headers=headers))
            _expect(found, None, f"what find_credentials() gives for {headers!r}")
        await provider.aclose()

    async def test_a_token_says_whose_it_is(self) -> None:
        """By `validate_token`, and with the request that carries it."""
        provider = await self.make_provider()
        token = await provider.create_token(Principal("7", scopes=["read"]))
        request = Request(headers=self.write_headers(token))
        credentials = provider.find_credentials(request)
        _expect(credentials is None, False, "whether a request with a token has no credentials")
        for found in (await provider.validate_token(token), await provider.authenticate(request, credentials or {})):
            _expect(found and (found.id, found.scopes), ("7", frozenset({"read"})), "whose token it is")
        await provider.aclose()

    async def test_a_bad_token_is_nobodys(self) -> None:
        """Whatever it is made of; and nothing of it stands in an error."""
        provider = await self.make_provider()
        token = await provider.create_token(Principal("7"))
        middle = len(token) // 2
        changed = token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1 :]
        for bad in (changed, token[:-1], f"{token}A", token[::-1], "x", "", "\x00", "é", "a" * 100_000):
            _expect(await provider.validate_token(bad), None, "what validate_token() gives for a bad token")
            try:
                found = await provider.authenticate(Request(), {"token": bad})
            except InvalidCredentialsError as exc:
                found = None
                _expect(len(bad) > 1 and bad in str(exc), False, "whether the error shows the token")
            _expect(found, None, "what authenticate() gives for a bad token")
        await provider.aclose()

    async def test_two_tokens_are_two(self) -> None:
        """Also for the same user."""
        provider = await self.make_provider()
        tokens = {await provider.create_token(Principal("7")) for _ in range(10)}
        _expect(len(tokens), 10, "the number of different tokens")
        await provider.aclose()

    async def test_a_revoked_token_is_nobodys(self) -> None:
        """It alone; revoking it again, or something that is no token, does nothing."""
        provider = await self.make_provider()
        first, second = [await provider.create_token(Principal("7")) for _ in range(2)]
        for token in (first, first, "x"):
            await provider.revoke_token(token)
        other = await provider.validate_token(second)
        _expect(await provider.validate_token(first), None, "what validate_token() gives for a revoked token")
        _expect(other and other.id, "7", "whose the other token is")
        await provider.aclose()


def _expect(actual: object, expected: object, what: str) -> None:
    """Fail as an assertion does, with words of the suite: an outside runner rewrites no assertions in here."""
    if actual != expected:
        raise AssertionError(f"Expected {what} to be {expected!r}, got {actual!r}.")


__all__ = ["AuthProviderConformance"]
