"""
The way to the provider and back, with a provider that misbehaves in every way.
"""

import asyncio
import logging
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from covet.auth import OAuthLoginError
from covet.auth.events import AuthenticationFailedEvent
from covet.security.clock import utc_now
from tests.unit.auth.oauth.browser import BASE, Browser, make_app, make_provider, read_calls

# What is wrong with the provider, the status of the way back, and what is said of it.
TOKENS = {
    "wrong-nonce": "another login",
    "no-nonce": "another login",
    "wrong-iss": "somebody else's",
    "other-aud": "for somebody else",
    "two-aud": "does not say who has asked",
    "other-azp": "made for somebody else",
    "expired": "has expired",
    "future": "of the future",
    "alg-none": "malformed",
    "hs256": "signature is not valid",
    "other-key": "signature is not valid",
    "wrong-at-hash": "another access token",
    "no-id-token": "no ID token",
    "other-sub": "means somebody else",
}
ANSWERS = {
    "huge": (502, "more than 262144 bytes"),
    "redirect": (502, "is a redirect"),
    "compressed": (502, "is compressed"),
    "no-json": (502, "ValueError"),
    "list": (502, "ValueError"),
    "mac-token": (502, None),
    "huge-id-token": (502, None),
    "failing": (503, "answered 500"),
    "slow": (503, "Timeout"),
    "no-keys": (503, "has no key"),
}


async def test_somebody_logs_in(idp: str) -> None:
    """And is known from then on, by what both tokens and the userinfo endpoint say."""
    async with Browser(make_app(make_provider(f"{idp}/good"))) as browser:
        before = await browser.app.get("/me")
        back = await browser.log_in("/auth/idp/login?next=/orders%3Fpage=2")
        me = await browser.show_me()

    assert before.status_code == 401
    assert (back.status_code, back.headers["location"]) == (303, "/orders?page=2")
    assert back.headers["cache-control"] == "no-store"
    assert me == {
        "id": "idp:u-1",
        "claims": {"name": "Ada", "email": "ada@example.com", "email_verified": True},
        "method": "idp",
        "scopes": ["email", "openid"],
        "roles": [],
    }
    assert await read_calls(f"{idp}/good") == [
        ".well-known/openid-configuration", "authorize", "token", "jwks", "userinfo",
    ]  # fmt: skip


async def test_the_provider_is_asked_for_a_code_that_is_bound(idp: str) -> None:
    """By state, nonce and PKCE, of which nothing secret is in the address."""
    async with Browser(make_app(make_provider(f"{idp}/good", authorize_params={"prompt": "login"}))) as browser:
        first, second = [(await browser.app.get("/auth/idp/login")).headers["location"] for _ in range(2)]

    asked, other = parse_qs(urlsplit(first).query), parse_qs(urlsplit(second).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [f"{BASE}/auth/idp/callback"]
    assert (asked["scope"], asked["prompt"], asked["tenant"]) == (["openid email"], ["login"], ["1"])
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[name][0]) == 43
        assert asked[name] != other[name]
    assert "code_verifier" not in asked


@pytest.mark.parametrize(("behaviour", "reason"), TOKENS.items())
async def test_a_token_that_is_not_good_logs_nobody_in(
    idp: str, behaviour: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    """400, in words that say nothing; the log and those who audit learn why."""
    app = make_app(make_provider(f"{idp}/{behaviour}"))
    failures: list[str] = []

    @app.events.subscribe(AuthenticationFailedEvent)
    async def note(event: AuthenticationFailedEvent) -> None:
        failures.append(event.reason)

    with caplog.at_level(logging.INFO, "covet.auth"):
        async with Browser(app) as browser:
            back = await browser.log_in()
            after = await browser.app.get("/me")

    assert (back.status_code, after.status_code) == (400, 401)
    assert back.json()["detail"] == "The login could not be completed. Begin it again."
    assert reason in caplog.text
    assert len(failures) == 1
    assert reason in failures[0]


@pytest.mark.parametrize("behaviour", ["own-azp", "sends-iss", "no-userinfo", "post-only", "plain"])
async def test_what_a_provider_may_do_is_accepted(idp: str, behaviour: str) -> None:
    """However few do it."""
    async with Browser(make_app(make_provider(f"{idp}/{behaviour}"))) as browser:
        back = await browser.log_in()
        me = await browser.show_me()

    assert (back.status_code, me["id"]) == (303, "idp:u-1")


@pytest.mark.parametrize(("behaviour", "expected"), ANSWERS.items())
async def test_an_answer_of_no_use_is_the_providers_fault(
    idp: str, behaviour: str, expected: tuple[int, str | None], caplog: pytest.LogCaptureFixture
) -> None:
    """502 or 503, with a line in the log, and nothing of the answer in either."""
    status, said = expected
    with caplog.at_level(logging.WARNING, "covet.auth"):
        async with Browser(make_app(make_provider(f"{idp}/{behaviour}", timeout=1))) as browser:
            back = await browser.log_in()
            after = await browser.app.get("/me")

    assert (back.status_code, after.status_code) == (status, 401)
    assert "secret" not in caplog.text + back.text
    if said is not None:
        assert said in caplog.text


async def test_a_login_can_be_tried_again_when_the_provider_was_down(idp: str) -> None:
    """The page of the error may be loaded anew: what failed has used nothing up."""
    provider = make_provider(f"{idp}/good")
    async with Browser(make_app(provider)) as browser:
        way_back = await browser.begin()
        provider._client._timeout = 0.000_001
        failed = await browser.app.get(way_back)
        provider._client._timeout = 3
        succeeded = await browser.app.get(way_back)

    assert (failed.status_code, succeeded.status_code) == (503, 303)


@pytest.mark.parametrize(("behaviour", "status"), [("denies", 403), ("overloaded", 503), ("strange-error", 400)])
async def test_an_error_of_the_provider_is_not_repeated(
    idp: str, behaviour: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither to the client nor to the log; and its state is used up."""
    with caplog.at_level(logging.INFO, "covet.auth"):
        async with Browser(make_app(make_provider(f"{idp}/{behaviour}"))) as browser:
            way_back = await browser.begin()
            back, again = [await browser.app.get(way_back) for _ in range(2)]

    assert back.status_code == status
    assert "script" not in back.text + caplog.text
    assert again.status_code == (503 if status == 503 else 400)


@pytest.mark.parametrize("behaviour", ["other-iss", "hides-iss"])
async def test_an_answer_of_another_provider_is_refused(idp: str, behaviour: str) -> None:
    """RFC 9207: before its code is sent anywhere."""
    async with Browser(make_app(make_provider(f"{idp}/{behaviour}"))) as browser:
        back = await browser.log_in()

    assert back.status_code == 400
    assert "token" not in await read_calls(f"{idp}/{behaviour}")


@pytest.mark.row(68)
async def test_row_068_the_state_is_good_in_its_own_session_alone(idp: str) -> None:
    """Whoever has somebody else follow their way back logs nobody in."""
    app = make_app(make_provider(f"{idp}/good"))
    async with Browser(app) as attacker, Browser(app) as victim:
        way_back = await attacker.begin()
        await victim.begin()
        trapped = await victim.app.get(way_back)
        without_session = await Browser(app).app.get(way_back)
        after = await victim.app.get("/me")
        own = await attacker.app.get(way_back)

    assert (trapped.status_code, without_session.status_code, after.status_code) == (400, 400, 401)
    assert own.status_code == 303


async def test_the_state_is_good_once(idp: str) -> None:
    """Whatever becomes of the code."""
    async with Browser(make_app(make_provider(f"{idp}/good"))) as browser:
        way_back = await browser.begin()
        first, second = [await browser.app.get(way_back) for _ in range(2)]

    assert (first.status_code, second.status_code) == (303, 400)
    assert (await read_calls(f"{idp}/good")).count("token") == 1


async def test_a_login_that_took_too_long_is_refused(idp: str) -> None:
    """However good its code is."""
    now = [utc_now()]
    async with Browser(make_app(make_provider(f"{idp}/good", login_lifetime=60, clock=lambda: now[0]))) as browser:
        way_back = await browser.begin()
        now[0] += timedelta(seconds=61)
        back = await browser.app.get(way_back)

    assert back.status_code == 400


async def test_several_tabs_log_in_at_once(idp: str) -> None:
    """Each comes to where it wanted; the oldest of too many does not."""
    async with Browser(make_app(make_provider(f"{idp}/good", max_logins=3))) as browser:
        await browser.begin()
        ways = [await browser.begin(f"/auth/idp/login?next=/{tab}") for tab in range(4)]
        backs = [await browser.app.get(way) for way in ways]

    assert [back.status_code for back in backs] == [400, 303, 303, 303]
    assert [back.headers["location"] for back in backs[1:]] == ["/1", "/2", "/3"]


async def test_two_providers_do_not_take_each_others_logins(idp: str) -> None:
    """A state of one is none of the other's."""
    app = make_app(make_provider(f"{idp}/good"), make_provider(f"{idp}/plain", "other"))
    async with Browser(app) as browser:
        way_back = await browser.begin()
        mixed = await browser.app.get(way_back.replace("/auth/idp/", "/auth/other/"))
        right = await browser.app.get(way_back)

    assert (mixed.status_code, right.status_code) == (400, 303)


@pytest.mark.row(64)
@pytest.mark.parametrize(
    "target",
    ["//evil.com", "/\\evil.com", "/%09/evil.com", "https:evil.com", "https://evil.com/", "evil", "", "/evil" * 500],
)
async def test_row_064_a_login_never_ends_on_another_site(idp: str, target: str) -> None:
    """400, without repeating what was asked for."""
    async with Browser(make_app(make_provider(f"{idp}/good"))) as browser:
        response = await browser.app.get("/auth/idp/login", params={"next": target})

    assert response.status_code == 400
    assert "evil" not in response.text


@pytest.mark.parametrize(
    "query", ["", "code=x", "state=x", "state=x&code=y", "state=a&state=a&code=b", "code=" + "x" * 5000]
)
async def test_a_way_back_that_nobody_was_sent_is_refused(idp: str, query: str) -> None:
    """400, and the provider is not asked."""
    async with Browser(make_app(make_provider(f"{idp}/good"))) as browser:
        response = await browser.app.get(f"/auth/idp/callback?{query}")

    assert response.status_code == 400
    assert await read_calls(f"{idp}/good") == []


async def test_a_wrong_secret_is_told_to_the_log(idp: str, caplog: pytest.LogCaptureFixture) -> None:
    """It is a mistake of whoever configured it: 502 for the client."""
    with caplog.at_level(logging.ERROR, "covet.auth"):
        async with Browser(make_app(make_provider(f"{idp}/good", client_secret="xB7-another-secret"))) as browser:
            back = await browser.log_in()

    assert back.status_code == 502
    assert "refuses this client: invalid_client. Look at client_id and client_secret" in caplog.text
    assert "xB7" not in caplog.text


async def test_a_public_client_needs_no_secret(idp: str) -> None:
    """PKCE binds the code."""
    async with Browser(make_app(make_provider(f"{idp}/good", client_id="phone", client_secret=None))) as browser:
        back = await browser.log_in()

    assert back.status_code == 303


async def test_a_login_that_is_too_old_at_the_provider_is_refused(idp: str) -> None:
    """`max_age` is asked for, and looked at."""
    statuses = []
    for seconds in (7200, 60):
        async with Browser(make_app(make_provider(f"{idp}/auth-time", max_age=seconds))) as browser:
            statuses.append((await browser.log_in()).status_code)
    async with Browser(make_app(make_provider(f"{idp}/good", max_age=7200))) as browser:
        silent = await browser.log_in()

    assert statuses == [303, 400]
    assert silent.status_code == 400


async def test_oauth_alone_asks_the_userinfo_endpoint(idp: str) -> None:
    """Without an issuer there is no ID token."""
    provider = make_provider(
        None,
        scopes=["email"],
        authorize_url=f"{idp}/good/authorize",
        token_url=f"{idp}/good/token",
        userinfo_url=f"{idp}/good/userinfo",
        subject_claim="email",
    )
    async with Browser(make_app(provider)) as browser:
        back = await browser.log_in()
        me = await browser.show_me()

    assert (back.status_code, me["id"]) == (303, "idp:ada@example.com")
    assert await read_calls(f"{idp}/good") == ["authorize", "token", "userinfo"]


async def test_the_way_back_is_beside_the_way_there(idp: str) -> None:
    """Behind a prefix, or at the address that was written down."""
    provider = make_provider(f"{idp}/good", base_url="https://shop.example.com")
    app = make_app()
    app.include_router(provider.router, prefix="/inside")
    async with Browser(app) as browser:
        response = await browser.app.get("/inside/auth/idp/login")

    asked = parse_qs(urlsplit(response.headers["location"]).query)
    assert asked["redirect_uri"] == ["https://shop.example.com/inside/auth/idp/callback"]


async def test_an_application_may_answer_in_its_own_way(idp: str) -> None:
    """The error is one like others, with what was wrong."""
    app = make_app(make_provider(f"{idp}/denies"))

    @app.exception_handler(OAuthLoginError)
    async def answer(request: object, exc: OAuthLoginError) -> tuple[str, int]:
        return f"{exc.provider}: {exc.reason}", 418

    async with Browser(app) as browser:
        back = await browser.log_in()

    assert (back.status_code, back.text) == (418, "idp: The provider answered access_denied.")


async def test_many_log_in_at_once(idp: str) -> None:
    """And each is who they are."""
    users = [make_provider(f"{idp}/good", name, authorize_params={"login_hint": name}) for name in ("ada", "grace")]
    app = make_app(*users)

    async def log_in(number: int) -> tuple[str, str]:
        name = ("ada", "grace")[number % 2]
        async with Browser(app) as browser:
            await browser.log_in(f"/auth/{name}/login")
            return name, (await browser.show_me())["claims"]["name"]

    found = await asyncio.gather(*map(log_in, range(20)))

    assert set(found) == {("ada", "Ada"), ("grace", "Grace")}
