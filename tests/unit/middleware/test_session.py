"""
Tests of the middleware of sessions, over both protocols.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from covet import CovetPy, Request, Response
from covet.config import Secret
from covet.exceptions import ConfigurationError, HTTPError, RouteError
from covet.http.websocket import WebSocket
from covet.middleware import SessionMiddleware, get_session
from covet.openapi import OpenAPIPlugin
from covet.options import UnknownOptionError
from covet.responses import StreamingResponse
from covet.security import KeyRing, generate_token
from covet.sessions import (
    EncryptedCookieSessions,
    MemorySessionStore,
    Session,
    SessionError,
    SessionStateError,
    SessionTooLargeError,
    SignedCookieSessions,
    SQLiteSessionStore,
)
from covet.testing import TestClient
from tests.unit.middleware.cors_client import Protocol
from tests.unit.sessions.keepers import Clock, mutate

KEY = "the secret of these tests has more than 32 bytes"
STORES = pytest.mark.parametrize("make_store", [MemorySessionStore, SignedCookieSessions, EncryptedCookieSessions])


def make_app(middleware: SessionMiddleware | None = None) -> CovetPy:
    """Make an application that does with its session what it is asked to."""
    app = CovetPy(middleware=[middleware or SessionMiddleware(KEY)])

    @app.get("/plain")
    async def plain() -> str:
        return "plain"

    @app.get("/read")
    async def read(session: Session) -> dict[str, Any]:
        return {"user": session.user_id, "data": dict(session)}

    @app.post("/set/{key}")
    async def write(session: Session, key: str, status: int = 200) -> Response:
        session[key] = "set"
        return Response("done", status)

    @app.post("/login/{user}")
    async def log_in(session: Session, user: str) -> None:
        session.log_in(user)

    @app.post("/logout")
    async def log_out(session: Session, status: int = 204) -> Response:
        session.invalidate()
        return Response(None, status)

    @app.post("/fail")
    async def fail(request: Request) -> None:
        get_session(request)["failed"] = True
        raise RuntimeError("broken")

    @app.post("/refuse")
    async def refuse(session: Session) -> None:
        session["refused"] = True
        raise HTTPError(status_code=409)

    return app


def open_client(app: CovetPy, protocol: Protocol) -> TestClient:
    """Open a client of `https`."""
    return TestClient(app, protocol=protocol, base_url="https://example.com", raise_app_exceptions=False)


@STORES
async def test_session_lasts_from_request_to_request(protocol: Protocol, make_store: Any) -> None:
    """
    From the first thing in it, over the login, to the logout.
    """
    async with open_client(make_app(SessionMiddleware(KEY, store=make_store())), protocol) as client:
        await client.post("/set/cart")
        cookies = [client.cookies.get("__Host-session")]
        await client.post("/login/7")
        cookies.append(client.cookies.get("__Host-session"))
        inside = (await client.get("/read")).json()
        left = await client.post("/logout")
        outside = (await client.get("/read")).json()

    assert inside == {"user": "7", "data": {"cart": "set"}}
    assert outside == {"user": None, "data": {}}
    assert None not in cookies
    assert len(set(cookies)) == 2
    assert left.headers["set-cookie"].startswith("__Host-session=; Max-Age=0;")


async def test_what_is_not_used_leaves_no_trace(protocol: Protocol) -> None:
    """
    Without a look at the session there is no header of it; and a look at an empty one sets no cookie.
    """
    async with open_client(make_app(), protocol) as client:
        plain = await client.get("/plain")
        read = await client.get("/read")

    assert "vary" not in plain.headers
    assert "cache-control" not in plain.headers
    assert "set-cookie" not in read.headers


@pytest.mark.row(80)
@pytest.mark.parametrize(
    "look", ["len(session)", "'x' in session", "session.get('x')", "bool(session)", "session.is_new"]
)
async def test_any_look_makes_the_response_private(protocol: Protocol, look: str) -> None:
    """
    A look at a key that is not there is one, too; what the handler says of caches does not help.
    """
    app = CovetPy(middleware=[SessionMiddleware(KEY)])
    looks: dict[str, Callable[[Session], object]] = {
        "len(session)": len,
        "'x' in session": lambda session: "x" in session,
        "session.get('x')": lambda session: session.get("x"),
        "bool(session)": bool,
        "session.is_new": lambda session: session.is_new,
    }

    @app.get("/")
    async def index(session: Session) -> Response:
        looks[look](session)
        return Response("hello", headers={"cache-control": "public, max-age=60", "vary": "Accept"})

    async with open_client(app, protocol) as client:
        headers = (await client.get("/")).headers

    assert (headers["vary"], headers["cache-control"]) == ("Accept, Cookie", "max-age=60, private")


@pytest.mark.row(80)
async def test_refreshed_cookie_comes_with_a_private_response(protocol: Protocol) -> None:
    """
    A session in a cookie that is used again gets a new cookie, now and then.
    """
    clock = Clock()
    app = make_app(SessionMiddleware(KEY, store=SignedCookieSessions(), idle_timeout=600, clock=clock))
    async with open_client(app, protocol) as client:
        await client.post("/set/a")
        at_once = await client.get("/read")
        clock.move(90)
        unused = await client.get("/plain")
        later = await client.get("/read")

    assert "set-cookie" not in at_once.headers
    assert "set-cookie" not in unused.headers
    assert "Max-Age=600" in later.headers["set-cookie"]
    assert (later.headers["vary"], later.headers["cache-control"]) == ("Accept, Cookie", "private")


@pytest.mark.row(79)
@STORES
async def test_expired_cookie_that_is_sent_again_is_refused(protocol: Protocol, make_store: Any) -> None:
    """
    The browser's own clock is not asked.
    """
    clock = Clock()
    app = make_app(
        SessionMiddleware(KEY, store=make_store(), lifetime=60, idle_timeout=timedelta(minutes=1), clock=clock)
    )
    async with open_client(app, protocol) as client:
        await client.post("/login/7")
        headers = {"cookie": f"__Host-session={client.cookies.get('__Host-session')}"}
    async with open_client(app, protocol) as other:
        clock.move(59)
        before = await other.get("/read", headers=headers)
        clock.move(1)
        after = await other.get("/read", headers=headers)

    assert (before.json()["user"], after.json()["user"]) == ("7", None)


@pytest.mark.row(73)
async def test_id_of_the_client_is_never_adopted(protocol: Protocol) -> None:
    """
    Neither one that it made up, nor one that was good for somebody else before the login.
    """
    app = make_app()
    attacker, victim, other = (open_client(app, protocol) for _ in range(3))
    await attacker.post("/set/bait")
    planted = attacker.cookies.get("__Host-session")
    assert planted is not None
    victim.cookies.set("__Host-session", planted, secure=True)
    await victim.post("/login/7")
    other.cookies.set("__Host-session", "attacker", secure=True)
    await other.post("/login/8")

    seen = (await attacker.get("/read")).json()
    own = [client.cookies.get("__Host-session") for client in (victim, other)]

    assert seen == {"user": None, "data": {}}
    assert not {None, planted, "attacker"} & set(own)
    assert (await victim.get("/read")).json()["user"] == "7"


@pytest.mark.row(75)
async def test_slow_request_restores_no_session(protocol: Protocol) -> None:
    """
    Logged out is logged out, whoever is still at work.
    """
    store = MemorySessionStore()
    app = make_app(SessionMiddleware(KEY, store=store))
    begun, may_end = asyncio.Event(), asyncio.Event()

    @app.post("/slow")
    async def change(session: Session) -> None:
        session["late"] = True
        begun.set()
        await may_end.wait()

    async with open_client(app, protocol) as client:
        await client.post("/login/7")
        headers = {"cookie": f"__Host-session={client.cookies.get('__Host-session')}"}
        slow = asyncio.create_task(client.post("/slow", headers=headers))
        await begun.wait()
        await client.post("/logout")
        may_end.set()
        finished = await slow
        after = (await client.get("/read", headers=headers)).json()

    assert "set-cookie" not in finished.headers
    assert (after, len(store)) == ({"user": None, "data": {}}, 0)


async def test_failed_request_saves_nothing(protocol: Protocol) -> None:
    """
    A 500 comes from half of the work; a refusal is an answer like any other; a logout is one in any case.
    """
    async with open_client(make_app(), protocol) as client:
        await client.post("/login/7")
        failed = await client.post("/fail")
        await client.post("/set/unavailable?status=503")
        await client.post("/refuse")
        data = (await client.get("/read")).json()["data"]
        await client.post("/logout?status=500")
        user = (await client.get("/read")).json()["user"]

    assert failed.status_code == 500
    assert data == {"refused": True}
    assert user is None


async def test_session_is_saved_before_a_stream_begins(protocol: Protocol) -> None:
    """
    What the stream changes later is refused, since nobody could save it.
    """
    app = CovetPy(middleware=[SessionMiddleware(KEY)])
    errors: list[Exception] = []

    @app.get("/stream")
    async def stream(session: Session) -> StreamingResponse:
        session["a"] = 1

        async def chunks() -> AsyncIterator[str]:
            yield str(session["a"])
            try:
                session["a"] = 2
            except SessionStateError as exc:
                errors.append(exc)

        return StreamingResponse(chunks())

    @app.get("/untouched")
    async def untouched(request: Request) -> StreamingResponse:
        async def chunks() -> AsyncIterator[str]:
            yield "x"
            try:
                get_session(request)["a"] = 2
            except SessionStateError as exc:
                errors.append(exc)

        return StreamingResponse(chunks())

    async with open_client(app, protocol) as client:
        first = await client.get("/stream")
        await client.get("/untouched")

    assert (first.text, first.headers["cache-control"]) == ("1", "private")
    assert "set-cookie" in first.headers
    assert len(errors) == 2


async def test_websocket_reads_the_session_of_its_handshake(protocol: Protocol) -> None:
    """
    And cannot change it: the handshake has been answered when it could be saved.
    """
    app = make_app()

    @app.websocket("/live")
    async def live(websocket: WebSocket, session: Session) -> None:
        await websocket.accept()
        try:
            session["a"] = 1
        except SessionStateError as exc:
            await websocket.send_json({"user": session.user_id, "error": exc.message})

    async with open_client(app, protocol) as client:
        await client.post("/login/7")
        async with client.websocket_connect("/live") as socket:
            message = await socket.receive_json()

    assert message["user"] == "7"
    assert "saved already" in message["error"]


async def test_sessions_of_a_user_are_revoked(protocol: Protocol) -> None:
    """
    On all devices at once.
    """
    sessions = SessionMiddleware(KEY)
    app = make_app(sessions)
    phone, desk = (open_client(app, protocol) for _ in range(2))
    for client in (phone, desk):
        await client.post("/login/7")

    revoked = await sessions.revoke_user("7")
    users = [(await client.get("/read")).json()["user"] for client in (phone, desk)]

    assert (revoked, users) == (2, [None, None])
    assert await sessions.purge() == 0
    await sessions.shutdown()
    with pytest.raises(SessionError, match="nobody can take back"):
        await SessionMiddleware(KEY, store=SignedCookieSessions()).revoke_user("7")


@pytest.mark.row(74)
@STORES
async def test_row_074_no_mutation_of_a_cookie_is_accepted(make_store: Any, caplog: pytest.LogCaptureFixture) -> None:
    """
    Of 2,000 changed cookies and what never was one, each gives an empty session, and one line of debug.
    """
    caplog.set_level(logging.DEBUG, "covet.sessions")
    app = make_app(SessionMiddleware(KEY, store=make_store()))
    async with open_client(app, "asgi") as client:
        await client.post("/login/7")
        await client.post("/set/a")
        good = client.cookies.get("__Host-session")
        assert good is not None
        assert (await client.get("/read")).json()["user"] == "7"
        half = len(good) // 2
        bad = [
            "",
            "{}",
            "eyJ1c2VyIjogIjcifQ",
            good[half:] + good[:half],
            good + good,
            good[:-43],
            good[:half],
            "A" * 4000,
        ]
        bad += [mutate(good) for _ in range(660)]
        accepted = []
        for text in bad:
            caplog.clear()
            response = await client.get("/read", headers={"cookie": f"__Host-session={text}"})
            assert response.status_code == 200
            if response.json() != {"user": None, "data": {}}:
                accepted.append(text)
            assert len(caplog.records) <= 1

    assert accepted == []


@pytest.mark.row(78)
async def test_cookies_of_different_kinds_and_names_are_not_accepted_for_each_other() -> None:
    """
    With the same secret, a cookie is good for the middleware that made it, under its own name, alone.
    """
    options: list[dict[str, Any]] = [
        {"store": MemorySessionStore()},
        {"store": SignedCookieSessions()},
        {"store": EncryptedCookieSessions()},
        {"store": SignedCookieSessions(), "cookie": "other"},
    ]
    apps = [make_app(SessionMiddleware(KEY, **each)) for each in options]
    names = ["__Host-session"] * 3 + ["__Host-other"]
    tokens = []
    for app, name in zip(apps, names, strict=True):
        async with open_client(app, "asgi") as client:
            await client.post("/login/7")
            tokens.append(client.cookies.get(name))

    users = [
        [
            (await open_client(app, "asgi").get("/read", headers={"cookie": f"{name}={token}"})).json()["user"]
            for token in tokens
        ]
        for app, name in zip(apps, names, strict=True)
    ]

    assert users == [["7" if row == column else None for column in range(4)] for row in range(4)]


async def test_too_large_session_is_an_error_of_the_application() -> None:
    """
    The error says what to do; the client hears nothing of it.
    """
    app = CovetPy(middleware=[SessionMiddleware(KEY, max_size=50)])

    @app.get("/")
    async def index(session: Session) -> None:
        session["a"] = "x" * 100

    async with TestClient(app, base_url="https://example.com") as client:
        with pytest.raises(SessionTooLargeError, match="more than 50"):
            await client.get("/")


async def test_cookie_may_end_with_the_browser(protocol: Protocol) -> None:
    """
    Then it has no `Max-Age`.
    """
    async with open_client(make_app(SessionMiddleware(KEY, persistent=False)), protocol) as client:
        header = (await client.post("/set/a")).headers["set-cookie"]

    assert "Max-Age" not in header


async def test_description_of_the_application_has_no_session() -> None:
    """
    It is nothing that a client gives.
    """
    app = make_app()
    app.plugin_manager.register(OpenAPIPlugin())

    async with open_client(app, "asgi") as client:
        operation = (await client.get("/openapi.json")).json()["paths"]["/read"]["get"]

    assert "parameters" not in operation
    assert "requestBody" not in operation


async def test_handler_in_a_thread_has_the_session_too(protocol: Protocol) -> None:
    """
    A plain function is called in a thread, and what it keeps is saved.
    """
    app = make_app()

    @app.post("/sync")
    def keep(session: Session) -> str:
        session["sync"] = True
        return "kept"

    async with open_client(app, protocol) as client:
        await client.post("/sync")
        assert (await client.get("/read")).json()["data"] == {"sync": True}


async def test_session_that_was_replaced_is_left_alone() -> None:
    """
    What else stands in `request.state.session` is none of its business.
    """
    app = CovetPy(middleware=[SessionMiddleware(KEY)])

    @app.get("/")
    async def index(request: Request) -> str:
        request.state.session = "mine"
        return "x"

    async with TestClient(app) as client:
        assert (await client.get("/")).text == "x"


async def test_several_workers_do_not_keep_sessions_in_memory() -> None:
    """
    A client would have another session with each of them; the start says what to do.
    """
    app = make_app()
    app.worker_count = 4
    message = r"(?s)in the memory of each of 4 workers.*sqlite:///sessions\.db"

    with pytest.raises(ConfigurationError, match=message):
        async with TestClient(app):
            pass

    shared = make_app(SessionMiddleware(KEY, store=SignedCookieSessions()))
    shared.worker_count = 4
    async with TestClient(shared) as client:
        assert (await client.get("/plain")).text == "plain"


@pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all/sessions.db", "redis://:hunter2@127.0.0.1:1/0"])
async def test_store_that_cannot_be_used_is_refused_at_the_start(protocol: Any, url: str) -> None:
    """
    Every request with a session would be a 500.
    """
    with pytest.raises(ConfigurationError) as caught:
        async with TestClient(make_app(SessionMiddleware(KEY, store=url)), protocol=protocol):
            pass

    text = str(caught.value)
    assert "SessionMiddleware: store cannot be used: The store of sessions " in text
    assert "security.session_store of the settings" in text
    assert "hunter2" not in text


async def test_store_that_cannot_be_written_is_refused_at_the_start(tmp_path: Path) -> None:
    """
    It can be read, which is not enough.
    """
    path = tmp_path / "sessions.db"
    async with TestClient(make_app(SessionMiddleware(KEY, store=SQLiteSessionStore(path)))):
        pass

    class ReadOnly(SQLiteSessionStore):
        async def delete(self, key: str, /) -> bool:
            await self._thread.run(lambda connection: connection.execute("PRAGMA query_only = 1"))
            return await super().delete(key)

    with pytest.raises(ConfigurationError, match=r"store cannot be used: .*readonly"):
        async with TestClient(make_app(SessionMiddleware(KEY, store=ReadOnly(path)))):
            pass


async def test_store_is_closed_when_the_application_stops(tmp_path: Path) -> None:
    """
    Nobody has to do it.
    """
    store = SQLiteSessionStore(tmp_path / "sessions.db")
    async with open_client(make_app(SessionMiddleware(KEY, store=store)), "asgi") as client:
        await client.post("/set/a")
        assert (await client.get("/read")).json()["data"] == {"a": "set"}

    assert store._thread._thread is None


async def test_handler_without_middleware_says_which_is_missing() -> None:
    """
    Not that an attribute is missing somewhere.
    """
    app = CovetPy()

    @app.get("/")
    async def index(session: Session) -> None: ...

    with pytest.raises(RouteError, match=r"(?s)takes a Session, and no SessionMiddleware is around it.*add_middleware"):
        app.compile()


async def test_what_an_own_middleware_brings_is_seen_by_requests_alone() -> None:
    """
    It may bring a session, and whether it does is not known before.
    """
    kept: list[Session] = [Session()]

    async def bring(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        if kept:
            request.state.session = kept.pop()
        return await call_next(request)

    app = CovetPy(middleware=[bring])

    @app.get("/")
    async def index(session: Session) -> bool:
        return session.is_touched

    async with TestClient(app) as client:
        assert (await client.get("/")).json() is False
        with pytest.raises(SessionStateError, match=r"(?s)no SessionMiddleware is around this route"):
            await client.get("/")


@pytest.mark.row(77)
@pytest.mark.parametrize(
    ("key", "problem"),
    [
        (None, r"^SessionMiddleware requires 'secret_key'\.\n  Make one with: covet secret"),
        ("", "secret_key is empty"),
        (b"", "secret_key is empty"),
        ("your-secret-key", "secret_key is a placeholder"),
        ("your-secret-key-here", "secret_key is a placeholder"),
        ("change-me", "secret_key is a placeholder"),
        ("${SECRET_KEY}", "secret_key is a placeholder"),
        ("kJ8f!2", "secret_key has 6 bytes, fewer than 32"),
        (b"\xff\x00" * 4, "secret_key has "),
        (Secret("change-me"), "secret_key is a placeholder"),
        ([KEY, "change-me"], "secret_key is a placeholder"),
        (7, "secret_key is of type int"),
        ([7], "secret_key is of type int"),
    ],
)
def test_weak_key_is_refused_at_start_up(key: Any, problem: str) -> None:
    """
    The error names the option and how to make a key, and never shows the one that was given.
    """
    with pytest.raises(ConfigurationError, match=problem) as caught:
        SessionMiddleware(key)

    assert "covet secret" in str(caught.value)
    assert "kJ8f!2" not in str(caught.value)


@pytest.mark.parametrize("key", [KEY, KEY.encode(), Secret(KEY), [KEY, generate_token()], KeyRing(KEY)])
def test_good_keys_are_taken(key: Any) -> None:
    """
    One secret, several, or a ring.
    """
    SessionMiddleware(secret_key=key)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"store": {}}, r"(?s)store is \{\}, expected a store of sessions.*MemorySessionStore\(\)"),
        ({"store": MemorySessionStore}, "expected a store of sessions"),
        ({"lifetime": 0}, "lifetime is 0, expected a number of seconds, above 0"),
        ({"idle_timeout": timedelta(0)}, "idle_timeout is 0.0, expected a number of seconds, above 0"),
        ({"lifetime": float("inf")}, "lifetime is None, expected a number of seconds"),
        ({"max_size": 0}, "max_size is 0"),
        ({"lifetime": 60, "idle_timeout": 61}, "(?s)idle_timeout is longer than lifetime.*Leave it out"),
        ({"persistent": 1}, "persistent is 1, expected True or False"),
    ],
)
def test_options_are_checked(options: dict[str, Any], message: str) -> None:
    """
    When the middleware is made.
    """
    with pytest.raises(ConfigurationError, match=message):
        SessionMiddleware(KEY, **options)


def test_shorter_lifetime_needs_no_idle_timeout() -> None:
    """
    The default of one is no contradiction to the other.
    """
    SessionMiddleware(KEY, lifetime=60)


@pytest.mark.parametrize("is_within", [False, True])
def test_two_of_one_cookie_do_not_start(is_within: bool) -> None:
    """
    Each would undo what the other kept; with cookies of their own they may stand around one route.
    """
    first, second = SessionMiddleware(KEY), SessionMiddleware(KEY)
    app = CovetPy(middleware=[first] if is_within else [first, second])

    @app.get("/a", middleware=[second] if is_within else [])
    async def index() -> None:
        """Answer nothing."""

    # Raised alone, or once for each route.
    with pytest.raises((ConfigurationError, ExceptionGroup)) as caught:
        app.compile()
    errors = caught.value.exceptions if isinstance(caught.value, ExceptionGroup) else [caught.value]
    assert str(errors[0]) == (
        "Two SessionMiddleware around GET /a have the cookie '__Host-session'.\n"
        "  Leave one out, or give one of them another cookie=."
    )
    CovetPy(middleware=[first, SessionMiddleware(KEY, cookie="other")]).compile()


def test_unknown_option_is_refused() -> None:
    """
    With the one that was meant.
    """
    with pytest.raises(UnknownOptionError, match=r"no option 'max_age'"):
        SessionMiddleware(KEY, max_age=5)  # type: ignore[call-arg]
