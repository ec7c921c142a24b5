"""
The decorators declare what they are called after, and leave the handler as it is.
"""

from collections.abc import Sequence
from typing import Unpack

import pytest

from covet.core.route_decorators import RouteDecorators
from covet.core.route_options import Handler, RouteOptions
from covet.core.routing import CovetRouter
from covet.core.websocket_route import WebSocketOptions
from covet.exceptions import RouteError


async def handler(request: object) -> str:
    """A handler."""
    return "handler"


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_each_method_has_a_decorator(method: str) -> None:
    """
    The decorator declares its method and returns the handler as it is.
    """
    router = CovetRouter()

    decorated = getattr(router, method.lower())("/x", summary="s")(handler)

    assert decorated is handler
    assert router.routes[0].methods == (method,)
    assert router.routes[0].summary == "s"


def test_decorators_stack() -> None:
    """
    One handler may answer several paths and methods.
    """
    router = CovetRouter()

    @router.get("/a")
    @router.route("/b", methods=["PUT", "POST"])
    @router.route("/c")
    async def stacked() -> None: ...

    assert [(route.path, route.methods) for route in router.routes] == [
        ("/c", ("GET",)),
        ("/b", ("PUT", "POST")),
        ("/a", ("GET",)),
    ]


def test_anything_with_add_route_gets_the_decorators() -> None:
    """
    Path, handler, methods and options arrive at `add_route()` as they were written; no methods means its default.
    """
    calls: list[tuple[object, ...]] = []

    class Recorder(RouteDecorators):
        def add_route(
            self, path: str, handler: Handler, methods: Sequence[str] | None = None, **options: Unpack[RouteOptions]
        ) -> None:
            calls.append((path, handler, methods, options))

        def add_websocket_route(self, path: str, handler: Handler, **options: Unpack[WebSocketOptions]) -> None:
            calls.append((path, handler, options))

    Recorder().route("/a", timeout=2.0)(handler)
    Recorder().delete("/b")(handler)
    Recorder().websocket("/c", max_message_size=1)(handler)

    assert calls == [
        ("/a", handler, None, {"timeout": 2.0}),
        ("/b", handler, ("DELETE",), {}),
        ("/c", handler, {"max_message_size": 1}),
    ]


@pytest.mark.parametrize("method", ["route", "get", "head", "post", "put", "patch", "delete", "options", "websocket"])
def test_a_decorator_without_parentheses_is_refused(method: str) -> None:
    """
    It would swallow the handler, and the route would never be there.
    """
    with pytest.raises(RouteError, match=r"\.handler stands where the path belongs\.\n  A decorator of a route takes"):
        getattr(CovetRouter(), method)(handler)


def test_a_decorator_of_one_method_takes_no_methods() -> None:
    """
    The error says which decorator does.
    """
    with pytest.raises(RouteError, match=r"POST /x: .* takes no methods\.\n  Write route\('/x', methods=\[\.\.\.\]\)"):
        CovetRouter().post("/x", methods=["PUT"])  # type: ignore[call-arg]
