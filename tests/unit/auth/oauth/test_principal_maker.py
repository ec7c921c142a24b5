"""
Who somebody is here.
"""

from collections.abc import Callable
from typing import Any

import pytest

from covet import CovetPy, Request
from covet.auth import AuthenticationSetupError, OAuthIdentity, Principal
from covet.auth.oauth.identity import OAuthTokens
from covet.auth.oauth.principal_maker import PrincipalMaker, make_principal
from covet.exceptions import RouteError
from covet.sessions import Session
from tests.unit.auth.oauth.browser import Browser, make_app, make_provider


class Users:
    """The users of an application."""

    def __init__(self) -> None:
        self.known = {"ada@example.com": 7}
        self.subjects: list[str] = []


def use_users(app: CovetPy) -> Users:
    """Register the users."""
    users = Users()
    app.container.register(Users, factory=lambda: users)
    return users


async def test_services_are_injected(idp: str) -> None:
    """With who it is, the request and its session."""

    async def make(
        identity: OAuthIdentity, users: Users, request: Request, session: Session, *, role: str = "clerk"
    ) -> Principal | None:
        users.subjects.append(identity.subject)
        assert identity.tokens.access_token
        assert identity.claims["groups"] == ["clerks"]
        session["greeted"] = request.path
        return Principal(users.known[identity.claims["email"]], roles=[role], claims={"a": 1}, method="anything")

    app = make_app(make_provider(f"{idp}/good", make_principal=make))
    users = use_users(app)
    async with Browser(app) as browser:
        await browser.log_in()
        me = await browser.show_me()

    assert users.subjects == ["u-1"]
    assert me == {"id": 7, "roles": ["clerk"], "scopes": [], "claims": {"a": 1}, "method": "idp"}


async def test_who_has_no_business_here_is_refused(idp: str) -> None:
    """403, and nobody is logged in; a function that is not async runs in a thread."""

    def make(identity: OAuthIdentity) -> Principal | None:
        return None

    async with Browser(make_app(make_provider(f"{idp}/good", make_principal=make))) as browser:
        back = await browser.log_in()
        me = await browser.app.get("/me")

    assert (back.status_code, me.status_code) == (403, 401)


@pytest.mark.parametrize("made", ["ada", 7, Principal(None)])
async def test_what_is_no_principal_logs_nobody_in(idp: str, made: object) -> None:
    """It is a mistake of the application: 500."""

    async def make() -> Any:
        return made

    async with Browser(make_app(make_provider(f"{idp}/good", make_principal=make))) as browser:
        back = await browser.log_in()
        me = await browser.app.get("/me")

    assert (back.status_code, me.status_code) == (500, 401)


async def takes_what_nobody_has(identity: OAuthIdentity, users: Users) -> Principal | None:
    """Take a service that there is none of."""
    return None


async def takes_without_saying(identity) -> Principal | None:  # type: ignore[no-untyped-def]
    """Take something, without saying what."""
    return None


async def takes_anything(*identities: OAuthIdentity) -> Principal | None:
    """Take whatever comes."""
    return None


@pytest.mark.parametrize("func", [takes_what_nobody_has, takes_without_saying, takes_anything])
async def test_what_cannot_be_injected_is_found_at_the_start(func: Callable[..., Any]) -> None:
    """Not when the first user comes back."""
    app = make_app(make_provider("https://login.example.com", make_principal=func))

    with pytest.raises(RouteError, match=r"makes principals, and takes '(users|identity|identities)'"):
        await app.startup()


@pytest.mark.parametrize("func", ["make", Principal])
def test_what_cannot_be_called_is_refused(func: Any) -> None:
    """When the provider is made."""
    with pytest.raises(AuthenticationSetupError, match="expected a function"):
        make_provider("https://login.example.com", make_principal=func)


async def test_a_route_of_ones_own_says_what_it_lacks() -> None:
    """The maker knows its own route alone."""
    identity = OAuthIdentity("google", "7", {}, OAuthTokens("x"))
    with pytest.raises(AuthenticationSetupError, match="include_router"):
        await make_principal(Request(), identity)
    with pytest.raises(AuthenticationSetupError, match="bound to no route"):
        PrincipalMaker(None, print).process_request(Request())
