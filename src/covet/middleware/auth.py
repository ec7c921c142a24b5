"""
Finding out who asks, with one provider or several.

It refuses bad credentials and nothing else: whether somebody has to be known at all is said by guards.
"""

import logging
from collections.abc import Sequence
from typing import Any, Final

from covet.auth.errors import InvalidCredentialsError
from covet.auth.principal import ANONYMOUS, Principal
from covet.auth.provider import AuthProvider
from covet.auth.reporting import read_address, report
from covet.auth.unshared import Unshared
from covet.core.layer_binding import LayerBinding, may_bring
from covet.core.middleware import Middleware
from covet.exceptions import ConfigurationError
from covet.http.request import Request
from covet.http.response import Response
from covet.middleware.option_checks import OptionChecks
from covet.middleware.places import Place
from covet.middleware.session_cookie import forbid_sharing
from covet.options import refuse_unknown

_check: Final = OptionChecks("AuthenticationMiddleware")

logger = logging.getLogger(__name__)


class AuthenticationMiddleware(Middleware):
    """
    Find out who asks, and put it on `request.state.user`, where handlers get it as a `Principal`.

    The providers are asked in order for credentials of their kind; the first that finds some decides. Without any the
    request is `ANONYMOUS`; with bad ones it is refused: 401, with `WWW-Authenticate`. What somebody who is known is
    answered is private to them: `Cache-Control` says so, in place of `public`.

    Args:
        provider: What finds out who asks.
        providers: Several of them, in order.

    Raises:
        ConfigurationError: If there is none, or one is no provider.

    Example:
        >>> from covet import CovetPy
        >>> from covet.auth import APIKeyAuthProvider, Principal
        >>> keys = APIKeyAuthProvider(prefix="shop")
        >>> app = CovetPy(middleware=[AuthenticationMiddleware(provider=keys)])
        >>> @app.get("/me")
        ... async def show_me(principal: Principal) -> str:
        ...     return str(principal.id)
        >>> from covet.testing import TestClient
        >>> key = await keys.create_token(Principal("ada"))
        >>> async with TestClient(app) as client:
        ...     for headers in ({}, {"X-API-Key": key}, {"X-API-Key": "shop_wrong"}):
        ...         response = await client.get("/me", headers=headers)
        ...         print(response.status_code, response.text[:4])
        200 None
        200 ada
        401 {"ty
    """

    priority: int = Place.AUTHENTICATION
    reads_headers = True

    @refuse_unknown
    def __init__(
        self, provider: AuthProvider | None = None, *, providers: Sequence[AuthProvider] | None = None
    ) -> None:
        if provider is not None and providers is not None:
            raise _check.fail("providers", "is given beside provider.", "Put all of them into providers=[...].")
        if providers is not None and not isinstance(providers, list | tuple):
            raise _check.fail(
                "providers", f"is {providers!r}, expected a list.", "Write providers=[JWTAuthProvider()]."
            )
        given = list(providers or ()) if provider is None else [provider]
        if not given:
            raise _check.fail(
                "provider", "is missing: nothing would find out who asks.", "Write provider=JWTAuthProvider()."
            )
        for item in given:
            if not isinstance(item, AuthProvider):
                hint = f"Write {item.__name__}(...)." if isinstance(item, type) else "Subclass covet.auth.AuthProvider."
                raise _check.fail("provider", f"is {item!r}, expected an AuthProvider.", hint)
        self.providers = tuple(given)
        self.raises = tuple(dict.fromkeys(cls for item in given for cls in item.raises))
        # Of several with one scheme, the first answers for what none of them knows.
        self._schemes = {item.scheme.challenge.lower(): item for item in reversed(given)}
        # Where nobody reads the header it is somebody else's, such as a proxy's.
        self._reader = next((item for item in given if _reads_authorization(item)), None)

    def bind_route(self, binding: LayerBinding) -> Middleware | None:
        """
        Get the providers ready at start-up.

        Raises:
            ConfigurationError: If one lacks something, such as its key or the session.
        """
        for provider in self.providers:
            if provider.needs_session and not may_bring(binding.outer, "SessionMiddleware"):
                raise _check.fail(
                    "provider",
                    f"{type(provider).__name__} knows people by their session, and no SessionMiddleware is around "
                    f"{binding.route}.",
                    "Write app.add_middleware(SessionMiddleware(secret_key=...)), or put it around the router.",
                )
            provider.prepare(binding.app)
        return self

    # Any: the application, whose class stands on a higher floor.
    async def startup(self, app: Any) -> None:
        """
        See that the workers of the application share what they have to, and say what else they do not.

        Raises:
            ConfigurationError: If each of several workers would know other keys, or other revocations.
        """
        if app.worker_count < 2:
            return
        for found in self.list_unshared():
            if found.is_unsafe:
                raise ConfigurationError(f"With {app.worker_count} workers: {found.message}", hint=found.fix)
            logger.warning("With %d workers: %s %s", app.worker_count, found.message, found.fix)

    def list_unshared(self) -> list[Unshared]:
        """List what each of several workers would have of its own."""
        return [found for provider in self.providers for found in provider.list_unshared()]

    async def shutdown(self) -> None:
        """Close the providers; whoever uses one afterwards opens it again."""
        for provider in self.providers:
            await provider.aclose()

    async def process_request(self, request: Request) -> None:
        """
        Find out who asks.

        Raises:
            AuthenticationError: If there are credentials, and they are not good.
        """
        # Nobody further out is believed, and nothing that a failure leaves behind.
        request.state.user = ANONYMOUS
        for provider in self.providers:
            credentials = provider.find_credentials(request)
            if credentials is not None:
                request.state.user = await _authenticate(provider, request, credentials)
                return
        header = request.headers.get("authorization")
        if header:
            # What no provider knows for its own is bad, and not none: whoever sent it means to be known.
            provider = self._schemes.get(header.partition(" ")[0].lower(), self._reader)
            if provider is not None:
                raise await _refuse(provider, request, InvalidCredentialsError())

    def process_response(self, request: Request, response: Response) -> Response:
        """
        Keep what somebody was answered from caches that would give it to others.

        APPSEC: docs/security.md, row 81. A cache knows `Authorization` (RFC 9111 §3.5), unless a handler said `public`,
        and no other header that says who asks, such as `X-API-Key`.
        """
        if getattr(request.state, "user", ANONYMOUS) is not ANONYMOUS:
            forbid_sharing(response.headers)
        return response

    # Any: a WebSocket, whose class is loaded with the first route of WebSockets.
    async def websocket_connect(self, websocket: Any) -> None:
        """
        Find out who connects.

        Raises:
            AuthenticationError: If there are credentials, and they are not good.
        """
        await self.process_request(websocket.request)


def _reads_authorization(provider: AuthProvider) -> bool:
    return provider.scheme.is_bearer or provider.scheme.description.get("type") == "http"


# Any: what a provider finds in a request is its own affair.
async def _authenticate(provider: AuthProvider, request: Request, credentials: Any) -> Principal:
    try:
        principal = await provider.authenticate(request, credentials)
    except InvalidCredentialsError as exc:
        raise await _refuse(provider, request, exc) from exc
    if principal is None:
        raise await _refuse(provider, request, InvalidCredentialsError())
    if not isinstance(principal, Principal) or not principal.is_authenticated:
        raise TypeError(
            f"{type(provider).__name__}.authenticate() gave {type(principal).__name__}, expected a Principal or None."
        )
    if provider.reports_each_request:
        await report(request.app, "UserAuthenticatedEvent", user_id=principal.id, method=provider.name)
    return principal


async def _refuse(provider: AuthProvider, request: Request, error: InvalidCredentialsError) -> InvalidCredentialsError:
    if not error.is_reported:
        address = read_address(request)
        fields = {"method": provider.name, "reason": error.reason, "client_ip": address}
        await report(request.app, "AuthenticationFailedEvent", **fields)
    return provider.make_refusal(error.reason, is_reported=True)
