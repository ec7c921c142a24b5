"""
Routes are found by the names they were given, or else by those of their handlers.
"""

import pytest

from covet import CovetPy
from covet.core.routing import CovetRouter
from covet.exceptions import ItemNotFoundError, RouteError


async def handler(request: object) -> str:
    """A handler."""
    return "handler"


async def other(request: object) -> str:
    """Another handler."""
    return "other"


def test_a_route_is_called_by_its_name_or_its_handlers() -> None:
    """
    A given name goes before one that comes from a handler.
    """
    router = CovetRouter()
    router.add_route("/a/{x}", handler)
    router.add_route("/b/{x:int}", other, name="b")

    assert router.url_for("handler", x="ü") == "/a/%C3%BC"
    assert router.url_for("b", x=7) == "/b/7"
    with pytest.raises(
        ItemNotFoundError, match=r"'handlr' is not registered in the names of routes\.\n  Did you mean 'handler'"
    ):
        router.url_for("handlr")
    with pytest.raises(RouteError, match="Wrong parameters: missing 'x'"):
        router.url_for("b")


def test_a_given_name_belongs_to_one_route() -> None:
    """
    The error names both routes, at start-up.
    """
    router = CovetRouter()
    router.add_route("/a", handler, name="x")

    with pytest.raises(RouteError, match=r"GET /b: The name 'x' belongs to GET /a \(.*\.handler\) already"):
        router.add_route("/b", other, name="x")


def test_a_router_that_is_included_twice_needs_a_prefix_for_its_names() -> None:
    """
    The error says so, and an application takes it as a router does.
    """
    app, router = CovetPy(), CovetRouter()
    router.add_route("/x", handler, name="x")
    app.include_router(router, "/v1")

    with pytest.raises(RouteError, match=r"already\.\n  Give include_router a name_prefix\.$"):
        app.include_router(router, "/v2")
    with pytest.raises(RouteError, match=r"already\.\n  Give each route a name of its own\.$"):
        app.add_route("/y", other, name="x")
    with pytest.raises(RouteError, match=r"already\.\n  Give each route a name of its own\.$"):
        app.add_route("/y", handler, name="x")
    app.include_router(router, "/v2", name_prefix="v2:")

    assert (app.url_for("x"), app.url_for("v2:x")) == ("/v1/x", "/v2/x")


def test_a_handlers_name_may_be_ambiguous_until_it_is_used() -> None:
    """
    Routes of one path share it; of several paths, nobody knows which is meant.
    """
    router = CovetRouter()
    router.add_route("/a", handler)
    router.add_route("/a", handler, ["PUT"])

    assert router.url_for("handler") == "/a"

    router.add_route("/b", handler)

    with pytest.raises(
        RouteError, match=r"Several routes are called 'handler': /a, /a, /b.\n  Give them names with name=…"
    ):
        router.url_for("handler")


def test_a_given_name_goes_before_a_handlers() -> None:
    """
    A route that was called like another one's handler is the one that is meant, in any order.
    """
    first, second = CovetRouter(), CovetRouter()

    first.add_route("/a", handler)
    first.add_route("/b", other, name="handler")
    second.add_route("/b", other, name="handler")
    second.add_route("/a", handler)

    assert first.url_for("handler") == second.url_for("handler") == "/b"


def test_a_route_is_found_by_its_name_alone() -> None:
    """
    A function in place of its name is refused, with the name to write.
    """
    router = CovetRouter()
    router.add_route("/a", handler)

    with pytest.raises(RouteError, match=r"by its name, a text, got function\.\n  Write 'handler'\."):
        router.url_for(handler)  # type: ignore[arg-type]
    with pytest.raises(RouteError, match=r"by its name, a text, got int\."):
        router.url_for(7)  # type: ignore[arg-type]
