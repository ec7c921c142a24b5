"""
What a handler gets of the exchange itself is known by annotation, or by its usual name.
"""

from collections.abc import Callable
from typing import Any

import pytest

from covet import CovetPy, Request
from covet.core.own_arguments import find_own_source
from covet.core.path_template import PathTemplate
from covet.core.route import make_route
from covet.core.websocket_route import make_websocket_route
from covet.exceptions import RouteError
from covet.http.websocket import WebSocket
from covet.introspection import inspect_callable
from covet.middleware import BodyLimitMiddleware, TimeoutMiddleware
from covet.tasks import BackgroundTasks


def find(handler: Callable[..., Any], *, is_websocket: bool, path: str = "/") -> list[str | None]:
    """
    Tell what each parameter of a handler gets.
    """
    template = PathTemplate.parse(path)
    if is_websocket:
        route = make_websocket_route(template, handler, {}, ())
    else:
        route = make_route(template, handler, ("GET",), {}, ())
    info = inspect_callable(handler)
    return [find_own_source(route, info, parameter) for parameter in info.parameters]


def test_annotations_decide() -> None:
    """
    A handler of WebSockets may take the handshake, too; optional ones count.
    """

    async def handler(a: WebSocket, b: Request, c: BackgroundTasks, d: int, e: Request | None = None) -> None: ...

    assert find(handler, is_websocket=True) == ["websocket", "request", "background", None, "request"]


def test_names_decide_without_annotations() -> None:
    """
    The usual ones, and whatever name a first parameter has, unless the path gives it.
    """

    async def named(room, websocket): ...  # type: ignore[no-untyped-def]

    async def first(connection, other): ...  # type: ignore[no-untyped-def]

    async def request_too(ws, request): ...  # type: ignore[no-untyped-def]

    assert find(named, is_websocket=True, path="/{room}") == [None, "websocket"]
    assert find(first, is_websocket=True) == ["websocket", None]
    assert find(request_too, is_websocket=True) == ["websocket", "request"]
    assert find(first, is_websocket=False) == ["request", None]
    assert find(request_too, is_websocket=False) == ["request", "request"]


def test_a_request_has_no_websocket() -> None:
    """
    The error says which decorator does.
    """

    async def handler(socket: WebSocket) -> None: ...

    with pytest.raises(RouteError, match=r"^GET /.*A request has no WebSocket\.\n  Declare the handler with @app\.web"):
        find(handler, is_websocket=False)


def test_class_may_find_itself_in_a_request() -> None:
    """
    As a session does, optional or not.
    """

    class Basket:
        @classmethod
        def __from_request__(cls, request: Request) -> "Basket":
            return cls()

    async def handler(a: Basket, b: Basket | None, c: WebSocket) -> None: ...

    assert find(handler, is_websocket=True) == ["own", "own", "websocket"]


class Brought:
    """What a middleware brings."""

    __brought_by__ = "BodyLimitMiddleware"

    @classmethod
    def __from_request__(cls, request: Request) -> "Brought":
        return cls()


def test_what_nothing_may_bring_is_an_error_at_the_start() -> None:
    """It names the route and the middleware; another layer of the framework is not taken for it, an own one may be."""

    async def show(brought: Brought) -> str:
        return "shown"

    def make(*middleware: object) -> CovetPy:
        app = CovetPy(middleware=middleware)
        app.add_route("/shown", show)
        return app

    async def bring(request: Request, call_next: Callable[..., Any]) -> object:
        return await call_next(request)

    with pytest.raises(RouteError, match=r"GET /shown.*'brought': It takes a Brought, and no BodyLimitMiddleware is"):
        make(TimeoutMiddleware(1)).compile()
    for layer in (BodyLimitMiddleware(10), bring):
        make(layer).compile()
