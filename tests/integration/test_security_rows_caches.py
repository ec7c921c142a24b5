"""
Rows 81 and 82 of docs/security.md: what caches between here and a client may keep, and what is one key. Over both
protocols.
"""

import random
import unicodedata
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from covet import CovetPy, Request, Response
from covet.auth import APIKeyAuthProvider, JWTAuthProvider, Principal
from covet.middleware import (
    AuthenticationMiddleware,
    ConditionalMiddleware,
    CSRFMiddleware,
    RateLimitMiddleware,
    SessionMiddleware,
    get_session,
)
from covet.middleware.client_keys import by_header, by_user, shorten
from covet.rate_limiting import MemoryRateLimitStore, RateLimitStore, make_store
from covet.rate_limiting.limit import RateLimit
from covet.sessions import MemorySessionStore, SessionRecord, SessionStore, SQLiteSessionStore
from covet.testing import TestClient
from tests.integration.wire import WireProtocol, on_both_protocols

KEY = "Zr8wE2yU5iO9pA1sD4fG7hJ0kL3xC6vB"
JWT = JWTAuthProvider("R9f3kLmQ27xYtWz8VbNc4HdJsPgEuKiA")
KEYS = APIKeyAuthProvider(prefix="shop")
SHARED = "public, max-age=60, s-maxage=600"
# What stores and file systems that are not careful take for the same.
ALIKE = [
    ("k-", "k45"),
    ("K", "\u212a"),
    ("key", "KEY"),
    (unicodedata.normalize("NFC", "é"), unicodedata.normalize("NFD", "é")),
    ("ß", "ss"),
    ("a", "a "),
    ("a", "a\0"),
    ("a/b", "a:b"),
    ("1", "01"),
    ("ﬁ", "fi"),
    ("", " "),
    ("ab:c", "a:bc"),
]


# ── Row 81: what is one visitor's alone ──────────────────────────────────────


def make_app() -> CovetPy:
    """Make an application whose handlers allow every cache to keep what they answer."""
    app = CovetPy(
        middleware=[
            SessionMiddleware(KEY),
            CSRFMiddleware(KEY),
            AuthenticationMiddleware(providers=[JWT, KEYS]),
            ConditionalMiddleware(),
        ]
    )

    @app.get("/me")
    async def me(principal: Principal, response_headers: str = SHARED) -> Response:
        return Response(str(principal.id), headers={"cache-control": response_headers})

    @app.get("/silent")
    async def silent(principal: Principal) -> str:
        return str(principal.id)

    @app.get("/cart")
    async def cart(request: Request) -> Response:
        session = get_session(request)
        session["tea"] = 1
        return Response("tea", headers={"cache-control": SHARED})

    @app.get("/look")
    async def look(request: Request) -> Response:
        return Response(str("tea" in get_session(request)), headers={"cache-control": SHARED})

    return app


def read_directives(header: str) -> set[str]:
    """Read the names of a `Cache-Control`."""
    return {part.partition("=")[0].strip().lower() for part in header.split(",")}


@on_both_protocols
@pytest.mark.parametrize("path", ["/me", "/silent", "/me?response_headers=Public", "/me?response_headers=%20PUBLIC%20"])
@pytest.mark.parametrize("kind", ["Authorization", "X-API-Key"])
async def test_row_081_what_somebody_is_answered_is_theirs(protocol: WireProtocol, path: str, kind: str) -> None:
    """Whatever header said who asks, and whatever the handler says of caches."""
    token = await (JWT if kind == "Authorization" else KEYS).create_token(Principal("ada"))
    headers = {kind: f"Bearer {token}" if kind == "Authorization" else str(token)}
    async with TestClient(make_app(), protocol=protocol, base_url="https://example.com") as client:
        response = await client.get(path, headers=headers)

    assert response.text == "ada"
    assert read_directives(response.headers["cache-control"]) >= {"private"}
    assert not read_directives(response.headers["cache-control"]) & {"public", "s-maxage"}


@on_both_protocols
async def test_row_081_what_nobody_asked_for_in_person_may_be_kept(protocol: WireProtocol) -> None:
    """The tests above would see a `private` that stands everywhere."""
    async with TestClient(make_app(), protocol=protocol, base_url="https://example.com") as client:
        response = await client.get("/me")

    assert (response.text, response.headers["cache-control"]) == ("None", SHARED)


@on_both_protocols
@pytest.mark.parametrize("path", ["/cart", "/look"])
async def test_row_081_an_answer_that_sets_or_reads_a_session_is_theirs(protocol: WireProtocol, path: str) -> None:
    """A cookie that a cache hands on would sign the next visitor in."""
    async with TestClient(make_app(), protocol=protocol, base_url="https://example.com") as client:
        response = await client.get(path)

    assert read_directives(response.headers["cache-control"]) == {"max-age", "private"}
    assert "Cookie" in response.headers["vary"]
    assert ("set-cookie" in response.headers) is (path == "/cart")


@on_both_protocols
async def test_row_081_nobody_is_told_that_the_answer_of_another_has_not_changed(protocol: WireProtocol) -> None:
    """A tag is that of what this client would get: another one's is no 304, and its own is private, too."""
    tokens = [await JWT.create_token(Principal(name)) for name in ("ada", "bob")]
    async with TestClient(make_app(), protocol=protocol, base_url="https://example.com") as client:
        mine, theirs = [await client.get("/me", headers={"Authorization": f"Bearer {token}"}) for token in tokens]
        headers = {"If-None-Match": mine.headers["etag"]}
        again, other, stranger = [
            await client.get("/me", headers=headers | extra)
            for extra in (*({"Authorization": f"Bearer {token}"} for token in tokens), {})
        ]

    assert mine.headers["etag"] != theirs.headers["etag"]
    assert (again.status_code, again.headers["cache-control"]) == (304, "max-age=60, private")
    assert (other.status_code, other.text) == (200, "bob")
    assert (stranger.status_code, stranger.text) == (200, "None")


# ── Row 82: what is one key ──────────────────────────────────────────────────


@pytest.fixture(params=["memory", "sqlite"])
async def limits(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RateLimitStore]:
    """Open a store of rate limits."""
    store = MemoryRateLimitStore() if request.param == "memory" else make_store(f"sqlite:///{tmp_path}/limits.db")
    await store.open()
    yield store
    await store.aclose()


@pytest.fixture(params=["memory", "sqlite"])
async def sessions(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SessionStore]:
    """Open a store of sessions."""
    store = MemorySessionStore() if request.param == "memory" else SQLiteSessionStore(tmp_path / "sessions.db")
    yield store
    await store.aclose()


@pytest.mark.parametrize("pair", ALIKE, ids=ascii)
async def test_row_082_a_store_of_limits_tells_keys_apart(limits: RateLimitStore, pair: Sequence[str]) -> None:
    """By their bytes: what one has used up is not another's."""
    limit = RateLimit(1, 60)

    allowed = [(await limits.hit(key, limit)).allowed for key in (*pair, *pair)]

    assert allowed == [True, True, False, False]


@pytest.mark.parametrize("pair", ALIKE, ids=ascii)
async def test_row_082_a_store_of_sessions_tells_keys_apart(sessions: SessionStore, pair: Sequence[str]) -> None:
    """One visitor never gets the session of another."""
    for key in pair:
        await sessions.create(SessionRecord(key, key, None, created_at=1, seen_at=1, expires_at=2_000_000_000))

    found = [await sessions.load(key) for key in pair]

    assert [record and record.data for record in found] == list(pair)


def test_row_082_a_million_names_have_a_million_keys() -> None:
    """Long or short, and nobody can be called what another one's key is."""
    chance = random.Random(82)
    texts = {
        "".join(map(chr, chance.choices(range(33, 1500), k=chance.choice([3, 8, 79, 81, 90])))) for _ in range(200_000)
    }
    texts |= {f"{text[:78]}{number}" for text in list(texts) for number in range(5)}
    keys = {shorten(text) for text in texts}

    assert len(texts) > 1_000_000
    assert len(keys) == len(texts)
    assert [key for key in list(keys)[:10_000] if key.startswith("#") and shorten(key) == key] == []


@on_both_protocols
@pytest.mark.parametrize("identifier", [by_header("X-Name"), by_user], ids=["header", "user"])
async def test_row_082_nobody_uses_up_the_limit_of_another(protocol: WireProtocol, identifier: object) -> None:
    """Also not by being called what their key in the store is."""
    victim = "a" * 100

    async def sign_in(request: Request, call_next):  # type: ignore[no-untyped-def]
        request.state.user = request.headers["x-name"]
        return await call_next(request)

    app = CovetPy(middleware=[sign_in])
    limit = RateLimitMiddleware(3, 60, identifier)  # type: ignore[arg-type]

    @app.get("/", middleware=[limit])
    async def index() -> str:
        return "hello"

    async with TestClient(app, protocol=protocol) as client:
        for name in (shorten(victim), shorten(victim)[1:], shorten(f"user={victim}"), victim.upper(), victim[:-1]):
            for _ in range(5):
                await client.get("/", headers={"X-Name": name})
        response = await client.get("/", headers={"X-Name": victim})

    assert response.status_code == 200
