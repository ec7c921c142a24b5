"""
The routes of plugins: closed while their plugin is not there.
"""

from typing import Any

import pytest

from covet import CovetPy, Response
from covet.core import CovetRouter
from covet.middleware import Middleware
from covet.plugins import Plugin
from covet.plugins.routes import PluginRoutes
from covet.testing import TestClient
from tests.unit.plugins.plugin_classes import make_plugin

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])


def add_routes(self: Plugin, app: CovetPy) -> None:
    """Add routes of every kind: with a parameter, of a router, with a status of its own."""
    router = CovetRouter()

    @app.get("/items/{item:int}")
    async def show(item: int) -> int:
        return item

    @app.post("/items", status_code=201)
    async def create() -> str:
        return "created"

    @router.get("/all")
    async def show_all() -> str:
        return "all"

    app.include_router(router, "/items")
    if getattr(self, "is_broken", False):
        raise OSError("no disk")


REQUESTS = [("GET", "/items/7", 200), ("POST", "/items", 201), ("GET", "/items/all", 200)]


async def ask(client: TestClient) -> list[int]:
    """Send a request to each route, and to one that is of no plugin."""
    answers = [await client.request(method, path) for method, path, _ in REQUESTS]
    return [answer.status_code for answer in (*answers, await client.get("/own"))]


def make_app(plugin: Plugin) -> CovetPy:
    """Make an application with a plugin, and a route of its own."""
    app = CovetPy(plugins=[plugin])

    @app.get("/own")
    async def own() -> str:
        return "own"

    return app


@Protocols
async def test_routes_of_a_plugin_that_failed_answer_503(protocol: Any) -> None:
    """Whether it failed when it was initialised or when it was started; all other routes are as they were."""
    failing = {"on_startup": ConnectionError("refused")}
    plugins = [
        make_plugin("items", required=False, init_app=add_routes, is_broken=True),
        make_plugin("items", required=False, init_app=add_routes, fails=failing),
    ]

    for plugin in plugins:
        async with TestClient(make_app(plugin), protocol=protocol) as client:
            assert await ask(client) == [503, 503, 503, 200]


@Protocols
async def test_answer_says_nothing_of_the_reason(protocol: Any) -> None:
    """It may name hosts and paths; and it is a problem as all others, with the headers of the application's layers."""

    class Stamp(Middleware):
        def process_response(self, request: Any, response: Response) -> Response:
            response.headers["x-stamp"] = "1"
            return response

    failing = {"on_startup": ConnectionError("db.internal refused")}
    app = make_app(make_plugin("items", required=False, init_app=add_routes, fails=failing))
    app.add_middleware(Stamp)

    async with TestClient(app, protocol=protocol) as client:
        response = await client.get("/items/7")

    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-stamp"] == "1"
    assert response.json()["detail"] == "This part of the application is not available at the moment."


@Protocols
async def test_routes_open_when_the_plugin_starts_after_all(protocol: Any) -> None:
    """At the next start of the application."""
    fails: dict[str, BaseException] = {"on_startup": ConnectionError("refused")}
    app = make_app(make_plugin("items", required=False, init_app=add_routes, fails=fails))
    async with TestClient(app, protocol=protocol) as client:
        before = await ask(client)

    fails.clear()
    async with TestClient(app, protocol=protocol) as client:
        after = await ask(client)

    assert (before, after) == ([503, 503, 503, 200], [*(status for _, _, status in REQUESTS), 200])


def test_closing_twice_keeps_what_to_open() -> None:
    """The handlers of the first time are those that come back."""
    app = make_app(make_plugin("items", init_app=add_routes))
    handlers = [route.handler for route in app.router.routes]
    routes = PluginRoutes(app.router.routes)

    routes.close()
    routes.close()
    routes.open()
    routes.open()

    assert [route.handler for route in app.router.routes] == handlers
