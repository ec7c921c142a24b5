"""
Tests of how a handler is called and what its result becomes, as it is written and as it answers.
"""

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any

import pytest

from covet import Body, CovetPy, Form, Query, Request, Response
from covet.code_writer import get_source
from covet.core.asgi_wire import compile_asgi
from covet.core.middleware import CallNext
from covet.core.rsgi_wire import compile_rsgi
from covet.http import Headers
from covet.http.body import BodyLimits
from covet.middleware import Middleware
from covet.testing import TestClient

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])
WithLayer = pytest.mark.parametrize("with_layer", [False, True])
Compilers = pytest.mark.parametrize("compiler", [compile_asgi, compile_rsgi])


@dataclasses.dataclass
class Item:
    name: str


async def around(request: Request, call_next: CallNext) -> Response:
    """Go around the inside."""
    return await call_next(request)


def make_app(
    handler: Callable[..., object], *, with_layer: bool = False, method: str = "GET", **options: Any
) -> CovetPy:
    """Make an application with one route."""
    app = CovetPy(middleware=[around] if with_layer else [])
    app.add_route("/", handler, [method], **options)
    return app


def source_of(handler: Callable[..., object], compiler: Callable[..., Any] = compile_asgi, **options: Any) -> str:
    """Write the endpoint of a route."""
    app = make_app(handler, **options)
    app.compile()
    return get_source(compiler(app.router.routes[0].endpoint, app))


async def send(app: CovetPy, protocol: Any, method: str = "GET", **options: Any) -> Any:
    """Send one request."""
    async with TestClient(app, protocol=protocol, raise_app_exceptions=False) as client:
        return await client.request(method, "/", **options)


# ── The call ─────────────────────────────────────────────────────────────────


async def coroutine() -> str:
    """Be awaited."""
    return ""


def function() -> str:
    """Run in a thread."""
    return ""


def generator() -> Iterator[str]:
    """Be streamed."""
    yield ""


async def async_generator() -> AsyncIterator[str]:
    """Be streamed, too."""
    yield ""


@Compilers
@pytest.mark.parametrize(
    ("handler", "options", "call"),
    [
        (coroutine, {}, "result = await handler()"),
        (coroutine, {"cancel_on_disconnect": True}, "result = await run_until_disconnect(request, handler())"),
        (function, {}, "result = await run_in_thread(handler)"),
        (function, {"non_blocking": True}, "result = handler()"),
        (generator, {}, "result = handler()"),
        (async_generator, {}, "result = handler()"),
    ],
    ids=lambda item: getattr(item, "__name__", None),
)
def test_each_kind_of_handler_has_its_call(
    compiler: Callable[..., Any], handler: Callable[..., object], options: dict[str, Any], call: str
) -> None:
    """One, and nothing that only another kind would need."""
    source = source_of(handler, compiler, **options)

    calls = [line.strip() for line in source.splitlines() if "result = " in line and "handler" in line]

    assert calls == [call]
    assert ("__await__" in source) is (handler is function)
    assert "Deadline" not in source
    assert "collect_errors" not in source


@Compilers
def test_what_a_route_does_not_use_is_not_written(compiler: Callable[..., Any]) -> None:
    """A deadline, a form, a body and background tasks stand only where they are asked for."""

    async def with_form(title: Annotated[str, Form()]) -> str:
        return title

    async def with_body(item: Item) -> str:
        return item.name

    texts = {
        "deadline": source_of(coroutine, compiler, timeout=2.5),
        "form": source_of(with_form, compiler, method="POST"),
        "body": source_of(with_body, compiler, method="POST"),
        "nothing": source_of(coroutine, compiler),
    }

    assert {name: "Deadline(2.5)" in text for name, text in texts.items() if name != "form"} == {
        "deadline": True,
        "body": False,
        "nothing": False,
    }
    assert [name for name, text in texts.items() if "read_form(request)" in text] == ["form"]
    assert [name for name, text in texts.items() if "decode" in text and "received" in text] == ["body"]
    assert [name for name, text in texts.items() if "collect_errors" in text] == ["form", "body"]


@Protocols
@WithLayer
async def test_arguments_of_every_kind_are_passed(protocol: Any, *, with_layer: bool) -> None:
    """By position and by name, those that are positional only included."""

    async def handler(
        first: int, /, second: str, *, third: Annotated[int, Query(alias="3")], request: Request
    ) -> object:
        return [first, second, third, request.method]

    response = await send(
        make_app(handler, with_layer=with_layer), protocol, params={"first": 1, "second": "b", "3": 3}
    )

    assert response.json() == [1, "b", 3, "GET"]


@Protocols
@WithLayer
@pytest.mark.parametrize(
    ("content_type", "content", "status"),
    [
        ("application/json", b'{"name": "a"}', 200),
        ("application/json; charset=utf-8", b'{"name": "a"}', 200),
        ("application/vnd.api+json", b'{"name": "a"}', 200),
        ("application/msgpack", b"\x81\xa4name\xa1a", 200),
        ("application/json", b'{"name": 1}', 422),
        ("application/json", b"{", 400),
        ("application/json", b"", 400),
        ("text/csv", b"a", 415),
        (None, b'{"name": "a"}', 415),
    ],
)
async def test_a_body_goes_the_quick_way_or_the_others(
    protocol: Any, content_type: str | None, content: bytes, status: int, *, with_layer: bool
) -> None:
    """Plain JSON is decoded as it comes; whatever else it is, the answer is the same as without the short cut."""

    async def handler(item: Item) -> str:
        return item.name

    headers = {} if content_type is None else {"content-type": content_type}
    app = make_app(handler, with_layer=with_layer, method="POST")

    response = await send(app, protocol, "POST", content=content, headers=headers)

    assert response.status_code == status
    if status == 200:
        assert response.text == "a"


@Protocols
@WithLayer
async def test_a_body_beside_other_errors_is_reported_with_them(protocol: Any, *, with_layer: bool) -> None:
    """What was read on the quick way is there for the collecting one."""

    async def handler(item: Item, page: int, tags: Annotated[list[int], Query()]) -> str:
        return ""

    app = make_app(handler, with_layer=with_layer, method="POST")
    response = await send(app, protocol, "POST", json={"name": 1}, params={"page": "x", "tags": ["1", "y"]})

    places = {(error["source"], error["pointer"]) for error in response.json()["errors"]}
    assert places == {("body", "/name"), ("query", "/page"), ("query", "/tags/1")}


# ── The result ───────────────────────────────────────────────────────────────


class Text(str):
    """A text of a class of its own."""

    __slots__ = ()


@Protocols
@WithLayer
@pytest.mark.parametrize(
    ("result", "content_type", "content"),
    [
        ("caf\u00e9", "text/plain; charset=utf-8", "caf\u00e9".encode()),
        ("\ud800", "text/plain; charset=utf-8", b"?"),
        (Text("a"), "text/plain; charset=utf-8", b"a"),
        ({"a": 1}, "application/json", b'{"a":1}'),
        ({"a": float("nan")}, "application/json", b'{"a":null}'),
        ({"a": "\ud800"}, "application/json", '{"a":"\ufffd"}'.encode()),
        ([], "application/json", b"[]"),
        (Item("a"), "application/json", b'{"name":"a"}'),
        (True, "application/json", b"true"),
        (b"a", "application/octet-stream", b"a"),
        (Response(b"a", media_type="image/png"), "image/png", b"a"),
    ],
    ids=repr,
)
async def test_usual_and_unusual_results_become_the_same_kind_of_response(
    protocol: Any, result: object, content_type: str, content: bytes, *, with_layer: bool
) -> None:
    """What the quick way cannot write, the slow one does."""

    async def handler() -> object:
        return result

    response = await send(make_app(handler, with_layer=with_layer), protocol)

    assert (response.status_code, response.headers["content-type"], response.content) == (200, content_type, content)


@Protocols
@WithLayer
@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("text/html, */*;q=0.1", "application/json"),
        ("application/msgpack", "application/msgpack"),
        ("text/html", "application/problem+json"),
    ],
)
async def test_the_quick_way_is_for_clients_that_take_json(
    protocol: Any, accept: str | None, content_type: str, *, with_layer: bool
) -> None:
    """The second request with a header of the same kind is answered as the first."""

    async def handler() -> dict[str, int]:
        return {"a": 1}

    app = make_app(handler, with_layer=with_layer)
    headers = {} if accept is None else {"accept": accept}
    async with TestClient(app, protocol=protocol) as client:
        responses = [await client.get("/", headers=headers) for _ in range(3)]

    assert [response.headers["content-type"] for response in responses] == [content_type] * 3


@Compilers
def test_the_annotated_result_is_tried_first(compiler: Callable[..., Any]) -> None:
    """A handler of `-> str` is asked for a text before it is asked for JSON, another one afterwards."""

    async def of_text() -> str:
        return ""

    async def of_json() -> dict[str, int]:
        return {}

    firsts = [
        next(
            line.split()[1:4]
            for line in source_of(handler, compiler).splitlines()
            if line.strip().startswith(("if kind", "if (kind"))
        )
        for handler in (of_text, of_json)
    ]

    assert firsts == [["kind", "is", "str:"], ["(kind", "is", "expected"]]


@Protocols
@WithLayer
async def test_an_error_of_the_result_is_an_error_of_the_handler(protocol: Any, *, with_layer: bool) -> None:
    """It is answered inside, by the exception handlers and with the middleware around it."""

    async def handler() -> object:
        await asyncio.sleep(0)
        return {"a": object()}

    app = make_app(
        handler, with_layer=with_layer, exception_handlers={TypeError: lambda request, exc: ("no form", 500)}
    )

    response = await send(app, protocol)

    assert (response.status_code, response.text) == (500, "no form")


async def test_a_body_that_is_meant_may_be_any_type() -> None:
    """The quick way knows validators, not models alone."""

    async def handler(ids: Annotated[list[int], Body(max_length=2)]) -> object:
        return ids

    app = make_app(handler, method="POST")
    responses = [await send(app, "asgi", "POST", json=data) for data in ([1, 2], [1, 2, 3])]

    assert [response.status_code for response in responses] == [200, 422]


class Before(Middleware):
    """Does something with a request before its handler reads the body, and reads it afterwards."""

    def __init__(self, act: Callable[[Request], Any]) -> None:
        self.act = act
        self.seen: list[bytes] = []

    async def process_request(self, request: Request) -> None:
        await self.act(request)

    async def process_response(self, request: Request, response: Response) -> Response:
        self.seen.append(await request.body())
        return response


async def do_nothing(request: Request) -> None:
    """Leave the request alone."""


async def read(request: Request) -> None:
    """Read the body first."""
    await request.body()


async def replace(request: Request) -> None:
    """Put another body in its place."""
    await request.body()
    request.replace_body(b'{"name":"cake"}')


async def poll(request: Request) -> None:
    """Ask for the client, whereby the server is asked for messages."""
    assert not await request.is_disconnected()


async def allow_more(request: Request) -> None:
    """Allow what the route does not."""
    request.body_limits = BodyLimits(max_size=1000)


@Protocols
@pytest.mark.parametrize("act", [do_nothing, read, replace, poll, allow_more])
async def test_a_body_is_read_once_whatever_layers_do(protocol: Any, act: Callable[[Request], Any]) -> None:
    """Whoever wants it afterwards has the same."""
    layer = Before(act)
    app = CovetPy(middleware=[layer])
    limit = 10 if act is allow_more else 1000

    @app.post("/", body_limit=limit)
    async def take(item: Item, request: Request) -> str:
        return f"{item.name} {len(await request.body())}"

    response = await TestClient(app, protocol=protocol).post("/", json={"name": "teapots"})

    expected = b'{"name":"cake"}' if act is replace else b'{"name":"teapots"}'
    assert response.text == f"{'cake' if act is replace else 'teapots'} {len(expected)}"
    assert layer.seen == [expected]


@Protocols
async def test_whoever_asks_for_a_body_that_failed_learns_the_same(protocol: Any) -> None:
    """A layer that reads it once more, to log it, is told that it was too large, and does not wait."""
    found: list[str] = []

    class Log(Middleware):
        async def process_response(self, request: Request, response: Response) -> Response:
            try:
                await request.body()
            except Exception as exc:
                found.append(type(exc).__name__)
            return response

    app = CovetPy(middleware=[Log()])

    @app.post("/", body_limit=10)
    async def take(item: Item) -> str:
        return item.name

    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"name":'
        yield b'"a teapot"}'

    client = TestClient(app, protocol=protocol)
    headers = {"content-type": "application/json"}

    assert (await client.post("/", json={"name": "a teapot"})).status_code == 413
    assert (await client.post("/", content=pieces(), headers=headers)).status_code == 413
    assert found == ["ContentTooLargeError"] * 2


@Protocols
@pytest.mark.parametrize(("sent", "status"), [("text/plain", 200), ("application/json", 415)])
async def test_a_layer_may_say_what_a_body_is(protocol: Any, sent: str, status: int) -> None:
    """The headers that it gives the request are those that count."""
    said = {"text/plain": "application/json", "application/json": "text/plain"}

    async def say(request: Request) -> None:
        request.headers = Headers(dict(request.headers) | {"content-type": said[sent]})

    app = CovetPy(middleware=[Before(say)])

    @app.post("/")
    async def take(item: Item) -> str:
        return item.name

    client = TestClient(app, protocol=protocol)

    assert (await client.post("/", content=b'{"name":"tea"}', headers={"content-type": sent})).status_code == status
