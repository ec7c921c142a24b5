"""
The routes of a login: to begin it, to come back to, and to log out.

Anybody may call them, whatever guards stand further out, and no cache keeps their answers.
"""

from typing import Any, Final, Protocol

from covet.auth.guards import allow_anyone
from covet.auth.oauth.errors import OAuthLoginError
from covet.auth.oauth.identity import OAuthTokens
from covet.auth.oauth.login_flow import LoginFlow
from covet.auth.oauth.login_record import write_record
from covet.auth.oauth.options import CheckedOptions
from covet.auth.oauth.principal_maker import PrincipalMaker, make_principal
from covet.auth.reporting import read_address
from covet.core.routing import CovetRouter
from covet.http.request import Request
from covet.responses.redirect import RedirectResponse
from covet.sessions import Session

# The addresses have a code and a state in them: they are for nobody's cache, and for no site that a page links to.
_HEADERS: Final = {"cache-control": "no-store", "referrer-policy": "no-referrer"}


class LoginProvider(Protocol):
    """What the routes need of a provider."""

    # Any: the application's class stands on a higher floor.
    def prepare(self, app: Any) -> None:
        """Get ready to serve an application."""

    async def report(self, event: str, /, **fields: object) -> None:
        """Publish an event."""

    async def logout(self, request: Request) -> str:
        """Log out, and say where to go."""
        ...


def make_router(provider: LoginProvider, options: CheckedOptions, flow: LoginFlow) -> CovetRouter:
    """
    Make the routes of a provider.

    Args:
        provider: The provider.
        options: Its options.
        flow: What leads there and back.
    """
    router = CovetRouter(middleware=[allow_anyone()])

    async def log_in(request: Request, session: Session, next: str | None = None) -> RedirectResponse:  # noqa: A002
        address = await flow.begin(request, session, next)
        return RedirectResponse(address, 303, _HEADERS, allow_external=True)

    async def come_back(request: Request, session: Session) -> RedirectResponse:
        try:
            identity, target = await flow.complete(request, session)
            principal = await make_principal(request, identity)
        except OAuthLoginError as exc:
            await provider.report(
                "AuthenticationFailedEvent",
                method=options.name,
                reason=exc.reason,
                client_ip=read_address(request),
            )
            exc.headers |= _HEADERS
            raise
        # Under a new id: whoever knew the one before knows nothing of this.
        session.log_in(str(principal.id))
        tokens: OAuthTokens | None = identity.tokens if options.keep_tokens else None
        write_record(session, options.name, principal, tokens)
        request.state.user = principal
        await provider.report("UserAuthenticatedEvent", user_id=principal.id, method=options.name)
        return RedirectResponse(target, 303, _HEADERS)

    async def log_out(request: Request) -> RedirectResponse:
        return RedirectResponse(await provider.logout(request), 303, _HEADERS, allow_external=True)

    maker = PrincipalMaker(options.make_principal, provider.prepare)
    shown: Any = {"include_in_schema": False}  # one table for three routes
    router.add_route(options.login_path, log_in, ["GET"], name=f"{options.name}_login", **shown)
    router.add_route(
        options.redirect_path, come_back, ["GET"], name=f"{options.name}_callback", middleware=[maker], **shown
    )
    # Not by a link: any page could have one of those followed.
    router.add_route(options.logout_path, log_out, ["POST"], name=f"{options.name}_logout", **shown)
    return router
