"""
The routes of a login.
"""

import pytest

from covet import CovetPy
from covet.auth import requires
from covet.auth.events import UserAuthenticatedEvent, UserLoggedOutEvent
from covet.exceptions import RouteError
from covet.testing import TestClient
from tests.unit.auth.oauth.browser import Browser, make_app, make_provider


async def test_the_session_has_another_id_after_the_login(idp: str) -> None:
    """Whoever knew the one before is nobody; what the visitor has kept stays."""
    app = make_app(make_provider(f"{idp}/good"))
    async with Browser(app) as browser:
        way_back = await browser.begin()
        before = dict(browser.app.cookies)
        await browser.app.get(way_back)
        after = dict(browser.app.cookies)
        old = await TestClient(app, base_url="https://127.0.0.1:9", cookies=before).get("/me")

    assert before.keys() == after.keys()
    assert before != after
    assert old.status_code == 401


async def test_anybody_may_log_in(idp: str) -> None:
    """Whatever guards stand around the application."""
    provider = make_provider(f"{idp}/good")
    app = make_app(provider)
    app.add_middleware(requires())
    async with Browser(app) as browser:
        assert (await browser.app.get("/me")).status_code == 401
        assert (await browser.log_in()).status_code == 303
        assert (await browser.app.get("/me")).status_code == 200


async def test_a_logout_leads_to_the_providers(idp: str) -> None:
    """Which leads back; here nothing is left."""
    app = make_app(make_provider(f"{idp}/good", keep_tokens=True, after_logout="/bye"))
    events: list[str] = []

    @app.events.subscribe(UserAuthenticatedEvent)
    async def note_login(event: UserAuthenticatedEvent) -> None:
        events.append(f"in {event.user_id} {event.method}")

    @app.events.subscribe(UserLoggedOutEvent)
    async def note_logout(event: UserLoggedOutEvent) -> None:
        events.append(f"out {event.user_id}")

    async with Browser(app) as browser:
        await browser.log_in()
        out = await browser.app.post("/auth/idp/logout")
        after = await browser.app.get("/me")
        again = await browser.app.post("/auth/idp/logout")
        by_link = await browser.app.get("/auth/idp/logout")

    location = out.headers["location"]
    assert out.status_code == 303
    assert location.startswith(f"{idp}/good/logout?client_id=shop&")
    assert "post_logout_redirect_uri=https%3A%2F%2F127.0.0.1%3A9%2Fbye&id_token_hint=ey" in location.replace(
        ":", "%3A", 0
    )
    assert (after.status_code, again.headers["location"], by_link.status_code) == (401, "/bye", 405)
    assert events == ["in idp:u-1 idp", "out idp:u-1"]


@pytest.mark.parametrize("behaviour", ["plain", "no-discovery"])
async def test_a_logout_works_without_the_provider(idp: str, behaviour: str) -> None:
    """Where it has none, or is not to be had."""
    provider = make_provider(f"{idp}/plain")
    async with Browser(make_app(provider)) as browser:
        await browser.log_in()
        if behaviour == "no-discovery":
            provider._endpoints = make_provider("http://127.0.0.1:1/x")._endpoints
        out = await browser.app.post("/auth/idp/logout")
        after = await browser.app.get("/me")

    assert (out.headers["location"], after.status_code) == ("/", 401)


async def test_the_routes_have_names_and_are_in_no_document(idp: str) -> None:
    """Pages link to them by name."""
    app = make_app(make_provider(f"{idp}/good", login_path="/in", redirect_path="/back", logout_path="/out"))

    assert [app.url_for(f"idp_{name}") for name in ("login", "callback", "logout")] == ["/in", "/back", "/out"]
    async with Browser(app) as browser:
        back = await browser.log_in("/in")
    assert back.status_code == 303


async def test_without_a_session_the_error_says_what_is_missing() -> None:
    """It is a mistake of the application."""
    app = CovetPy()
    app.include_router(make_provider("https://login.example.com").router)

    with pytest.raises((ExceptionGroup, RouteError)) as caught:
        app.compile()
    errors = caught.value.exceptions if isinstance(caught.value, ExceptionGroup) else [caught.value]
    assert all("takes a Session, and no SessionMiddleware is around it" in str(error) for error in errors)
