"""
Logins as an application puts them together: sessions, CSRF, passwords, guards, and nothing secret in what is told.
"""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from covet import CovetPy, Request
from covet.auth import MemoryUsers, PasswordAuthProvider, Principal, UserRecord, requires
from covet.logs import JSONFormatter
from covet.middleware import (
    AuthenticationMiddleware,
    CSRFMiddleware,
    RequestIDMiddleware,
    RequestLoggingMiddleware,
    SecurityHeadersMiddleware,
    SessionMiddleware,
)
from covet.openapi import OpenAPIPlugin
from covet.security import PasswordHasher, Scrypt
from covet.testing import TestClient

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])

KEY = "canary-key-Zr8wE2yU5iO9pA1sD4fG7hJ0kL3xC6vB"
PASSWORD = "canary-password-1f"
CANARIES = (KEY, PASSWORD, "canary-header", "canary-body", "canary-query", "canary-cookie", "canary-exception")


async def make_app() -> CovetPy:
    """Make an application with logins; what it is told and keeps has canaries in it."""
    hasher = PasswordHasher([Scrypt(cost=1)])
    users = MemoryUsers(
        [UserRecord(id=7, username="ada", password_hash=await hasher.hash(PASSWORD), roles=frozenset({"admin"}))]
    )
    logins = PasswordAuthProvider(users, hasher=hasher)
    app = CovetPy(
        middleware=[
            # The order is no matter.
            AuthenticationMiddleware(provider=logins),
            CSRFMiddleware(secret_key=KEY),
            SessionMiddleware(secret_key=KEY),
            SecurityHeadersMiddleware(),
            RequestLoggingMiddleware(log_headers=True, log_body=True, log_response=True),
            RequestIDMiddleware(),
        ],
        plugins=[OpenAPIPlugin()],
    )

    @app.post("/login")
    async def log_in(request: Request, credentials: dict[str, str]) -> str:
        user = await logins.check_password(request, credentials["username"], credentials["password"])
        await logins.login(request, user)
        return "welcome"

    @app.post("/logout")
    async def log_out(request: Request) -> None:
        await logins.logout(request)

    @app.get("/me")
    async def me(principal: Principal) -> dict[str, Any]:
        return {"id": principal.id, "known": principal.is_authenticated}

    @app.get("/admin", middleware=[requires(role="admin")])
    async def admin() -> str:
        return "in charge"

    @app.get("/owner", middleware=[requires(role="owner")])
    async def owner() -> str:
        return "of all"

    @app.post("/fail")
    async def fail(item: dict[str, str]) -> None:
        raise RuntimeError("canary-exception")

    return app


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """What goes to the log, as programs read it."""
    written: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(JSONFormatter().format(record))

    logger, handler = logging.getLogger("covet"), Keep()
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.DEBUG)
    yield written
    logger.setLevel(level)
    logger.removeHandler(handler)


@Protocols
async def test_a_login_lasts_until_the_logout(protocol: Any) -> None:
    """Under a new session, and guards know who may."""
    body = {"username": "ada", "password": PASSWORD}
    async with TestClient(await make_app(), protocol=protocol, base_url="https://example.com") as client:
        strangers = [(await client.get(path)).status_code for path in ("/admin", "/owner")]
        refused = await client.post("/login", json=body | {"password": "wrong"})
        unknown = await client.post("/login", json=body | {"username": "eve"})
        assert (await client.post("/login", json=body)).text == "welcome"
        inside = [(await client.get(path)).status_code for path in ("/admin", "/owner")]
        known = (await client.get("/me")).json()
        foreign = await client.post("/logout", headers={"Origin": "https://evil.example"})
        still = (await client.get("/me")).json()
        await client.post("/logout", headers={"Origin": "https://example.com"})
        outside = (await client.get("/me")).json()

    assert (strangers, inside) == ([401, 401], [200, 403])
    assert (refused.status_code, unknown.status_code) == (401, 401)
    assert refused.json()["detail"] == unknown.json()["detail"]
    assert (known, still, outside["known"]) == ({"id": 7, "known": True}, {"id": 7, "known": True}, False)
    assert foreign.status_code == 403


@Protocols
async def test_a_session_that_is_planted_is_not_logged_in(protocol: Any) -> None:
    """A login begins a session under another id, so that nobody holds the old one."""
    body = {"username": "ada", "password": PASSWORD}
    page = {"Origin": "https://example.com"}
    async with TestClient(await make_app(), protocol=protocol, base_url="https://example.com") as client:
        await client.post("/login", json=body)
        first = dict(client.cookies)
        again = await client.post("/login", json=body, headers=page)
        second = dict(client.cookies)
        old = await client.get("/me", cookies=first)

    assert again.status_code == 200
    assert first != second
    assert all(name.startswith("__Host-") for name in first)
    assert old.json()["known"] is False


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({}, "__Host-session"),
        ({"cookie": "shop"}, "__Host-shop"),
        ({"path": "/shop"}, "__Secure-session"),
        ({"secure": False}, "session"),
    ],
)
async def test_documents_name_the_cookie_that_is_set(options: dict[str, Any], name: str) -> None:
    """What a client has to send is what a login gives it."""
    hasher = PasswordHasher([Scrypt(cost=1)])
    ada = UserRecord(id=7, username="ada", password_hash=await hasher.hash(PASSWORD))
    logins = PasswordAuthProvider(MemoryUsers([ada]), hasher=hasher)
    app = CovetPy(
        middleware=[AuthenticationMiddleware(logins), SessionMiddleware(KEY, **options)], plugins=[OpenAPIPlugin()]
    )

    @app.post("/shop/login")
    async def log_in(request: Request) -> None:
        await logins.login(request, await logins.check_password(request, "ada", PASSWORD))

    @app.get("/shop/orders", middleware=[requires(role="clerk")])
    async def orders() -> None: ...

    async with TestClient(app, base_url="https://example.com") as client:
        await client.post("/shop/login")
        schemes = (await client.get("/openapi.json")).json()["components"]["securitySchemes"]

        assert schemes == {"session": {"type": "apiKey", "in": "cookie", "name": name}}
        assert list(client.cookies) == [name]


@Protocols
async def test_no_canary_is_told(protocol: Any, lines: list[str]) -> None:
    """Neither in the log, nor in answers, nor in the document; errors included."""
    headers = {"Authorization": "Bearer canary-header", "X-API-Key": "canary-header"}
    shown: list[str] = []
    app = await make_app()
    async with TestClient(app, protocol=protocol, base_url="https://example.com", raise_app_exceptions=False) as client:
        for response in (
            await client.post("/login", json={"username": "ada", "password": PASSWORD, "token": "canary-body"}),
            await client.get("/me?api_key=canary-query", headers=headers),
            await client.get("/missing?token=canary-query", headers=headers),
            await client.post("/fail", json={"secret": "canary-body"}, cookies={"other": "canary-cookie"}),
            await client.post("/fail", content=b'{"password": "canary-body"'),
            await client.post("/login", json={"username": "ada", "password": "canary-body" * 200}),
            await client.get("/openapi.json"),
        ):
            shown += [response.text, json.dumps(response.headers.multi_items())]

    told = "\n".join(shown + [line for line in lines if '"exception"' not in line])
    assert [canary for canary in CANARIES if canary in told] == []
    # The trace of an unhandled error is for the log alone, and has the error's own text.
    traces = [line for line in lines if '"exception"' in line]
    assert [canary for canary in CANARIES if canary in "\n".join(traces)] in ([], ["canary-exception"])
