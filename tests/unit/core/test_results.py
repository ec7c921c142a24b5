"""
Tests of what becomes of a handler's result.
"""

import collections
import dataclasses
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from covet import CovetPy, Request, Response
from covet.core.middleware import CallNext
from covet.exceptions import ResponseError
from covet.testing import TestClient

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])

Point = collections.namedtuple("Point", ["x", "y"])  # noqa: PYI024


@dataclasses.dataclass
class Item:
    name: str


@dataclasses.dataclass
class Todo:
    title: str
    completed: bool = False


def numbers() -> Iterator[str]:
    """Yield two pieces."""
    yield "1"
    yield "2"


async def answer(result: Any, protocol: Any = "asgi", *, headers: dict[str, str] | None = None, **options: Any) -> Any:
    """Answer one request with a result."""
    app = CovetPy()

    @app.get("/", **options)
    async def index():  # type: ignore[no-untyped-def]
        return result

    async with TestClient(app, protocol=protocol) as client:
        return await client.get("/", headers=headers or {})


@Protocols
@pytest.mark.parametrize(
    ("result", "status", "content_type", "content"),
    [
        ("text", 200, "text/plain; charset=utf-8", b"text"),
        ("\ud800", 200, "text/plain; charset=utf-8", b"?"),
        (b"bytes", 200, "application/octet-stream", b"bytes"),
        (None, 204, None, b""),
        ({"a": 1}, 200, "application/json", b'{"a":1}'),
        ({"a": "\ud800"}, 200, "application/json", '{"a":"\ufffd"}'.encode()),
        ([1, 2], 200, "application/json", b"[1,2]"),
        (Item("a"), 200, "application/json", b'{"name":"a"}'),
        ([Item("a")], 200, "application/json", b'[{"name":"a"}]'),
        (Point(3, 4), 200, "application/json", b"[3,4]"),
        ((3, 4), 200, "application/json", b"[3,4]"),
        (7, 200, "application/json", b"7"),
        (True, 200, "application/json", b"true"),
        (({"a": 1}, 201), 201, "application/json", b'{"a":1}'),
        ((None, 202), 202, None, b""),
        (("gone", 410, {"x-a": "1"}), 410, "text/plain; charset=utf-8", b"gone"),
        (Response("r", 203), 203, "text/plain; charset=utf-8", b"r"),
        ((Response("r"), 203), 203, "text/plain; charset=utf-8", b"r"),
    ],
)
async def test_each_kind_of_result_has_its_response(
    protocol: str, result: Any, status: int, content_type: str | None, content: bytes
) -> None:
    """The table of docs/handlers.md."""
    response = await answer(result, protocol)

    assert (response.status_code, response.headers.get("content-type"), response.content) == (
        status,
        content_type,
        content,
    )


@Protocols
async def test_generators_are_streamed(protocol: str) -> None:
    """An async generator and a plain one, by handler or by result."""
    app = CovetPy()

    @app.get("/async", media_type="text/plain")
    async def later() -> AsyncIterator[str]:
        yield "1"
        yield "2"

    app.add_route("/plain", numbers)

    async with TestClient(app, protocol=protocol) as client:  # type: ignore[arg-type]
        answers = [await client.get(path) for path in ("/async", "/plain")]

    assert [response.text for response in answers] == ["12", "12"]
    assert answers[0].headers["content-type"] == "text/plain; charset=utf-8"
    assert (await answer(numbers(), protocol)).text == "12"


@pytest.mark.parametrize("result", [("x", 999), ("x", 99), ("x", -1), (None, 70000), ({"a": 1}, 0)])
async def test_row_048_a_wrong_status_is_an_error(result: Any) -> None:
    """A status that no wire can carry is a 500 with a log entry, not a strange answer."""
    with pytest.raises(ResponseError, match="A response's status must be an integer from 200 to 599"):
        await answer(result)


async def test_the_options_are_the_defaults() -> None:
    """`status_code` and `media_type` of the route hold for results that name none."""
    created = await answer({"a": 1}, status_code=201)
    empty = await answer({"a": 1}, status_code=204)
    page = await answer("<p>", media_type="text/html")

    assert created.status_code == 201
    assert (empty.status_code, empty.content) == (204, b"")
    assert page.headers["content-type"] == "text/html; charset=utf-8"


async def test_a_media_type_without_a_serializer_takes_text_only() -> None:
    """A dict for `text/csv` is the program's mistake, and no 415 for the client."""
    text = await answer("a;b", media_type="text/csv")

    with pytest.raises(ResponseError) as caught:
        await answer({"a": 1}, media_type="text/csv")

    assert text.headers["content-type"] == "text/csv; charset=utf-8"
    assert str(caught.value) == (
        "The route's media_type 'text/csv' has no serializer.\n  Return str or bytes, or register a serializer for it."
    )


async def test_a_media_type_with_a_suffix_is_written_by_its_serializer() -> None:
    """`application/vnd.api+json` is JSON."""
    response = await answer({"a": 1}, media_type="application/vnd.api+json")

    assert (response.headers["content-type"], response.content) == ("application/vnd.api+json", b'{"a":1}')


@Protocols
async def test_the_client_chooses_the_format(protocol: str) -> None:
    """`Accept` decides with its q-values; what is not on offer is 406."""
    packed = await answer({"a": 1}, protocol, headers={"accept": "application/msgpack, application/json;q=0.5"})
    json = await answer({"a": 1}, protocol, headers={"accept": "text/html, application/*;q=0.8"})
    refused = await answer({"a": 1}, protocol, headers={"accept": "text/html"})

    assert (packed.headers["content-type"], packed.headers["vary"], packed.content) == (
        "application/msgpack",
        "Accept",
        b"\x81\xa1a\x01",
    )
    assert json.headers["content-type"] == "application/json"
    assert refused.status_code == 406
    assert refused.json()["available"] == ["application/json", "application/msgpack"]


@Protocols
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_client_is_refused_before_the_work(protocol: str, method: str) -> None:
    """A 406 says that nothing was done, where the handler says what it returns."""
    made: list[str] = []
    app = CovetPy(middleware=[])

    @app.route("/", methods=["GET", method])
    async def make(request: Request) -> dict[str, int]:
        made.append(request.method)
        return {"number": len(made)}

    async with TestClient(app, protocol=protocol) as client:  # type: ignore[arg-type]
        refused = await client.request(method, "/", headers={"accept": "text/html"})
        packed = await client.request(method, "/", headers={"accept": "application/msgpack"})

    assert (refused.status_code, made) == (406, [method])
    assert packed.headers["content-type"] == "application/msgpack"


@Protocols
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_work_that_is_done_is_not_refused(protocol: str, method: str) -> None:
    """A client that accepts nothing on offer gets JSON: a 406 would make it do the work again."""
    made: list[str] = []
    app = CovetPy()

    @app.route("/", methods=["GET", method])
    async def make(request: Request):  # type: ignore[no-untyped-def] # what it returns is not known before
        made.append(request.method)
        return {"number": len(made)}

    async with TestClient(app, protocol=protocol) as client:  # type: ignore[arg-type]
        changed = await client.request(method, "/", headers={"accept": "text/html"})
        read = await client.get("/", headers={"accept": "text/html"})

    assert (changed.status_code, changed.json()) == (200, {"number": 1})
    assert read.status_code == 406


@pytest.mark.row(28)
@Protocols
async def test_row_028_remembered_accept_headers_are_bounded_over_all_routes(protocol: str) -> None:
    """Clients cannot fill the memory with `Accept` headers, however many routes they ask."""
    app = CovetPy()

    async def index() -> dict[str, int]:
        return {}

    for path in ("/a", "/b"):
        app.add_route(path, index)

    async with TestClient(app, protocol=protocol) as client:  # type: ignore[arg-type]
        for number in range(600):
            for path in ("/a", "/b"):
                await client.get(path, headers={"accept": f"application/json, text/{path[1:]}{number}"})
        results = [route.endpoint.results for route in app.router.routes]

    assert results[0].accepted is results[1].accepted
    assert results[0].accepted_bytes is results[1].accepted_bytes
    assert 1000 < len(results[0].accepted) <= 1024
    assert 1000 < len(results[0].accepted_bytes) <= 1024


@pytest.mark.row(47)
async def test_a_length_that_lies_is_found_inside_the_middleware() -> None:
    """The layers see the 500 leave."""

    async def stamp(request: Any, call_next: Any) -> Response:
        response: Response = await call_next(request)
        response.headers["x-stamp"] = "1"
        return response

    app = CovetPy(middleware=[stamp])

    @app.get("/")
    async def index() -> Response:
        response = Response("body")
        response.headers["content-length"] = "7"
        return response

    async with TestClient(app, raise_app_exceptions=False) as client:
        response = await client.get("/")

    assert (response.status_code, response.headers["x-stamp"]) == (500, "1")


@Protocols
async def test_a_default_that_did_not_come_is_in_the_answer(protocol: str) -> None:
    """A dataclass that was decoded with its defaults is written with them."""
    app = CovetPy()

    @app.post("/")
    async def echo(todo: Todo) -> Todo:
        return todo

    async with TestClient(app, protocol=protocol) as client:  # type: ignore[arg-type]
        response = await client.post("/", json={"title": "a"})

    assert response.json() == {"title": "a", "completed": False}


def make_varying(*layers: object, is_alone: bool = False) -> CovetPy:
    """Make an application with one format, or with two."""
    app = CovetPy(middleware=layers)
    if is_alone:
        app.serializers.unregister("application/msgpack")

    @app.get("/result")
    async def result() -> dict[str, int]:
        return {"a": 1}

    @app.get("/error", exception_handlers={KeyError: lambda request, exc: {"a": 1}})
    async def error() -> None:
        raise KeyError

    @app.get("/text")
    async def text() -> str:
        return "a"

    @app.get("/fixed", media_type="application/vnd.api+json")
    async def fixed() -> dict[str, int]:
        return {"a": 1}

    return app


async def pass_on(request: Request, call_next: CallNext) -> Response:
    """Change nothing, but make the routes ones with middleware."""
    return await call_next(request)


@Protocols
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("layers", [(), (pass_on,)])
@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "application/*;q=0.5", "application/msgpack"])
@pytest.mark.parametrize(
    ("path", "vary"), [("/result", "Accept"), ("/error", "Accept"), ("/text", None), ("/fixed", None)]
)
async def test_what_could_have_been_another_format_varies(
    protocol: Any, method: str, layers: tuple[object, ...], accept: str | None, path: str, vary: str | None
) -> None:
    """A cache keeps apart what depends on `Accept`, JSON too, and nothing else (RFC 9110 §12.5.5)."""
    async with TestClient(make_varying(*layers), protocol=protocol) as client:
        # Twice: an `Accept` that was seen before goes another way.
        answers = [await client.request(method, path, headers={"accept": accept}) for _ in range(2)]

    assert [answer.headers.get("vary") for answer in answers] == [vary] * 2


@Protocols
@pytest.mark.parametrize("layers", [(), (pass_on,)])
async def test_an_only_format_does_not_vary(protocol: Any, layers: tuple[object, ...]) -> None:
    """Where JSON is all there is, nothing depends on the client."""
    async with TestClient(make_varying(*layers, is_alone=True), protocol=protocol) as client:
        response = await client.get("/result")

    assert "vary" not in response.headers
