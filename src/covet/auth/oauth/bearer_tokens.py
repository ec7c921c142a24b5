"""
Access tokens that others bring along: asked about at the provider (RFC 7662), or verified by its keys (RFC 9068).
"""

import logging
from collections.abc import Mapping
from typing import Any, Final, Protocol

from covet.auth.errors import InvalidCredentialsError
from covet.auth.oauth.client import OAuthClient
from covet.auth.oauth.endpoints import Endpoints
from covet.auth.oauth.errors import GrantRefusedError, OAuthAnswerError
from covet.auth.oauth.options import CheckedOptions
from covet.auth.oauth.signed_tokens import SignedTokens
from covet.auth.principal import Principal
from covet.security.clock import read_milliseconds
from covet.security.errors import InvalidTokenError

_LOGGER: Final = logging.getLogger("covet.auth")
_MAX_TOKEN: Final = 8 * 1024


class FindsEndpoints(Protocol):
    """What knows where a provider is asked."""

    async def get(self) -> Endpoints:
        """Give its addresses."""
        ...


class BearerTokens:
    """
    Tell whose an access token is.

    Args:
        options: The options of the provider.
        client: What asks it.
        endpoints: Where.
        signed: What verifies tokens; `None` without an issuer.
    """

    def __init__(
        self, options: CheckedOptions, client: OAuthClient, endpoints: FindsEndpoints, signed: SignedTokens | None
    ) -> None:
        self._options = options
        self._client = client
        self._endpoints = endpoints
        self._signed = signed

    async def find_principal(self, token: str) -> Principal:
        """
        Tell whose it is.

        Raises:
            InvalidCredentialsError: If it is not good, or nobody's here.
            ServiceUnavailableError: If the provider cannot be asked.
            OAuthAnswerError: If its answer is of no use.
        """
        # What no provider makes is not asked about: it would cost somebody else's time.
        if not token.isascii() or not token.isprintable() or " " in token or not 0 < len(token) <= _MAX_TOKEN:
            raise InvalidCredentialsError
        is_signed = self._options.bearer == "jwt" and self._signed is not None
        claims = await (self._verify(token) if is_signed else self._introspect(token))
        make = self._options.make_token_principal
        principal = self._make_usual(claims) if make is None else make(claims)
        if principal is None:
            raise InvalidCredentialsError("The token is for nobody here.")
        return principal

    # Any: whatever JSON can hold, here and below.
    async def _verify(self, token: str) -> dict[str, Any]:
        endpoints = await self._endpoints.get()
        if self._signed is None or endpoints.jwks is None:
            raise InvalidCredentialsError
        try:
            return await self._signed.verify_access_token(token, endpoints.jwks, audience=self._options.audience or "")
        except InvalidTokenError as exc:
            raise InvalidCredentialsError(exc.reason) from exc

    async def _introspect(self, token: str) -> dict[str, Any]:
        endpoints = await self._endpoints.get()
        if endpoints.introspection is None:
            raise OAuthAnswerError("It has no address for introspection.")
        try:
            claims = await self._client.introspect(endpoints, token)
        except GrantRefusedError as exc:
            _LOGGER.error(  # noqa: TRY400 - where it comes from says nothing more
                "The login provider %s refuses this client: %s. Look at client_id and client_secret",
                self._options.name,
                exc.code,
            )
            raise OAuthAnswerError(f"It refuses this client: {exc.code}.") from None
        if claims.get("active") is not True:
            raise InvalidCredentialsError
        now = read_milliseconds(self._options.clock) / 1000
        expires = claims.get("exp")
        if isinstance(expires, int | float) and now >= expires + self._options.leeway:
            raise InvalidCredentialsError("The token has expired.")
        if self._options.issuer is not None and claims.get("iss", self._options.issuer) != self._options.issuer:
            raise InvalidCredentialsError("The token is somebody else's.")
        self._check_audience(claims)
        return claims

    def _check_audience(self, claims: Mapping[str, Any]) -> None:
        """Refuse a token that is good elsewhere: whoever it was given to could use it here."""
        audience = self._options.audience
        if audience is None:
            if claims.get("client_id") != self._options.client_id:
                raise InvalidCredentialsError("The token is for somebody else.")
            return
        said = claims.get("aud")
        if audience not in (said if isinstance(said, list) else [said]):
            raise InvalidCredentialsError("The token is for somebody else.")

    def _make_usual(self, claims: Mapping[str, Any]) -> Principal | None:
        subject, scopes = claims.get(self._options.subject_claim), claims.get("scope")
        if not isinstance(subject, str | int) or isinstance(subject, bool) or subject == "":
            return None
        return Principal(
            f"{self._options.name}:{subject}",
            scopes=scopes.split() if isinstance(scopes, str) else (),
            claims=claims,
            method=self._options.name,
        )
