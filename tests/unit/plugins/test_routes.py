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


@pytest.mark.parametrize("add", ["a route", "a router's route"])
@Protocols
async def test_routes_that_are_added_at_the_start_are_closed_with_the_others(protocol: Any, add: str) -> None:
    """A plugin whose start failed serves nothing of it."""
    router = CovetRouter()

    def init_app(self: Plugin, app: CovetPy) -> None:
        app.include_router(router, "/late")

    async def on_startup(self: Plugin) -> None:
        async def show() -> str:
            return "late"

        assert self.app is not None
        (router if add == "a router's route" else self.app).add_route("/show", show)
        raise ConnectionError("refused")

    app = make_app(make_plugin("late", required=False, init_app=init_app, on_startup=on_startup))
    path = "/late/show" if add == "a router's route" else "/show"

    async with TestClient(app, protocol=protocol) as client:
        statuses = [(await client.get(path)).status_code, (await client.get("/own")).status_code]

    assert statuses == [503, 200]


class Mounted:
    """An application of another framework, which notes what reaches it."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Note the event or the path, and answer."""
        if scope["type"] == "lifespan":
            for _ in range(2):
                message = await receive()
                self.seen.append(message["type"])
                await send({"type": f"{message['type']}.complete"})
            return
        self.seen.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"raw"})


@pytest.mark.parametrize("hook", ["init_app", "on_startup"])
@Protocols
async def test_mounted_applications_of_a_plugin_that_failed_answer_503(protocol: Any, hook: str) -> None:
    """They are not even started: what they need of the plugin is not there."""
    mounted = Mounted()

    def init_app(self: Plugin, app: CovetPy) -> None:
        app.mount("/raw", mounted)
        app.mount("/again", mounted)
        if hook == "init_app":
            raise OSError("no disk")

    failing = {"on_startup": ConnectionError("refused")}
    app = make_app(make_plugin("raw", required=False, init_app=init_app, fails=failing))

    async with TestClient(app, protocol=protocol) as client:
        responses = [await client.get("/raw/x"), await client.get("/again/x")]
        own = await client.get("/own")

    assert [response.status_code for response in (*responses, own)] == [503, 503, 200]
    assert responses[0].headers["content-type"] == "application/problem+json"
    assert responses[0].json()["detail"] == "This part of the application is not available at the moment."
    assert mounted.seen == []


@Protocols
async def test_mounted_applications_open_when_the_plugin_starts_after_all(protocol: Any) -> None:
    """One that is mounted twice is started once then."""
    mounted = Mounted()

    def init_app(self: Plugin, app: CovetPy) -> None:
        app.mount("/raw", mounted)
        app.mount("/again", mounted)

    fails: dict[str, BaseException] = {"on_startup": ConnectionError("refused")}
    app = make_app(make_plugin("raw", required=False, init_app=init_app, fails=fails))
    async with TestClient(app, protocol=protocol):
        pass

    fails.clear()
    async with TestClient(app, protocol=protocol) as client:
        texts = [(await client.get(path)).text for path in ("/raw/x", "/again/x")]

    assert texts == ["raw", "raw"]
    assert mounted.seen == ["lifespan.startup", "/raw/x", "/again/x", "lifespan.shutdown"]


async def test_closed_mounted_application_gets_no_websocket() -> None:
    """The handshake is refused, as where nothing is mounted."""
    mounted, sent = Mounted(), []

    def init_app(self: Plugin, app: CovetPy) -> None:
        app.mount("/raw", mounted)
        raise OSError("no disk")

    app = make_app(make_plugin("raw", required=False, init_app=init_app))

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await app({"type": "websocket", "path": "/raw/x", "headers": [], "root_path": ""}, receive, send)

    assert (sent, mounted.seen) == (["websocket.close"], [])


def test_closing_twice_keeps_what_to_open() -> None:
    """The handlers of the first time are those that come back."""
    app, routes = CovetPy(), PluginRoutes()
    with routes.collect(app.router):
        add_routes(make_plugin("items"), app)
    handlers = [route.handler for route in app.router.routes]

    routes.close()
    routes.close()
    closed = [route.handler for route in app.router.routes]
    routes.open()
    routes.open()

    assert closed != handlers
    assert [route.handler for route in app.router.routes] == handlers


def test_what_is_collected_while_it_is_closed_is_closed() -> None:
    """What was there before opens as it was."""
    app, routes = CovetPy(), PluginRoutes()
    with routes.collect(app.router):
        first = app.get("/first")(make_app)
    routes.close()

    with routes.collect(app.router):
        second = app.get("/second")(make_plugin)
    handlers = {route.handler for route in app.router.routes}
    routes.open()

    assert len(handlers) == 1
    assert [route.handler for route in app.router.routes] == [first, second]
