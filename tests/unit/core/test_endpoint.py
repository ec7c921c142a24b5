"""
Tests of how a handler is called: threads, context, deadlines, names, and what its compiled source holds.
"""

import asyncio
import contextvars
import functools
import threading
import traceback
from collections.abc import Callable
from typing import Annotated, Any

import pytest

from covet import CovetPy, Query, Request, Response
from covet.code_writer import get_source
from covet.core.asgi_wire import compile_asgi
from covet.core.middleware import CallNext, Middleware
from covet.testing import TestClient

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])

CURRENT: contextvars.ContextVar[str] = contextvars.ContextVar("current", default="nothing")


class Stamp(Middleware):
    """Put a header on every response."""

    def process_response(self, request: Request, response: Response) -> Response:
        """Put it there."""
        response.headers["x-stamp"] = "1"
        return response


def make_app(handler: Callable[..., object], *middleware: object, **options: Any) -> CovetPy:
    """Make an application with one route."""
    app = CovetPy(middleware=middleware)
    app.add_route("/", handler, **options)
    return app


async def get(app: CovetPy, protocol: Any = "asgi", path: str = "/") -> Any:
    """Send one GET, and take a 500 for an answer."""
    async with TestClient(app, protocol=protocol, raise_app_exceptions=False) as client:
        return await client.get(path)


# ── Threads and context ──────────────────────────────────────────────────────


@Protocols
async def test_a_plain_function_runs_in_a_thread_with_the_context_of_its_request(protocol: str) -> None:
    """It may block, and it sees what a layer set."""

    async def set_current(request: Request, call_next: CallNext) -> Response:
        CURRENT.set("set in the layer")
        return await call_next(request)

    def handler() -> dict[str, object]:
        return {"current": CURRENT.get(), "main": threading.current_thread() is threading.main_thread()}

    response = await get(make_app(handler, set_current), protocol)

    assert response.json() == {"current": "set in the layer", "main": False}


@Protocols
async def test_a_plain_function_that_does_not_block_may_run_on_the_loop(protocol: str) -> None:
    """`non_blocking=True` saves the way through a thread."""

    def handler() -> dict[str, bool]:
        return {"has_loop": asyncio.get_running_loop().is_running()}

    response = await get(make_app(handler, non_blocking=True), protocol)

    assert response.json() == {"has_loop": True}


@Protocols
async def test_what_is_set_in_a_layer_is_seen_by_a_coroutine(protocol: str) -> None:
    """Layers and handler run in one task, so what the handler sets is seen on the way out, too."""
    seen = []

    async def layer(request: Request, call_next: CallNext) -> Response:
        CURRENT.set("layer")
        response = await call_next(request)
        seen.append(CURRENT.get())
        return response

    async def handler() -> str:
        before = CURRENT.get()
        CURRENT.set("handler")
        return before

    response = await get(make_app(handler, layer), protocol)

    assert (response.text, seen) == ("layer", ["handler"])


@Protocols
async def test_a_function_that_returns_an_awaitable_is_awaited(protocol: str) -> None:
    """A decorator of a coroutine function may be a plain function."""

    async def original() -> str:
        return "original"

    def wrapper() -> object:
        return original()

    @functools.wraps(original)
    def wraps() -> object:
        return original()

    answers = [await get(make_app(handler), protocol) for handler in (wrapper, wraps)]

    assert [answer.text for answer in answers] == ["original", "original"]


@Protocols
async def test_a_decorator_may_answer_in_its_functions_stead(protocol: str) -> None:
    """A plain function around a coroutine function runs on the loop, and what it returns need not be awaited."""

    async def original(request: Request) -> str:
        return "original"

    @functools.wraps(original)
    def guard(request: Request) -> object:
        if "token" not in request.query_params:
            return {"loop": asyncio.get_running_loop().is_running()}, 401
        return original(request)

    app = make_app(guard)
    answers = [await get(app, protocol, path) for path in ("/", "/?token=1")]

    assert [(answer.status_code, answer.text) for answer in answers] == [(401, '{"loop":true}'), (200, "original")]


@Protocols
async def test_a_decorated_handler_is_cancelled_when_its_client_leaves(protocol: Any) -> None:
    """`cancel_on_disconnect` holds for what a plain function around a coroutine function returns."""
    log: list[str] = []

    async def original(request: Request) -> str:
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            log.append("cancelled")
            raise
        return ""

    @functools.wraps(original)
    def decorated(request: Request) -> object:
        return original(request)

    async with TestClient(make_app(decorated, cancel_on_disconnect=True), protocol=protocol) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await client.get("/")

    assert log == ["cancelled"]


async def test_callable_objects_and_partials_are_handlers() -> None:
    """Whatever can be called and inspected answers."""

    class Handler:
        async def __call__(self, name: str = "object") -> str:
            return name

    async def greet(greeting: str, name: str = "you") -> str:
        return f"{greeting} {name}"

    app = CovetPy()
    app.add_route("/object", Handler())
    app.add_route("/partial", functools.partial(greet, "hello"))

    async with TestClient(app) as client:
        texts = [(await client.get(path)).text for path in ("/object?name=a", "/partial")]

    assert texts == ["a", "hello you"]


@Protocols
async def test_stop_iteration_in_a_thread_is_an_error_and_no_hang(protocol: str) -> None:
    """A future cannot carry `StopIteration`: without care its request would wait for ever."""

    def handler() -> object:
        return next(iter([]))

    response = await asyncio.wait_for(get(make_app(handler), protocol), 5)

    assert response.status_code == 500


# ── Deadlines and departures ─────────────────────────────────────────────────


@Protocols
@pytest.mark.parametrize("middleware", [(), (Stamp,)])
async def test_a_handler_that_takes_too_long_is_cancelled(protocol: str, middleware: tuple[object, ...]) -> None:
    """Its client gets 504 as a problem, and its `finally` runs."""
    ended = []

    async def handler() -> str:
        try:
            await asyncio.sleep(30)
        finally:
            ended.append("ended")
        return "too late"

    response = await get(make_app(handler, *middleware, timeout=0.05), protocol)

    assert response.status_code == 504
    assert response.json()["title"] == "Gateway Timeout"
    assert ended == ["ended"]


@Protocols
async def test_a_timeout_error_of_its_own_is_an_error_like_others(protocol: str) -> None:
    """`TimeoutError` of a handler whose time is not up is a 500."""

    async def handler() -> str:
        raise TimeoutError("of the database")

    response = await get(make_app(handler, timeout=5), protocol)

    assert response.status_code == 500


@Protocols
async def test_a_handler_in_time_notices_nothing(protocol: str) -> None:
    """A deadline that is not reached changes no answer."""

    async def handler() -> str:
        await asyncio.sleep(0)
        return "in time"

    response = await get(make_app(handler, timeout=5), protocol)

    assert response.text == "in time"


async def test_a_slow_thread_is_given_up() -> None:
    """The client gets its 504 at once; Python cannot stop the thread, which ends by itself."""
    release, ended = threading.Event(), threading.Event()

    def handler() -> str:
        release.wait(30)
        ended.set()
        return "late"

    response = await get(make_app(handler, timeout=0.05))
    was_given_up = not ended.is_set()
    release.set()

    assert response.status_code == 504
    assert was_given_up


@Protocols
@pytest.mark.parametrize("is_cancelled", [True, False])
async def test_a_client_that_leaves_cancels_its_handler_where_that_is_asked_for(
    protocol: Any, is_cancelled: bool
) -> None:
    """`cancel_on_disconnect=True` ends the work; by default it is done."""
    started, ended = asyncio.Event(), []

    async def handler() -> str:
        started.set()
        try:
            for _ in range(20):
                await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        ended.append("done")
        return "unread"

    client = TestClient(make_app(handler, cancel_on_disconnect=is_cancelled), protocol=protocol)

    async def leave() -> None:
        async with client.stream("GET", "/"):
            pass

    task = asyncio.ensure_future(leave())
    await started.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    for _ in range(100):
        if ended:
            break
        await asyncio.sleep(0.01)

    assert ended == (["cancelled"] if is_cancelled else ["done"])


# ── Names and source ─────────────────────────────────────────────────────────


ODD_NAMES = (
    "result", "response", "values", "scope", "send", "receive", "body", "handler", "answer", "accept", "kind", "exc",
    "protocol", "argument_0", "compiled", "route", "size", "content_type", "encode", "deadline", "type", "Response",
)  # fmt: skip


@Protocols
@pytest.mark.parametrize("middleware", [(), (Stamp,)])
async def test_no_name_of_a_parameter_clashes_with_the_generated_source(
    protocol: str, middleware: tuple[object, ...]
) -> None:
    """Parameters may be called as the source calls its own."""
    namespace: dict[str, Any] = {}
    parameters = ", ".join(f"{name}: str" for name in ODD_NAMES)
    exec(f"async def odd(request, {parameters}, *, headers: str = 'h') -> dict:\n    return locals()", namespace)

    app = CovetPy(middleware=middleware)

    @app.get("/")
    @functools.wraps(namespace["odd"])
    async def without_request(*args: object, **kwargs: object) -> object:
        answer = await namespace["odd"](*args, **kwargs)
        return {name: value for name, value in answer.items() if name != "request"}

    async with TestClient(app, protocol=protocol) as client:  # type: ignore[arg-type]
        response = await client.get("/", params={name: name for name in ODD_NAMES})

    assert response.json() == {**{name: name for name in ODD_NAMES}, "headers": "h"}


def test_names_of_the_wire_stay_out_of_the_source() -> None:
    """An alias is a value, never code."""

    async def handler(value: Annotated[str, Query(alias="') or __import__('os').abort() #\n")]) -> str:
        return value

    app = make_app(handler, Stamp)
    app.compile()
    source = get_source(compile_asgi(app.router.routes[0].endpoint, app))

    assert "abort" not in source


def test_hooks_that_nobody_overrides_are_not_in_the_source() -> None:
    """A layer costs what it does: the compiled chain names the hooks of its classes and no others."""

    async def handler() -> str:
        return "a"

    app = make_app(handler, Stamp)
    app.compile()
    compiled = app.router.routes[0].endpoint
    source = get_source(compile_asgi(compiled, app))

    assert [layer.name for layer in compiled.layers] == ["Stamp"]
    assert source.count("process_response_0(") == 1
    assert "process_request" not in source
    assert "handle_exception" not in source


async def test_a_traceback_shows_the_generated_line() -> None:
    """Whoever debugs sees how the handler was called."""
    seen: list[str] = []

    async def note(request: Request, exc: Exception) -> str:
        seen.append("".join(traceback.format_exception(exc)))
        return "noted"

    async def handler(page: int) -> str:
        raise RuntimeError("broken")

    app = make_app(handler, exception_handlers={RuntimeError: note})
    async with TestClient(app) as client:
        await client.get("/?page=1")

    assert "result = await handler(argument_0)" in seen[0]


async def test_each_route_has_a_chain_of_its_own() -> None:
    """Known defect: one chain was cached for all handlers."""
    app = CovetPy(middleware=[Stamp])

    @app.get("/one")
    async def one() -> str:
        return "one"

    @app.get("/two")
    async def two() -> str:
        return "two"

    async with TestClient(app) as client:
        texts = [(await client.get(path)).text for path in ("/one", "/two", "/one")]

    assert texts == ["one", "two", "one"]


@Protocols
@pytest.mark.parametrize("middleware", [(), (Stamp,)])
async def test_head_is_get_without_its_body(protocol: str, middleware: tuple[object, ...]) -> None:
    """The headers are those of GET, its length included."""

    async def handler() -> dict[str, int]:
        return {"a": 1}

    async with TestClient(make_app(handler, *middleware), protocol=protocol) as client:  # type: ignore[arg-type]
        response = await client.head("/")

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-length"] == "7"
