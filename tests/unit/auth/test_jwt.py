"""
Bearer tokens that say themselves whose they are: the provider.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jwk

from covet import CovetPy, Request
from covet.auth import (
    JWKS,
    InvalidCredentialsError,
    JWTAuthProvider,
    JWTKey,
    MemoryRevocations,
    MemoryUsers,
    Principal,
    TokenPair,
    UserRecord,
)
from covet.config import Settings, Sources
from covet.exceptions import ConfigurationError
from covet.middleware import AuthenticationMiddleware
from covet.security.jwt import encode_jwt, parse_jwt
from covet.testing import TestClient
from covet.testing.auth_provider import AuthProviderConformance

SECRET = "R9f3kLmQ27xYtWz8VbNc4HdJsPgEuKiA"
OTHER = "pL5wZt0RkXb8QmYcV2nJ7hGdSf4EuAi1"
RSA = jwk.RSAKey.generate_key(2048)
PRIVATE = JWTKey.from_pem(RSA.as_pem(private=True), kid="2026")
PUBLIC = JWTKey.from_pem(RSA.as_pem(private=False), kid="2026")


class TestWithASecret(AuthProviderConformance):
    """The suite that every provider passes, with a secret."""

    async def make_provider(self) -> JWTAuthProvider:
        return JWTAuthProvider(SECRET)


class TestWithAKey(AuthProviderConformance):
    """The suite that every provider passes, with a private key, an issuer and an audience."""

    async def make_provider(self) -> JWTAuthProvider:
        return JWTAuthProvider(keys=[PRIVATE], algorithms=["RS256"], issuer="https://a", audience="api")


class Clock:
    """A clock that goes on when it is told to."""

    now = datetime(2026, 11, 3, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


async def test_a_token_ends() -> None:
    """To the second, unless clocks may differ."""
    clock = Clock()
    strict, lenient = (JWTAuthProvider(SECRET, clock=clock, leeway=leeway, access_lifetime=60) for leeway in (0, 5))
    token = await strict.create_token(Principal("7"))
    clock.now += timedelta(seconds=60)

    assert await strict.validate_token(token) is None
    assert await lenient.validate_token(token) is not None
    with pytest.raises(InvalidCredentialsError, match=r"^The token has expired\.$"):
        await strict.authenticate(Request(), {"token": token})


async def test_a_secret_is_replaced() -> None:
    """The new one signs, both are believed until the old one goes."""
    old, both, new = JWTAuthProvider(SECRET), JWTAuthProvider([OTHER, SECRET]), JWTAuthProvider(OTHER)
    before, after = await old.create_token(Principal("7")), await both.create_token(Principal("7"))

    assert await both.validate_token(before) is not None
    assert await new.validate_token(after) is not None
    assert (await new.validate_token(before), await old.validate_token(after)) == (None, None)


async def test_public_keys_verify_and_make_nothing() -> None:
    """The error says what is missing."""
    maker = JWTAuthProvider(keys=[PRIVATE], algorithms=["RS256"])
    reader = JWTAuthProvider(keys=[PUBLIC], algorithms=["RS256"])
    found = await reader.validate_token(await maker.create_token(Principal("7")))

    assert found is not None
    with pytest.raises(ConfigurationError, match="has public keys only"):
        await reader.create_token(Principal("7"))
    assert [key["kid"] for key in maker.write_jwks()["keys"]] == ["2026"]
    assert "d" not in maker.write_jwks()["keys"][0]


async def test_a_refresh_token_is_good_for_one_pair() -> None:
    """It is no access token, and an access token is none; coming twice, all of its login are revoked."""
    provider = JWTAuthProvider(SECRET)
    ada = Principal("7", ["read"], ["admin"], {"team": "tea"})
    first, other = await provider.create_tokens(ada), await provider.create_tokens(ada)
    second = await provider.refresh_tokens(first.refresh_token)
    found = await provider.validate_token(second.access_token)

    assert found is not None
    assert (found.scopes, found.roles, found.claims["team"]) == (ada.scopes, ada.roles, "tea")
    assert (second.token_type, second.expires_in) == ("Bearer", 900)
    assert await provider.validate_token(first.refresh_token) is None
    with pytest.raises(InvalidCredentialsError, match="of another kind"):
        await provider.refresh_tokens(first.access_token)
    with pytest.raises(InvalidCredentialsError, match="was used before"):
        await provider.refresh_tokens(first.refresh_token)
    for token in (first.access_token, second.access_token):
        assert await provider.validate_token(token) is None
    with pytest.raises(InvalidCredentialsError, match="has been revoked"):
        await provider.refresh_tokens(second.refresh_token)
    assert await provider.validate_token(other.access_token) is not None


async def test_a_pair_is_answered_by_the_names_of_its_parts() -> None:
    """As clients of RFC 6749 expect it; and it shows no token in a log."""
    provider = JWTAuthProvider(SECRET)
    app = CovetPy()

    @app.post("/login")
    async def log_in() -> TokenPair:
        return await provider.create_tokens(Principal("7"))

    async with TestClient(app) as client:
        answer = (await client.post("/login")).json()
    pair = await provider.create_tokens(Principal("7"))

    assert await provider.validate_token(answer.pop("access_token")) is not None
    assert (await provider.refresh_tokens(answer.pop("refresh_token"))).expires_in == 900
    assert answer == {"expires_in": 900, "token_type": "Bearer"}
    assert repr(pair) == "TokenPair(expires_in=900, token_type='Bearer')"


async def test_a_token_is_worth_what_its_user_may_at_the_moment() -> None:
    """At each use, and the next pair; what is taken away comes back with the user."""
    ada = UserRecord(id=7, username="ada", password_hash=None, scopes=frozenset({"read", "write"}))
    users = MemoryUsers([ada])
    provider = JWTAuthProvider(SECRET, find_user=users.find_by_id)
    pair = await provider.create_tokens(Principal(7, scopes=["read", "write"]))

    await users.replace(replace(ada, scopes=frozenset({"read", "delete"})))
    for token in (pair.access_token, (await provider.refresh_tokens(pair.refresh_token)).access_token):
        found = await provider.validate_token(token)
        assert found is not None
        assert found.scopes == {"read"}


async def test_a_user_who_may_not_log_in_gets_no_further_pair() -> None:
    """The refusal uses up no token: they may go on once they may log in again."""
    ada = UserRecord(id=7, username="ada", password_hash=None)
    users = MemoryUsers([ada])
    asking, trusting = (
        JWTAuthProvider(SECRET, find_user=users.find_by_id, find_user_each_request=value) for value in (True, False)
    )
    pair = await trusting.create_tokens(Principal(7))
    await users.replace(replace(ada, is_active=False))

    assert await asking.validate_token(pair.access_token) is None
    assert await trusting.validate_token(pair.access_token) is not None
    with pytest.raises(InvalidCredentialsError, match="nobody here") as caught:
        await trusting.refresh_tokens(pair.refresh_token)
    assert caught.value.headers == {
        "www-authenticate": 'Bearer error="invalid_token", error_description="The token is for nobody here."'
    }
    await users.replace(ada)
    assert (await trusting.refresh_tokens(pair.refresh_token)).access_token


def test_what_is_no_store_is_refused() -> None:
    """When the provider is made, and not with the first token."""
    with pytest.raises(ConfigurationError, match=r"has store=\{\}, expected a RevocationStore"):
        JWTAuthProvider(SECRET, store={})  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match="find_user is 7, expected a function"):
        JWTAuthProvider(SECRET, find_user=7)  # type: ignore[arg-type]


async def test_revoking_a_refresh_token_ends_its_login() -> None:
    """All tokens of it, those of other logins not."""
    provider = JWTAuthProvider(SECRET)
    first, other = await provider.create_tokens(Principal("7")), await provider.create_tokens(Principal("7"))
    await provider.revoke_token(first.refresh_token)

    assert await provider.validate_token(first.access_token) is None
    assert await provider.validate_token(other.access_token) is not None


@pytest.mark.parametrize("seconds", [0, 59, 60, 90])
async def test_revoking_a_refresh_token_ends_what_a_thief_had_for_it(seconds: float) -> None:
    """Used up by them, and expired by then, as the owner's may be."""
    clock = Clock()
    # The store has the time of the machine.
    clock.now = datetime.now(UTC)
    provider = JWTAuthProvider(SECRET, access_lifetime=10, refresh_lifetime=60, clock=clock)
    first = await provider.create_tokens(Principal("7"))
    stolen = await provider.refresh_tokens(first.refresh_token)
    for _ in range(2):
        clock.now += timedelta(seconds=seconds / 2)
        stolen = await provider.refresh_tokens(stolen.refresh_token)
    await provider.revoke_token(first.refresh_token)

    assert await provider.validate_token(stolen.access_token) is None
    with pytest.raises(InvalidCredentialsError, match="has been revoked"):
        await provider.refresh_tokens(stolen.refresh_token)


async def test_a_store_is_shared() -> None:
    """What one worker revokes is good for nothing with another."""
    store = MemoryRevocations()
    one, two = JWTAuthProvider(SECRET, store=store), JWTAuthProvider(SECRET, store=store)
    token = await one.create_token(Principal("7"))
    await one.revoke_token(token)

    assert await two.validate_token(token) is None


async def test_a_token_without_an_identifier_can_be_revoked() -> None:
    """By what it says."""
    provider = JWTAuthProvider(keys=[PRIVATE], algorithms=["RS256"])
    tokens = [encode_jwt({"sub": name, "exp": 4_000_000_000}, PRIVATE) for name in ("7", "8")]
    await provider.revoke_token(tokens[0])

    assert [await provider.validate_token(token) is None for token in tokens] == [True, False]


async def test_whom_a_token_means_can_be_said() -> None:
    """`None` refuses."""

    def read(claims: object) -> Principal | None:
        assert isinstance(claims, dict)
        return None if claims["sub"] == "eve" else Principal(claims["sub"], roles=["guest"])

    provider = JWTAuthProvider(SECRET, make_principal=read)
    found = await provider.validate_token(await provider.create_token(Principal("7", roles=["admin"])))

    assert found is not None
    assert found.roles == {"guest"}
    with pytest.raises(InvalidCredentialsError, match="for nobody here"):
        await provider.authenticate(Request(), {"token": await provider.create_token(Principal("eve"))})


async def test_own_claims_are_written() -> None:
    """And what a token is made of cannot be replaced by them."""
    provider = JWTAuthProvider(SECRET, issuer="https://a", audience=["api", "web"])
    token = await provider.create_token(Principal("7"), claims={"team": "tea", "exp": 1, "jti": "x", "iss": "evil"})
    claims = json.loads(parse_jwt(token).payload)

    assert (claims["team"], claims["iss"], claims["aud"]) == ("tea", "https://a", "api")
    assert claims["exp"] > 1
    assert claims["jti"] != "x"


def test_a_token_of_another_form_is_for_another_provider() -> None:
    """Such as an API key that is brought as a bearer token."""
    provider = JWTAuthProvider(SECRET)

    assert provider.find_credentials(Request(headers={"authorization": "Bearer shop_abc"})) is None
    assert provider.find_credentials(Request(headers={"authorization": "Bearer a.b.c"})) is not None
    assert provider.find_credentials(Request(headers={"authorization": "Bearer"})) == {"token": ""}


async def test_without_a_key_it_is_that_of_the_settings() -> None:
    """Which is looked up at the start; without one the application does not start."""
    provider = JWTAuthProvider()
    settings = Settings(security={"jwt_secret_key": SECRET}, sources=Sources.none())
    app = CovetPy(settings=settings, middleware=[AuthenticationMiddleware(provider=provider)])

    @app.get("/me")
    async def show_me(principal: Principal) -> str:
        return str(principal.id)

    with pytest.raises(ConfigurationError, match=r"JWTAuthProvider has no key"):
        await provider.create_token(Principal("7"))
    async with TestClient(app) as client:
        token = await provider.create_token(Principal("7"))
        assert (await client.get("/me", headers={"Authorization": f"Bearer {token}"})).text == "7"
    with pytest.raises(ConfigurationError, match=r"'security.jwt_secret_key' is missing"):
        CovetPy(middleware=[AuthenticationMiddleware(provider=JWTAuthProvider())]).compile()
    other = Settings(security={"jwt_secret_key": OTHER}, sources=Sources.none())
    with pytest.raises(ConfigurationError, match="serves two applications with different keys"):
        provider.prepare(CovetPy(settings=other))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"secret_key": SECRET, "keys": [PRIVATE]}, "takes one of secret_key, keys and jwks"),
        ({"keys": [PRIVATE]}, r"needs algorithms.*\n  Write algorithms=\['RS256'\]"),
        ({"keys": [PRIVATE], "algorithms": "RS256"}, "algorithms='RS256', expected a list"),
        ({"keys": [PRIVATE], "algorithms": ["ES256"]}, "whose algorithm is not among"),
        ({"keys": [PRIVATE, PUBLIC], "algorithms": ["RS256"]}, "each with a name of its own"),
        ({"keys": [], "algorithms": ["RS256"]}, "needs keys"),
        ({"jwks": JWKS("https://a/jwks", fetch=None)}, "needs algorithms"),
        ({"jwks": JWKS("https://a/jwks"), "algorithms": ["RS256"]}, "needs issuer and audience with jwks"),
        ({"secret_key": SECRET, "leeway": -1}, "leeway=-1, expected 0 to 600 seconds"),
        ({"secret_key": SECRET, "access_lifetime": 0}, "a lifetime of 0, expected 1 second to a year"),
        ({"secret_key": SECRET, "issuer": ""}, "issuer='', expected a text"),
        ({"secret_key": SECRET, "secret": SECRET}, "no option 'secret'"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: dict[str, object], message: str) -> None:
    """With what to write instead, and no secret."""
    with pytest.raises(ConfigurationError, match=message) as caught:
        JWTAuthProvider(**options)  # type: ignore[arg-type]
    assert SECRET not in str(caught.value)


async def test_keys_of_somebody_else_make_nothing() -> None:
    """Whoever has the private keys does."""

    async def fetch(url: str) -> bytes:
        return json.dumps({"keys": [PRIVATE.to_public_jwk()]}).encode()

    jwks = JWKS("https://login.example.com/jwks", fetch=fetch)
    reader = JWTAuthProvider(jwks=jwks, algorithms=["RS256"], issuer="https://login.example.com", audience="api")
    maker = JWTAuthProvider(keys=[PRIVATE], algorithms=["RS256"], issuer="https://login.example.com", audience="api")

    assert await reader.validate_token(await maker.create_token(Principal("7"))) is not None
    with pytest.raises(ConfigurationError, match="makes no tokens with jwks"):
        await reader.create_token(Principal("7"))


async def test_a_token_without_a_user_is_for_nobody() -> None:
    """Whoever has made it: an empty `sub` would be one user for all of them."""
    key = JWTKey.from_secret("Zr8wE2yU5iO9pA1s of these tests alone")
    provider = JWTAuthProvider(keys=[key], algorithms=["HS256"])
    now = int(datetime.now(UTC).timestamp())
    token = encode_jwt({"sub": "", "exp": now + 60, "iat": now}, key, type="at+jwt")

    with pytest.raises(InvalidCredentialsError, match=r"^The token is for nobody\.$"):
        await provider.authenticate(Request(), {"token": token})
    with pytest.raises(TypeError, match="A token is made for a Principal with an id"):
        await provider.create_token(Principal(""))


async def test_a_scope_of_another_issuer_does_not_become_several() -> None:
    """A list may have anything in it; a token that is made of that principal has the same rights."""
    key = JWTKey.from_secret("Zr8wE2yU5iO9pA1s of these tests alone")
    provider = JWTAuthProvider(keys=[key], algorithms=["HS256"])
    now = int(datetime.now(UTC).timestamp())
    token = encode_jwt({"sub": "eve", "exp": now + 60, "iat": now, "scp": ["notes admin", "read"]}, key, type="at+jwt")

    eve = await provider.validate_token(token)
    assert eve is not None
    again = await provider.validate_token(await provider.create_token(eve))
    assert again is not None
    assert eve.scopes == again.scopes == {"read"}
