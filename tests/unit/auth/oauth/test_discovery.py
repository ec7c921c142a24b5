"""
The document of an issuer: fetched, kept, and fetched again.
"""

import asyncio
import logging
from typing import Any

import pytest

from covet.auth import OAuthAnswerError, OAuthUnavailableError
from covet.auth.oauth import discovery as module
from covet.auth.oauth.discovery import Discovery, GivenEndpoints
from covet.auth.oauth.endpoints import Endpoints
from tests.unit.auth.oauth.browser import Browser, make_app, make_provider, read_calls

ISSUER = "https://login.example.com/tenant/"


class Issuer:
    """Somebody who has a document, counts who asks for it, and fails when told to."""

    def __init__(self) -> None:
        self.urls: list[str] = []
        self.failure: Exception | None = None
        self.token = "https://login.example.com/token"

    async def fetch(self, url: str) -> dict[str, Any]:
        self.urls.append(url)
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure
        names = ("authorization_endpoint", "jwks_uri")
        return {"issuer": ISSUER, "token_endpoint": self.token, **dict.fromkeys(names, "https://login.example.com/x")}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which a test changes."""
    now = [1000.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    return now


async def test_a_document_is_fetched_once_for_all_who_wait(clock: list[float]) -> None:
    """And again once it is old."""
    issuer = Issuer()
    discovery = Discovery(ISSUER, issuer.fetch, max_age=100)
    await asyncio.gather(*(discovery.get() for _ in range(20)))
    clock[0] += 99
    await discovery.get()
    assert issuer.urls == ["https://login.example.com/tenant/.well-known/openid-configuration"]

    issuer.token = "https://login.example.com/new"
    clock[0] += 1
    assert (await discovery.get()).token == issuer.token
    assert len(issuer.urls) == 2


async def test_what_is_known_stays_when_a_fetch_fails(clock: list[float]) -> None:
    """It is tried again every few seconds, not with each request."""
    issuer = Issuer()
    discovery = Discovery(ISSUER, issuer.fetch, max_age=100)
    await discovery.get()
    issuer.failure = OAuthUnavailableError()
    clock[0] += 200
    for _ in range(10):
        await discovery.get()
    assert len(issuer.urls) == 2
    clock[0] += 5
    await discovery.get()
    assert len(issuer.urls) == 3


@pytest.mark.parametrize("failure", [OAuthUnavailableError(), OAuthAnswerError("It is no JSON.")])
async def test_without_any_document_the_failure_is_told(clock: list[float], failure: Exception) -> None:
    """Also to who comes before it is tried again."""
    issuer = Issuer()
    issuer.failure = failure
    discovery = Discovery(ISSUER, issuer.fetch, max_age=100)
    for _ in range(3):
        with pytest.raises(type(failure)):
            await discovery.get()
    assert len(issuer.urls) == 1

    issuer.failure = None
    clock[0] += 5
    assert (await discovery.get()).token


async def test_a_document_of_somebody_else_is_told_to_the_log(
    clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    """It may be a mistake in the settings."""
    discovery = Discovery("https://login.example.com", Issuer().fetch, max_age=100)
    with caplog.at_level(logging.WARNING, "covet.auth"), pytest.raises(OAuthAnswerError):
        await discovery.get()

    assert "https://login.example.com cannot be used: Its discovery document names another issuer." in caplog.text


async def test_who_leaves_does_not_end_what_others_wait_for(clock: list[float]) -> None:
    """A fetch is everybody's."""
    issuer = Issuer()
    discovery = Discovery(ISSUER, issuer.fetch, max_age=100)
    leaving, staying = (asyncio.create_task(discovery.get()) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()

    assert (await staying).token
    assert len(issuer.urls) == 1


async def test_endpoints_that_were_given_are_given() -> None:
    """Nothing is fetched for them."""
    endpoints = Endpoints(authorize="https://a.example/in", token="https://a.example/token")

    assert await GivenEndpoints(endpoints).get() is endpoints


@pytest.mark.parametrize("behaviour", ["other-issuer", "inside", "no-discovery"])
async def test_a_login_with_a_provider_of_no_use_does_not_begin(idp: str, behaviour: str) -> None:
    """502; nobody is sent anywhere, and nothing is asked besides."""
    async with Browser(make_app(make_provider(f"{idp}/{behaviour}"))) as browser:
        responses = [await browser.app.get("/auth/idp/login") for _ in range(3)]

    assert [response.status_code for response in responses] == [502] * 3
    assert await read_calls(f"{idp}/{behaviour}") == [".well-known/openid-configuration"]


async def test_a_login_with_a_provider_that_is_down_does_not_begin(caplog: pytest.LogCaptureFixture) -> None:
    """503, with a line in the log that names the address."""
    with caplog.at_level(logging.WARNING, "covet.auth"):
        async with Browser(make_app(make_provider("http://127.0.0.1:1/x"))) as browser:
            response = await browser.app.get("/auth/idp/login")

    assert response.status_code == 503
    assert "http://127.0.0.1:1/x/.well-known/openid-configuration gave no answer" in caplog.text
    assert "ConnectError" in caplog.text
