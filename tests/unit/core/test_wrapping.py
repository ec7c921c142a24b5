"""
Tests of raw ASGI middleware: each wrapper is called once.
"""

from functools import partial
from typing import Any

import pytest

from covet import CovetPy
from covet.core.wrapping import Wrapping
from covet.exceptions import ConfigurationError, NotFoundError
from covet.serialization import JSONSerializer
from covet.testing import TestClient
from covet.types import ASGIApp, Receive, Scope, Send

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])


async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer nothing."""


class Counter:
    """Raw middleware with state: it counts what passes."""

    def __init__(self, made: list["Counter"], app: ASGIApp, order: list[str] | None = None, name: str = "") -> None:
        self.app = app
        self.count = 0
        self.order = order
        self.name = name
        made.append(self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count, and pass on."""
        self.count += 1
        if self.order is not None:
            self.order.append(self.name)
        await self.app(scope, receive, send)


async def pass_on(request: Any, call_next: Any) -> Any:
    """Do nothing around a route."""
    return await call_next(request)


async def be_polite(request: Any, exc: Exception) -> str:
    """Answer an exception."""
    return "sorry"


# What makes the application compile its routes again.
CHANGES = [
    pytest.param(lambda app: app.add_middleware(pass_on), id="middleware"),
    pytest.param(lambda app: app.add_exception_handler(NotFoundError, be_polite), id="exception handler"),
    pytest.param(
        lambda app: app.serializers.register("application/json", JSONSerializer(), replace=True), id="serializer"
    ),
]


@Protocols
@pytest.mark.parametrize("change", CHANGES)
async def test_what_a_wrapper_gave_keeps_its_state(protocol: Any, change: Any) -> None:
    """Routes are compiled again after a change; the raw middleware around them is the same object as before."""
    made: list[Counter] = []
    app = CovetPy()
    app.add_route("/", lambda: "ok")
    app.wrap(lambda inner: Counter(made, inner))

    async with TestClient(app, protocol=protocol) as client:
        await client.get("/")
        before = made[0].count
        change(app)
        response = await client.get("/")

    assert response.text == "ok"
    assert len(made) == 1
    assert made[0].count == before + 1


@Protocols
async def test_a_wrapper_that_comes_late_is_inside_the_others(protocol: Any) -> None:
    """The order is that of the calls of `wrap`, and those that were there are not called again."""
    made: list[Counter] = []
    order: list[str] = []
    app = CovetPy()
    app.add_route("/", lambda: "ok")
    for name in ("first", "second"):
        app.wrap(partial(Counter, made, order=order, name=name))

    async with TestClient(app, protocol=protocol) as client:
        await client.get("/")
        app.wrap(lambda inner: Counter(made, inner, order, "late"))
        order.clear()
        response = await client.get("/")

    assert response.text == "ok"
    assert order == ["first", "second", "late"]
    assert [counter.name for counter in made] == ["second", "first", "late"]


def test_without_wrappers_there_is_nothing_around() -> None:
    """An application that nobody wraps is called itself."""
    assert Wrapping(nothing).apply() is None


def test_what_cannot_be_called_is_refused() -> None:
    """The error shows what was given."""
    with pytest.raises(ConfigurationError) as caught:
        Wrapping(nothing).add("middleware")  # type: ignore[arg-type]

    assert str(caught.value) == "What wraps an application is called with it: 'middleware' cannot be called."


def test_a_wrapper_that_gives_no_application_is_refused() -> None:
    """The error names the wrapper and what it gave; the next attempt calls it again."""
    wrapping = Wrapping(nothing)
    wrapping.add(lambda _app: None)  # type: ignore[arg-type, return-value]

    for _ in range(2):
        with pytest.raises(ConfigurationError, match=r"<lambda> at \w+> must give an ASGI application, got NoneType\."):
            wrapping.apply()
