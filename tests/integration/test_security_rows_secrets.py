"""
Rows of docs/security.md about passwords, tokens and signed URLs, as clients meet them. Over both protocols.
"""

import logging
from dataclasses import dataclass

import pytest

from covet import CovetPy, Request
from covet.exceptions import AuthenticationError
from covet.security import PasswordHasher, Scrypt, Signer, sign_url, verify_url
from covet.testing import TestClient
from tests.integration.wire import WireProtocol, assert_problem, error_records, on_both_protocols

SECRET = "a secret that is never shown, of thirty-two bytes"
PASSWORD = "correct horse battery staple"


@dataclass
class Login:
    """What a form for logging in sends."""

    name: str
    password: str


async def make_client(protocol: WireProtocol) -> TestClient:
    """Make a client of an application with a login, tokens and signed downloads."""
    app = CovetPy()
    hasher = PasswordHasher([Scrypt(cost=1)])
    users = {"ada": await hasher.hash(PASSWORD), "bob": "damaged-hash"}
    signer = Signer(SECRET, purpose="downloads")

    @app.post("/login")
    async def login(login: Login) -> None:
        if not await hasher.verify(users.get(login.name), login.password):
            raise AuthenticationError("The name or the password is wrong.")

    @app.get("/links")
    async def make_link(path: str, expires_in: float = 60) -> str:
        return sign_url(path, signer=signer, expires_in=expires_in)

    @app.get("/files/{name}")
    async def download(request: Request, name: str) -> str:
        return f"{name} by {verify_url(str(request.url), signer=signer)}"

    @app.get("/tokens")
    async def read_token(token: str) -> str:
        return str(signer.unseal(token))

    return TestClient(app, protocol=protocol, raise_app_exceptions=False)


@pytest.mark.row(24)
@on_both_protocols
@pytest.mark.parametrize("name", ["ada", "bob", "nobody"])
@pytest.mark.parametrize(
    "password", ["p" * 1025, "p" * 1_000_000, "", "pass\0word"], ids=["1025", "1000000", "empty", "NUL"]
)
async def test_row_024_password_that_is_none_is_refused(
    protocol: WireProtocol, name: str, password: str, caplog: pytest.LogCaptureFixture
) -> None:
    """With 400, whoever it is for, without an echo and without a word in the log."""
    client = await make_client(protocol)
    with caplog.at_level(logging.DEBUG):
        response = await client.post("/login", json={"name": name, "password": password})

    assert_problem(response, 400, echo="pppp")
    assert [error["pointer"] for error in response.json()["errors"]] == ["/password"]
    assert "pppp" not in caplog.text
    assert error_records(caplog) == []


@pytest.mark.row(90)
@on_both_protocols
async def test_row_090_wrong_password_and_unknown_user_are_answered_alike(
    protocol: WireProtocol, caplog: pytest.LogCaptureFixture
) -> None:
    """Also a user whose hash is damaged, of which the log has a line without the hash."""
    client = await make_client(protocol)

    answers = [
        await client.post("/login", json={"name": name, "password": "wrong"}) for name in ("ada", "bob", "nobody")
    ]

    assert (await client.post("/login", json={"name": "ada", "password": PASSWORD})).status_code == 204
    said = [{**assert_problem(answer, 401), "instance": ""} for answer in answers]
    assert said[0] == said[1] == said[2]
    assert [record.name for record in error_records(caplog)] == ["covet.security"]
    assert "damaged-hash" not in caplog.text


@on_both_protocols
@pytest.mark.parametrize("path", ["/files/a", "/files/a?x=1&y=2", "/files/a%20b?x=%C3%A9;z", "/files/ä?q=a b&q=+"])
async def test_signed_url_is_good_as_it_is_requested(protocol: WireProtocol, path: str) -> None:
    """Whatever is escaped in it; not for another path, and not with anything more."""
    client = await make_client(protocol)
    url = (await client.get("/links", params={"path": path})).text

    assert (await client.get(url)).status_code == 200
    for changed in (url.replace("/a", "/b", 1), f"{url}&x=1", f"/{url}", url.partition("signature")[0], url[:-1]):
        if changed != url:
            response = await client.get(changed)
            assert response.status_code in {403, 404}, changed
            assert response.status_code == 404 or "signature is not valid" in response.text


@pytest.mark.row(74)
@pytest.mark.row(89)
@on_both_protocols
@pytest.mark.parametrize("token", ["", "x", "eyJ1c2VyIjoxfQ", "A" * 8_000, "%00" * 60, "%ED%A0%80" * 60, "=" * 60])
async def test_row_074_token_that_was_never_sealed_is_refused(
    protocol: WireProtocol, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    """With a problem of 403, or 400 where the query itself is none; never a 500, never an echo."""
    client = await make_client(protocol)
    with caplog.at_level(logging.DEBUG):
        response = await client.get(f"/tokens?token={token}")

    assert_problem(response, response.status_code, echo=token[:50] if len(token) > 1 else "")
    assert response.status_code in {400, 403}
    assert error_records(caplog) == []
    assert SECRET not in response.text + caplog.text
