"""
The limits of routes: who says what, and who has the last word.
"""

import asyncio
from typing import Any

import pytest

from covet import CovetPy, Request, Response, WebSocket
from covet.core import CovetRouter
from covet.core.path_template import PathTemplate
from covet.core.route import make_route
from covet.core.route_limits import RouteLimits, collect_limits, find_limits, limit_bodies
from covet.exceptions import ConfigurationError
from covet.http.body import BodyLimits
from covet.middleware import BodyLimitMiddleware, MiddlewarePipeline, TimeoutMiddleware
from covet.testing import TestClient
from covet.types import UNSET


@pytest.fixture(params=["asgi", "rsgi"])
def protocol(request: pytest.FixtureRequest) -> Any:  # Any: a literal to the client
    """Name each protocol."""
    return request.param


async def count(request: Request) -> int:
    """Count the bytes that came."""
    return len(await request.body())


async def wait() -> str:
    """Take longer than any test waits."""
    await asyncio.sleep(60)
    return "late"


async def wait_a_little() -> str:
    """Take longer than the limits of the tests, and not for ever."""
    await asyncio.sleep(0.05)
    return "there"


async def find_largest(client: TestClient, path: str) -> int:
    """Find how many bytes a path takes, of a few sizes."""
    sizes = (1, 10, 20, 30, 40, 50)
    return max([size for size in sizes if (await client.post(path, content=b"x" * size)).status_code == 200])


async def test_the_nearest_limit_of_a_body_counts(protocol: Any) -> None:
    """Of the application, its middleware, a router's, an inclusion's, the route's middleware and its option."""
    router = CovetRouter(middleware=[BodyLimitMiddleware(30)])
    router.add_route("/router", count, ["POST"])
    router.add_route("/route", count, ["POST"], middleware=[BodyLimitMiddleware(40)])
    router.add_route("/option", count, ["POST"], middleware=[BodyLimitMiddleware(40)], body_limit=10)
    app = CovetPy(body_limit=1, middleware=[BodyLimitMiddleware(20)])
    app.add_route("/application", count, ["POST"])
    app.include_router(router, middleware=[BodyLimitMiddleware(50)])

    async with TestClient(app, protocol=protocol) as client:
        found = {name: await find_largest(client, f"/{name}") for name in ("application", "router", "route", "option")}

    assert found == {"application": 20, "router": 30, "route": 40, "option": 10}


async def test_a_body_without_a_length_is_cut_at_the_limit(protocol: Any) -> None:
    """As with the route's option: nobody has to say how much will come."""
    app = CovetPy(middleware=[BodyLimitMiddleware(10)])
    app.add_route("/", count, ["POST"])

    async def pieces() -> Any:
        for _ in range(3):
            yield b"xxxxx"

    async with TestClient(app, protocol=protocol) as client:
        response = await client.post("/", content=pieces())

    assert (response.status_code, response.json()["detail"]) == (413, "The limit is 10 bytes.")


async def test_no_limit_of_a_body_is_a_limit_like_others() -> None:
    """`None` near the handler wins over a number further out, and the other way round."""
    app = CovetPy(body_limit=1, middleware=[BodyLimitMiddleware(None)])
    app.add_route("/", count, ["POST"])
    app.add_route("/limited", count, ["POST"], body_limit=10)

    async with TestClient(app) as client:
        assert [await find_largest(client, path) for path in ("/", "/limited")] == [50, 10]


async def test_the_nearest_timeout_counts(protocol: Any) -> None:
    """Of the application's middleware, a router's and the route's option; `None` is no limit there."""
    router = CovetRouter(prefix="/patient", middleware=[TimeoutMiddleware(30)])
    router.add_route("/", wait_a_little)
    router.add_route("/hasty", wait, timeout=0.01)
    app = CovetPy(middleware=[TimeoutMiddleware(0.01)])
    app.add_route("/", wait)
    app.add_route("/option", wait_a_little, timeout=None)
    app.add_route("/route", wait_a_little, middleware=[TimeoutMiddleware(None)])
    app.include_router(router)

    async with TestClient(app, protocol=protocol, raise_app_exceptions=False) as client:
        paths = ("/", "/option", "/route", "/patient/", "/patient/hasty")
        found = {path: (await client.get(path)).status_code for path in paths}

    assert found == {"/": 504, "/option": 200, "/route": 200, "/patient/": 200, "/patient/hasty": 504}


async def test_both_say_their_own() -> None:
    """One says nothing of what the other limits, in whatever order."""
    both = [TimeoutMiddleware(0.01), BodyLimitMiddleware(10)]
    for middleware in (both, both[::-1]):
        app = CovetPy(middleware=middleware)
        app.add_route("/", wait)
        app.add_route("/", count, ["POST"])

        async with TestClient(app, raise_app_exceptions=False) as client:
            assert (await client.get("/")).status_code == 504
            assert await find_largest(client, "/") == 10


def test_they_are_no_layers_of_a_route() -> None:
    """A route with them is compiled into what one with the options is: nothing runs for what they say."""
    app = CovetPy(middleware=[BodyLimitMiddleware(10), TimeoutMiddleware(2)])
    app.add_route("/", count, ["POST"])
    plain = CovetPy()
    plain.add_route("/", count, ["POST"], body_limit=10, timeout=2)

    [compiled], [expected] = app.list_compiled(), plain.list_compiled()

    assert compiled.layers == ()
    assert (compiled.limits, compiled.timeout) == (expected.limits, expected.timeout)
    assert compiled.limits.max_size == 10
    assert compiled.timeout == 2


async def test_a_limit_that_is_added_late_holds_from_the_next_request_on() -> None:
    """As all middleware of a router does."""
    app = CovetPy()
    app.add_route("/", count, ["POST"])

    async with TestClient(app) as client:
        before = await find_largest(client, "/")
        app.router.middleware(BodyLimitMiddleware(10))
        after = await find_largest(client, "/")

    assert (before, after) == (50, 10)


async def test_a_websocket_is_not_limited() -> None:
    """It has limits of its own, and no end that a handler's time would be."""
    app = CovetPy(middleware=[BodyLimitMiddleware(1), TimeoutMiddleware(0.01)])

    @app.websocket("/")
    async def echo(socket: WebSocket) -> None:
        await socket.accept()
        await asyncio.sleep(0.05)
        await socket.send_text(await socket.receive_text())

    async with TestClient(app) as client, client.websocket_connect("/") as socket:
        await socket.send_text("longer")
        assert await socket.receive_text() == "longer"


async def test_a_pipeline_limits_as_an_application_does() -> None:
    """It compiles its layers, too."""
    pipeline = MiddlewarePipeline([TimeoutMiddleware(0.01)])

    async def answer(request: Request) -> Response:
        return Response(await wait())

    assert (await pipeline.execute(Request(), answer)).status_code == 504


async def test_called_by_hand_they_say_that_they_limit_nothing() -> None:
    """Nobody is to think that something is limited there."""

    async def answer(request: Request) -> Response:
        return Response("")

    with pytest.raises(ConfigurationError) as caught:
        await BodyLimitMiddleware(10)(Request(), answer)

    assert str(caught.value) == (
        "BodyLimitMiddleware was called by hand, where it limits nothing.\n"
        "  Give it to an application, a router, a route or a MiddlewarePipeline."
    )


def test_what_nobody_says_is_left_to_the_application() -> None:
    """`UNSET` says nothing, `None` says that there is no limit."""
    route = make_route(PathTemplate.parse("/"), count, ("POST",), {"timeout": None}, ())
    limits = BodyLimits(10, 1.0, 2)

    assert find_limits(route, [count, TimeoutMiddleware(3)]) == RouteLimits(UNSET, None)
    assert collect_limits([]) == RouteLimits(UNSET, UNSET)
    assert limit_bodies(limits, UNSET) is limits
    assert limit_bodies(limits, None) == BodyLimits(None, 1.0, 2)
