"""
Tests of the onion: order, outcomes, errors, and what is refused at start-up.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from covet import CovetPy, Request, Response
from covet.core.middleware import CallNext, Middleware, OnceNext, make_layer
from covet.core.routing import CovetRouter
from covet.exceptions import ConfigurationError, NotFoundError, ResponseError
from covet.middleware import MiddlewareBuilder
from covet.testing import TestClient

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])


class Recorder(Middleware):
    """Note every hook that runs."""

    def __init__(self, name: str, log: list[str]) -> None:
        self.name = name
        self.log = log

    async def process_request(self, request: Request) -> Response | None:
        self.log.append(f"{self.name} request")
        return None

    def process_response(self, request: Request, response: Response) -> Response:
        self.log.append(f"{self.name} response {response.status_code}")
        return response

    async def on_finish(self, request: Request, response: Response | None, error: BaseException | None) -> None:
        self.log.append(f"{self.name} finish {type(error).__name__}")


def make_app(*middleware: object) -> CovetPy:
    """Make the application under test."""
    app = CovetPy(middleware=middleware)

    @app.get("/")
    async def index() -> str:
        return "index"

    @app.get("/missing")
    async def missing() -> str:
        raise NotFoundError("nothing here")

    @app.get("/broken")
    async def broken() -> str:
        raise RuntimeError("broken")

    return app


async def call(app: CovetPy, path: str, protocol: Any) -> tuple[int, str]:
    """Send one request."""
    async with TestClient(app, protocol=protocol, raise_app_exceptions=False) as client:
        response = await client.get(path)
    return response.status_code, response.text


@Protocols
@pytest.mark.parametrize(("path", "status"), [("/", 200), ("/missing", 404), ("/broken", 500), ("/no-route", 404)])
async def test_every_layer_sees_one_outcome(protocol: str, path: str, status: int) -> None:
    """A layer that was entered sees one response leave, and learns once that the exchange is over."""
    log: list[str] = []

    answered, _ = await call(make_app(Recorder("a", log), Recorder("b", log)), path, protocol)

    assert answered == status
    assert log == [
        "a request",
        "b request",
        f"b response {status}",
        f"a response {status}",
        "b finish NoneType",
        "a finish NoneType",
    ]


@Protocols
async def test_a_short_circuit_leaves_the_inside_alone(protocol: str) -> None:
    """A layer that answers sees its own answer leave; what is inside of it was never entered."""
    log: list[str] = []

    class Closed(Recorder):
        async def process_request(self, request: Request) -> Response | None:
            return Response("closed", 503)

    answer = await call(make_app(Closed("a", log), Recorder("b", log)), "/", protocol)

    assert answer == (503, "closed")
    assert log == ["a response 503", "a finish NoneType"]


@Protocols
async def test_errors_are_asked_inside_out_and_answered_where_they_arise(protocol: str) -> None:
    """The innermost layer that handles an error answers it; every layer sees that answer leave."""
    log: list[str] = []

    class Handler(Recorder):
        async def handle_exception(self, request: Request, exc: Exception) -> Response:
            self.log.append(f"{self.name} asked")
            if self.name == "inner":
                raise exc
            return Response("handled", 500)

    answer = await call(make_app(Handler("outer", log), Handler("inner", log), Recorder("b", log)), "/broken", protocol)

    assert answer == (500, "handled")
    assert log[3:8] == ["inner asked", "outer asked", "b response 500", "inner response 500", "outer response 500"]


@Protocols
@pytest.mark.parametrize("hook", ["process_request", "process_response"])
async def test_a_layers_own_error_is_not_its_own_to_handle(protocol: str, hook: str) -> None:
    """An error of a layer's own hook is answered outside of it."""
    log: list[str] = []

    class Faulty(Recorder):
        async def handle_exception(self, request: Request, exc: Exception) -> Response:
            return Response("its own", 500)

    def fail(self: Any, *args: object) -> Response:
        raise RuntimeError("own")

    setattr(Faulty, hook, fail)
    answer = await call(make_app(Recorder("a", log), Faulty("b", log)), "/", protocol)

    assert answer[0] == 500
    assert "its own" not in answer[1]
    assert "a response 500" in log
    assert "b finish NoneType" in log


@Protocols
async def test_functions_and_classes_with_call_go_around(protocol: str) -> None:
    """A function and a class with `__call__` wrap what is inside; context variables set there are seen inside."""

    async def stamp(request: Request, call_next: CallNext) -> Response:
        request.state.stamp = "s"
        response = await call_next(request)
        response.headers["x-stamp"] = request.state.stamp
        return response

    class Twice(Middleware):
        async def __call__(self, request: Request, call_next: CallNext) -> Response:
            response = await call_next(request)
            response.headers["x-class"] = "1"
            return response

    async with TestClient(make_app(stamp, Twice), protocol=protocol) as client:  # type: ignore[arg-type]
        response = await client.get("/missing")

    assert (response.status_code, response.headers["x-stamp"], response.headers["x-class"]) == (404, "s", "1")


async def test_call_next_runs_the_inside_once() -> None:
    """A second call is an error that names the layer."""

    async def inner(request: Request) -> Response:
        return Response()

    call_next = OnceNext(inner, "stamp")
    await call_next(Request())

    with pytest.raises(RuntimeError, match="stamp called call_next twice for one request"):
        await call_next(Request())


@Protocols
async def test_more_layers_than_blocks_can_be_nested(protocol: str) -> None:
    """Forty layers run in order."""
    log: list[str] = []

    answer = await call(make_app(*(Recorder(str(number), log) for number in range(40))), "/", protocol)

    assert answer == (200, "index")
    assert [entry for entry in log if entry.endswith("request")] == [f"{number} request" for number in range(40)]


def test_a_hook_that_is_not_overridden_is_not_there() -> None:
    """A layer with one hook has one."""

    class Only(Middleware):
        def process_response(self, request: Request, response: Response) -> Response:
            return response

    assert make_layer(Only).hooks == {"process_response"}


def plain(request: Request, call_next: CallNext) -> object:
    """Be no coroutine function."""
    return call_next(request)


async def one_parameter(request: Request) -> None:
    """Forget `call_next`."""


class RawASGI:
    """Go around an ASGI application."""

    def __init__(self, app: object) -> None:
        self.app = app


class PlainCall(Middleware):
    """Have a `__call__` that is no coroutine function."""

    def __call__(self, request: Request, call_next: CallNext) -> Any:
        """Be one of the wrong kind."""


class WrongHook(Middleware):
    """Have a hook without its parameters."""

    def process_response(self, request: Request) -> Response:  # type: ignore[override]
        """Forget the response."""
        return Response()


class Guard(Middleware):
    """Call its way around the inside as another framework does."""

    async def dispatch(self, request: Request, call_next: CallNext) -> Response:
        """Let nobody pass."""
        return Response("no", 401)


class Misspelled(Middleware):
    """Misspell a hook."""

    def process_requests(self, request: Request) -> Response:
        """Let nobody pass."""
        return Response("no", 401)


class AlsoGuard(Guard):
    """Have a hook beside what another framework calls."""

    def process_response(self, request: Request, response: Response) -> Response:
        """Let everything leave."""
        return response


class HalfMisspelled(Middleware):
    """Have a hook beside a misspelt one."""

    def proces_request(self, request: Request) -> Response:
        """Let nobody pass."""
        return Response("no", 401)

    def process_response(self, request: Request, response: Response) -> Response:
        """Let everything leave."""
        return response


class Helped(Middleware):
    """Have helpers whose names are something like those of hooks."""

    timeout = 3

    def process_request(self, request: Request) -> None:
        """Call its helper."""
        self.log_request(request)

    def log_request(self, request: Request) -> None:
        """Say nothing."""

    def parse_response(self, response: Response) -> None:
        """Do nothing."""


class CalledAround(Guard):
    """Call its own `dispatch`."""

    async def __call__(self, request: Request, call_next: CallNext) -> Response:
        """Go the other framework's way."""
        return await self.dispatch(request, call_next)


class Idle(Middleware):
    """Override nothing."""

    def log(self) -> None:
        """Do something else."""


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (
            Guard,
            (
                "Guard overrides no hook: it would never run.\n  Other frameworks call it dispatch(): "
                "name it __call__(self, request, call_next) here."
            ),
        ),
        (Misspelled, "Misspelled overrides no hook: it would never run.\n  Name process_requests() process_request("),
        (
            Idle,
            (
                "Idle overrides no hook: it would never run.\n  Override process_request, process_response, "
                "handle_exception, on_finish, websocket_connect or __call__."
            ),
        ),
        (
            AlsoGuard,
            (
                "AlsoGuard.dispatch() is no hook: nothing would call it.\n  Other frameworks call it dispatch(): "
                "name it __call__(self, request, call_next) here. A helper of your own begins with an underscore: "
                "_dispatch()."
            ),
        ),
        (
            HalfMisspelled,
            (
                "HalfMisspelled.proces_request() is no hook: nothing would call it.\n  "
                "Name proces_request() process_request(request). A helper"
            ),
        ),
        ("nowhere", "'nowhere' is no middleware.\n  Write \"package.module:Name\"."),
        ("http", "'http' is no middleware.\n  Write @app.middleware above the function."),
        ("covet.nowhere:Name", "'covet.nowhere:Name' cannot be imported"),
        ("covet.middleware:Nothing", "'covet.middleware:Nothing' cannot be imported"),
        (7, "int is no middleware.\n  Write async def name(request, call_next), or a subclass of Middleware."),
        (Recorder, "Recorder cannot be made without options"),
        (RawASGI, "Pass an instance, RawASGI(...). Raw ASGI middleware goes to app.wrap()."),
        (plain, "plain is no middleware.\n  Write async def name(request, call_next), or a subclass of Middleware."),
        (PlainCall, "PlainCall is no middleware."),
        (
            one_parameter,
            "one_parameter cannot be called: too many positional arguments.\n  Its parameters are (request, call_next)",
        ),
        (
            WrongHook,
            "WrongHook.process_response cannot be called: too many positional arguments.",
        ),
    ],
)
def test_what_is_no_middleware_is_refused(item: object, text: str) -> None:
    """A wrong entry is an error where it is added, and says what to write."""
    app = CovetPy()

    with pytest.raises(ConfigurationError) as caught:
        app.add_middleware(item)

    assert text in str(caught.value)


@pytest.mark.parametrize(("item", "hooks"), [(Helped, {"process_request"}), (CalledAround, set())])
def test_a_helper_is_no_misspelt_hook(item: object, hooks: set[str]) -> None:
    """Methods that a hook or a `__call__` calls itself are its own business."""
    layer = make_layer(item)

    assert layer.hooks == hooks


async def test_a_hook_that_forgets_its_response_is_named() -> None:
    """`process_response` without a return is answered as 500, and the error names it."""

    class Forgetful(Middleware):
        def process_response(self, request: Request, response: Response) -> Response:
            return None  # type: ignore[return-value]

    async with TestClient(make_app(Forgetful)) as client:
        with pytest.raises(ResponseError) as caught:
            await client.get("/")

    assert str(caught.value).startswith("Forgetful.process_response returned NoneType, expected Response.")


@Protocols
@pytest.mark.parametrize(
    ("hook", "returned"), [("process_request", "str"), ("process_response", "dict"), ("__call__", "NoneType")]
)
async def test_what_is_no_response_is_the_layers_own_error(protocol: str, hook: str, returned: str) -> None:
    """It is answered outside of the layer, and the error names layer, hook and type."""
    log: list[str] = []
    caught: list[str] = []
    values: dict[str, object] = {"str": "text", "dict": {}, "NoneType": None}

    async def wrong(self: object, *args: object) -> object:
        return values[returned]

    class Outer(Recorder):
        def handle_exception(self, request: Request, exc: Exception) -> Response:
            caught.append(str(exc))
            return Response("caught", 500)

    layer = type("Wrong", (Middleware,), {hook: wrong})
    answer = await call(make_app(Outer("a", log), layer), "/", protocol)

    assert answer == (500, "caught")
    assert caught[0].startswith(f"Wrong.{hook} returned {returned}, expected Response.")


@Protocols
async def test_a_plain_hook_may_return_an_awaitable(protocol: str) -> None:
    """Its type says so: it is awaited, and `None` still goes on."""
    log: list[str] = []

    class Lazy(Recorder):
        def process_request(self, request: Request) -> Any:
            return super().process_request(request)

        def process_response(self, request: Request, response: Response) -> Any:
            async def change() -> Response:
                response.headers["x-lazy"] = "1"
                return response

            return change()

    async with TestClient(make_app(Lazy("a", log)), protocol=protocol) as client:  # type: ignore[arg-type]
        response = await client.get("/")

    assert (response.text, response.headers["x-lazy"]) == ("index", "1")
    assert log == ["a request", "a finish NoneType"]


async def test_call_next_twice_is_the_layers_own_error() -> None:
    """The handler runs once, and the layer's client gets 500."""
    runs: list[int] = []

    async def twice(request: Request, call_next: CallNext) -> Response:
        await call_next(request)
        return await call_next(request)

    app = CovetPy(middleware=[twice])

    @app.get("/")
    async def index() -> str:
        runs.append(1)
        return "index"

    status, _ = await call(app, "/", "asgi")

    assert (status, runs) == (500, [1])


@Protocols
async def test_call_next_always_gives_a_response(protocol: str) -> None:
    """An error of the inside is a response by the time a layer sees it: its header is on a 500."""

    async def stamp(request: Request, call_next: CallNext) -> Response:
        response = await call_next(request)
        response.headers["x-stamp"] = str(response.status_code)
        return response

    async with TestClient(make_app(stamp), protocol=protocol, raise_app_exceptions=False) as client:  # type: ignore[arg-type]
        stamps = [(await client.get(path)).headers["x-stamp"] for path in ("/", "/missing", "/broken", "/no-route")]
        stamps.append((await client.post("/")).headers["x-stamp"])

    assert stamps == ["200", "404", "500", "404", "405"]


async def test_middleware_is_named_by_text() -> None:
    """`"pkg.mod:Name"` is imported, a class is made."""
    app = CovetPy(middleware=["tests.unit.core.test_middleware:Named"])

    @app.get("/")
    async def index() -> str:
        return "index"

    async with TestClient(app) as client:
        response = await client.get("/")

    assert response.headers["x-named"] == "1"


class Named(Middleware):
    """Be found by name."""

    def process_response(self, request: Request, response: Response) -> Response:
        """Put a header there."""
        response.headers["x-named"] = "1"
        return response


@Protocols
async def test_application_router_and_route_are_nested_in_that_order(protocol: str) -> None:
    """The application's middleware is outermost, the route's own innermost; priorities hold within one level."""
    log: list[str] = []
    app = CovetPy(middleware=[Recorder("app", log)])
    app.add_middleware(Recorder("first", log), priority=1)
    router = CovetRouter(middleware=[Recorder("router", log)])

    @router.get("/", middleware=[Recorder("route", log)])
    async def index() -> str:
        log.append("handler")
        return "index"

    app.include_router(router, middleware=[Recorder("inclusion", log)])
    await call(app, "/", protocol)

    assert [entry.removesuffix(" request") for entry in log[:6]] == [
        "first", "app", "inclusion", "router", "route", "handler",
    ]  # fmt: skip


@Protocols
async def test_middleware_added_later_is_around_every_route(protocol: str) -> None:
    """Also while the application runs: the next request goes through it."""
    log: list[str] = []
    app = make_app()

    async with TestClient(app, protocol=protocol) as client:  # type: ignore[arg-type]
        await client.get("/")
        app.add_middleware(Recorder("late", log))
        await client.get("/")

    assert log == ["late request", "late response 200", "late finish NoneType"]


@Protocols
async def test_a_stream_goes_through_its_layers_piece_by_piece(protocol: Any) -> None:
    """No layer waits for the end: the client has the first piece while the handler waits."""
    go_on = asyncio.Event()
    app = CovetPy(middleware=[Recorder("a", []), named_function])

    @app.get("/")
    async def stream() -> AsyncIterator[str]:
        yield "first"
        await go_on.wait()
        yield "second"

    async with TestClient(app, protocol=protocol) as client, client.stream("GET", "/") as response:
        pieces = response.aiter_bytes()
        first = await asyncio.wait_for(anext(pieces), 5)
        go_on.set()
        rest = [piece async for piece in pieces]

    assert (first, b"".join(rest)) == (b"first", b"second")


async def named_function(request: Request, call_next: CallNext) -> Response:
    """Go around without doing anything."""
    return await call_next(request)


async def test_a_layer_runs_by_hand() -> None:
    """The base class runs its hooks around a function, without any application."""
    log: list[str] = []

    async def inner(request: Request) -> Response:
        return Response("inner")

    response = await Recorder("a", log)(Request(), inner)

    assert (response.body, log) == (b"inner", ["a request", "a response 200"])


class _Greeting(Middleware):
    """Hand on what its constructor does not know, as the standards write it."""

    def __init__(self, greeting: str = "hello", **options: Any) -> None:
        super().__init__(**options)
        self.greeting = greeting

    def process_request(self, request: Request) -> None: ...


@pytest.mark.parametrize(
    "make", [_Greeting, lambda **options: MiddlewareBuilder().custom(_Greeting, **options).build()]
)
def test_options_that_are_handed_on_are_unknown(make: Any) -> None:
    """The base takes none: the error names the class and the option that was meant."""
    with pytest.raises(
        ConfigurationError,
        match=r"_Greeting\(\) has no option 'greting'.\n  Did you mean 'greeting'\? Available: greeting",
    ):
        make(greting="good day")

    assert _Greeting("good day").greeting == "good day"


def test_a_class_without_options_says_so() -> None:
    """Python says no more than that it takes no arguments."""

    class Plain(Middleware):
        def process_request(self, request: Request) -> None: ...

    with pytest.raises(ConfigurationError, match=r"Plain\(\) has no option 'greeting'"):
        Plain(greeting="hello")  # type: ignore[arg-type]
