"""
A provider as a whole.
"""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from covet import CovetPy, Request
from covet.auth import AuthenticationSetupError, MemoryUsers, OAuth2Provider, PasswordAuthProvider, Principal
from covet.config import Settings, Sources
from covet.middleware import AuthenticationMiddleware, SessionMiddleware
from covet.openapi import OpenAPIPlugin
from covet.openapi.plugin import find_documents
from covet.security.clock import utc_now
from covet.sessions import Session, SessionStateError
from covet.testing import TestClient
from tests.e2e.oidc_users import SECRET
from tests.unit.auth.oauth.browser import Browser, make_app, make_provider, mint, read_calls

ISSUER = "https://login.example.com"


def add_api(app: CovetPy, provider: OAuth2Provider) -> None:
    """Add a route that uses the provider's API."""

    @app.get("/api")
    async def use(request: Request) -> str:
        return await provider.get_access_token(request)


async def test_an_access_token_is_refreshed_when_it_has_ended(idp: str) -> None:
    """Once for all requests that want it, and then not again."""
    now = [utc_now()]
    provider = make_provider(f"{idp}/good", keep_tokens=True, clock=lambda: now[0])
    app = make_app(provider)
    add_api(app, provider)
    async with Browser(app) as browser:
        await browser.log_in()
        first, same = [(await browser.app.get("/api")).text for _ in range(2)]
        now[0] += timedelta(seconds=280)
        await read_calls(f"{idp}/good")
        together = {(await item).text for item in [asyncio.create_task(browser.app.get("/api")) for _ in range(10)]}
        later = (await browser.app.get("/api")).text
        now[0] += timedelta(seconds=280)
        third = (await browser.app.get("/api")).text

    assert first == same
    assert len(together) == 1
    assert together == {later}
    assert len({first, later, third}) == 3
    assert await read_calls(f"{idp}/good") == ["token", "token"]


async def test_no_token_is_taken_that_could_not_be_kept(idp: str) -> None:
    """A refresh token is often good once: where the session can be read only, it stays for the next request."""
    now = [utc_now()]
    provider = make_provider(f"{idp}/good", keep_tokens=True, clock=lambda: now[0])
    app = make_app(provider)
    add_api(app, provider)

    @app.get("/late")
    async def use_late(request: Request, session: Session) -> AsyncIterator[str]:
        yield f"for {session.user_id}: "
        with pytest.raises(SessionStateError, match="the session was saved already"):
            await provider.get_access_token(request)
        yield "none"

    async with Browser(app) as browser:
        await browser.log_in()
        now[0] += timedelta(seconds=280)
        await read_calls(f"{idp}/good")
        late = (await browser.app.get("/late")).text
        soon = (await browser.app.get("/api")).status_code

    assert late.endswith(": none")
    assert soon == 200
    assert await read_calls(f"{idp}/good") == ["token"]


@pytest.mark.parametrize("behaviour", ["other-user", "good"])
async def test_a_refresh_that_is_refused_asks_for_a_login(idp: str, behaviour: str) -> None:
    """401: it was revoked, or it is of somebody else; the login itself goes on."""
    now = [utc_now()]
    provider = make_provider(f"{idp}/{behaviour}", keep_tokens=True, clock=lambda: now[0])
    app = make_app(provider)
    add_api(app, provider)

    @app.get("/refresh-token")
    async def show(request: Request) -> str:
        return str(request.state.session["_oauth"]["tokens"][1])

    async with Browser(app) as browser:
        await browser.log_in()
        if behaviour == "good":
            await provider.revoke_token((await browser.app.get("/refresh-token")).text)
        now[0] += timedelta(seconds=280)
        refused, again = [await browser.app.get("/api") for _ in range(2)]
        me = await browser.app.get("/me")

    assert (refused.status_code, again.status_code, me.status_code) == (401, 401, 200)
    assert refused.headers["www-authenticate"] == "Session"


async def test_without_kept_tokens_there_is_none_to_give(idp: str) -> None:
    """They are not in the session unless they are wanted."""
    provider = make_provider(f"{idp}/good")
    app = make_app(provider)
    add_api(app, provider)

    @app.get("/session")
    async def show(request: Request) -> str:
        return repr(dict(request.state.session))

    async with Browser(app) as browser:
        assert (await browser.app.get("/api")).status_code == 401
        await browser.log_in()
        assert (await browser.app.get("/api")).status_code == 401
        kept = (await browser.app.get("/session")).text
    assert "eyJ" not in kept
    assert "tokens" not in kept


async def test_what_it_cannot_do_is_said(idp: str) -> None:
    """With what to do instead."""
    provider = make_provider(f"{idp}/plain")
    with pytest.raises(AuthenticationSetupError, match="the service does"):
        await provider.create_token(Principal("7"))
    with pytest.raises(AuthenticationSetupError, match="takes no tokens back"):
        await provider.revoke_token("x")
    with pytest.raises(AuthenticationSetupError, match="refuses this client: invalid_client"):
        await make_provider(f"{idp}/good", client_secret="wrong-one").revoke_token("x")
    assert await provider.validate_token("x") is None


async def test_a_token_can_be_taken_back(idp: str) -> None:
    """At the provider, which says so when it is asked."""
    provider, token = make_provider(f"{idp}/good", bearer="introspection"), await mint(f"{idp}/good")
    assert await provider.validate_token(token) is not None
    await provider.revoke_token(token)
    assert await provider.validate_token(token) is None


@pytest.mark.row(77)
@pytest.mark.parametrize(
    "secret", ["your-secret-key", "your-client-secret", "change-me", "secret", "${OAUTH_SECRET}", "aaaaaaaaaaaa"]
)
async def test_row_077_a_placeholder_does_not_start_outside_of_development(secret: str) -> None:
    """The report does not show it; development may have one."""
    settings = Settings(sources=Sources.none(), environment="production")
    provider = make_provider(ISSUER, client_secret=secret)
    for is_known in (True, False):
        session = SessionMiddleware(secret_key="nK3v9dQp2sXw7bTz5mRj8fLh4cGy6eAu")
        app = CovetPy(settings=settings, middleware=[session])
        if is_known:
            app.add_middleware(AuthenticationMiddleware(provider))
        app.include_router(provider.router)
        with pytest.raises((ExceptionGroup, AuthenticationSetupError)) as caught:
            await app.startup()
        error = caught.value.exceptions[0] if isinstance(caught.value, ExceptionGroup) else caught.value
        assert isinstance(error, AuthenticationSetupError)
        assert str(error).startswith("OAuth2Provider 'idp': client_secret ")
        assert secret not in str(error).replace("client_secret", "")

    app = CovetPy(debug=True, middleware=[SessionMiddleware(secret_key="nK3v9dQp2sXw7bTz5mRj8fLh4cGy6eAu")])
    app.include_router(make_provider(ISSUER, client_secret=secret).router)
    async with TestClient(app):
        pass


def test_it_shows_no_secret() -> None:
    """Neither itself, nor its options."""
    provider = make_provider(ISSUER)

    assert repr(provider) == "<OAuth2Provider 'idp': client 'shop' of https://login.example.com>"
    assert SECRET not in repr(vars(provider))


@pytest.mark.parametrize(
    ("options", "scheme"),
    [
        (
            {"issuer": ISSUER},
            {"type": "openIdConnect", "openIdConnectUrl": f"{ISSUER}/.well-known/openid-configuration"},
        ),
        (
            {
                "authorize_url": f"{ISSUER}/in",
                "token_url": f"{ISSUER}/token",
                "userinfo_url": f"{ISSUER}/user",
                "scopes": ["repo"],
            },
            {
                "type": "oauth2",
                "flows": {
                    "authorizationCode": {
                        "authorizationUrl": f"{ISSUER}/in",
                        "tokenUrl": f"{ISSUER}/token",
                        "scopes": {"repo": ""},
                    }
                },
            },
        ),
    ],
)
def test_documents_say_how_to_log_in(options: Any, scheme: dict[str, Any]) -> None:
    """The routes of the login themselves are for browsers, and are in none."""
    app = make_app(OAuth2Provider("idp", client_id="shop", **options))
    app.plugin_manager.register(OpenAPIPlugin())
    document: Any = find_documents(app)["openapi"].make_document()

    assert document["components"]["securitySchemes"] == {"idp": scheme}
    assert document["paths"]["/me"]["get"]["security"] == [{"idp": []}]
    assert list(document["paths"]) == ["/me"]


async def test_passwords_and_other_services_do_not_take_each_others_sessions(idp: str) -> None:
    """In whatever order they are asked."""
    for is_first in (True, False):
        oauth, passwords = make_provider(f"{idp}/good"), PasswordAuthProvider(MemoryUsers([]))
        app = make_app(oauth)
        app.add_middleware(
            AuthenticationMiddleware(providers=[oauth, passwords] if is_first else [passwords, oauth]), priority=91
        )
        async with Browser(app) as browser:
            await browser.log_in()
            assert (await browser.show_me())["id"] == "idp:u-1"
