"""
The way to the provider and back: the authorization code flow with PKCE (RFC 6749 §4.1, RFC 7636, RFC 9700).

It must never say to a client what the provider has said, nor let a login end in another session than it began in.
"""

import logging
from hashlib import sha256
from typing import Any, Final

from covet.auth.oauth.bearer_tokens import FindsEndpoints
from covet.auth.oauth.client import OAuthClient
from covet.auth.oauth.endpoints import Endpoints
from covet.auth.oauth.errors import GrantRefusedError, OAuthAnswerError, OAuthLoginError, OAuthUnavailableError
from covet.auth.oauth.identity import OAuthIdentity, OAuthTokens, read_tokens
from covet.auth.oauth.options import CheckedOptions
from covet.auth.oauth.pending_logins import PendingLogin, PendingLogins
from covet.auth.oauth.signed_tokens import SignedTokens
from covet.exceptions import BadRequestError
from covet.http.request import Request
from covet.http.urls import URL, safe_redirect_target
from covet.security.base64url import encode_base64url
from covet.security.clock import read_milliseconds
from covet.security.errors import InvalidTokenError
from covet.sessions import Session

_LOGGER: Final = logging.getLogger("covet.auth")

# RFC 6749 §4.1.2.1, OpenID Connect Core 1.0 §3.1.2.6: what a user has decided, or has to do first.
_DECIDED: Final = frozenset(
    {"access_denied", "login_required", "interaction_required", "consent_required", "account_selection_required"}
)
_ITS_FAULT: Final = frozenset({"server_error", "temporarily_unavailable"})
_OURS: Final = frozenset({"invalid_request", "unauthorized_client", "unsupported_response_type", "invalid_scope"})
_MAX_PARAMETER: Final = 4096
_MAX_TARGET: Final = 2048


class LoginFlow:
    """
    The logins of one provider.

    Args:
        options: Its options.
        client: What asks it.
        endpoints: Where.
        signed: What verifies ID tokens; `None` without an issuer.
    """

    def __init__(
        self, options: CheckedOptions, client: OAuthClient, endpoints: FindsEndpoints, signed: SignedTokens | None
    ) -> None:
        self._options = options
        self._client = client
        self._endpoints = endpoints
        self._signed = signed
        self._pending = PendingLogins(options.name, lifetime=options.login_lifetime, limit=options.max_logins)

    # ── The way there ────────────────────────────────────────────────────────

    async def begin(self, request: Request, session: Session, target: str | None) -> str:
        """
        Begin a login.

        Args:
            request: The request that asks for it.
            session: Its session, which the login belongs to.
            target: Where to go afterwards, as a client has asked for it.

        Returns:
            The address to send the browser to.

        Raises:
            BadRequestError: If the target may lead to another site.
            OAuthUnavailableError: If the provider's addresses are not to be had.
        """
        target = self._options.after_login if target is None else check_target(target)
        endpoints = await self._endpoints.get()
        state, login = self._pending.begin(
            session, target=target, redirect_uri=self._write_redirect_uri(request), now=self._read_time()
        )
        return self._write_address(endpoints, state, login)

    def _write_address(self, endpoints: Endpoints, state: str, login: PendingLogin) -> str:
        options = self._options
        params: dict[str, str] = {
            **options.authorize_params,
            "response_type": "code",
            "client_id": options.client_id,
            "redirect_uri": login.redirect_uri,
            "state": state,
            "code_challenge": make_challenge(login.verifier),
            "code_challenge_method": "S256",
        }
        if options.scopes:
            params["scope"] = " ".join(options.scopes)
        if options.issuer is not None:
            params["nonce"] = login.nonce
        if options.max_age is not None:
            params["max_age"] = str(int(options.max_age))
        return str(URL(endpoints.authorize).include_query_params(**params))

    def _write_redirect_uri(self, request: Request) -> str:
        """Write where to come back to: beside the login, wherever the routes are mounted."""
        url = request.url
        origin = self._options.base_url or url.origin
        prefix = url.path.removesuffix(self._options.login_path)
        return f"{origin}{prefix}{self._options.redirect_path}"

    # ── The way back ─────────────────────────────────────────────────────────

    async def complete(self, request: Request, session: Session) -> tuple[OAuthIdentity, str]:
        """
        Complete a login.

        Args:
            request: The request that has come back.
            session: Its session.

        Returns:
            Who it is, and where to go.

        Raises:
            OAuthLoginError: If it does not fit, or was refused.
            OAuthUnavailableError: If the provider does not answer.
            OAuthAnswerError: If its answer is of no use.
        """
        params = self._read_params(request)
        state = params.get("state")
        login = None if state is None else self._pending.take(session, state, now=self._read_time())
        if login is None:
            raise self._refuse("The state is not known in this session, was used before, or took too long.")
        endpoints = await self._endpoints.get()
        self._check_issuer(params, endpoints)
        if "error" in params:
            raise self._explain(params["error"])
        code = params.get("code")
        if not code:
            raise self._refuse("There is no code.")
        tokens = await self._exchange(endpoints, code, login)
        claims = await self._identify(endpoints, tokens, login)
        subject = claims.get(self._options.subject_claim)
        if isinstance(subject, bool) or not isinstance(subject, str | int) or subject == "":
            raise OAuthAnswerError("It does not say who it is.")
        return OAuthIdentity(self._options.name, str(subject), claims, tokens), login.target

    def _read_params(self, request: Request) -> dict[str, str]:
        pairs = request.query_params.multi_items()
        params = dict(pairs)
        # RFC 6749 §3.1: one that stands there twice is read differently by everybody.
        if len(params) < len(pairs) or any(len(text) > _MAX_PARAMETER for text in params.values()):
            raise self._refuse("The parameters are malformed.")
        return params

    def _check_issuer(self, params: dict[str, str], endpoints: Endpoints) -> None:
        """Refuse an answer that another provider has sent here (RFC 9207 §2.4)."""
        issuer = self._options.issuer
        if issuer is None or ("iss" not in params and not endpoints.sends_issuer):
            return
        if params.get("iss") != issuer:
            raise self._refuse("The answer is of another provider, or does not say of which.")

    def _explain(self, code: str) -> OAuthLoginError | OAuthUnavailableError:
        if code in _ITS_FAULT:
            _LOGGER.warning("The login provider %s answered a login with the error %s", self._options.name, code)
            return OAuthUnavailableError()
        if code in _DECIDED:
            return self._refuse(f"The provider answered {code}.", is_refused=True)
        if code in _OURS:
            _LOGGER.error(
                "The login provider %s answered a login with the error %s: look at client_id, scopes and redirect_path",
                self._options.name,
                code,
            )
            return self._refuse(f"The provider answered {code}.")
        # Somebody else's words stand in no log.
        return self._refuse("The provider answered an error that is not known.")

    async def _exchange(self, endpoints: Endpoints, code: str, login: PendingLogin) -> OAuthTokens:
        try:
            answer = await self._client.exchange_code(
                endpoints, code, verifier=login.verifier, redirect_uri=login.redirect_uri
            )
        except GrantRefusedError as exc:
            if exc.code == "invalid_grant":
                raise self._refuse("The provider does not accept the code.") from None
            _LOGGER.error(  # noqa: TRY400 - where it comes from says nothing more
                "The login provider %s refuses this client: %s. Look at client_id and client_secret",
                self._options.name,
                exc.code,
            )
            raise OAuthAnswerError(f"It refuses this client: {exc.code}.") from None
        return read_tokens(answer, now=self._read_time(), scopes=self._options.scopes)

    # Any: whatever JSON can hold.
    async def _identify(self, endpoints: Endpoints, tokens: OAuthTokens, login: PendingLogin) -> dict[str, Any]:
        """Find out who it is: by the ID token, and by the userinfo endpoint, which has to mean the same one."""
        claims: dict[str, Any] = {}
        if self._signed is not None:
            claims = await self.verify(endpoints, tokens, nonce=login.nonce)
        if endpoints.userinfo is None:
            return claims
        told = await self._client.fetch_userinfo(endpoints.userinfo, tokens.access_token)
        # OpenID Connect Core 1.0 §5.3.2: otherwise a token of somebody else was put in the place of the right one.
        if self._signed is not None and told.get("sub") != claims["sub"]:
            raise self._refuse("The userinfo endpoint means somebody else.")
        return {**told, **claims}

    async def verify(self, endpoints: Endpoints, tokens: OAuthTokens, *, nonce: str | None) -> dict[str, Any]:
        """
        Verify the ID token that came with others.

        Args:
            endpoints: Where the keys are.
            tokens: The tokens.
            nonce: What it has to repeat; `None` after a refresh.

        Raises:
            OAuthLoginError: If it is missing, or not good.
            ServiceUnavailableError: If there are no keys to verify it by.
        """
        if self._signed is None or endpoints.jwks is None or tokens.id_token is None:
            raise self._refuse("There is no ID token.")
        try:
            return await self._signed.verify_id_token(
                tokens.id_token,
                endpoints.jwks,
                nonce=nonce,
                access_token=tokens.access_token,
                max_age=None if nonce is None else self._options.max_age,
            )
        except InvalidTokenError as exc:
            raise self._refuse(f"The ID token is not good: {exc.reason}") from exc

    def _refuse(self, reason: str, *, is_refused: bool = False) -> OAuthLoginError:
        _LOGGER.info("A login with %s was not completed: %s", self._options.name, reason)
        return OAuthLoginError(self._options.name, reason, is_refused=is_refused)

    def _read_time(self) -> float:
        return read_milliseconds(self._options.clock) / 1000


def check_target(target: str) -> str:
    """
    Refuse a target that a client has asked for and that may lead to another site.

    Raises:
        BadRequestError: If it may; it is not repeated.

    Example:
        >>> check_target("/orders?page=2")
        '/orders?page=2'
    """
    try:
        # APPSEC: docs/security.md, row 64.
        if len(target) <= _MAX_TARGET:
            return safe_redirect_target(target)
    except ValueError:
        pass
    raise BadRequestError("The parameter next must be a path of this site.")


def make_challenge(verifier: str) -> str:
    """
    Make the challenge of a verifier (RFC 7636 §4.2, `S256`).

    Example:
        >>> make_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
    """
    return encode_base64url(sha256(verifier.encode("ascii")).digest())
