"""
Tokens that a provider has signed.
"""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from joserfc import jwk

from covet.auth import JWTKey
from covet.auth.oauth.signed_tokens import SignedTokens, hash_half, read_subject
from covet.exceptions import ServiceUnavailableError
from covet.security.errors import InvalidTokenError
from covet.security.jwt import encode_jwt

NOW = 1_800_000_000
ISSUER, KEYS_URL = "https://login.example.com", "https://login.example.com/keys"
KEY = JWTKey.from_jwk(jwk.ECKey.generate_key("P-256").as_dict(private=True), kid="a")
RSA = JWTKey.from_jwk(jwk.RSAKey.generate_key(2048).as_dict(private=True), kid="b")


def make_tokens(algorithms: tuple[str, ...] = ("ES256",)) -> SignedTokens:
    """Make what verifies tokens."""

    async def fetch(url: str) -> bytes:
        assert url == KEYS_URL
        return json.dumps({"keys": [KEY.to_public_jwk(), RSA.to_public_jwk()]}).encode()

    return SignedTokens(
        issuer=ISSUER,
        client_id="shop",
        algorithms=algorithms,
        leeway=30,
        fetch=fetch,
        timeout=1,
        clock=lambda: datetime.fromtimestamp(NOW, UTC),
    )


def sign(key: JWTKey = KEY, kind: str = "JWT", **claims: object) -> str:
    """Make a token."""
    said = {"iss": ISSUER, "sub": "7", "aud": "shop", "exp": NOW + 60, "iat": NOW, "nonce": "n", **claims}
    return encode_jwt({name: value for name, value in said.items() if value is not None}, key, type=kind)


async def verify(token: str, **options: Any) -> dict[str, Any]:
    """Verify an ID token."""
    given: dict[str, Any] = {"nonce": "n", "access_token": "access", **options}
    return await make_tokens().verify_id_token(token, KEYS_URL, **given)


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"aud": ["shop"]},
        {"aud": ["other", "shop"], "azp": "shop"},
        {"azp": "shop"},
        {"exp": NOW - 29},
        {"iat": NOW + 29},
        {"at_hash": hash_half("access", "ES256")},
    ],
)
async def test_a_good_token_is_believed(claims: dict[str, Any]) -> None:
    """OpenID Connect Core 1.0 §3.1.3.7."""
    assert (await verify(sign(**claims)))["sub"] == "7"


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://login.example.com.evil"},
        {"iss": "https://login.example"},
        {"aud": "shop2"},
        {"aud": []},
        {"aud": None},
        {"aud": ["shop", "other"]},
        {"azp": "other"},
        {"azp": 7},
        {"exp": NOW - 31},
        {"exp": None},
        {"iat": NOW + 31},
        {"iat": None},
        {"iat": "now"},
        {"sub": None},
        {"sub": 7},
        {"nonce": "m"},
        {"nonce": None},
        {"nonce": 7},
        {"at_hash": hash_half("other", "ES256")},
        {"at_hash": 7},
        {"at_hash": ""},
    ],
)
async def test_a_token_that_is_not_good_is_refused(claims: dict[str, Any]) -> None:
    """Each of its claims counts."""
    with pytest.raises(InvalidTokenError):
        await verify(sign(**claims))


@pytest.mark.row(84)
async def test_row_084_the_algorithm_is_one_of_those_that_were_said() -> None:
    """A key of the document that is for another is not used; an access token is no ID token."""
    with pytest.raises(InvalidTokenError):
        await verify(sign(RSA))
    assert (await make_tokens(("RS256",)).verify_id_token(sign(RSA), KEYS_URL, nonce="n", access_token="a"))["sub"]
    with pytest.raises(InvalidTokenError, match="another kind"):
        await verify(sign(kind="at+jwt"))


@pytest.mark.parametrize(
    ("when", "is_good"), [(NOW - 60, True), (NOW - 91, False), (None, False), (True, False), ("", False)]
)
async def test_the_login_may_be_so_old(when: object, is_good: bool) -> None:
    """With `max_age` it has to be said."""
    token = sign(auth_time=when)
    if is_good:
        assert await verify(token, max_age=60)
        return
    with pytest.raises(InvalidTokenError, match="too long ago"):
        await verify(token, max_age=60)


async def test_a_token_of_a_refresh_repeats_no_nonce() -> None:
    """OpenID Connect Core 1.0 §12.2."""
    assert await verify(sign(nonce=None), nonce=None)


async def test_an_access_token_is_for_its_audience() -> None:
    """An ID token is not."""
    tokens = make_tokens()
    good = sign(kind="at+jwt", aud=["api", "x"], iat=None)
    assert (await tokens.verify_access_token(good, KEYS_URL, audience="api"))["sub"] == "7"
    for bad in (sign(), sign(aud=None), sign(aud="api", iss="https://evil"), sign(aud="api", exp=NOW - 60)):
        with pytest.raises(InvalidTokenError):
            await tokens.verify_access_token(bad, KEYS_URL, audience="api")


async def test_without_keys_nobody_is_let_in() -> None:
    """503: the token may be good, nobody knows."""
    tokens = make_tokens()

    async def fetch(url: str) -> bytes:
        raise OSError("down")

    tokens._fetch = fetch
    with pytest.raises(ServiceUnavailableError):
        await tokens.verify_id_token(sign(), KEYS_URL, nonce="n", access_token="a")


@pytest.mark.parametrize(("algorithm", "length"), [("RS256", 22), ("ES384", 32), ("PS512", 43), ("EdDSA", 43)])
def test_a_half_is_of_the_algorithms_hash(algorithm: str, length: int) -> None:
    """Ed25519 has SHA-512 inside of it."""
    assert len(hash_half("access", algorithm)) == length


def test_a_subject_is_read() -> None:
    """Of a token that was verified before."""
    assert read_subject(sign()) == "7"
    with pytest.raises(InvalidTokenError):
        read_subject("x")
