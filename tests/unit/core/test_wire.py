"""
Tests that both adapters contribute to an endpoint's source what its writer asks of them.
"""

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from covet import CovetPy, Response
from covet.code_writer import CodeWriter, get_source
from covet.core.asgi_wire import ASGIWire, compile_asgi
from covet.core.rsgi_wire import RSGIWire, compile_rsgi
from covet.core.wire import Wire, write_plain_fields
from covet.responses import PlainTextResponse
from covet.testing import TestClient

Adapters = pytest.mark.parametrize("adapter", [ASGIWire, RSGIWire])


@Adapters
def test_an_adapter_has_every_piece(adapter: Any) -> None:
    """Each as the kind of thing that it is declared to be."""
    pieces = inspect.get_annotations(Wire)

    assert {name: type(getattr(adapter, name)) for name in pieces} == pieces
    assert set(pieces) == {
        *(
            "parameters",
            "request",
            "exchange",
            "wants_json",
            "sends_json",
            "has_json",
            "is_untouched",
            "has_text_headers",
        )
    }


@Adapters
def test_an_adapters_methods_are_called_alike(adapter: Any) -> None:
    """The writer of an endpoint knows one signature for both."""
    methods = [name for name, _ in inspect.getmembers(Wire, inspect.isfunction) if not name.startswith("_")]

    declared = {name: str(inspect.signature(getattr(Wire, name))) for name in methods}

    assert {name: str(inspect.signature(getattr(adapter, name))) for name in methods} == declared
    assert "write_send" in declared


@pytest.mark.parametrize("is_head", [False, True])
@pytest.mark.parametrize("compiler", [compile_asgi, compile_rsgi])
def test_an_endpoint_has_the_adapters_parameters(compiler: Callable[..., Any], *, is_head: bool) -> None:
    """And its source says so, where a traceback shows it."""
    app = CovetPy()
    app.add_route("/", lambda: "")
    app.compile()
    wire: Any = ASGIWire if compiler is compile_asgi else RSGIWire

    endpoint = compiler(app.router.routes[0].endpoint, app, is_head=is_head)

    assert ", ".join(inspect.signature(endpoint).parameters) == wire.parameters
    assert get_source(endpoint).startswith(f"async def endpoint({wire.parameters}):\n")


@pytest.mark.parametrize("with_layer", [False, True])
async def test_both_answer_the_same(*, with_layer: bool) -> None:
    """Status, headers and body, whichever way a result and its body go."""

    async def layer(request: Any, call_next: Any) -> Any:
        return await call_next(request)

    app = CovetPy(middleware=[layer] if with_layer else [])
    results: dict[str, Any] = {
        "text": "caf\u00e9",
        "json": {"a": [1, None]},
        "bytes": b"\x00",
        "none": None,
        "pair": ({"a": 1}, 201),
        "triple": ("a", 202, {"x-a": "1"}),
    }

    @app.get("/{name}")
    async def show(name: str) -> object:
        return results[name]

    @app.post("/")
    async def echo(data: dict[str, int]) -> dict[str, int]:
        return data

    answers: dict[str, list[Any]] = {}
    for protocol in ("asgi", "rsgi"):
        async with TestClient(app, protocol=protocol) as client:
            responses = [await client.request(method, f"/{name}") for name in results for method in ("GET", "HEAD")]
            responses += [await client.post("/", json=data) for data in ({"a": 1}, {"a": "x"})]
        answers[protocol] = [
            (response.status_code, sorted(response.headers.multi_items()), response.content)
            for response in responses[:-1]
        ]
        answers[protocol].append(responses[-1].json()["errors"])

    assert answers["asgi"] == answers["rsgi"]


def make_cookies() -> Response:
    """Make a response with a name that comes twice."""
    response = Response("tea")
    response.set_cookie("a", "1")
    response.set_cookie("b", "2")
    return response


def put_dictionary() -> Response:
    """Make a response whose headers somebody has replaced."""
    response: Any = Response("tea")
    response.headers = {"x-a": "1"}
    made: Response = response
    return made


def set_length() -> Response:
    """Make a response to which somebody gave a length."""
    response = Response("tea")
    response.headers["content-length"] = "3"
    return response


@pytest.mark.parametrize(
    ("response", "fields"),
    [
        (Response("tea"), ["content-type"]),
        (Response(b"", headers={"x-a": "1"}), ["content-type", "x-a"]),
        (PlainTextResponse("tea"), None),
        (Response(None, 204), None),
        (make_cookies(), None),
        (put_dictionary(), None),
        (set_length(), None),
    ],
)
def test_a_plain_response_is_known_by_its_fields(response: Response, fields: list[str] | None) -> None:
    """All others go the long way."""
    writer = CodeWriter()
    with writer.block("def find(response):"):
        write_plain_fields(writer)
        writer.line("return fields")

    found = writer.compile("find")(response)

    assert (None if found is None else list(found)) == fields
