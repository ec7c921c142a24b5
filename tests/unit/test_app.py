"""
Tests of what an application can be told.
"""

import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

import covet.server
from covet import CovetPy, Request, Response
from covet.config import Settings, Sources
from covet.core import CovetPyASGI, CovetRouter
from covet.core.controller import get as controller_get
from covet.core.middleware import CallNext, Middleware
from covet.exceptions import ConfigurationError, RouteConflictError, RouteError
from covet.testing import TestClient
from covet.types import ASGIApp, Receive, Scope, Send

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])


async def send_request(app: CovetPy, method: str, path: str, protocol: Any = "asgi", **options: Any) -> Any:
    """Send one request to a started application."""
    async with TestClient(app, protocol=protocol, raise_app_exceptions=False) as client:
        return await client.request(method, path, **options)


async def handler() -> str:
    """Answer."""
    return "handler"


# ── Routes ───────────────────────────────────────────────────────────────────


@Protocols
@pytest.mark.parametrize(
    ("method", "text"),
    [("head", ""), *((name, "handler") for name in ("get", "post", "put", "patch", "delete", "options"))],
)
async def test_each_method_has_its_decorator(protocol: str, method: str, text: str) -> None:
    """It declares the route and gives the function back as it was."""
    app = CovetPy()

    decorated = getattr(app, method)("/x")(handler)
    response = await send_request(app, method.upper(), "/x", protocol)

    assert decorated is handler
    assert (response.status_code, response.text) == (200, text)


@Protocols
async def test_route_answers_get_and_head_unless_told_otherwise(protocol: str) -> None:
    """The methods that are named are those that are answered."""
    app = CovetPy()
    app.route("/read")(handler)
    app.route("/write", methods=["POST", "PUT"], name="write")(handler)

    async with TestClient(app, protocol=protocol) as client:  # type: ignore[arg-type]
        statuses = [
            (await client.request(method, path)).status_code
            for method, path in (("GET", "/read"), ("HEAD", "/read"), ("POST", "/read"), ("PUT", "/write"))
        ]
        refused = await client.get("/write")

    assert statuses == [200, 200, 405, 200]
    assert refused.headers["allow"] == "OPTIONS, POST, PUT"


async def test_two_handlers_of_the_same_requests_are_refused() -> None:
    """The error names both."""
    app = CovetPy()
    app.get("/x")(handler)

    with pytest.raises(RouteConflictError, match=r"test_app\.handler .* claim the same requests"):
        app.add_route("/x", handler, name="other")


async def test_an_unknown_option_is_refused_with_a_suggestion() -> None:
    """Nothing is swallowed."""
    app = CovetPy()

    with pytest.raises(RouteError) as caught:
        app.get("/x", status=201)(handler)  # type: ignore[call-arg]

    assert "There is no option 'status'.\n  Did you mean 'status_code'?" in str(caught.value)


@Protocols
async def test_a_route_may_be_added_while_the_application_runs(protocol: str) -> None:
    """It is checked at once, and answers the next request."""
    app = CovetPy()

    async with TestClient(app, protocol=protocol) as client:  # type: ignore[arg-type]
        before = await client.get("/late")
        app.add_route("/late", handler)
        after = await client.get("/late")
        with pytest.raises(RouteError, match="has no annotation"):

            @app.get("/wrong")
            async def wrong(request, page) -> None: ...  # type: ignore[no-untyped-def]

        wrong_response = await client.get("/wrong")

    assert (before.status_code, after.text, wrong_response.status_code) == (404, "handler", 404)


class Slug:
    """A converter of one's own: lower case on the way in."""

    regex = "[A-Za-z-]+"

    def convert(self, text: str) -> str:
        """Make it lower case."""
        return text.lower()

    def to_string(self, value: str) -> str:
        """Leave it as it is."""
        return value


@Protocols
async def test_paths_may_name_a_converter_of_ones_own(protocol: str) -> None:
    """It is registered on the application, without a router between."""
    app = CovetPy()
    app.register_converter("slug", Slug(), priority=1)

    @app.get("/posts/{name:slug}", name="post")
    async def show(name: str) -> str:
        return name

    async with TestClient(app, protocol=protocol) as client:  # type: ignore[arg-type]
        answers = [await client.get("/posts/First-Post"), await client.get("/posts/1")]

    assert [response.status_code for response in answers] == [200, 404]
    assert answers[0].text == "first-post"
    assert app.url_for("post", name="a-b") == "/posts/a-b"


@Protocols
async def test_routers_controllers_and_mounts_are_included(protocol: str) -> None:
    """Each with its prefix."""
    app, router = CovetPy(), CovetRouter()
    router.get("/router")(handler)

    class Controller:
        @controller_get("/controller")
        async def show(self) -> str:
            return "controller"

    async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["path"].encode()})

    app.include_router(router, "/api")
    app.add_controller(Controller, "/api")
    app.mount("/mounted", mounted)

    async with TestClient(app, protocol=protocol) as client:  # type: ignore[arg-type]
        texts = [(await client.get(path)).text for path in ("/api/router", "/api/controller", "/mounted/x")]

    assert texts == ["handler", "controller", "/mounted/x"]


def test_urls_are_written_by_name() -> None:
    """The name is the handler's unless another is given."""
    app = CovetPy()

    @app.get("/users/{user_id:int}")
    async def show_user(user_id: int) -> str:
        return ""

    assert app.url_for("show_user", user_id=7) == "/users/7"


# ── Around the routes ────────────────────────────────────────────────────────


def make_stamp(name: str) -> Any:
    """Make middleware that adds its name to a header, on the way out."""

    async def stamp(request: Request, call_next: CallNext) -> Response:
        response = await call_next(request)
        response.headers["x-order"] = f"{response.headers.get('x-order', '')}{name}"
        return response

    return stamp


@Protocols
async def test_middleware_is_given_in_many_ways(protocol: str) -> None:
    """As an argument, by call, as a decorator, as a stack: outermost first, lower priorities further out."""
    app = CovetPy(middleware=[make_stamp("a")])
    app.get("/")(handler)
    app.middleware(make_stamp("b"))
    app.add_middleware(make_stamp("first"), priority=1)
    app.add_middleware_stack([make_stamp("c"), make_stamp("d")])

    @app.middleware
    async def last(request: Request, call_next: CallNext) -> Response:
        response = await call_next(request)
        response.headers["x-order"] = "last-"
        return response

    response = await send_request(app, "GET", "/", protocol)

    assert response.headers["x-order"] == "last-dcbafirst"
    assert callable(last)


class Stamp(Middleware):
    """Put a header on every response."""

    def process_response(self, request: Request, response: Response) -> Response:
        """Put it there."""
        response.headers["x-order"] = "stamp"
        return response


@pytest.mark.parametrize(
    "item", [Stamp, Stamp(), f"{__name__}:Stamp", make_stamp("stamp")], ids=lambda item: str(item)[:9]
)
@pytest.mark.parametrize("way", ["argument", "middleware", "add", "stack", "router", "inclusion", "included", "route"])
async def test_middleware_is_a_class_an_instance_a_text_or_a_function(way: str, item: Any) -> None:
    """Wherever it is given."""
    app = CovetPy(middleware=[item] if way == "argument" else [])
    router = CovetRouter(middleware=[item] if way == "router" else [])
    router.add_route("/", handler, middleware=[item] if way == "route" else [])
    app.include_router(router, "/in", middleware=[item] if way == "inclusion" else [])
    late: dict[str, Any] = {
        "middleware": app.middleware,
        "add": app.add_middleware,
        "stack": lambda item: app.add_middleware_stack([item]),
        "included": router.middleware,
    }
    if way in late:
        late[way](item)

    response = await send_request(app, "GET", "/in/")

    assert response.headers["x-order"] == "stamp"


@Protocols
async def test_wrap_is_around_everything(protocol: str) -> None:
    """Raw ASGI middleware sees 404s as well, and what is added first is outermost."""
    seen: list[str] = []

    def wrap(name: str) -> Any:
        def wrapper(app: ASGIApp) -> ASGIApp:
            async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
                seen.append(f"{name} {scope['path']}")
                await app(scope, receive, send)

            return wrapped

        return wrapper

    app = CovetPy()
    app.get("/")(handler)
    app.wrap(wrap("outer"))
    app.wrap(wrap("inner"))

    async with TestClient(app, protocol=protocol) as client:  # type: ignore[arg-type]
        statuses = [(await client.get(path)).status_code for path in ("/", "/missing")]

    assert statuses == [200, 404]
    assert seen == ["outer /", "inner /", "outer /missing", "inner /missing"]


@Protocols
async def test_exception_handlers_are_given_in_three_ways(protocol: str) -> None:
    """As an argument, by call, as a decorator."""
    app = CovetPy(exception_handlers={KeyError: lambda request, exc: "argument"})
    app.add_exception_handler(404, lambda request, exc: "call")

    @app.exception_handler(ValueError)
    async def decorated(request: Request, exc: Exception) -> tuple[str, int]:
        return "decorator", 400

    @app.get("/{kind}")
    async def fail(kind: str) -> str:
        raise {"key": KeyError, "value": ValueError}[kind]

    async with TestClient(app, protocol=protocol) as client:  # type: ignore[arg-type]
        answers = [await client.get(path) for path in ("/key", "/value", "/no/route")]

    assert [(answer.status_code, answer.text) for answer in answers] == [
        (500, "argument"),
        (400, "decorator"),
        (404, "call"),
    ]


async def test_an_exception_handler_added_later_answers() -> None:
    """Also while the application runs, added to the application or to its router."""
    app = CovetPy()

    @app.get("/{kind}")
    async def fail(kind: str) -> str:
        raise {"key": KeyError, "value": ValueError}[kind]

    async with TestClient(app, raise_app_exceptions=False) as client:
        await client.get("/key")
        app.add_exception_handler(KeyError, lambda request, exc: ("application", 400))
        app.router.add_exception_handler(ValueError, lambda request, exc: ("router", 400))
        texts = [(await client.get(path)).text for path in ("/key", "/value")]

    assert texts == ["application", "router"]


# ── Start and stop ───────────────────────────────────────────────────────────


@Protocols
async def test_start_and_stop_run_in_order(protocol: str) -> None:
    """The lifespan is entered first and left last; handlers of the stop run in reverse."""
    log: list[str] = []

    @asynccontextmanager
    async def lifespan(app: CovetPy) -> AsyncIterator[None]:
        log.append(f"enter {type(app).__name__}")
        yield
        log.append("leave")

    app = CovetPy(lifespan=lifespan)
    app.on_event("startup")(lambda: log.append("start 1"))
    app.on_startup(lambda: log.append("start 2"))
    app.on_event("shutdown")(lambda: log.append("stop 1"))

    @app.on_shutdown
    async def stop() -> None:
        log.append("stop 2")

    async with TestClient(app, protocol=protocol):  # type: ignore[arg-type]
        assert app.is_ready

    assert not app.is_ready
    assert log == ["enter CovetPy", "start 1", "start 2", "stop 2", "stop 1", "leave"]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"middleware": "pkg.mod:Name"}, "middleware must be a list, got 'pkg.mod:Name'.\n  Write ['pkg.mod:Name']."),
        ({"middleware": [7]}, "int is no middleware."),
        ({"body_limit": -1}, "body_limit must be a number of bytes or None, got -1."),
        ({"form_limits": {}}, "form_limits must be FormLimits, got {}."),
        ({"body_limit": "1MB"}, "body_limit must be a number of bytes or None, got '1MB'."),
        ({"trailing_slash": "redirct"}, "Did you mean 'redirect'?"),
        ({"exception_handlers": {200: handler}}, "is for an exception class or an error status, got 200"),
        ({"middleware": 7}, "middleware must be a list, got 7.\n  Write [7]."),
        (
            {"lifespan": lambda: None},
            "lifespan cannot be called: too many positional arguments.\n  Its parameter is the application.",
        ),
        ({"lifespan": 7}, "lifespan must be a callable, got int."),
        ({"debug": "false"}, "debug must be True or False, got 'false'."),
        ({"exception_handlers": {404: "not found"}}, "The exception handler of 404 cannot be called: 'not found'."),
    ],
)
def test_a_wrong_argument_is_refused(options: dict[str, Any], text: str) -> None:
    """Where it is given, with what to write instead."""
    with pytest.raises(ConfigurationError) as caught:
        CovetPy(**options)

    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("method", "arguments", "text"),
    [
        ("wrap", ("pkg.mod:Name",), "What wraps an application is called with it: 'pkg.mod:Name' cannot be called."),
        ("mount", ("/sub", None), "/sub: What is mounted is no ASGI application: None."),
        ("get", (5,), "A path is a text, got 5."),
        ("include_router", (CovetRouter(), 5), "A path is a text, got 5."),
        ("include_router", (None,), "/: A CovetRouter is included, got NoneType."),
        ("add_exception_handler", (404, None), "The exception handler of 404 cannot be called: None."),
        ("add_controller", (handler,), "has no route."),
    ],
)
def test_what_cannot_work_is_refused_where_it_is_said(method: str, arguments: tuple[Any, ...], text: str) -> None:
    """Not at the first request, nor by an error of the framework's own inside."""
    with pytest.raises(ConfigurationError) as caught:
        made = getattr(CovetPy(), method)(*arguments)
        made(handler)

    assert text in str(caught.value)


def test_an_application_is_not_mounted_in_itself() -> None:
    """It would start itself without an end."""
    app = CovetPy()

    with pytest.raises(ConfigurationError, match=r"/sub: An application cannot be mounted in itself\."):
        app.mount("/sub", app)


def test_a_priority_is_a_number() -> None:
    """A wrong one is refused before the layer is there."""
    app = CovetPy()

    with pytest.raises(ConfigurationError, match=r"The priority of a middleware must be an integer, got 'high'\."):
        app.add_middleware(make_stamp("a"), priority="high")  # type: ignore[arg-type]

    app.add_middleware(make_stamp("b"))


def test_an_unknown_argument_is_refused() -> None:
    """Python's own error names it."""
    with pytest.raises(TypeError, match="middlewares"):
        CovetPy(middlewares=[])  # type: ignore[call-arg]


@pytest.mark.parametrize(("limit", "status"), [(10, 413), (100, 200), (None, 200)])
async def test_the_body_limit_holds_for_every_route(limit: int | None, status: int) -> None:
    """A larger body is 413; `None` lifts the limit."""
    app = CovetPy(body_limit=limit)

    @app.post("/")
    async def read(request: Request) -> int:
        return len(await request.body())

    response = await send_request(app, "POST", "/", content=b"x" * 50)

    assert response.status_code == status


async def test_two_applications_share_nothing() -> None:
    """State, routes and serializers are an application's own."""
    one, two = CovetPy(), CovetPy()
    one.state.name = "one"
    one.get("/")(handler)
    one.serializers.unregister("application/msgpack")

    response = await send_request(two, "GET", "/")

    assert response.status_code == 404
    assert not hasattr(two.state, "name")
    assert "application/msgpack" in two.serializers


def test_the_class_has_its_names() -> None:
    """`CovetPy` is the application that servers see."""
    assert issubclass(CovetPy, CovetPyASGI)


def test_run_hands_its_options_to_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it does not know itself is the server's to check."""
    calls: list[tuple[object, dict[str, object]]] = []
    monkeypatch.setattr(covet.server, "run", lambda app, **options: calls.append((app, options)))
    app = CovetPy()

    app.run("0.0.0.0", 9000, workers=4, log_level="info")
    app.run()

    assert calls == [(app, {"host": "0.0.0.0", "port": 9000, "workers": 4, "log_level": "info"}), (app, {})]


# ── Plugins and settings ─────────────────────────────────────────────────────


def test_plugins_are_not_loaded_unless_there_are_some() -> None:
    """`import covet`, and an application without plugins and settings, load neither package."""
    program = (
        "import sys, covet\n"
        "app = covet.CovetPy()\n"
        "app.compile()\n"
        "loaded = {'covet.plugins', 'covet.config', 'covet.middleware', 'covet.entry_points'} & set(sys.modules)\n"
        "print(sorted(loaded), app.plugins is app.plugin_manager)\n"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert ended.stdout == "[] True\n"


def test_application_without_settings_has_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is read for them; `debug` is what the application was told."""
    monkeypatch.setenv("COVET_SERVER_PORT", "9000")

    settings = CovetPy(debug=True).settings

    assert (settings.debug, settings.server.port) == (True, 8000)


def test_settings_are_those_that_were_given() -> None:
    """They are not applied, apart from what they say of plugins: that is what `create_app` is for."""
    settings = Settings(sources=Sources.none(), debug=True)

    app = CovetPy(settings=settings)

    assert app.settings is settings
    assert app.debug is False


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"plugins": "shop"}, "plugins must be a list, got 'shop'.\n  Write ['shop']."),
        ({"middleware": "cors"}, "middleware must be a list, got 'cors'.\n  Write ['cors']."),
        (
            {"settings": 7},
            (
                "settings must be a Settings, got a value of type int.\n"
                "  Write settings=Settings(debug=True), or create_app(debug=True)."
            ),
        ),
    ],
)
def test_argument_of_another_kind_is_refused(arguments: dict[str, Any], message: str) -> None:
    """The error says what to write."""
    with pytest.raises(ConfigurationError) as caught:
        CovetPy(**arguments)

    assert str(caught.value) == message


async def test_what_comes_too_late_is_refused() -> None:
    """For whoever takes part in start or stop."""
    app = CovetPy()
    app.refuse_late("The pool")

    async with TestClient(app):
        with pytest.raises(ConfigurationError) as caught:
            app.refuse_late("The pool")

    assert str(caught.value) == (
        "The pool comes too late: the application is ready, and would not run it.\n"
        "  Declare it before the application starts."
    )


def test_wrappers_are_listed_in_order() -> None:
    """Those that were called already, too; for tools that say what is around an application."""
    app = CovetPy()

    def first(inner: ASGIApp) -> ASGIApp:
        return inner

    def second(inner: ASGIApp) -> ASGIApp:
        return inner

    app.wrap(first)
    app.compile()
    app.wrap(second)

    assert app.wrappers == (first, second)
