"""
Rows 81 and 82 of docs/security.md: what caches between here and a client may keep, and what is one key; and what our
own keeps. Over both protocols.
"""

import os
import random
import unicodedata
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from uuid import uuid4

import pytest

from covet import CovetPy, Request, Response
from covet.auth import APIKeyAuthProvider, JWTAuthProvider, Principal
from covet.cache import Cache, CacheBackend, MemoryCacheBackend, RedisCacheBackend
from covet.http.headers import Headers
from covet.middleware import (
    AuthenticationMiddleware,
    CacheMiddleware,
    ConditionalMiddleware,
    CSRFMiddleware,
    RateLimitMiddleware,
    SessionMiddleware,
    get_session,
)
from covet.middleware.cache_keys import make_key, make_variant_key, read_varying
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


SIX: list[tuple[str, dict[str, str], dict[str, str]]] = [
    ("Authorization", {"Authorization": "Bearer x"}, {}),
    ("Set-Cookie in the reply", {}, {"Set-Cookie": "id={n}"}),
    ("Private", {}, {"Cache-Control": "Private"}),
    ("Vary: *", {}, {"Vary": "*"}),
    ("Vary:  * ", {}, {"Vary": " * "}),
    ("Vary with a star in it", {}, {"Vary": "Accept, *"}),
    ("Cookie", {"Cookie": "id=1"}, {}),
    ("no-store", {}, {"Cache-Control": "max-age=60, no-store"}),
]


@on_both_protocols
@pytest.mark.parametrize(("sent", "answered"), [case[1:] for case in SIX], ids=[case[0] for case in SIX])
async def test_row_081_our_cache_keeps_nothing_that_is_one_visitors(
    protocol: WireProtocol, sent: dict[str, str], answered: dict[str, str]
) -> None:
    """Each request is answered by the handler, those of strangers before and after included."""
    app, calls = CovetPy(middleware=[CacheMiddleware()]), []

    @app.get("/")
    async def show(request: Request) -> Response:
        calls.append(dict(request.headers))
        headers = {name: value.format(n=len(calls)) for name, value in answered.items()}
        return Response(f"{len(calls)}", headers=headers)

    async with TestClient(app, protocol=protocol) as client:
        client.cookies.clear()
        mine = [(await client.get("/", headers=sent)).text for _ in range(2)]
        client.cookies.clear()
        theirs = (await client.get("/")).text

    assert [*mine, theirs] == ["1", "2", "3"]


@on_both_protocols
async def test_row_081_absent_and_empty_are_two_for_our_cache(protocol: WireProtocol) -> None:
    """What was made for a client without a header is not given to one that sends an empty one, nor the other way."""
    app = CovetPy(middleware=[CacheMiddleware()])

    @app.get("/")
    async def show(request: Request) -> Response:
        said = request.headers.get("x-plan")
        return Response("none" if said is None else repr(said), headers={"Vary": "X-Plan"})

    requests: list[dict[str, str]] = [{}, {"X-Plan": ""}, {"X-Plan": "a"}, {"X-Plan": "A"}]
    async with TestClient(app, protocol=protocol) as client:
        rounds = [[(await client.get("/", headers=headers)).text for headers in requests] for _ in range(2)]

    assert rounds == [["none", "''", "'a'", "'A'"]] * 2


@on_both_protocols
async def test_row_081_our_cache_answers_nobody_with_what_somebody_was_answered(protocol: WireProtocol) -> None:
    """Around an application whose handlers allow every cache to keep what they answer."""
    app = make_app()
    app.add_middleware(CacheMiddleware())
    tokens = [await JWT.create_token(Principal(name)) for name in ("ada", "bob")]
    keys = [await KEYS.create_token(Principal(name)) for name in ("eve", "joe")]
    known = [{"Authorization": f"Bearer {token}"} for token in tokens] + [{"X-API-Key": str(key)} for key in keys]
    async with TestClient(app, protocol=protocol, base_url="https://example.com") as client:
        for path in ("/me", "/silent"):
            bodies = [(await client.get(path, headers=headers)).text for headers in [*known, {}, *known, {}]]
            assert bodies == ["ada", "bob", "eve", "joe", "None"] * 2


# ── Row 82: what is one key ──────────────────────────────────────────────────

PAIRS = 1_000_000 if os.environ.get("HYPOTHESIS_PROFILE") == "campaign" else 20_000


class Sent(Request):
    """A request whose target is what a server gave, as those of the adapters are."""

    __slots__ = ("sent",)
    sent: tuple[str, bytes]

    def _read_raw_path(self) -> str:
        return self.sent[0]

    def _read_query(self) -> bytes:
        return self.sent[1]


@pytest.mark.timeout(900)
def test_row_082_no_two_requests_have_one_key_in_our_cache() -> None:
    """Random hosts, paths, queries and headers, each beside one that differs in a little: no two keys are the same."""
    chance = random.Random(82)
    letters = [*"aAKxé1/:&=;", "%2F", "%2f", "%4B", "\u212a", "e\u0301", "k-", "k45"]
    hosts = ["a.com", "A.com", "a.com:80", "a.co", "m.a.com"]
    names = ("x-a", "x-b")
    wholes: set[tuple[str, ...]] = set()
    keys: set[str] = set()

    def draw() -> str:
        return "".join(chance.choices(letters, k=chance.randint(0, 6)))

    for _ in range(PAIRS):
        parts = [draw(), draw(), draw(), draw()]
        other = list(parts)
        place = chance.randrange(4)
        # A little moves from one part into the next; or the host is another.
        other[place], other[place - 1] = other[place][1:], other[place - 1] + other[place][:1]
        for path, query, *values in (parts, other):
            host = chance.choice(hosts)
            request = Sent(headers={"host": host})
            request.path, request.sent = f"/{path}", (f"/{path}", query.encode())
            headers = Headers(zip(names, values, strict=True))
            keys.add(make_variant_key(make_key(request), "g", names, read_varying(headers, names)))
            wholes.add((host, path, query, *values))
    assert len(keys) == len(wholes) > PAIRS


@pytest.fixture(params=["memory", "redis"])
async def backend(request: pytest.FixtureRequest) -> AsyncIterator[CacheBackend]:
    """Open a backend of caches."""
    if request.param == "memory":
        yield MemoryCacheBackend()
        return
    made = RedisCacheBackend(request.getfixturevalue("redis_url"), prefix=f"covet-test:{uuid4().hex}:", timeout=10)
    yield made
    await made.clear()
    await made.aclose()


@pytest.mark.parametrize("pair", ALIKE, ids=ascii)
async def test_row_082_a_cache_tells_keys_apart(backend: CacheBackend, pair: Sequence[str]) -> None:
    """Of its values, and of its tags."""
    cache = Cache(backend, key_prefix="a:")
    for name in filter(None, pair):
        await cache.set(name, name, tags=[name])
    found = [await cache.get(name) for name in filter(None, pair)]
    await cache.invalidate_tag(pair[-1])
    left = [await cache.exists(name) for name in filter(None, pair)]

    assert found == [name for name in pair if name]
    assert left == [name != pair[-1] for name in pair if name]


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
