"""
Asking a provider, whatever it answers.
"""

import gzip
import json
import logging
import time
from typing import Any

import httpx2
import pytest

from covet import CovetPy, Request, Response
from covet.auth import OAuthAnswerError, OAuthUnavailableError
from covet.auth.oauth.client import MAX_ANSWER_BYTES, OAuthClient
from covet.auth.oauth.endpoints import Endpoints
from covet.auth.oauth.errors import GrantRefusedError
from covet.responses import JSONResponse
from tests.e2e.oidc_users import SECRET
from tests.unit.auth.oauth.browser import mint


def make_client(
    secret: str = SECRET, *, timeout: float = 3.0, way: str | None = None, transport: Any = None
) -> OAuthClient:
    """Make a client of the tests' provider."""
    return OAuthClient("shop", lambda: secret, client_auth=way, timeout=timeout, transport=transport)


def make_endpoints(issuer: str, **changes: Any) -> Endpoints:
    """Name the endpoints of an issuer."""
    names = ("authorize", "token", "userinfo")
    more = {"introspection": f"{issuer}/introspect", "revocation": f"{issuer}/revoke"}
    return Endpoints(**{**{name: f"{issuer}/{name}" for name in names}, **more, **changes})


async def test_a_client_proves_itself_as_the_provider_wants_it(idp: str) -> None:
    """In the header, encoded as in a form (RFC 6749 §2.3.1), or in the body; what was said by hand wins."""
    token = await mint(f"{idp}/post-only")
    post = frozenset({"client_secret_post"})
    told = await make_client().introspect(make_endpoints(f"{idp}/good"), token)
    posted = await make_client().introspect(make_endpoints(f"{idp}/post-only", client_auth=post), token)
    said = await make_client(way="client_secret_post").introspect(make_endpoints(f"{idp}/post-only"), token)

    assert (told["active"], posted["active"], said["active"]) == (True, True, True)
    with pytest.raises(GrantRefusedError):
        await make_client("wrong").introspect(make_endpoints(f"{idp}/good"), token)


async def test_a_token_that_was_taken_back_is_good_for_nothing(idp: str) -> None:
    """One that nobody knows is taken back as well."""
    client, endpoints, token = make_client(), make_endpoints(f"{idp}/good"), await mint(f"{idp}/good")
    assert (await client.fetch_userinfo(endpoints.userinfo or "", token))["sub"] == "u-1"

    for item in (token, token, "unknown"):
        await client.revoke(endpoints, item)
    assert await client.introspect(endpoints, token) == {"active": False}
    with pytest.raises(OAuthAnswerError):
        await client.fetch_userinfo(endpoints.userinfo or "", token)


@pytest.mark.parametrize("behaviour", ["redirect", "no-json", "list", "failing"])
async def test_no_answer_of_no_use_is_taken(idp: str, behaviour: str) -> None:
    """By any question."""
    client, endpoints = make_client(), make_endpoints(f"{idp}/{behaviour}")
    error = OAuthUnavailableError if behaviour == "failing" else OAuthAnswerError
    with pytest.raises(error):
        await client.introspect(endpoints, "x")
    with pytest.raises(error):
        await client.refresh(endpoints, "x")


async def test_a_refused_grant_is_told_by_its_code(idp: str) -> None:
    """So that a login can be asked for again."""
    with pytest.raises(GrantRefusedError) as caught:
        await make_client().refresh(make_endpoints(f"{idp}/good"), "unknown")

    assert caught.value.code == "invalid_grant"


async def test_nobody_waits_for_longer_than_was_said(idp: str) -> None:
    """Whatever the provider does meanwhile."""
    begin = time.monotonic()
    with pytest.raises(OAuthUnavailableError):
        await make_client(timeout=0.3).introspect(make_endpoints(f"{idp}/slow"), "x")

    assert time.monotonic() - begin < 5


def make_service(answer: Response) -> httpx2.ASGITransport:
    """Make a service that answers everything in one way."""
    app = CovetPy()

    @app.route("/{path:path}", methods=["GET", "POST"])
    async def reply(request: Request) -> Response:
        return answer

    return httpx2.ASGITransport(app=app)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Response(b"x" * (MAX_ANSWER_BYTES + 1)), "more than 262144 bytes"),
        (Response(gzip.compress(b"{}"), headers={"content-encoding": "gzip"}), "is compressed"),
        (Response(status_code=302, headers={"location": "https://elsewhere.example/"}), "is a redirect"),
        (Response(status_code=304), "is a redirect"),
        (Response(b"["), "is no JSON"),
        (Response(b"[" * 100_000), "is no JSON"),
        (Response(b"[]"), "is no object of JSON"),
        (Response(b"\xff"), "is no JSON"),
        (Response(b"{}", 404), "has the status 404"),
    ],
)
async def test_a_document_of_no_use_is_refused(answer: Response, reason: str, caplog: pytest.LogCaptureFixture) -> None:
    """Before it is read, where that can be seen; the log has one line without the question's parameters."""
    client = make_client(transport=make_service(answer))
    with caplog.at_level(logging.WARNING, "covet.auth"), pytest.raises(OAuthAnswerError) as caught:
        await client.fetch_object("https://login.example.com/document?secret=1")

    assert reason in caught.value.reason
    [record] = caplog.records
    assert record.getMessage().startswith("The login provider at https://login.example.com/document gave no answer")
    assert record.getMessage().endswith(caught.value.reason)


async def test_an_error_in_words_of_their_own_is_not_repeated(caplog: pytest.LogCaptureFixture) -> None:
    """It is unknown."""
    client = make_client(transport=make_service(JSONResponse({"error": "<b>secret</b>"}, 400)))
    with caplog.at_level(logging.DEBUG, "covet.auth"), pytest.raises(GrantRefusedError) as caught:
        await client.exchange_code(make_endpoints("https://a.example"), "x", verifier="y", redirect_uri="z")

    assert (caught.value.code, caught.value.__context__ is None or "secret" not in str(caught.value)) == (
        "unknown",
        True,
    )
    assert "secret" not in caplog.text


async def test_a_transport_is_used_again() -> None:
    """It is not closed with a question: it is somebody else's."""

    class Counting(httpx2.AsyncBaseTransport):
        count = 0

        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            self.count += 1
            return httpx2.Response(200, content=json.dumps({"n": self.count}))

        async def aclose(self) -> None:
            raise AssertionError("it was closed")

    client = make_client(transport=Counting())
    found = [await client.fetch_object("https://a.example/") for _ in range(2)]

    assert found == [{"n": 1}, {"n": 2}]
