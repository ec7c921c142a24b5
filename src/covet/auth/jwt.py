"""
`JWTAuthProvider`: bearer tokens that say themselves whose they are.

What a token is, is said by `covet.security.jwt`; here is where its keys come from, whom it means, and how it ends.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from math import inf
from typing import Any, Final

from covet.auth.errors import InvalidCredentialsError
from covet.auth.jwks import JWKS
from covet.auth.jwt_claims import read_principal, write_claims
from covet.auth.jwt_eras import ERA, UserEras, name_user
from covet.auth.jwt_options import check_algorithms, fail, read_lifetimes, read_names
from covet.auth.jwt_secrets import find_secret_keys, find_settings_secret
from covet.auth.principal import Principal
from covet.auth.provider import AuthProvider, Credentials
from covet.auth.revocations import MemoryRevocations, NoRevocations, RevocationStore
from covet.auth.rights import FindUser, check_find_user, limit_rights
from covet.auth.schemes import SecurityScheme
from covet.auth.token_pair import TokenPair
from covet.auth.unshared import FOREIGN_REVOCATIONS, REVOCATIONS, Unshared
from covet.exceptions import ServiceUnavailableError
from covet.http.request import Request
from covet.options import refuse_unknown
from covet.security.clock import Clock, read_milliseconds, utc_now
from covet.security.errors import InvalidTokenError
from covet.security.jwt import JWTClaimRules, JWTKey, encode_jwt, find_key, parse_jwt, verify_jwt
from covet.security.key_ring import SecretLike
from covet.security.tokens import generate_token

# What its `typ` says a token is for (RFC 9068 §2.1 for the first); one is never taken for the other.
_ACCESS: Final = "at+jwt"
_REFRESH: Final = "rt+jwt"
_JWT_SCHEME: Final = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class JWTAuthProvider(AuthProvider):
    """
    Bearer tokens in the form of RFC 7519, signed here or by somebody else.

    Keys are given in one of three ways. Without any, the secret is `security.jwt_secret_key` of the application's
    settings.

    Args:
        secret_key: A secret that only this application knows, or several, the one in use first.
        keys: Keys by hand, of which the first that can makes tokens; all are believed.
        jwks: The public keys of somebody else who makes the tokens.
        algorithms: The algorithms that are allowed; mandatory with `keys` and `jwks`. A key is for one of them,
            whatever a token says.
        issuer: Who makes the tokens: written into one's own, demanded of all; of several, one. Mandatory with `jwks`.
        audience: For whom they are: written into one's own, demanded of all; of several, one. Mandatory with `jwks`.
        leeway: How many seconds the clocks of two machines may differ.
        access_lifetime: How long a token is good for.
        refresh_lifetime: How long a refresh token is good for; each refresh gives a new one.
        store: What is revoked; in memory by default, which other workers do not see. `NoRevocations()` where no token
            is ever revoked or refreshed.
        find_user: Finds the user of a token, as `find_by_id` of a `UserStore` does: a token is worth no more than they
            may at the moment, and nothing while they may not log in; so is the next pair for a refresh token.
        find_user_each_request: Whether that is asked for each request too, or for the next pair alone.
        make_principal: Makes the principal of the claims, where `sub`, `scope` and `roles` do not say it; `None`
            refuses.
        realm: The realm that clients are told.
        clock: What tells the time.

    Raises:
        ConfigurationError: If the options do not fit together, or a key is too weak.
        MissingDependencyError: If joserfc is not installed.

    Example:
        >>> provider = JWTAuthProvider(generate_token())
        >>> token = await provider.create_token(Principal("7", scopes=["orders:read"]))
        >>> (await provider.validate_token(token)).scopes
        frozenset({'orders:read'})
        >>> await provider.revoke_token(token)
        >>> print(await provider.validate_token(token))
        None
    """

    name = "jwt"

    @refuse_unknown
    def __init__(
        self,
        secret_key: SecretLike | Sequence[SecretLike] | None = None,
        *,
        keys: Sequence[JWTKey] | None = None,
        jwks: JWKS | None = None,
        algorithms: Sequence[str] | None = None,
        issuer: str | Collection[str] | None = None,
        audience: str | Collection[str] | None = None,
        leeway: float = 0.0,
        access_lifetime: timedelta | float = 900,
        refresh_lifetime: timedelta | float = timedelta(days=30),
        store: RevocationStore | None = None,
        find_user: FindUser | None = None,
        find_user_each_request: bool = True,
        make_principal: Callable[[Mapping[str, Any]], Principal | None] | None = None,
        realm: str | None = None,
        clock: Clock = utc_now,
    ) -> None:
        if sum(item is not None for item in (secret_key, keys, jwks)) > 1:
            raise fail("takes one of secret_key, keys and jwks.", "Leave out the others.")
        self._algorithms = check_algorithms(algorithms, is_needed=keys is not None or jwks is not None)
        self._issuers, self._audiences = read_names("issuer", issuer), read_names("audience", audience)
        self._access, self._refresh = read_lifetimes(access_lifetime, refresh_lifetime)
        if not 0 <= leeway <= 600:
            raise fail(f"has leeway={leeway!r}, expected 0 to 600 seconds.", "Write leeway=30.")
        issuers, audiences = frozenset(self._issuers), frozenset(self._audiences)
        types = frozenset({"jwt", _ACCESS, None})
        self._rules = JWTClaimRules(issuers=issuers, audiences=audiences, types=types, leeway=leeway)
        self._refresh_rules = replace(
            self._rules, types=frozenset({_REFRESH}), required=frozenset({"exp", "sub", "jti", "fam"})
        )
        # What came of a refresh token may be good for longer than the token itself.
        self._family_rules = replace(self._refresh_rules, leeway=inf)
        self._jwks = jwks
        self._keys: dict[str, JWTKey] = {}
        self._is_from_settings = False
        if jwks is not None:
            if not self._issuers or not self._audiences:
                raise fail(
                    "needs issuer and audience with jwks: others use the same keys.",
                    "Write issuer='https://login.example.com', audience='my-api'.",
                )
            jwks.allow(self._algorithms)
            self.raises = (*self.raises, ServiceUnavailableError)
        elif keys is not None:
            self._take(keys)
        elif secret_key is not None:
            self._take(find_secret_keys(secret_key, self._algorithms))
        self._store = MemoryRevocations() if store is None else store
        if not isinstance(self._store, RevocationStore):
            raise fail(f"has store={store!r}, expected a RevocationStore.", "See covet.auth.RevocationStore.")
        check_find_user("JWTAuthProvider", find_user)
        self._find_user = find_user
        self._find_bearer = find_user if find_user_each_request else None
        self._make_principal = read_principal if make_principal is None else make_principal
        self._clock = clock
        self._eras = UserEras(self._store, clock=clock, leeway=leeway)
        self.scheme = SecurityScheme("bearer", "Bearer", _JWT_SCHEME, realm)

    # ── The contract ─────────────────────────────────────────────────────────

    # Any: the application's class stands on a higher floor.
    def prepare(self, app: Any) -> None:
        """
        Take the key of the application's settings, if it was given none.

        Raises:
            ConfigurationError: If there is none.
        """
        super().prepare(app)
        if self._jwks is not None or (self._keys and not self._is_from_settings):
            return
        keys = find_secret_keys(find_settings_secret(app), self._algorithms)
        if self._keys and [key.kid for key in keys] != list(self._keys):
            raise fail("serves two applications with different keys.", "Make one for each of them.")
        self._is_from_settings = True
        self._take(keys)

    def find_credentials(self, request: Request) -> Credentials | None:
        """Find a bearer token that looks like one of these; others are for other providers."""
        found = super().find_credentials(request)
        return None if found is None or (found["token"] and found["token"].count(".") != 2) else found

    async def authenticate(self, request: Request, credentials: Credentials) -> Principal | None:  # noqa: ARG002
        """
        Tell whose token it is.

        Raises:
            InvalidCredentialsError: If it is not good; says why.
        """
        principal = await self._find_principal(credentials["token"])
        if principal is None:
            raise self.make_refusal("The token is for nobody here.")
        return principal

    async def validate_token(self, token: str) -> Principal | None:
        """Tell whose token it is; `None` if it is not good."""
        try:
            return await self._find_principal(token)
        except InvalidCredentialsError:
            return None

    # Any: whatever JSON can hold.
    async def create_token(self, user: Principal, *, claims: Mapping[str, Any] | None = None) -> str:
        """
        Make an access token.

        Args:
            user: For whom.
            claims: What it says besides, in the place of what the principal's claims say.

        Raises:
            ConfigurationError: If there is no key that makes tokens.
        """
        return self._make(user, generate_token(128), {**(claims or {}), **await self._eras.read(str(user.id))})

    async def revoke_token(self, token: str) -> None:
        """
        Make a token good for nothing; with a refresh token, all that came of the same login are.

        Args:
            token: An access token, or a refresh token, which may have expired; one that is not good is left at that.
        """
        for rules in (self._rules, self._family_rules):
            try:
                claims = await self._verify(token, rules)
            except InvalidCredentialsError:
                continue
            family = claims.get("fam") if rules is self._family_rules else None
            end = read_milliseconds(self._clock) / 1000 + self._refresh if family else float(claims["exp"])
            name = f"family:{family}" if family else f"token:{_identify(claims)}"
            if await self._store.add(name, end + 600):
                await self.report("TokenRevokedEvent", user_id=claims["sub"], method=self.name, token_id=name)
            return

    async def revoke_user(self, user_id: int | str) -> None:
        """
        Make all tokens that a user has good for nothing, refresh tokens too; those of their next login are good.

        Those of somebody else, with `jwks`, are judged by when they were made, and forgotten about after the
        `refresh_lifetime`.

        Args:
            user_id: Whose: what `sub` says in them.
        """
        await self._eras.begin(str(user_id), max(self._access, self._refresh))
        await self.report("UserTokensRevokedEvent", user_id=user_id, method=self.name)

    # ── Pairs ────────────────────────────────────────────────────────────────

    async def create_tokens(self, user: Principal) -> TokenPair:
        """
        Make an access token, and a refresh token to have the next one for.

        Args:
            user: For whom, as who has logged in.

        Raises:
            ConfigurationError: If there is no key that makes tokens, or nothing that knows which were refreshed.
        """
        if isinstance(self._store, NoRevocations):
            raise self._store.refuse()
        return self._make_pair(user, generate_token(128), await self._eras.read(str(user.id)))

    async def refresh_tokens(self, refresh_token: str) -> TokenPair:
        """
        Give the next pair for a refresh token, which is good for that once.

        Coming twice, it was stolen: then all tokens of the same login are revoked, whoever has them.

        Args:
            refresh_token: The refresh token.

        Raises:
            InvalidCredentialsError: If it is not good, or came before.
        """
        claims = await self._verify(refresh_token, self._refresh_rules)
        family, user = str(claims["fam"]), await limit_rights(read_principal(claims), self._find_user)
        if user is None:
            # Not used up: it is good again if they are.
            raise self.make_refusal("The token is for nobody here.")
        if not await self._store.add(f"used:{claims['jti']}", float(claims["exp"]) + 600):
            await self._store.add(f"family:{family}", read_milliseconds(self._clock) / 1000 + self._refresh + 600)
            await self.report("TokenReusedEvent", user_id=user.id, family=family)
            raise self.make_refusal("The refresh token was used before.")
        # The era of the token that came, which was found good: one that has begun since is not theirs.
        return self._make_pair(user, family, {ERA: claims[ERA]} if ERA in claims else {})

    # Any: as JSON has it.
    def write_jwks(self) -> dict[str, list[dict[str, Any]]]:
        """
        Write the JWKS document by which others verify its tokens; with secrets there is nothing in it.

        Example:
            >>> JWTAuthProvider(generate_token()).write_jwks()
            {'keys': []}
        """
        return {"keys": [key.to_public_jwk() for key in self._keys.values() if not key.algorithm.startswith("HS")]}

    def list_unshared(self) -> Sequence[Unshared]:
        """Say what is revoked, if that is in memory."""
        if not isinstance(self._store, MemoryRevocations):
            return ()
        # Without keys yet, they come of the settings, which have a secret.
        makes_tokens = self._jwks is None and (not self._keys or any(key.can_sign for key in self._keys.values()))
        return (REVOCATIONS if makes_tokens else FOREIGN_REVOCATIONS,)

    async def aclose(self) -> None:
        """Close the store."""
        await self._store.aclose()

    # ── Inside ───────────────────────────────────────────────────────────────

    def _take(self, keys: Sequence[JWTKey]) -> None:
        for key in keys:
            if self._algorithms and key.algorithm not in self._algorithms:
                raise fail(
                    f"has {key!r}, whose algorithm is not among {list(self._algorithms)}.", "Add it, or leave it out."
                )
        self._keys = {key.kid: key for key in keys}
        if not keys or len(self._keys) < len(keys):
            raise fail("needs keys, each with a name of its own.", "Give them kid='2026-11' and so on.")

    # Any: whatever JSON can hold.
    async def _verify(self, token: str, rules: JWTClaimRules) -> dict[str, Any]:
        try:
            parsed = parse_jwt(token)
            key = (
                find_key(parsed.header, self._get_keys())
                if self._jwks is None
                else await self._jwks.find(parsed.header)
            )
            claims = verify_jwt(parsed, key, rules, clock=self._clock)
        except InvalidTokenError as exc:
            raise self.make_refusal(exc.reason) from exc
        if not claims["sub"]:
            raise self.make_refusal("The token is for nobody.")
        user = name_user(claims["sub"])
        found = await self._store.find(f"token:{_identify(claims)}", f"family:{claims.get('fam')}", user)
        era = found.pop(user, None)
        if found or self._eras.is_over(claims, era, is_own=self._jwks is None):
            raise self.make_refusal("The token has been revoked.")
        return claims

    async def _find_principal(self, token: str) -> Principal | None:
        principal = self._make_principal(await self._verify(token, self._rules))
        return None if principal is None else await limit_rights(principal, self._find_bearer)

    def _get_keys(self) -> dict[str, JWTKey]:
        if not self._keys:
            raise fail(
                "has no key.",
                "Write JWTAuthProvider(secret_key), or give it to an application that has settings.",
            )
        return self._keys

    def _make_pair(self, user: Principal, family: str, era: dict[str, str]) -> TokenPair:
        said = {"fam": family, **era}
        refresh = self._make(user, generate_token(128), said, type=_REFRESH, lifetime=self._refresh)
        return TokenPair(self._make(user, generate_token(128), said), refresh, int(self._access))

    # Any: whatever JSON can hold.
    def _make(
        self,
        user: Principal,
        token_id: str,
        claims: dict[str, Any],
        type: str = _ACCESS,  # noqa: A002 - the member's name
        lifetime: float | None = None,
    ) -> str:
        if self._jwks is not None:
            raise fail("makes no tokens with jwks: whoever has the private keys does.", "Give it keys of your own.")
        key = next((key for key in self._get_keys().values() if key.can_sign), None)
        if key is None:
            raise fail("has public keys only, and makes no tokens.", "Give it a private key first.")
        now = read_milliseconds(self._clock) // 1000
        said = {
            **write_claims(user),
            **claims,
            "iat": now,
            "exp": now + int(self._access if lifetime is None else lifetime),
            "jti": token_id,
        }
        if self._issuers:
            said["iss"] = self._issuers[0]
        if self._audiences:
            said["aud"] = self._audiences[0]
        return encode_jwt(said, key, type=type)


def _identify(claims: Mapping[str, Any]) -> str:
    """Name a token for the store; one without an identifier of its own is named by what it says."""
    named = claims.get("jti")
    return str(named) if named else f"{claims.get('iss')} {claims.get('sub')} {claims.get('iat')} {claims.get('exp')}"
