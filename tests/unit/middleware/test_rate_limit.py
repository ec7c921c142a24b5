"""
How often a client may call.
"""

from typing import Any

import pytest

from covet import CovetPy, Request, Response
from covet.core.routing import CovetRouter
from covet.exceptions import ConfigurationError, TooManyRequestsError
from covet.http.websocket import WebSocket
from covet.middleware import CORSMiddleware, MiddlewareBuilder, RateLimitMiddleware
from covet.options import UnknownOptionError
from covet.rate_limiting import Decision, MemoryRateLimitStore, RateLimit
from covet.testing import ClientResponse, TestClient, WebSocketRefusedError

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])


class Awaited(MemoryRateLimitStore):
    """A store that has to be awaited, as those outside of the process."""


Stores = pytest.mark.parametrize("make_store", [MemoryRateLimitStore, Awaited])


def make_app(*middleware: object) -> CovetPy:
    """Make an application with some middleware."""
    app = CovetPy(middleware=middleware)

    @app.get("/")
    async def index() -> str:
        return "hello"

    @app.websocket("/feed")
    async def feed(websocket: WebSocket) -> None:
        await websocket.accept()

    return app


@Protocols
@Stores
async def test_an_exception_handler_answers_for_a_refusal(protocol: Any, make_store: Any) -> None:
    """As it does for every other error; the error has all headers, and layers further out see the answer."""
    app = make_app(CORSMiddleware(allow_origins=["*"]), RateLimitMiddleware(1, 60, store=make_store(), headers="both"))

    @app.exception_handler(TooManyRequestsError)
    async def show_page(request: Request, error: TooManyRequestsError) -> Response:
        return Response("<h1>Slowly</h1>", 429, error.headers, "text/html")

    client = TestClient(app, protocol=protocol)
    good, refused = await client.get("/"), await client.get("/")

    assert (refused.status_code, refused.text) == (429, "<h1>Slowly</h1>")
    assert refused.headers["access-control-allow-origin"] == "*"
    for name in ("ratelimit", "ratelimit-policy", "ratelimit-limit", "ratelimit-remaining"):
        assert len(refused.headers.get_list(name)) == len(good.headers.get_list(name)) == 1
    assert int(refused.headers["retry-after"]) > 0


async def get_statuses(client: TestClient, count: int, path: str = "/", **options: Any) -> list[int]:
    """Send some requests, and list their statuses."""
    return [(await client.get(path, **options)).status_code for _ in range(count)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"calls": 0}, "A rate limit's calls is 0, expected a whole number of at least 1."),
        ({"period": -1}, "A rate limit's period is -1, expected a number of seconds"),
        ({"algorithm": "leaky"}, "A rate limit's algorithm is 'leaky', which is none."),
        ({"cost": 0}, "cost is 0, expected a whole number of at least 1."),
        ({"cost": 101}, "cost is 101, and no more than 100 are allowed at once: every request is refused."),
        ({"headers": "old"}, "headers is 'old', expected one of draft, classic, both, none."),
    ],
)
def test_options_are_checked(options: dict[str, Any], message: str) -> None:
    """The error says what is expected."""
    with pytest.raises(ConfigurationError) as caught:
        RateLimitMiddleware(**options)

    assert message in str(caught.value)


def test_unknown_options_are_refused() -> None:
    """With the one that was meant."""
    with pytest.raises(UnknownOptionError, match="Did you mean 'calls'"):
        RateLimitMiddleware(call=5)  # type: ignore[call-arg]


@Protocols
@Stores
async def test_one_too_many_is_refused_with_the_time_to_come_again(protocol: Any, make_store: Any) -> None:
    """As a problem, which no cache keeps; CORS stands outside of it."""
    now = [1000.0]
    limit = RateLimitMiddleware(2, 60, algorithm="fixed_window", store=make_store(clock=lambda: now[0]))
    client = TestClient(make_app(limit, CORSMiddleware(allow_origins=["https://a.example"])), protocol=protocol)

    async def get() -> ClientResponse:
        return await client.get("/", headers={"origin": "https://a.example"})

    first, second, third = await get(), await get(), await get()
    now[0] += 59.5
    early = await get()
    now[0] += 0.5
    late = await get()

    assert [response.status_code for response in (first, second, third, early, late)] == [200, 200, 429, 429, 200]
    problem = third.json()
    assert problem.pop("instance").startswith("urn:uuid:")
    assert problem == {
        "type": "about:blank",
        "title": "Too Many Requests",
        "status": 429,
        "detail": "There were too many requests: come again later.",
    }
    assert third.headers["content-type"] == "application/problem+json"
    assert (third.headers["retry-after"], early.headers["retry-after"]) == ("60", "1")
    assert third.headers["cache-control"] == "no-store"
    assert third.headers["access-control-allow-origin"] == "https://a.example"
    assert [response.headers["ratelimit"] for response in (first, second, third)] == [
        '"default";r=1;t=60', '"default";r=0;t=60', '"default";r=0;t=60',
    ]  # fmt: skip
    assert first.headers["ratelimit-policy"] == '"default";q=2;w=60'


@Protocols
async def test_headers_stand_on_every_response(protocol: Any) -> None:
    """On those to requests that no route answers, too; without a header where none is wanted."""
    for style, expected in (("draft", True), ("none", False)):
        client = TestClient(make_app(RateLimitMiddleware(headers=style)), protocol=protocol)  # type: ignore[arg-type]
        responses = [await client.get("/missing"), await client.post("/")]

        assert [response.status_code for response in responses] == [404, 405]
        assert all(("ratelimit" in response.headers) is expected for response in responses)


@Protocols
@Stores
async def test_each_client_is_counted_by_itself(protocol: Any, make_store: Any) -> None:
    """Another address has its own limit."""
    app = make_app(RateLimitMiddleware(1, 60, store=make_store()))

    statuses = [
        await get_statuses(TestClient(app, protocol=protocol, client=(host, 5)), 2)
        for host in ("192.0.2.1", "192.0.2.2", "192.0.2.1")
    ]

    assert statuses == [[200, 429], [200, 429], [429, 429]]


@Protocols
async def test_routes_and_routers_have_limits_of_their_own(protocol: Any) -> None:
    """Each counts what comes through it; an instance in two places counts both."""

    async def index() -> str:
        return "hello"

    shared = RateLimitMiddleware(3, 60, name="shared")
    router = CovetRouter(middleware=[RateLimitMiddleware(2, 60, name="router")])
    router.add_route("/a", index)
    router.add_route("/b", index)
    app = CovetPy()
    app.include_router(router)
    app.add_route("/c", index, middleware=[shared])
    app.add_route("/d", index, middleware=[shared])
    app.add_route("/e", index)
    client = TestClient(app, protocol=protocol)

    statuses = [await get_statuses(client, 2, path) for path in ("/a", "/b", "/c", "/d", "/e")]

    assert statuses == [[200, 200], [429, 429], [200, 200], [200, 429], [200, 200]]


@Protocols
async def test_limits_around_each_other_are_all_told(protocol: Any) -> None:
    """Each by its name."""

    async def index() -> str:
        return "hello"

    app = CovetPy(middleware=[RateLimitMiddleware(9, 60, headers="both")])
    app.add_route("/login", index, middleware=[RateLimitMiddleware(2, 60, name="login", headers="both")])

    response = await TestClient(app, protocol=protocol).get("/login")

    assert response.headers.get_list("ratelimit-policy") == ['"login";q=2;w=60', '"default";q=9;w=60']
    assert response.headers["ratelimit-remaining"] == "1"


@Protocols
@Stores
async def test_some_requests_are_exempt_and_some_cost_more(protocol: Any, make_store: Any) -> None:
    """By functions of the request; what is exempt has no headers."""

    def find_cost(request: Request) -> int:
        return 3 if request.query_params.get("size") == "large" else 1

    limit = RateLimitMiddleware(
        4, 60, exempt=lambda request: request.path == "/health", cost=find_cost, store=make_store()
    )
    app = make_app(limit)
    app.add_route("/health", lambda: "well")
    client = TestClient(app, protocol=protocol)

    health = await client.get("/health")
    statuses = await get_statuses(client, 2, params={"size": "large"}) + await get_statuses(client, 2)

    assert (health.status_code, "ratelimit" in health.headers) == (200, False)
    assert statuses == [200, 429, 200, 429]


@Stores
async def test_a_cost_that_is_none_is_an_error(make_store: Any) -> None:
    """Of the application's, not of the client's."""
    limit = RateLimitMiddleware(cost=lambda request: 0, store=make_store())

    with pytest.raises(TypeError, match="is a whole number from 1, got 0"):
        await TestClient(make_app(limit)).get("/")


@Protocols
@Stores
async def test_handshakes_are_counted_too(protocol: Any, make_store: Any) -> None:
    """One too many is refused before the handler sees it; what is exempt is not."""
    app = make_app(RateLimitMiddleware(1, 60, exempt=lambda request: "free" in request.headers, store=make_store()))
    client = TestClient(app, protocol=protocol)
    async with client.websocket_connect("/feed"):
        pass

    with pytest.raises(WebSocketRefusedError) as caught:
        async with client.websocket_connect("/feed"):
            pass
    async with client.websocket_connect("/feed", headers={"free": "1"}):
        pass

    # RSGI can refuse by 403 alone.
    assert caught.value.status_code in {429, 403}


async def test_a_limit_can_be_changed_while_it_counts() -> None:
    """What was counted counts."""
    limit = RateLimitMiddleware(2, 60)
    client = TestClient(make_app(limit))
    statuses = await get_statuses(client, 3)

    limit.change_limit(3, 60)
    statuses += await get_statuses(client, 2)

    assert statuses == [200, 200, 429, 200, 429]
    assert (await client.get("/")).headers["ratelimit-policy"] == '"default";q=3;w=60'
    with pytest.raises(ConfigurationError, match="calls is 0"):
        limit.change_limit(0, 60)


async def test_a_store_of_somebody_else_is_asked_with_all_there_is() -> None:
    """Key, limit and cost."""
    asked: list[tuple[str, RateLimit, int]] = []

    class Watching(MemoryRateLimitStore):
        async def hit(self, key: str, limit: RateLimit, cost: int = 1) -> Decision:
            asked.append((key, limit, cost))
            return await super().hit(key, limit, cost)

    limit = RateLimitMiddleware(9, 30, cost=2, name="api", algorithm="token_bucket", burst=20, store=Watching())
    client = TestClient(make_app(limit), client=("2001:db8::1", 5))
    response = await client.get("/")

    assert asked == [("api:2001:db8::/64", RateLimit(9, 30, algorithm="token_bucket", burst=20), 2)]
    assert response.headers["ratelimit"] == '"api";r=18;t=7'


async def test_a_builder_makes_it() -> None:
    """With the options that it has, and no others."""
    [limit] = MiddlewareBuilder().rate_limit(calls=5, period=10, name="api", headers="none").build()

    assert isinstance(limit, RateLimitMiddleware)
    assert (limit.limit, limit.name) == (RateLimit(5, 10), "api")
    with pytest.raises(UnknownOptionError, match="Did you mean 'burst'"):
        MiddlewareBuilder().rate_limit(brst=5).build()  # type: ignore[call-arg]
