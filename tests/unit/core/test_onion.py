"""
Tests of the onion as it is written: flat where it can be, and in order.
"""

import re
from typing import Any

import pytest

from covet import CovetPy, Request, Response
from covet.code_writer import get_source
from covet.core.asgi_wire import compile_asgi
from covet.core.middleware import CallNext, Middleware
from covet.testing import TestClient

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])


class Both(Middleware):
    """Has a hook on the way in and one on the way out."""

    def __init__(self, log: list[str], name: str = "") -> None:
        self.log = log
        self.name = name

    def process_request(self, request: Request) -> None:
        """Note the way in."""
        self.log.append(f"in {self.name}")

    async def process_response(self, request: Request, response: Response) -> Response:
        """Note the way out."""
        self.log.append(f"out {self.name}")
        return response


class Finisher(Middleware):
    """Learns of the end alone."""

    def __init__(self, log: list[str]) -> None:
        self.log = log

    def on_finish(self, request: Request, response: Response | None, error: BaseException | None) -> None:
        """Note it."""
        self.log.append("finish")


async def around(request: Request, call_next: CallNext) -> Response:
    """Go around the inside."""
    return await call_next(request)


def source_of(*middleware: object) -> str:
    """Write the endpoint of a route with some middleware."""
    app = CovetPy(middleware=list(middleware))
    app.add_route("/", lambda: "", non_blocking=True)
    app.compile()
    return get_source(compile_asgi(app.router.routes[0].endpoint, app))


def test_hooks_stand_in_one_function_in_their_order() -> None:
    """No frame lies between two layers of hooks; a coroutine is awaited, a function called."""
    source = source_of(Both([]), Both([]))

    calls = re.findall(r"(await )?(process_\w+_\d)\(", source)

    assert calls == [
        ("", "process_request_0"),
        ("", "process_request_1"),
        ("await ", "process_response_1"),
        ("await ", "process_response_0"),
    ]
    assert source.count("def ") == 1


def test_a_layer_that_only_finishes_costs_a_note() -> None:
    """That it was entered; the rest of it stands behind the onion."""
    source = source_of(Finisher([]))

    assert source.count("request.entered = 1") == 1
    assert "process_" not in source


def test_what_goes_around_gets_the_rest_as_a_function() -> None:
    """The layers inside of it, and the handler, stand in one of their own."""
    source = source_of(around, Both([]))

    assert "middleware_0(request, OnceNext(inner_1, name_0))" in source
    assert "process_request_1" not in source
    assert "handler(" not in source


def test_no_onion_is_too_deep_for_the_compiler() -> None:
    """CPython nests 20 blocks at most: after some layers a function of its own goes on."""
    source = source_of(*(Both([]) for _ in range(40)))

    indents = [len(line) - len(line.lstrip()) for line in source.splitlines()]

    assert max(indents) // 4 < 40
    assert re.search(r"response = await inner_\d+\(request\)", source)


@Protocols
@pytest.mark.parametrize("count", [1, 8, 9, 17, 40])
async def test_every_layer_of_a_deep_onion_runs_once_in_order(protocol: Any, count: int) -> None:
    """Wherever one function ends and the next goes on; layers that go around stand in between."""
    log: list[str] = []
    layers: list[object] = []
    for number in range(count):
        layers += [Both(log, str(number)), around] if number % 5 == 4 else [Both(log, str(number))]
    app = CovetPy(middleware=[Finisher(log), *layers])
    app.add_route("/", lambda: log.append("handler"), non_blocking=True)

    async with TestClient(app, protocol=protocol) as client:
        response = await client.get("/")

    inwards = [f"in {number}" for number in range(count)]
    outwards = [f"out {number}" for number in reversed(range(count))]
    assert response.status_code == 204
    assert log == [*inwards, "handler", *outwards, "finish"]


@Protocols
@pytest.mark.parametrize("depth", [0, 3, 11])
async def test_an_error_at_any_depth_leaves_as_a_response(protocol: Any, depth: int) -> None:
    """The layers outside of it see the response that it became; those inside were never entered."""
    log: list[str] = []

    class Failing(Both):
        """Fails on the way in."""

        def process_request(self, request: Request) -> None:
            """Fail."""
            raise KeyError("a")

    layers = [Failing(log) if number == depth else Both(log, str(number)) for number in range(14)]
    app = CovetPy(middleware=layers, exception_handlers={KeyError: lambda request, exc: ("answered", 418)})
    app.add_route("/", lambda: log.append("handler"), non_blocking=True)

    async with TestClient(app, protocol=protocol) as client:
        response = await client.get("/")

    assert (response.status_code, response.text) == (418, "answered")
    assert log == [
        *(f"in {number}" for number in range(depth)),
        *(f"out {number}" for number in reversed(range(depth))),
    ]
