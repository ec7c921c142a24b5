"""
Tokens that a provider has signed: who somebody is (OpenID Connect Core 1.0 §3.1.3.7), or what they may (RFC 9068).

It must never believe a token that was made for another client, another login, or with a key of anybody else.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from covet.auth.jwks import JWKS, Fetch
from covet.security.base64url import encode_base64url
from covet.security.clock import Clock, read_milliseconds
from covet.security.errors import InvalidTokenError
from covet.security.jwt import JWTClaimRules, parse_jwt, verify_jwt
from covet.security.tokens import is_same_secret

# OpenID Connect Core 1.0 §3.1.3.6: the hash of the signature's algorithm; that of Ed25519 is inside of it.
_HASHES: Final[Mapping[str, str]] = {"256": "sha256", "384": "sha384", "512": "sha512"}


class SignedTokens:
    """
    Verify the tokens of one issuer.

    Args:
        issuer: The issuer.
        client_id: The client that its ID tokens are for.
        algorithms: The algorithms that are allowed: those with public keys.
        leeway: How many seconds clocks may differ.
        fetch: What fetches the public keys.
        timeout: How many seconds that may take.
        clock: What tells the time.
    """

    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        algorithms: Sequence[str],
        leeway: float,
        fetch: Fetch,
        timeout: float,
        clock: Clock,
    ) -> None:
        self._client_id = client_id
        self._algorithms = algorithms
        self._leeway = leeway
        self._fetch = fetch
        self._timeout = timeout
        self._clock = clock
        self._issuer = issuer
        self._keys: JWKS | None = None
        self._id_rules = JWTClaimRules(
            issuers=frozenset({issuer}),
            audiences=frozenset({client_id}),
            types=frozenset({"jwt", None}),
            required=frozenset({"iss", "sub", "aud", "exp", "iat"}),
            leeway=leeway,
        )

    # Any: whatever JSON can hold, here and below.
    async def verify_id_token(
        self, token: str, jwks_url: str, *, nonce: str | None, access_token: str, max_age: float | None = None
    ) -> dict[str, Any]:
        """
        Verify an ID token and return its claims.

        Args:
            token: The token.
            jwks_url: Where the keys are.
            nonce: What it has to repeat; `None` for one that came with a refresh.
            access_token: The access token that came with it.
            max_age: How many seconds ago the login at the provider may have been.

        Raises:
            InvalidTokenError: If it is not good.
            ServiceUnavailableError: If there are no keys to verify it by.
        """
        algorithm, claims = await self._verify(token, jwks_url, self._id_rules)
        said = claims.get("nonce")
        if nonce is not None and (not isinstance(said, str) or not is_same_secret(said, nonce)):
            raise InvalidTokenError("The token is of another login.")
        self._check_party(claims)
        at_hash = claims.get("at_hash")
        if at_hash is not None and (
            not isinstance(at_hash, str) or not is_same_secret(at_hash, hash_half(access_token, algorithm))
        ):
            raise InvalidTokenError("The token came with another access token.")
        now = read_milliseconds(self._clock) / 1000
        if claims["iat"] > now + self._leeway:
            raise InvalidTokenError("The token is of the future.")
        if max_age is not None:
            when = claims.get("auth_time")
            if isinstance(when, bool) or not isinstance(when, int | float) or now - when > max_age + self._leeway:
                raise InvalidTokenError("The login at the provider is too long ago.")
        return claims

    async def verify_access_token(self, token: str, jwks_url: str, *, audience: str) -> dict[str, Any]:
        """
        Verify an access token that is signed (RFC 9068), and return its claims.

        Args:
            token: The token.
            jwks_url: Where the keys are.
            audience: For whom it has to be.

        Raises:
            InvalidTokenError: If it is not good.
            ServiceUnavailableError: If there are no keys to verify it by.
        """
        rules = JWTClaimRules(
            issuers=frozenset({self._issuer}),
            audiences=frozenset({audience}),
            types=frozenset({"at+jwt", "jwt", None}),
            required=frozenset({"iss", "sub", "aud", "exp"}),
            leeway=self._leeway,
        )
        _, claims = await self._verify(token, jwks_url, rules)
        return claims

    async def _verify(self, token: str, jwks_url: str, rules: JWTClaimRules) -> tuple[str, dict[str, Any]]:
        parsed = parse_jwt(token)
        if self._keys is None or self._keys.url != jwks_url:
            self._keys = JWKS(jwks_url, fetch=self._fetch, timeout=self._timeout)
            self._keys.allow(self._algorithms)
        key = await self._keys.find(parsed.header)
        return parsed.header.algorithm, verify_jwt(parsed, key, rules, clock=self._clock)

    def _check_party(self, claims: Mapping[str, Any]) -> None:
        """Refuse a token that another client had made, with this one among those who may read it."""
        party, audience = claims.get("azp"), claims["aud"]
        if party is None and isinstance(audience, list) and len(audience) > 1:
            raise InvalidTokenError("The token is for several, and does not say who has asked for it.")
        if party is not None and party != self._client_id:
            raise InvalidTokenError("The token was made for somebody else.")


def hash_half(text: str, algorithm: str) -> str:
    """
    Make the `at_hash` of an access token: the left half of its hash.

    Args:
        text: The access token.
        algorithm: The algorithm of the ID token.

    Example:
        >>> hash_half("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", "RS256")
        '77QmUPtjPfzWtF2AnpK9RQ'
    """
    digest = hashlib.new(_HASHES.get(algorithm[-3:], "sha512"), text.encode()).digest()
    return encode_base64url(digest[: len(digest) // 2])


def read_subject(token: str) -> object:
    """
    Read whom a token means, of one that was verified before.

    Args:
        token: The token.

    Raises:
        InvalidTokenError: If it is none.
    """
    return json.loads(parse_jwt(token).payload).get("sub")
