"""
`OAuth2Provider`: logins with another service, and access tokens that it has made.
"""

from dataclasses import replace
from typing import Any, Final, Unpack

from covet.auth.errors import AuthenticationSetupError
from covet.auth.oauth.bearer_tokens import BearerTokens, FindsEndpoints
from covet.auth.oauth.client import OAuthClient
from covet.auth.oauth.discovery import Discovery, GivenEndpoints
from covet.auth.oauth.endpoints import Endpoints
from covet.auth.oauth.errors import (
    GrantRefusedError,
    OAuthAnswerError,
    OAuthLoginError,
    OAuthUnavailableError,
)
from covet.auth.oauth.identity import OAuthTokens, read_tokens
from covet.auth.oauth.login_flow import LoginFlow
from covet.auth.oauth.login_record import read_kept_tokens, read_principal, replace_tokens
from covet.auth.oauth.options import CheckedOptions, OAuth2Options, check_options
from covet.auth.oauth.refreshes import Refreshes
from covet.auth.oauth.routes import make_router
from covet.auth.oauth.signed_tokens import SignedTokens, read_subject
from covet.auth.principal import Principal
from covet.auth.provider import AuthProvider, Credentials
from covet.auth.schemes import SecurityScheme
from covet.config.secret import find_weakness
from covet.core.routing import CovetRouter
from covet.exceptions import AuthenticationError
from covet.http.request import Request
from covet.http.urls import URL
from covet.security.clock import read_milliseconds
from covet.sessions import Session, SessionStateError

# An access token that ends while the request with it is under way is of no use.
_EARLY_SECONDS: Final = 30.0


class OAuth2Provider(AuthProvider):
    """
    Logins with another service, by OpenID Connect or by OAuth 2.0 alone, kept by the session of `SessionMiddleware`.

    `app.include_router(provider.router)` adds the routes for it, and `AuthenticationMiddleware(provider)` knows who
    has logged in. `docs/oauth.md` has a table of all options.

    Args:
        name: What it is called: in paths, and as `Principal.method`.
        **options: `client_id`, `client_secret`, and either `issuer` for OpenID Connect or `authorize_url`,
            `token_url` and `userinfo_url` for OAuth 2.0 alone; see `OAuth2Options` for all.

    Attributes:
        router: The routes to log in, to come back to, and to log out.

    Raises:
        UnknownOptionError: If there is no such option.
        AuthenticationSetupError: If an option cannot be meant, or two do not fit together.
        MissingDependencyError: If Authlib, httpx2 or joserfc is not installed.

    Example:
        >>> google = OAuth2Provider("google", client_id="shop", issuer="https://accounts.google.com")
        >>> google
        <OAuth2Provider 'google': client 'shop' of https://accounts.google.com>
        >>> [route.path for route in google.router.routes]
        ['/auth/google/login', '/auth/google/callback', '/auth/google/logout']
    """

    # Whoever comes with a session has logged in once; whoever comes with a token proves it each time.
    reports_each_request = False

    def __init__(self, name: str, **options: Unpack[OAuth2Options]) -> None:
        self._options = checked = check_options(name, options)
        self.name = name
        self.scheme = _make_scheme(checked)
        self.needs_session = checked.bearer is None
        if checked.bearer is not None:
            self.raises = (*self.raises, OAuthUnavailableError, OAuthAnswerError)
        self._client = OAuthClient(
            checked.client_id,
            None if checked.client_secret is None else checked.client_secret.reveal,
            client_auth=checked.client_auth,
            timeout=checked.timeout,
            transport=checked.transport,
        )
        self._endpoints: FindsEndpoints = _Endpoints(checked, self._client)
        signed = None
        if checked.issuer is not None:
            signed = SignedTokens(
                issuer=checked.issuer,
                client_id=checked.client_id,
                algorithms=checked.algorithms,
                leeway=checked.leeway,
                fetch=self._client.fetch,
                timeout=checked.timeout,
                clock=checked.clock,
            )
        self._flow = LoginFlow(checked, self._client, self._endpoints, signed)
        self._bearer = BearerTokens(checked, self._client, self._endpoints, signed)
        self._refreshes = Refreshes()
        self.router: CovetRouter = make_router(self, checked, self._flow)

    # ── The contract ─────────────────────────────────────────────────────────

    # Any: the application's class stands on a higher floor.
    def prepare(self, app: Any) -> None:
        """
        Refuse a weak secret, unless the application is in development.

        Raises:
            AuthenticationSetupError: If the secret is a placeholder.
        """
        super().prepare(app)
        secret = self._options.client_secret
        if secret is None or getattr(app, "is_in_development", False):
            return
        # APPSEC: docs/security.md, row 77. How long it is was decided by the provider.
        weakness = find_weakness(secret.reveal(), min_bytes=1)
        if weakness is not None:
            raise AuthenticationSetupError(
                f"OAuth2Provider {self.name!r}: client_secret {weakness}.",
                hint="Give it what the provider has given you, from the settings.",
            )

    def find_credentials(self, request: Request) -> Credentials | None:
        """Find an access token, where those are taken, or a session that somebody has logged in to."""
        if self._options.bearer is not None:
            found = super().find_credentials(request)
            is_other = self._options.bearer == "jwt" and found and found["token"].count(".") not in {0, 2}
            if found is not None and not is_other:
                return found
        session = getattr(request.state, "session", None)
        principal = read_principal(session, self.name) if isinstance(session, Session) else None
        return None if principal is None else {"principal": principal}

    async def authenticate(self, request: Request, credentials: Credentials) -> Principal | None:  # noqa: ARG002
        """
        Tell whose session or access token it is.

        Raises:
            InvalidCredentialsError: If the token is not good.
            OAuthUnavailableError: If the provider cannot be asked.
        """
        if "token" not in credentials:
            # The session is signed, or kept by us.
            return credentials["principal"] if isinstance(credentials["principal"], Principal) else None
        if self._options.bearer is None:
            return None
        principal = await self._bearer.find_principal(credentials["token"])
        await self.report("UserAuthenticatedEvent", user_id=principal.id, method=self.name)
        return principal

    async def validate_token(self, token: str) -> Principal | None:
        """
        Tell whose access token it is; `None` if it is not good, or none are taken.

        Raises:
            OAuthUnavailableError: If the provider cannot be asked.
        """
        if self._options.bearer is None:
            return None
        try:
            return await self._bearer.find_principal(token)
        except AuthenticationError:
            return None

    async def create_token(self, user: Principal) -> str:  # noqa: ARG002 - the contract's
        """
        Say that the provider alone makes tokens.

        Raises:
            AuthenticationSetupError: Always.
        """
        raise AuthenticationSetupError(
            "OAuth2Provider makes no tokens: the service does, for those who log in there.",
            hint="Use JWTAuthProvider or APIKeyAuthProvider for tokens of your own.",
        )

    async def revoke_token(self, token: str) -> None:
        """
        Have the provider take a token back (RFC 7009): an access token, or a refresh token and what came of it.

        Raises:
            AuthenticationSetupError: If the provider does not do that, or refuses this client.
            OAuthUnavailableError: If the provider cannot be asked.
        """
        endpoints = await self._endpoints.get()
        if endpoints.revocation is None:
            raise AuthenticationSetupError(
                f"The provider {self.name!r} takes no tokens back.", hint="Write revocation_url='https://…'."
            )
        try:
            await self._client.revoke(endpoints, token)
        except GrantRefusedError as exc:
            if exc.code in {"unsupported_token_type", "invalid_request", "invalid_grant"}:
                return
            raise AuthenticationSetupError(f"The provider {self.name!r} refuses this client: {exc.code}.") from None
        await self.report("TokenRevokedEvent", user_id=None, method=self.name, token_id="")

    # ── After the login ──────────────────────────────────────────────────────

    async def get_access_token(self, request: Request) -> str:
        """
        Give the access token of who has logged in, for the provider's API; a new one if the old one has ended.

        It needs `keep_tokens=True`, and a response that has not begun.

        Args:
            request: The request in whose session they are.

        Raises:
            AuthenticationError: If nobody has logged in, or they have to do so again.
            OAuthUnavailableError: If the provider cannot be asked.
        """
        session = Session.__from_request__(request)
        tokens = read_kept_tokens(session, self.name)
        if tokens is None:
            raise self._ask_for_login()
        if tokens.expires_at is None or self._read_time() < tokens.expires_at - _EARLY_SECONDS:
            return tokens.access_token
        if tokens.refresh_token is None:
            raise self._ask_for_login()
        if session.is_closed:
            # A refresh token is often good once: the new one could not be kept.
            raise SessionStateError(
                "The access token has ended, and another one could not be kept: the session was saved already.",
                hint="Ask for it before the handler returns: not in a stream, a deferred task or a WebSocket.",
            )
        before = tokens
        try:
            tokens = await self._refreshes.run(tokens.refresh_token, lambda: self._refresh(before))
        except (GrantRefusedError, OAuthLoginError):
            replace_tokens(session, self.name, None)
            raise self._ask_for_login() from None
        replace_tokens(session, self.name, tokens)
        return tokens.access_token

    async def logout(self, request: Request) -> str:
        """
        Log out: nothing is left of the session.

        Args:
            request: The request.

        Returns:
            Where to go: to the provider, to log out there as well, if it can do that (OpenID Connect RP-Initiated
            Logout 1.0), or `after_logout`.
        """
        session = Session.__from_request__(request)
        user_id, tokens = session.user_id, read_kept_tokens(session, self.name)
        is_ours = read_principal(session, self.name) is not None
        session.invalidate()
        if user_id is not None:
            await self.report("UserLoggedOutEvent", user_id=user_id)
        if not is_ours:
            return self._options.after_logout
        try:
            endpoints = await self._endpoints.get()
        except (OAuthUnavailableError, OAuthAnswerError):
            # Here the login is over all the same.
            return self._options.after_logout
        if endpoints.end_session is None:
            return self._options.after_logout
        origin = self._options.base_url or request.url.origin
        params = {
            "client_id": self._options.client_id,
            "post_logout_redirect_uri": f"{origin}{self._options.after_logout}",
        }
        if tokens is not None and tokens.id_token is not None:
            params["id_token_hint"] = tokens.id_token
        return str(URL(endpoints.end_session).include_query_params(**params))

    def __repr__(self) -> str:
        where = self._options.issuer or self._options.given["authorize"]
        return f"<OAuth2Provider {self.name!r}: client {self._options.client_id!r} of {where}>"

    # ── Inside ───────────────────────────────────────────────────────────────

    async def _refresh(self, before: OAuthTokens) -> OAuthTokens:
        endpoints = await self._endpoints.get()
        answer = await self._client.refresh(endpoints, before.refresh_token or "")
        tokens = read_tokens(answer, now=self._read_time(), scopes=before.scopes)
        if tokens.id_token is not None and self._options.issuer is not None:
            # OpenID Connect Core 1.0 §12.2: it has to be of the same user; the one before was verified.
            claims = await self._flow.verify(endpoints, tokens, nonce=None)
            if before.id_token is not None and claims["sub"] != read_subject(before.id_token):
                raise GrantRefusedError("another user")
        return replace(
            tokens,
            refresh_token=tokens.refresh_token or before.refresh_token,
            id_token=tokens.id_token or before.id_token,
        )

    def _ask_for_login(self) -> AuthenticationError:
        return AuthenticationError("Log in again.", headers={"www-authenticate": self.scheme.write_challenge()})

    def _read_time(self) -> float:
        return read_milliseconds(self._options.clock) / 1000


class _Endpoints:
    """Those that were written down, and the rest of the issuer's document."""

    def __init__(self, options: CheckedOptions, client: OAuthClient) -> None:
        # Any: beside the addresses the class has other fields.
        self._given: dict[str, Any] = dict(options.given)
        self._source: FindsEndpoints = (
            GivenEndpoints(Endpoints(**self._given))
            if options.issuer is None
            else Discovery(options.issuer, client.fetch_object, max_age=options.discovery_max_age)
        )

    async def get(self) -> Endpoints:
        found = await self._source.get()
        return replace(found, **self._given) if self._given else found


def _make_scheme(options: CheckedOptions) -> SecurityScheme:
    # Any: as OpenAPI has it.
    description: dict[str, Any]
    if options.issuer is not None:
        url = options.issuer.rstrip("/") + "/.well-known/openid-configuration"
        description = {"type": "openIdConnect", "openIdConnectUrl": url}
    else:
        flow = {
            "authorizationUrl": options.given["authorize"],
            "tokenUrl": options.given["token"],
            "scopes": dict.fromkeys(options.scopes, ""),
        }
        description = {"type": "oauth2", "flows": {"authorizationCode": flow}}
    return SecurityScheme(options.name, "Session" if options.bearer is None else "Bearer", description)
