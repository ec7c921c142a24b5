"""
Where built-in middleware stands, whatever the order of the calls.
"""

import itertools

import pytest

from covet import CovetPy, Request, Response
from covet.core import CovetRouter
from covet.exceptions import ConfigurationError
from covet.middleware import CallNext, ConditionalMiddleware, CORSMiddleware, GZipMiddleware, Middleware
from covet.middleware.places import Place


async def own(request: Request, call_next: CallNext) -> Response:
    """Stand where one's own middleware does."""
    return await call_next(request)


def name(layer: object) -> str:
    """Name a layer."""
    return getattr(layer, "__name__", type(layer).__name__)


@pytest.mark.parametrize(
    "given", list(itertools.permutations([own, CORSMiddleware, GZipMiddleware, ConditionalMiddleware]))
)
def test_the_order_of_the_calls_is_no_matter(given: tuple[object, ...]) -> None:
    """At the application, a router and a route."""
    expected = ["CORSMiddleware", "GZipMiddleware", "ConditionalMiddleware", "own"]
    app = CovetPy(middleware=list(given))
    router = CovetRouter(middleware=list(given[:2]))

    @router.get("/", middleware=list(given[2:]))
    async def show() -> str:
        return ""

    app.include_router(router)

    assert [name(layer) for layer in app.layers] == expected
    assert [getattr(layer, "__name__", "") for layer in app.router.routes[0].all_middleware] == expected


def test_a_text_stands_where_its_class_does() -> None:
    """Settings and routes name middleware by texts."""
    app = CovetPy(middleware=[own, "covet.middleware:CORSMiddleware"])

    @app.get("/", middleware=[own, "covet.middleware:CORSMiddleware"])
    async def show() -> str:
        return ""

    assert [name(layer) for layer in app.layers] == ["CORSMiddleware", "own"]
    assert app.router.routes[0].all_middleware == ("covet.middleware:CORSMiddleware", own)


def test_a_priority_that_is_given_wins() -> None:
    """Of the call, and of an instance."""
    app = CovetPy()
    app.add_middleware(own)
    app.add_middleware(CORSMiddleware, priority=200)

    assert [name(layer) for layer in app.layers] == ["own", "CORSMiddleware"]


def test_a_class_has_a_place_of_its_own() -> None:
    """Lower is further out; a subclass stands where its base does."""

    class Outer(Middleware):
        priority: int = Place.TRUSTED_HOST

        def process_request(self, request: Request) -> None:
            """Do nothing."""

    class Further(Outer):
        priority = Outer.priority - 1

    app = CovetPy(middleware=[CORSMiddleware, Outer, Further])

    assert [name(layer) for layer in app.layers] == ["Further", "Outer", "CORSMiddleware"]


def test_a_priority_that_is_none_is_refused() -> None:
    """Where the layer is added."""

    class First(Middleware):
        priority = "first"  # type: ignore[assignment]

        def process_request(self, request: Request) -> None:
            """Do nothing."""

    with pytest.raises(ConfigurationError) as caught:
        CovetPy(middleware=[First])

    assert str(caught.value).endswith("First has 'first'.\n  Lower is further out; leave it out for 100.")
