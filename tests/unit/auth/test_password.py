"""
Logins that a session keeps.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from covet import CovetPy, Request
from covet.auth import (
    InvalidCredentialsError,
    MemoryUsers,
    PasswordAuthProvider,
    PasswordChangedError,
    Principal,
    allow_anyone,
    requires,
)
from covet.auth.events import PasswordChangedEvent, UserAuthenticatedEvent, UserLoggedOutEvent
from covet.auth.password import LoginSession
from covet.events import Event
from covet.exceptions import ConfigurationError
from covet.http.websocket import WebSocket
from covet.middleware import AuthenticationMiddleware, SessionMiddleware
from covet.testing import TestClient, WebSocketRefusedError
from tests.unit.auth.logins import FakeSession, make_users


async def make() -> tuple[PasswordAuthProvider, Request, FakeSession]:
    """Make a provider, and a request with a session."""
    users, hasher, _ = await make_users()
    request, session = Request(), FakeSession()
    request.state.session = session
    return PasswordAuthProvider(users, hasher=hasher), request, session


async def test_a_login_makes_the_session_its_users() -> None:
    """Under a new id; from then on the session says who asks, and a logout leaves nothing of it."""
    provider, request, session = await make()
    assert isinstance(session, LoginSession)
    assert provider.find_credentials(request) is None
    await provider.login(request, await provider.check_password(request, "ada", "correct horse"))
    found = provider.find_credentials(request)
    assert found is not None
    principal = await provider.authenticate(request, found)

    assert principal is not None
    assert (principal.id, set(principal.roles), principal.method) == (7, {"admin"}, "password")
    assert (session.user_id, request.state.user) == ("7", principal)
    await provider.logout(request)
    assert (session.log, dict(session)) == (["log_in", "invalidate"], {})
    assert provider.find_credentials(request) is None


async def test_credentials_are_checked_without_a_login() -> None:
    """What a name and a password are given for."""
    provider, request, session = await make()
    principal = await provider.authenticate(request, {"username": "ada", "password": "correct horse"})

    assert principal is not None
    assert (principal.id, session.log) == (7, [])


async def test_another_password_ends_other_sessions() -> None:
    """The one in which it was changed goes on under a new id."""
    provider, request, session = await make()
    ada = await provider.check_password(request, "ada", "correct horse")
    await provider.login(request, ada)
    other, other_session = Request(), FakeSession()
    other.state.session = other_session
    await provider.login(other, ada)
    await provider.change_password(request, ada, "another horse")
    mine, theirs = provider.find_credentials(request), provider.find_credentials(other)

    assert mine is not None
    assert theirs is not None
    assert await provider.authenticate(request, mine) is not None
    with pytest.raises(InvalidCredentialsError, match="The session is over"):
        await provider.authenticate(other, theirs)
    assert (session.log[-1], other_session.log[-1]) == ("rotate", "invalidate")
    assert "horse" not in repr(dict(session))


async def change(users: MemoryUsers, provider: PasswordAuthProvider) -> None:
    """Give ada another password."""
    await provider.change_password(None, Principal(7), "another horse")


async def turn_off(users: MemoryUsers, provider: PasswordAuthProvider) -> None:
    """Let ada log in no more."""
    ada = await users.find_by_id("7")
    assert ada is not None
    await users.replace(replace(ada, is_active=False))


async def take_away_the_password(users: MemoryUsers, provider: PasswordAuthProvider) -> None:
    """Leave ada without a password."""
    ada = await users.find_by_id("7")
    assert ada is not None
    await users.replace(replace(ada, password_hash=None))


@pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
@pytest.mark.parametrize("meanwhile", [change, turn_off, take_away_the_password])
async def test_what_changes_before_the_login_makes_no_session(
    protocol: Any, meanwhile: Callable[[MemoryUsers, PasswordAuthProvider], Awaitable[None]]
) -> None:
    """The password was good when it was checked, and is not when the session begins: 401, and nobody is logged in."""
    users, hasher, _ = await make_users()
    provider = PasswordAuthProvider(users, hasher=hasher)
    key = "kQ0pJ7cR2vT9xW4zL8nB5hG1dF6sA3eM"
    app = CovetPy(middleware=[SessionMiddleware(key), AuthenticationMiddleware(provider=provider)])
    checked, goes_on = asyncio.Event(), asyncio.Event()

    @app.post("/login", middleware=[allow_anyone()])
    async def log_in(request: Request) -> None:
        user = await provider.check_password(request, "ada", "correct horse")
        checked.set()
        await goes_on.wait()
        await provider.login(request, user)

    @app.get("/me")
    async def show(request: Request) -> str | None:
        user_id: str | None = request.state.session.user_id
        return user_id

    async with TestClient(app, protocol=protocol, base_url="https://shop.example") as client:
        login = asyncio.ensure_future(client.post("/login"))
        await checked.wait()
        await meanwhile(users, provider)
        goes_on.set()
        refused = await login
        mine = await client.get("/me")

    assert (refused.status_code, refused.json()["detail"]) == (401, "The name or the password is wrong.")
    assert mine.status_code == 204


async def test_who_was_removed_before_the_login_is_refused() -> None:
    """As whoever has a wrong password is: the application made no mistake."""
    provider, request, session = await make()
    gone = Principal(77, stamp="proved")
    with pytest.raises(InvalidCredentialsError, match=r"^The name or the password is wrong\.$"):
        await provider.login(request, gone)

    assert (session.log, "proved" in repr(gone)) == ([], False)


async def test_of_two_changes_at_once_one_is_kept() -> None:
    """Whoever logged in with the password before has not the last word."""
    provider, request, session = await make()
    ada = await provider.check_password(request, "ada", "correct horse")
    await provider.login(request, ada)
    other, other_session = Request(), FakeSession()
    other.state.session = other_session
    await provider.login(other, ada)
    said = await asyncio.gather(
        provider.change_password(request, ada, "my horse"),
        provider.change_password(other, ada, "their horse"),
        return_exceptions=True,
    )

    assert sorted(map(repr, said)) == [
        "None",
        "PasswordChangedError('The password was changed meanwhile. Log in with the new one.')",
    ]
    kept, given_up = ("my horse", "their horse")[:: 1 if said[0] is None else -1]
    assert (await provider.check_password(None, "ada", kept)).id == 7
    with pytest.raises(InvalidCredentialsError):
        await provider.check_password(None, "ada", given_up)
    assert sorted([session.log, other_session.log]) == [["log_in"], ["log_in", "rotate"]]


async def test_a_session_that_is_over_changes_no_password() -> None:
    """A request that began before the password was changed is one of who knew the old one."""
    provider, request, session = await make()
    ada = await provider.check_password(request, "ada", "correct horse")
    await provider.login(request, ada)
    await provider.change_password(None, ada, "my horse")
    with pytest.raises(PasswordChangedError, match=r"^The password was changed meanwhile\. Log in with") as caught:
        await provider.change_password(request, ada, "their horse")

    assert (caught.value.status_code, session.log) == (409, ["log_in"])
    assert (await provider.check_password(None, "ada", "my horse")).id == 7


@pytest.mark.parametrize("user_id", ["9", "10"])
async def test_the_session_of_who_may_not_log_in_is_over(user_id: str) -> None:
    """Or of who is not there any more."""
    provider, request, session = await make()
    session.log_in(user_id)
    found = provider.find_credentials(request)

    assert found is not None
    with pytest.raises(InvalidCredentialsError, match="The session is over"):
        await provider.authenticate(request, found)


@pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
async def test_a_websocket_of_a_session_that_is_over_is_refused(protocol: Any) -> None:
    """With 401, as a request is; the session, which a handshake cannot change, is ended by the next request."""
    users, hasher, _ = await make_users()
    provider = PasswordAuthProvider(users, hasher=hasher)
    key = "kQ0pJ7cR2vT9xW4zL8nB5hG1dF6sA3eM"
    app = CovetPy(middleware=[SessionMiddleware(key), AuthenticationMiddleware(provider=provider)])

    @app.post("/login", middleware=[allow_anyone()])
    async def log_in(request: Request) -> None:
        await provider.login(request, Principal(7))

    @app.websocket("/feed", middleware=[requires()])
    async def feed(websocket: WebSocket) -> None:
        await websocket.accept()

    async with TestClient(app, protocol=protocol, base_url="https://shop.example") as client:
        await client.post("/login")
        async with client.websocket_connect("/feed"):
            pass
        await provider.change_password(None, Principal(7), "another horse")
        with pytest.raises(WebSocketRefusedError) as caught:
            async with client.websocket_connect("/feed"):
                pass
        statuses = [(await client.post("/login")).status_code for _ in range(2)]

    assert caught.value.status_code == 401
    assert statuses == [401, 204]


async def test_without_a_session_nobody_logs_in() -> None:
    """The error says what to add."""
    provider, _, _ = await make()

    assert provider.find_credentials(Request()) is None
    for call in (provider.login(Request(), Principal(7)), provider.logout(Request())):
        with pytest.raises(ConfigurationError, match=r"(?s)There is no session to log in to.*SessionMiddleware\("):
            await call


async def test_who_is_not_there_is_not_logged_in() -> None:
    """Nor given a password."""
    provider, request, _ = await make()

    with pytest.raises(ConfigurationError, match="no user with the id 77 to log in"):
        await provider.login(request, Principal(77))
    with pytest.raises(ConfigurationError, match="no user with the id 77 whose password"):
        await provider.change_password(None, Principal(77), "another horse")


async def test_what_happens_is_told() -> None:
    """Without a password or a hash."""
    provider, request, _ = await make()
    app, seen = CovetPy(), list[Event]()
    for event in (UserAuthenticatedEvent, PasswordChangedEvent, UserLoggedOutEvent):
        app.events.subscribe(event, seen.append)
    provider.prepare(app)
    ada = await provider.check_password(request, "ada", "correct horse")
    await provider.login(request, ada)
    await provider.change_password(request, ada, "another horse")
    await provider.logout(request)

    assert [event.event_type for event in seen] == ["user.authenticated", "auth.password_changed", "auth.logged_out"]
    assert "horse" not in repr(seen)
    assert "$" not in repr(seen)
