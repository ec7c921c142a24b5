"""
Access tokens that others bring along.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from covet.auth import InvalidCredentialsError, OAuth2Provider, OAuthAnswerError, OAuthUnavailableError, Principal
from covet.auth.events import UserAuthenticatedEvent
from covet.testing import TestClient
from covet.testing.auth_provider import AuthProviderConformance
from tests.unit.auth.oauth.browser import make_app, make_provider, mint, read_calls

API = "https://api.example.com"


def read_subject(claims: Mapping[str, Any]) -> Principal | None:
    """Make the principal of a token, but for nobody called grace."""
    return None if claims["sub"] == "u-2" else Principal("7", scopes=claims["scope"].split(), method="idp")


class _Minting(OAuth2Provider):
    """A provider whose service makes tokens when a test wants some."""

    issuer: str

    async def create_token(self, user: Principal) -> str:
        return await mint(self.issuer, scope=" ".join(sorted(user.scopes)))


@pytest.fixture(autouse=True)
def issuer(idp: str) -> None:
    """Say where the issuer is."""
    _Minting.issuer = f"{idp}/good"


class TestIntrospected(AuthProviderConformance):
    """A provider that is asked keeps the contract."""

    async def make_provider(self) -> OAuth2Provider:
        return _make(bearer="introspection")

    async def test_it_forgets_nothing(self, idp: str) -> None:
        """Each token is asked about each time: what was revoked is good for nothing at once."""
        provider, token = await self.make_provider(), await mint(f"{idp}/good", scope="a")
        await read_calls(f"{idp}/good")
        for _ in range(2):
            assert await provider.validate_token(token) is not None
        assert (await read_calls(f"{idp}/good")).count("introspect") == 2


class TestSigned(AuthProviderConformance):
    """And so does one whose tokens are verified here, but that it cannot see what was revoked."""

    async def make_provider(self) -> OAuth2Provider:
        return _make(bearer="jwt", audience=API, algorithms=["ES256"])

    async def test_a_revoked_token_is_nobodys(self) -> None:
        """It is good until it expires: nobody is asked."""
        provider = await self.make_provider()
        token = await provider.create_token(Principal("7"))
        await provider.revoke_token(token)
        assert await provider.validate_token(token) is not None


def _make(**options: Any) -> OAuth2Provider:
    from tests.e2e.oidc_users import SECRET

    return _Minting(
        "idp",
        client_id="shop",
        client_secret=SECRET,
        issuer=_Minting.issuer,
        make_token_principal=read_subject,
        **options,
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"bearer": "introspection"}, {"client_id": "phone"}),
        ({"bearer": "introspection", "audience": API}, {"aud": "https://other.example.com"}),
        ({"bearer": "introspection"}, {"iss": "https://somebody.example"}),
        ({"bearer": "introspection"}, {"exp": 1000}),
        ({"bearer": "introspection"}, {"user": "grace"}),
        ({"bearer": "jwt", "audience": API}, {"aud": "https://other.example.com"}),
        ({"bearer": "jwt", "audience": API}, {"aud": "shop"}),
        ({"bearer": "jwt", "audience": API}, {"iss": "https://somebody.example"}),
        ({"bearer": "jwt", "audience": API}, {"exp": 1000}),
        ({"bearer": "jwt", "audience": API}, {"user": "grace"}),
    ],
)
async def test_a_token_for_somebody_else_is_refused(idp: str, options: dict[str, Any], said: dict[str, Any]) -> None:
    """However good it is elsewhere."""
    provider = make_provider(f"{idp}/good", make_token_principal=read_subject, **options)
    good, bad = await mint(f"{idp}/good", scope=""), await mint(f"{idp}/good", scope="", **said)

    assert (await provider.validate_token(good)) is not None
    assert (await provider.validate_token(bad)) is None
    with pytest.raises(InvalidCredentialsError):
        await provider._bearer.find_principal(bad)


async def test_a_request_brings_a_token(idp: str) -> None:
    """Its scopes are those of the token; each request is told to those who audit."""
    app = make_app(make_provider(f"{idp}/good", bearer="introspection", audience=API))
    seen: list[object] = []

    @app.events.subscribe(UserAuthenticatedEvent)
    async def note(event: UserAuthenticatedEvent) -> None:
        seen.append(event.user_id)

    token = await mint(f"{idp}/good", scope="orders:read")
    async with TestClient(app) as client:
        good = await client.get("/me", headers={"Authorization": f"Bearer {token}"})
        bad = await client.get("/me", headers={"Authorization": "Bearer unknown"})
        absent = await client.get("/me")

    assert (good.json()["id"], good.json()["scopes"]) == ("idp:u-1", ["orders:read"])
    assert (bad.status_code, absent.status_code) == (401, 401)
    assert bad.headers["www-authenticate"].startswith('Bearer error="invalid_token"')
    assert absent.headers["www-authenticate"] == "Bearer"
    assert seen == ["idp:u-1"]


async def test_where_none_are_taken_none_is_good(idp: str) -> None:
    """And nobody is asked."""
    provider, token = make_provider(f"{idp}/good"), await mint(f"{idp}/good")
    await read_calls(f"{idp}/good")
    async with TestClient(make_app(provider)) as client:
        response = await client.get("/me", headers={"Authorization": f"Bearer {token}"})

    assert response.status_code == 401
    assert await provider.validate_token(token) is None
    assert await read_calls(f"{idp}/good") == []


@pytest.mark.parametrize(
    ("behaviour", "error"),
    [("failing", OAuthUnavailableError), ("redirect", OAuthAnswerError), ("plain", OAuthAnswerError)],
)
async def test_a_provider_that_cannot_be_asked_lets_nobody_in(idp: str, behaviour: str, error: type[Exception]) -> None:
    """The token may be good, nobody knows: it is not called bad."""
    provider = make_provider(f"{idp}/{behaviour}", bearer="introspection")

    with pytest.raises(error):
        await provider.validate_token("x")
    async with TestClient(make_app(provider), raise_app_exceptions=False) as client:
        response = await client.get("/me", headers={"Authorization": "Bearer x"})
    assert response.status_code in {502, 503}
