"""
Responses that are kept for a while.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from covet import CovetPy, Request, Response
from covet.auth import JWTAuthProvider, Principal, requires
from covet.cache import Cache, CacheBackendError, MemoryCacheBackend, RedisCacheBackend
from covet.core import CovetRouter
from covet.exceptions import ConfigurationError, NotFoundError
from covet.middleware import (
    AuthenticationMiddleware,
    CacheMiddleware,
    CallNext,
    CompressionMiddleware,
    ConditionalMiddleware,
    CORSMiddleware,
    GZipMiddleware,
    Middleware,
    SecurityHeadersMiddleware,
    SessionMiddleware,
    TimeoutMiddleware,
    get_middleware_registry,
    get_session,
)
from covet.middleware.csrf import CSRFMiddleware, CSRFToken
from covet.options import UnknownOptionError
from covet.responses import RedirectResponse, StreamingResponse
from covet.testing import TestClient
from tests.integration.wire import WireProtocol, on_both_protocols

KEY = "Zr8wE2yU5iO9pA1sD4fG7hJ0kL3xC6vB"
DATE = "Fri, 02 Jan 2026 03:04:05 GMT"
Handler = Callable[..., Awaitable[object]]


class Counted:
    """An application whose handler says how often it ran."""

    def __init__(self, *middleware: object, answer: Callable[[Request, int], object] | None = None) -> None:
        self.calls = 0
        self.answer = answer
        self.app = CovetPy(middleware=list(middleware))
        self.app.route("/", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])(self.handle)

    async def handle(self, request: Request) -> object:
        """Answer."""
        self.calls += 1
        number = self.calls
        return str(number) if self.answer is None else self.answer(request, number)

    def open(self, protocol: WireProtocol = "asgi", **options: Any) -> TestClient:
        """Open a client."""
        return TestClient(self.app, protocol=protocol, **options)


async def ask(client: TestClient, *paths: str, **headers: str) -> list[str]:
    """Ask one after the other, and give the bodies."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return [(await client.get(path, headers=sent)).text for path in paths]


# ── Options ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ttl": 0}, r"CacheMiddleware: ttl is 0, expected a number of seconds, above 0"),
        ({"ttl": "60"}, r"ttl is '60'"),
        ({"cache_methods": ["POST"]}, r"cache_methods is \['POST'\], expected \['GET'\].*other methods do something"),
        ({"cache_methods": ["GET", "POST"]}, r"expected \['GET'\]"),
        ({"cache_methods": ["GET", "HEAD"]}, r"is \['GET', 'HEAD'\], expected \['GET'\].*kept of it answers HEAD, too"),
        ({"cache_methods": ["get"]}, r"is \['get'\], expected \['GET'\]"),
        ({"cache_methods": []}, r"expected \['GET'\]"),
        ({"cache_methods": "GET"}, r"cache_methods is the text 'GET', expected a list"),
        ({"exclude_paths": "/admin/*"}, r"exclude_paths is the text"),
        ({"exclude_paths": ["admin"]}, r"does not begin with a slash"),
        ({"max_size": 0}, r"max_size is 0, expected a whole number of at least 1"),
        ({"backend": "reddis"}, r"no cache backend 'reddis'.*Did you mean 'redis'"),
        ({"backend": Cache(), "url": "redis://h"}, r"is a Cache beside a url or a key_prefix"),
        ({"backend": Cache(), "key_prefix": "a:"}, r"Give url and key_prefix to the Cache"),
        ({"key_prefix": "a/"}, r"key_prefix is 'a/'"),
    ],
)
def test_options_are_checked(options: dict[str, Any], message: str) -> None:
    """When it is made; the error says what to write."""
    with pytest.raises(ConfigurationError, match=f"(?s){message}"):
        CacheMiddleware(**options)


def test_an_unknown_option_is_refused() -> None:
    """With the one that was meant."""
    with pytest.raises(UnknownOptionError, match="Did you mean 'exclude_paths'"):
        CacheMiddleware(exclude_path=[])  # type: ignore[call-arg]


def test_it_has_a_name() -> None:
    """By which settings list it."""
    assert get_middleware_registry().get("cache") is CacheMiddleware


@on_both_protocols
async def test_what_the_standards_write_works(protocol: WireProtocol) -> None:
    """Where no Redis is there, too."""
    pytest.importorskip("redis")
    counted = Counted()
    counted.app.middleware(
        CacheMiddleware(
            backend="redis",
            url="redis://127.0.0.1:1/0",
            ttl=60,
            key_prefix="http:",
            cache_methods=["GET"],
            exclude_paths=["/admin/*", "/api/*/private"],
        )
    )
    async with counted.open(protocol) as client:
        assert await ask(client, "/", "/") == ["1", "2"]


# ── What is kept ─────────────────────────────────────────────────────────────


@on_both_protocols
async def test_the_handler_runs_once(protocol: WireProtocol) -> None:
    """`HEAD` is answered by what was made for `GET`, and the answer says how old it is."""
    counted = Counted(CacheMiddleware())
    async with counted.open(protocol) as client:
        first = await client.get("/")
        second = await client.get("/")
        head = await client.head("/")

    assert [first.text, second.text, counted.calls] == ["1", "1", 1]
    assert ("age" in first.headers, second.headers["age"], head.headers["age"]) == (False, "0", "0")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "1")
    assert {name: second.headers[name] for name in second.headers if name != "age"} == dict(first.headers)


@on_both_protocols
async def test_each_url_has_its_own(protocol: WireProtocol) -> None:
    """Host, scheme, path and query."""
    counted = Counted(CacheMiddleware())
    counted.app.get("/{name:path}")(counted.handle)
    targets = ["/", "/?a=1", "/?a=2", "/?a=1&b=2", "/a", "/A", "/a%20b", "/a%2Fb?x"]
    bodies = []
    for base in ("http://a.com", "http://b.com", "https://a.com"):
        async with counted.open(protocol, base_url=base) as client:
            bodies += await ask(client, *targets)
            assert await ask(client, *targets) == bodies[-len(targets) :]

    assert len(set(bodies)) == counted.calls == 24


@pytest.mark.parametrize(
    ("answer", "is_kept"),
    [
        (lambda request, number: Response(str(number), 200), True),
        (lambda request, number: Response(str(number), 404), False),
        (lambda request, number: Response(str(number), 410), False),
        (lambda request, number: Response(str(number), 404, headers={"cache-control": "max-age=5"}), True),
        (lambda request, number: Response(str(number), 410, headers={"cache-control": "public"}), True),
        (lambda request, number: RedirectResponse(f"/{number}", status_code=301), True),
        (lambda request, number: RedirectResponse(f"/{number}", status_code=308), True),
        (lambda request, number: Response(None, 204), True),
        (lambda request, number: RedirectResponse(f"/{number}", status_code=302), False),
        (lambda request, number: Response(str(number), 201), False),
        (lambda request, number: Response(str(number), 400), False),
        (lambda request, number: Response(str(number), 401), False),
        (lambda request, number: Response(str(number), 403), False),
        (lambda request, number: Response(str(number), 429), False),
        (lambda request, number: Response(str(number), 500), False),
        (lambda request, number: Response(str(number), 503), False),
        (lambda request, number: StreamingResponse([str(number)]), False),
        (lambda request, number: Response("x" * 2000), False),
        (lambda request, number: Response("", headers={"cache-control": "private"}), False),
        (lambda request, number: Response("", headers={"cache-control": "no-store"}), False),
        (lambda request, number: Response("", headers={"cache-control": "max-age=0"}), False),
        (lambda request, number: Response("", headers={"set-cookie": "a=b"}), False),
        (lambda request, number: Response("", headers={"vary": "*"}), False),
        (lambda request, number: Response("", headers={"vary": "Cookie"}), False),
        (lambda request, number: {"number": number}, True),
        (lambda request, number: None, True),
    ],
)
async def test_what_any_cache_may_keep_is_kept(answer: Callable[[Request, int], object], is_kept: bool) -> None:
    """And nothing else, however often it is asked for."""
    counted = Counted(CacheMiddleware(max_size=1000), answer=answer)
    async with counted.open() as client:
        responses = [await client.get("/", follow_redirects=False) for _ in range(3)]

    assert counted.calls == (1 if is_kept else 3)
    assert len({response.status_code for response in responses}) == 1


async def test_what_is_not_there_is_asked_for_again() -> None:
    """It may be there the next time, and each problem has an instance of its own."""
    calls = 0
    app = CovetPy(middleware=[CacheMiddleware()])

    @app.get("/")
    async def index() -> None:
        nonlocal calls
        calls += 1
        raise NotFoundError

    async with TestClient(app) as client:
        responses = [await client.get("/") for _ in range(3)]
        nowhere = [await client.get("/nowhere") for _ in range(2)]

    assert ([response.status_code for response in responses], calls) == ([404] * 3, 3)
    assert len({response.json()["instance"] for response in responses}) == 3
    assert not any("age" in response.headers for response in nowhere)


@on_both_protocols
@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer x"},
        {"Cookie": "a=b"},
        {"X-API-Key": "x"},
        {"Range": "bytes=0-1"},
        {"Cache-Control": "no-store"},
    ],
)
@pytest.mark.row(81)
async def test_who_brings_credentials_is_answered_alone(protocol: WireProtocol, headers: dict[str, str]) -> None:
    """Nobody gets his answer, and he gets nobody's."""
    counted = Counted(CacheMiddleware())
    async with counted.open(protocol) as client:
        first = await client.get("/", headers=headers)
        stranger = await ask(client, "/", "/")
        again = await client.get("/", headers=headers)

    assert [first.text, *stranger, again.text] == ["1", "2", "2", "3"]


async def test_paths_can_be_left_alone() -> None:
    """However they are written: it is the decoded path that counts."""
    counted = Counted(CacheMiddleware(exclude_paths=["/admin/*", "/api/*/private"]))
    counted.app.get("/{name:path}")(counted.handle)
    async with counted.open() as client:
        for path in ("/admin", "/admin/a", "/%61dmin/a", "/api/v1/private"):
            one, other = await ask(client, path, path)
            assert one != other
        for path in ("/administrators", "/api/v1/public"):
            one, other = await ask(client, path, path)
            assert one == other


async def test_a_get_with_a_body_is_answered_alone() -> None:
    """The body is no part of the key."""
    counted = Counted(CacheMiddleware())
    async with counted.open() as client:
        first = await client.request("GET", "/", content=b"a=1")
        assert [first.text, *await ask(client, "/", "/")] == ["1", "2", "2"]


# ── How long ─────────────────────────────────────────────────────────────────


async def test_what_is_kept_ends() -> None:
    """After the time that was said, or that the response says."""
    now = 0.0
    backend = MemoryCacheBackend(clock=lambda: now)
    counted = Counted(
        CacheMiddleware(backend, ttl=10),
        answer=lambda request, number: Response(
            str(number), headers={"cache-control": said} if (said := request.query_params.get("said")) else {}
        ),
    )
    found: dict[str, list[bool]] = {}
    async with counted.open() as client:
        for said in ("", "max-age=5", "max-age=5,s-maxage=100", "no-cache"):
            now = 0.0
            first = (await client.get("/", params={"said": said})).text
            found[said] = []
            for moment in (4.0, 9.0, 50.0):
                now = moment
                found[said].append((await client.get("/", params={"said": said})).text == first)

    assert found == {
        "": [True, True, False],
        "max-age=5": [True, False, False],
        "max-age=5,s-maxage=100": [True, True, True],
        "no-cache": [False, False, False],
    }


@on_both_protocols
async def test_a_client_may_ask_for_something_newer(protocol: WireProtocol) -> None:
    """What it gets then is kept for the others."""
    counted = Counted(CacheMiddleware())
    async with counted.open(protocol) as client:
        bodies = await ask(client, "/")
        for wish in ("no-cache", "max-age=0", "max-age=100", "min-fresh=100", "min-fresh=10", "max-stale"):
            bodies += await ask(client, "/", cache_control=wish)
        bodies += await ask(client, "/", pragma="no-cache")
        bodies += await ask(client, "/")

    assert bodies == ["1", "2", "3", "3", "4", "4", "4", "5", "5"]


async def test_age_counts_what_it_had_before() -> None:
    """A handler that passes on what it got from elsewhere."""
    counted = Counted(
        CacheMiddleware(),
        answer=lambda request, number: Response("tea", headers={"cache-control": "max-age=60", "age": "40"}),
    )
    async with counted.open() as client:
        await client.get("/")
        response = await client.get("/")

    assert (response.headers["age"], response.headers["cache-control"]) == ("40", "max-age=60")


# ── Changes ──────────────────────────────────────────────────────────────────


@on_both_protocols
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_what_is_changed_is_made_anew(protocol: WireProtocol, method: str) -> None:
    """Before whoever has changed it can look; also of those who bring credentials, and in all its variants."""
    counted = Counted(
        CacheMiddleware(), answer=lambda request, number: Response(str(number), headers={"vary": "Accept-Language"})
    )
    async with counted.open(protocol) as client:
        bodies = [*await ask(client, "/", accept_language="de"), *await ask(client, "/", accept_language="en")]
        await client.request(method, "/", headers={"Cookie": "a=b"})
        bodies += [*await ask(client, "/", accept_language="de"), *await ask(client, "/", accept_language="en")]
        await client.options("/")
        bodies += [*await ask(client, "/", accept_language="de"), *await ask(client, "/", accept_language="en")]

    assert bodies == ["1", "2", "4", "5", "4", "5"]


async def test_what_failed_has_changed_nothing() -> None:
    """A request that was refused, for example."""
    counted = Counted(
        CacheMiddleware(),
        answer=lambda request, number: Response(str(number), 200 if request.method == "GET" else 403),
    )
    async with counted.open() as client:
        bodies = await ask(client, "/")
        await client.post("/")
        bodies += await ask(client, "/")

    assert bodies == ["1", "1"]


async def test_what_was_being_made_of_what_was_before_is_not_kept() -> None:
    """Whoever had begun to wait for it gets something newer, too."""
    begun, may_end = asyncio.Event(), asyncio.Event()
    stock = {"cups": 1}
    app = CovetPy(middleware=[CacheMiddleware()])

    @app.get("/")
    async def show() -> str:
        cups = stock["cups"]
        if not begun.is_set():
            begun.set()
            await may_end.wait()
        return str(cups)

    @app.post("/")
    async def change() -> None:
        stock["cups"] = 2

    async with TestClient(app) as client:
        early = asyncio.create_task(client.get("/"))
        await begun.wait()
        waiting = asyncio.create_task(client.get("/"))
        await asyncio.sleep(0.01)
        await client.post("/")
        during = (await client.get("/")).text
        may_end.set()
        texts = [(await early).text, (await waiting).text, during, *await ask(client, "/")]

    assert texts == ["1", "2", "2", "2"]


@on_both_protocols
async def test_a_write_with_a_guard_of_its_own_takes_away_what_is_kept(protocol: WireProtocol) -> None:
    """Whatever stands around the route, another cache too; one that the guard refuses changes nothing."""
    provider = JWTAuthProvider(KEY)
    app = CovetPy(middleware=[AuthenticationMiddleware(provider), CacheMiddleware()])
    cups = 1

    @app.get("/cups")
    async def show() -> int:
        return cups

    async def change() -> None:
        nonlocal cups
        cups += 1

    app.put("/cups", middleware=[requires(scope="write")])(change)
    app.delete("/cups", middleware=[CacheMiddleware()])(change)
    token = await provider.create_token(Principal("ada", scopes=["write"]))
    async with TestClient(app, protocol=protocol) as client:
        texts = await ask(client, "/cups")
        refused = await client.put("/cups")
        cups = 10
        texts += await ask(client, "/cups")
        await client.put("/cups", headers={"Authorization": f"Bearer {token}"})
        texts += await ask(client, "/cups")
        await client.delete("/cups")
        texts += await ask(client, "/cups")

    assert (refused.status_code, texts) == (401, ["1", "1", "11", "12"])


async def test_what_is_changed_while_it_is_written_is_not_kept() -> None:
    """A backend that takes its time, and another request that changes something meanwhile."""
    writing, may_write = asyncio.Event(), asyncio.Event()

    class SlowBackend(MemoryCacheBackend):
        async def set(self, key: str, value: bytes, ttl: float | None = None, /) -> None:
            if not may_write.is_set():
                writing.set()
                await may_write.wait()
            await super().set(key, value, ttl)

    counted = Counted(CacheMiddleware(SlowBackend()))
    async with counted.open() as client:
        early = asyncio.create_task(client.get("/"))
        await writing.wait()
        changed = (await client.post("/")).text
        may_write.set()
        texts = [(await early).text, changed, *await ask(client, "/", "/")]

    assert texts == ["1", "2", "3", "3"]


# ── Variants ─────────────────────────────────────────────────────────────────


@on_both_protocols
async def test_what_varies_has_a_response_for_each(protocol: WireProtocol) -> None:
    """Absent and empty are two."""
    counted = Counted(
        CacheMiddleware(),
        answer=lambda request, number: Response(str(number), headers={"vary": "X-A, X-B"}),
    )
    kinds: list[dict[str, str]] = [{}, {"X-A": ""}, {"X-A": "1"}, {"X-B": "1"}, {"X-A": "1", "X-B": "1"}]
    async with counted.open(protocol) as client:
        rounds = [[(await client.get("/", headers=kind)).text for kind in kinds] for _ in range(2)]

    assert rounds == [["1", "2", "3", "4", "5"]] * 2


async def test_what_layers_outside_say_counts() -> None:
    """One that chooses a language, and says so on the way out."""

    class Language(Middleware):
        def process_request(self, request: Request) -> None:
            request.state.language = request.headers.get("accept-language", "en")

        def process_response(self, request: Request, response: Response) -> Response:
            response.headers.add_vary("Accept-Language")
            return response

    counted = Counted(
        CacheMiddleware(), Language(), answer=lambda request, number: f"{request.state.language} {number}"
    )
    async with counted.open() as client:
        bodies = [await ask(client, "/", accept_language=language) for language in ("de", "en", "de", "en")]

    assert bodies == [["de 1"], ["en 2"], ["de 1"], ["en 2"]]


@pytest.mark.parametrize(
    "headers", [{"cache-control": "private"}, {"set-cookie": "a=b"}, {"vary": "*"}, {"vary": "cookie"}], ids=str
)
@pytest.mark.row(81)
async def test_what_layers_outside_make_private_is_not_kept(headers: dict[str, str]) -> None:
    """Also for those who wait for it at the same time."""

    async def know(request: Request, call_next: CallNext) -> Response:
        request.state.name = request.headers["x-name"]
        response = await call_next(request)
        response.headers.update(headers)
        return response

    async def slowly(request: Request) -> str:
        await asyncio.sleep(0.01)
        return str(request.state.name)

    app = CovetPy(middleware=[CacheMiddleware(), know])
    app.get("/")(slowly)
    async with TestClient(app) as client:
        names = [f"{number}" for number in range(20)]
        responses = await asyncio.gather(*(client.get("/", headers={"X-Name": name}) for name in names))

    assert [response.text for response in responses] == names


async def test_layers_outside_run_for_each_request() -> None:
    """What they refuse is refused, whatever is kept."""

    async def guard(request: Request, call_next: CallNext) -> Response:
        if request.headers.get("x-door") != "open":
            return Response("closed", 403)
        return await call_next(request)

    counted = Counted(CacheMiddleware(), guard)
    async with counted.open() as client:
        responses = [await client.get("/", headers={"X-Door": door}) for door in ("open", "shut", "open")]

    assert [response.text for response in responses] == ["1", "closed", "1"]


# ── With other middleware ────────────────────────────────────────────────────


@on_both_protocols
async def test_each_client_gets_the_coding_that_it_takes(protocol: WireProtocol) -> None:
    """One response is kept for all of them."""
    text = "tea " * 1000
    counted = Counted(CacheMiddleware(), GZipMiddleware(), answer=lambda request, number: text)
    async with counted.open(protocol) as client:
        responses = [
            await client.get("/", headers={"Accept-Encoding": coding}) for coding in ("gzip", "identity", "gzip")
        ]

    assert [response.headers.get("content-encoding") for response in responses] == ["gzip", None, "gzip"]
    assert {response.text if response.headers.get("content-encoding") is None else text for response in responses} == {
        text
    }
    assert all(response.headers["vary"] == "Accept-Encoding" for response in responses)
    assert counted.calls == 1


async def test_what_was_coded_inside_is_kept_as_it_is() -> None:
    """A route that compresses by itself."""
    counted = Counted(CacheMiddleware())
    router = CovetRouter()

    @router.get("/coded", middleware=[CompressionMiddleware(codings=["gzip"], minimum_size=0)])
    async def coded(request: Request) -> object:
        counted.calls += 1
        return "tea " * 1000

    counted.app.include_router(router)
    async with counted.open() as client:
        found = [
            (await client.get("/coded", headers={"Accept-Encoding": coding})).headers.get("content-encoding")
            for coding in ("gzip", "identity", "gzip", "identity")
        ]

    assert (found, counted.calls) == (["gzip", None, "gzip", None], 2)


@on_both_protocols
@pytest.mark.parametrize("is_around", [True, False], ids=["ConditionalMiddleware", "alone"])
async def test_a_client_that_has_it_gets_nothing(protocol: WireProtocol, is_around: bool) -> None:
    """By the tag of the handler, or by one that is made of the body."""

    def answer(request: Request, number: int) -> Response:
        return Response(str(number), headers={} if is_around else {"etag": '"v1"'})

    counted = Counted(CacheMiddleware(), *([ConditionalMiddleware()] if is_around else []), answer=answer)
    async with counted.open(protocol) as client:
        first = await client.get("/")
        again = await client.get("/", headers={"If-None-Match": first.headers["etag"]})
        other = await client.get("/", headers={"If-None-Match": '"other"'})
        wrong = await client.get("/", headers={"If-Match": '"other"'})

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert (other.status_code, other.text, wrong.status_code, counted.calls) == (200, "1", 412, 1)


async def test_a_client_that_has_it_already_fills_the_cache() -> None:
    """What is kept is the whole response, and no 304."""
    counted = Counted(CacheMiddleware(), ConditionalMiddleware(), answer=lambda request, number: "tea")
    async with counted.open() as client:
        etag = (await client.get("/", headers={"Cache-Control": "no-store"})).headers["etag"]
        first = await client.get("/", headers={"If-None-Match": etag})
        second = await client.get("/")

    assert (first.status_code, second.status_code, second.text, counted.calls) == (304, 200, "tea", 2)


async def test_a_date_is_a_condition_too() -> None:
    """As a handler says it."""
    counted = Counted(
        CacheMiddleware(), answer=lambda request, number: Response("tea", headers={"last-modified": DATE})
    )
    async with counted.open() as client:
        await client.get("/")
        response = await client.get("/", headers={"If-Modified-Since": DATE})

    assert (response.status_code, counted.calls) == (304, 1)


async def test_each_origin_gets_its_own_permission() -> None:
    """CORS stands outside."""
    origins = ["https://a.com", "https://b.com"]
    counted = Counted(CacheMiddleware(), CORSMiddleware(allow_origins=origins))
    async with counted.open() as client:
        responses = [await client.get("/", headers={"Origin": origin}) for origin in [*origins, "https://c.com"]]

    allowed = [response.headers.get("access-control-allow-origin") for response in responses]
    assert (allowed, counted.calls) == ([*origins, None], 1)


@on_both_protocols
@pytest.mark.row(80)
@pytest.mark.row(81)
async def test_what_a_session_was_asked_for_is_not_kept(protocol: WireProtocol) -> None:
    """If only whether something is in it; what did not look is kept."""

    def answer(request: Request, number: int) -> object:
        if request.query_params.get("looks"):
            return str("tea" in get_session(request)) + str(number)
        return str(number)

    counted = Counted(SessionMiddleware(KEY), CacheMiddleware(), answer=answer)
    async with counted.open(protocol, base_url="https://a.com") as client:
        assert await ask(client, "/?looks=1", "/?looks=1", "/", "/") == ["False1", "False2", "3", "3"]


async def test_a_token_is_that_of_one_page() -> None:
    """A form whose token belongs to a cookie that its client gets."""
    app = CovetPy(middleware=[CSRFMiddleware(KEY), CacheMiddleware()])

    @app.get("/")
    async def form(request: Request) -> str:
        token: CSRFToken = request.state.csrf_token
        return token()

    async with TestClient(app, base_url="https://a.com") as client:
        one = await client.get("/")
    async with TestClient(app, base_url="https://a.com") as client:
        other = await client.get("/")

    assert one.text != other.text
    assert "set-cookie" in one.headers


async def test_a_nonce_is_that_of_one_page() -> None:
    """The policy of the next response has another one; what is no page is kept."""
    policy = {"script-src": ["'nonce-{nonce}'"]}
    counted = Counted(
        SecurityHeadersMiddleware(csp_policy=policy),
        CacheMiddleware(),
        answer=lambda request, number: Response(request.state.csp_nonce, media_type=request.query_params["type"]),
    )
    async with counted.open() as client:
        pages = await ask(client, "/?type=text/html", "/?type=text/html")
        texts = await ask(client, "/?type=text/css", "/?type=text/css")

    assert (len(set(pages)), len(set(texts))) == (2, 1)


@on_both_protocols
@pytest.mark.row(81)
async def test_guards_are_asked_each_time(protocol: WireProtocol) -> None:
    """Around a route that is kept by the application, or by a cache of its own; each is answered what is his."""
    provider = JWTAuthProvider(KEY)
    app = CovetPy(middleware=[CacheMiddleware(), AuthenticationMiddleware(provider)])

    def is_at_home(request: Request) -> bool:
        return request.headers.get("x-place") == "home"

    async def show(principal: Principal) -> str:
        return str(principal.id)

    app.get("/open")(show)
    app.get("/mine", middleware=[requires()])(show)
    app.get("/home", middleware=[requires(policy=is_at_home)])(show)
    app.get("/own", middleware=[requires(), CacheMiddleware()])(show)
    token = await provider.create_token(Principal("ada"))
    known = {"Authorization": f"Bearer {token}"}
    statuses: dict[str, list[object]] = {}
    async with TestClient(app, protocol=protocol) as client:
        for path in ("/open", "/mine", "/home", "/own"):
            statuses[path] = []
            for headers in (known, {}, known, {**known, "X-Place": "home"}, {"X-Place": "home"}, {}):
                response = await client.get(path, headers=headers)
                statuses[path].append(response.text if response.status_code == 200 else response.status_code)

    assert statuses["/open"] == ["ada", "None", "ada", "ada", "None", "None"]
    assert statuses["/mine"] == statuses["/own"] == ["ada", 401, "ada", "ada", 401, 401]
    assert statuses["/home"][1] == statuses["/home"][5] != 200
    assert statuses["/home"][3] == "ada"


async def test_a_route_with_middleware_of_its_own_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    """By the cache of the application, which says so; one of the route's own stands inside of all."""
    calls = dict.fromkeys(("plain", "harmless", "guarded", "own", "router"), 0)
    ran = 0

    async def own(request: Request, call_next: CallNext) -> Response:
        nonlocal ran
        ran += 1
        return await call_next(request)

    def make(name: str) -> Handler:
        async def handle() -> str:
            calls[name] += 1
            return str(calls[name])

        return handle

    app, router = CovetPy(middleware=[CacheMiddleware()]), CovetRouter()
    app.get("/plain")(make("plain"))
    app.get("/harmless", middleware=[CORSMiddleware(), GZipMiddleware()])(make("harmless"))
    app.get("/guarded", middleware=[own])(make("guarded"))
    app.get("/own", middleware=[CacheMiddleware(), own])(make("own"))
    router.get("/router")(make("router"))
    app.include_router(router, middleware=[TimeoutMiddleware(timeout=5), own])
    with caplog.at_level(logging.INFO, "covet.cache"):
        async with TestClient(app) as client:
            for name in calls:
                for _ in range(3):
                    await client.get(f"/{name}")

    assert calls == {"plain": 1, "harmless": 1, "guarded": 3, "own": 1, "router": 3}
    assert ran == 9
    assert [line for line in caplog.messages if "guarded" in line] == [
        "CacheMiddleware keeps nothing of GET /guarded, since own would not run. Give it to the route or router."
    ]


async def test_of_two_the_inner_one_keeps() -> None:
    """With what it was told."""
    now = 0.0
    outer, inner = (CacheMiddleware(MemoryCacheBackend(clock=lambda: now), ttl=ttl) for ttl in (100, 10))
    counted = Counted(outer)
    counted.app.get("/own", middleware=[inner])(counted.handle)
    async with counted.open() as client:
        bodies = await ask(client, "/own", "/own")
        now = 50.0
        bodies += await ask(client, "/own")

    assert bodies == ["1", "1", "2"]


# ── At once ──────────────────────────────────────────────────────────────────


def make_slow(*middleware: object, answer: Callable[[int], Response] | None = None) -> tuple[CovetPy, list[int]]:
    """Make an application whose handler takes its time, and says how many there are at once."""
    calls: list[int] = []
    app = CovetPy(middleware=list(middleware))

    @app.get("/")
    async def show() -> Response:
        calls.append(len(calls) + 1)
        number = calls[-1]
        await asyncio.sleep(0.02)
        return Response(str(number)) if answer is None else answer(number)

    return app, calls


@on_both_protocols
async def test_of_those_who_ask_at_once_one_is_answered_by_the_handler(protocol: WireProtocol) -> None:
    """Whatever waits gets what that one got."""
    app, calls = make_slow(CacheMiddleware())
    async with TestClient(app, protocol=protocol) as client:
        responses = await asyncio.gather(*(client.get("/") for _ in range(50)), *(client.head("/") for _ in range(5)))

    assert {response.text for response in responses} == {"1", ""}
    assert calls == [1]


async def test_of_several_variants_each_is_made_once() -> None:
    """However they come."""
    app, calls = make_slow(
        CacheMiddleware(), answer=lambda number: Response(str(number), headers={"vary": "Accept-Language"})
    )
    languages = ["de", "en", "fr"] * 10
    async with TestClient(app) as client:
        responses = await asyncio.gather(
            *(client.get("/", headers={"Accept-Language": language}) for language in languages)
        )

    assert {(language, response.text) for language, response in zip(languages, responses, strict=True)} == {
        ("de", "1"),
        ("en", "2"),
        ("fr", "3"),
    }
    assert calls == [1, 2, 3]


async def test_nobody_waits_in_a_row_for_what_is_not_kept() -> None:
    """Once it is known, all of them are answered at once, and so are the next ones."""
    most = inside = 0
    app = CovetPy(middleware=[CacheMiddleware()])

    @app.get("/")
    async def show() -> Response:
        nonlocal most, inside
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0.02)
        inside -= 1
        return Response("", headers={"cache-control": "private"})

    async with TestClient(app) as client:
        await asyncio.gather(*(client.get("/") for _ in range(10)))
        first, most = most, 0
        await asyncio.gather(*(client.get("/") for _ in range(10)))

    assert (first, most) == (9, 10)


@pytest.mark.parametrize("status", [304, 412])
async def test_a_condition_is_that_of_who_sets_it(status: int) -> None:
    """What a handler answers to that says nothing of those who set none: they wait for each other as before."""
    calls = 0

    async def show(request: Request) -> Response:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0.01)
        return Response("", status) if "x-has-it" in request.headers else Response("tea")

    app = CovetPy(middleware=[CacheMiddleware()])
    app.get("/")(show)
    async with TestClient(app) as client:
        await client.get("/", headers={"X-Has-It": "1"})
        texts = {response.text for response in await asyncio.gather(*(client.get("/") for _ in range(10)))}

    assert (texts, calls) == ({"tea"}, 2)


async def test_a_failure_is_that_of_who_failed() -> None:
    """Those who waited are answered by the handler, and what it gives then is kept."""
    app, calls = make_slow(CacheMiddleware(), answer=lambda number: Response(str(number), 500 if number == 1 else 200))
    async with TestClient(app, raise_app_exceptions=False) as client:
        responses = await asyncio.gather(*(client.get("/") for _ in range(10)))
        later = await ask(client, "/", "/")

    assert [response.status_code for response in responses].count(500) == 1
    assert len(calls) == 10
    assert later[0] == later[1] != "1"


@on_both_protocols
async def test_whoever_is_cancelled_takes_nobody_along(protocol: WireProtocol) -> None:
    """One of those who wait is answered by the handler then, and the others get that."""
    calls: list[int] = []
    cache = CacheMiddleware()
    app = CovetPy(middleware=[cache])

    @app.get("/", cancel_on_disconnect=True)
    async def show() -> str:
        number = len(calls) + 1
        calls.append(number)
        await asyncio.sleep(30 if number == 1 else 0.02)
        return str(number)

    async with TestClient(app, protocol=protocol) as client, asyncio.timeout(20):
        tasks = [asyncio.create_task(client.get("/")) for _ in range(10)]
        while not calls:
            await asyncio.sleep(0.001)
        tasks[0].cancel()
        tasks[5].cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)

    assert [type(result).__name__ for result in results].count("CancelledError") == 2
    assert {result.text for result in results if not isinstance(result, BaseException)} == {"2"}
    assert (calls, cache._made, len(cache._coalescing)) == ([1, 2], {}, 0)


async def test_a_client_that_is_slow_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose response is on its way for long."""
    monkeypatch.setattr("covet.middleware.cache._PATIENCE", 0.02)
    begun, may_end = asyncio.Event(), asyncio.Event()

    class Slow(Middleware):
        async def process_response(self, request: Request, response: Response) -> Response:
            if "x-slow" in request.headers:
                begun.set()
                await may_end.wait()
            return response

    app, calls = make_slow(CacheMiddleware(), Slow())
    async with TestClient(app) as client, asyncio.timeout(10):
        slow = asyncio.create_task(client.get("/", headers={"X-Slow": "1"}))
        while not calls:
            await asyncio.sleep(0.001)
        others = await asyncio.gather(*(client.get("/") for _ in range(5)))
        may_end.set()
        await slow

    assert {response.status_code for response in others} == {200}


# ── Backends ─────────────────────────────────────────────────────────────────


async def test_two_processes_share_a_redis(redis_url: str) -> None:
    """What one keeps the other gives, and what one takes away the other does not have."""
    pytest.importorskip("redis")
    prefix = f"covet-test:{uuid4().hex}:"
    backends = [RedisCacheBackend(redis_url, prefix=prefix, timeout=10) for _ in range(2)]
    one, other = (Counted(CacheMiddleware(backend)) for backend in backends)
    async with one.open() as client, other.open() as second:
        bodies = [*await ask(client, "/"), *await ask(second, "/")]
        await second.post("/")
        bodies += [*await ask(client, "/"), *await ask(second, "/")]
        await backends[0].clear()

    assert bodies == ["1", "1", "2", "2"]
    assert [backend._client for backend in backends] == [None, None]


async def test_a_backend_that_is_lost_is_no_error() -> None:
    """The handler answers; those who ask at once are still one."""

    class Lost(MemoryCacheBackend):
        async def get(self, key: str, /) -> bytes | None:
            """Fail."""
            raise CacheBackendError("gone")

        async def set(self, key: str, value: bytes, ttl: float | None = None, /) -> None:
            """Fail."""
            raise CacheBackendError("gone")

        async def delete(self, key: str, /) -> bool:
            """Fail."""
            raise CacheBackendError("gone")

    app, _ = make_slow(CacheMiddleware(Lost()))
    app.post("/")(app.router.routes[0].handler)
    async with TestClient(app) as client:
        responses = await asyncio.gather(*(client.get("/") for _ in range(20)))
        after = await ask(client, "/")
        posted = await client.post("/")

    assert ({response.text for response in responses}, after, posted.status_code) == ({"1"}, ["2"], 200)


async def test_what_somebody_else_has_put_there_is_nothing() -> None:
    """The handler answers, and its response takes that place."""
    backend = MemoryCacheBackend()
    counted = Counted(CacheMiddleware(backend))
    async with counted.open() as client:
        await ask(client, "/")
        for stored in (b"", b"br", b'br[200,[["a b","1"]],1,0,60,[],[]]\n', b"s5", b"\x80\x04K\x01.", b"bi[]"):
            for key in list(backend._entries):
                await backend.set(key, stored)
            one, other = await ask(client, "/", "/")
            assert one == other

    assert counted.calls == 7


async def test_one_cache_may_serve_several() -> None:
    """One that somebody else has made is closed by him."""
    closed = []

    class Closing(MemoryCacheBackend):
        async def aclose(self) -> None:
            """Say so."""
            closed.append(self)

    shared = Cache(Closing())
    own = CacheMiddleware(Closing())
    counted = Counted(CacheMiddleware(shared), own)
    async with counted.open() as client:
        await ask(client, "/")
        await own.cache.clear()

    assert closed == [own.cache.backend]


async def test_several_workers_are_warned(caplog: pytest.LogCaptureFixture) -> None:
    """Of what each of them keeps by itself."""
    counted = Counted(CacheMiddleware())
    counted.app.worker_count = 3
    with caplog.at_level(logging.WARNING, "covet.cache"):
        async with counted.open():
            pass

    assert caplog.messages[0].startswith("CacheMiddleware keeps responses in the memory of each of 3 workers: ")


async def test_a_subclass_may_wait() -> None:
    """What it overrides can be awaited by it, whatever there is to wait for."""

    class Told(CacheMiddleware):
        async def process_request(self, request: Request) -> Response | None:
            response: Response | None = await super().process_request(request)  # type: ignore[misc]
            return response

        async def process_response(self, request: Request, response: Response) -> Response:
            response = await super().process_response(request, response)  # type: ignore[misc]
            response.headers["x-told"] = "yes"
            return response

        async def on_finish(self, request: Request, response: Response | None, error: BaseException | None) -> None:
            await super().on_finish(request, response, error)  # type: ignore[misc]

    counted = Counted(Told())
    async with counted.open() as client:
        bodies = await ask(client, "/", "/", "/?a", "/")
        kept = await client.get("/")
        await client.post("/", headers={"Cookie": "a=b"})
        bodies += await ask(client, "/", cookie="a=b")

    assert (bodies, kept.headers["x-told"]) == (["1", "1", "2", "1", "4"], "yes")


@pytest.mark.usefixtures("no_leaked_tasks")
async def test_a_stream_is_sent_as_it_comes() -> None:
    """And is closed by nobody but who sends it."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"a"
        await asyncio.sleep(0)
        yield b"b"

    counted = Counted(CacheMiddleware(), answer=lambda request, number: StreamingResponse(pieces()))
    async with counted.open() as client:
        responses = await asyncio.gather(*(client.get("/") for _ in range(5)))

    assert ([response.text for response in responses], counted.calls) == (["ab"] * 5, 5)
