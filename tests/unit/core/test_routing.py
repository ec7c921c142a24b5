"""
The router: declaring, including, mounting, naming, finding.
"""

import asyncio
from typing import Any

import pytest

from covet.core.controller import get
from covet.core.converters import ConverterTable
from covet.core.route import Mount, Route
from covet.core.routing import CovetRouter, TrailingSlash
from covet.exceptions import NotFoundError, RouteConflictError, RouteError
from covet.types import Message, Receive, Scope, Send


async def answer(request: object, exc: Exception) -> str:
    """An exception handler."""
    return "answer"


async def handler(request: object) -> str:
    """A handler."""
    return "handler"


async def other(request: object) -> str:
    """Another handler."""
    return "other"


class Users:
    """
    A controller.
    """

    @get("/users")
    async def show(self) -> None:
        """
        Answer nothing.
        """


async def asgi_app(scope: Scope, receive: Receive, send: Send) -> None:
    """An ASGI application."""
    message: Message = await receive()
    await send(message)


class Slug:
    """A converter of one's own."""

    regex = "[a-z-]+"

    def convert(self, text: str) -> str:
        return text.upper()

    def to_string(self, value: str) -> str:
        return value.lower()


def router_with(*paths: str, trailing_slash: TrailingSlash | None = None) -> CovetRouter:
    """
    Make a router with a GET route for each path.
    """
    router = CovetRouter(trailing_slash=trailing_slash)
    for path in paths:
        router.add_route(path, handler, ["GET"])
    return router


# ── Declaring and matching ───────────────────────────────────────────────────


def test_two_handlers_for_the_same_requests_conflict() -> None:
    """
    The error names both handlers, their module and their paths, and the route is not there.
    """
    router = router_with("/users/{id}")

    with pytest.raises(RouteConflictError) as caught:
        router.add_route("/users/{name}", other, ["POST", "GET"])

    assert str(caught.value) == (
        f"GET /users/{{name}}: {__name__}.handler (GET /users/{{id}}) and {__name__}.other (POST,GET /users/{{name}})"
        " claim the same requests.\n  Change the path or the methods of one of them."
    )
    assert len(router.routes) == 1
    assert router.match_route("/users/7", "POST") is None


def test_converters_of_the_same_place_coexist() -> None:
    """
    A typed and a plain parameter are two routes.
    """
    router = CovetRouter()
    router.add_route("/x/{b:str}", other)
    router.add_route("/x/{a:int}", handler)

    assert [router.resolve(path, "GET").values for path in ("/x/1", "/x/y")] == [["1"], ["y"]]
    assert router.resolve("/x/1", "GET").route is router.routes[1]


def test_a_method_of_ones_own_is_registered_first() -> None:
    """
    Methods outside the usual set are allowed by name, and only there.
    """
    router = CovetRouter()

    router.register_method("PURGE")
    router.add_route("/cache", handler, ["PURGE"])

    assert router.match_route("/cache", "PURGE") is not None
    assert "PURGE" in router.methods
    assert "PURGE" not in CovetRouter().methods


@pytest.mark.parametrize("method", ["get", "PUR GE", "", "PURGE\r\n"])
def test_what_cannot_be_a_method_is_not_registered(method: str) -> None:
    """
    Another spelling of a usual method is refused as well.
    """
    with pytest.raises(RouteError, match=r"cannot be a method\.\n  Methods are words in capitals, such as 'PURGE'\."):
        CovetRouter().register_method(method)


def test_a_converter_belongs_to_its_router() -> None:
    """
    Another router does not know it, unless both are given one table.
    """
    table = ConverterTable()
    router, sister = CovetRouter(converters=table), CovetRouter(converters=table)

    router.register_converter("slug", Slug())
    sister.add_route("/{title:slug}", handler)

    match = sister.match_route("/my-post", "GET")
    assert match is not None
    assert match.params == {"title": "MY-POST"}
    with pytest.raises(RouteError, match="There is no converter 'slug'"):
        CovetRouter().add_route("/{title:slug}", handler)


def test_prepare_sees_a_route_or_a_mount_before_requests_do() -> None:
    """
    What the application refuses to compile, or to mount, is not served.
    """
    router, child = CovetRouter(), CovetRouter()
    router.include_router(child, "/child")
    prepared: list[str] = []

    def prepare(item: Route | Mount) -> None:
        path = item.path if isinstance(item, Route) else item.prefix
        if "bad" in path:
            raise RouteError("It has no annotation.", route=path)
        prepared.append(path)

    router.prepare = prepare
    child.add_route("/good", handler)
    child.mount("/files", asgi_app)
    with pytest.raises(RouteError, match="It has no annotation"):
        child.add_route("/bad", handler)
    with pytest.raises(RouteError, match="It has no annotation"):
        child.mount("/bad-files", asgi_app)

    assert prepared == ["/child/good", "/child/files"]
    assert router.match_route("/child/bad", "GET") is None
    assert child.match_route("/bad", "GET") is None
    assert [mount.prefix for mount in (*router.mounts, *child.mounts)] == ["/child/files", "/files"]


async def test_routes_arrive_while_requests_are_matched() -> None:
    """
    A task that matches and one that declares share the loop; each route is found from its declaration on.
    """
    router = router_with("/x/0")
    misses = 0

    async def declare() -> None:
        for number in range(1, 200):
            router.add_route(f"/x/{number}", handler)
            router.add_route(f"/y/{{a}}/{number}", handler)
            await asyncio.sleep(0)

    async def match() -> None:
        nonlocal misses
        while len(router.routes) < 399:
            for route in router.routes:
                misses += router.match_route(route.path.replace("{a}", "z"), "GET") is None
            await asyncio.sleep(0)

    await asyncio.gather(declare(), match())

    assert misses == 0


# ── Including ────────────────────────────────────────────────────────────────


def test_an_included_router_stays_live() -> None:
    """
    Routes that a router gets after it was included appear wherever it was, at every depth.
    """
    app, middle, leaf = CovetRouter(), CovetRouter(), CovetRouter(prefix="/leaf")
    middle.include_router(leaf, "/{middle_id:int}")
    app.include_router(middle, "/a")
    app.include_router(middle, "/b", name_prefix="b:")

    leaf.add_route("/{leaf_id}", handler, name="leaf")
    leaf.add_route("", handler)

    assert [route.path for route in app.routes] == [
        "/a/{middle_id:int}/leaf/{leaf_id}",
        "/b/{middle_id:int}/leaf/{leaf_id}",
        "/a/{middle_id:int}/leaf",
        "/b/{middle_id:int}/leaf",
    ]
    match = app.match_route("/a/1/leaf/x", "GET")
    assert match is not None
    assert match.params == {"middle_id": 1, "leaf_id": "x"}
    assert app.url_for("b:leaf", middle_id=1, leaf_id="x") == "/b/1/leaf/x"


def test_inheritance_goes_from_the_outside_in() -> None:
    """
    Router, inclusion, inner router, route; what a router gets later holds for all its routes, which compile again.
    """
    app = CovetRouter(middleware=["app"], tags=["all"])
    child = CovetRouter(middleware=["child"])
    child.add_route("/x", handler, middleware=["route"], exception_handlers={404: answer})
    app.include_router(child, "/c", middleware=["inclusion"], tags=["c"])
    app.add_route("/y", handler)
    for route in app.routes:
        route.endpoint = "compiled"

    child.middleware("late")
    child.exception_handler(NotFoundError)(answer)
    app.add_exception_handler(500, answer)

    included, own = app.routes
    assert included.all_middleware == ("app", "inclusion", "child", "late", "route")
    assert included.all_exception_handlers == ({404: answer}, {NotFoundError: answer}, {500: answer})
    assert included.all_tags == ("all", "c")
    assert own.all_middleware == ("app",)
    assert included.endpoint is None


def test_only_routes_that_a_change_concerns_compile_again() -> None:
    """
    A middleware of one router leaves the others' routes as they are.
    """
    app, child = router_with("/own"), router_with("/child")
    app.include_router(child, "/c")
    for route in app.routes:
        route.endpoint = "compiled"

    child.middleware("late")

    assert [(route.path, route.endpoint) for route in app.routes] == [("/own", "compiled"), ("/c/child", None)]


def test_a_conflict_of_an_inclusion_changes_nothing() -> None:
    """
    All of a router's routes are included, or none; and a late route is refused everywhere.
    """
    app, child = router_with("/c/b"), router_with("/a", "/b")

    with pytest.raises(RouteConflictError, match="GET /c/b"):
        app.include_router(child, "/c")
    app.include_router(child, "/d")
    app.add_route("/d/late", handler)
    with pytest.raises(RouteConflictError, match="GET /d/late"):
        child.add_route("/late", other)

    assert app.match_route("/c/a", "GET") is None
    assert child.match_route("/late", "GET") is None


def test_routers_do_not_contain_each_other() -> None:
    """
    A circle is an error, however long.
    """
    first, second, third = CovetRouter(), CovetRouter(), CovetRouter()
    first.include_router(second, "/2")
    second.include_router(third, "/3")

    with pytest.raises(RouteError, match="/1: A router cannot contain itself"):
        third.include_router(first, "/1")
    with pytest.raises(RouteError, match="A router cannot contain itself"):
        first.include_router(first)


def test_the_policy_for_slashes_is_the_outermost_routers() -> None:
    """
    A policy that would be ignored is refused.
    """
    with pytest.raises(
        RouteError, match=r"cannot have a policy for trailing slashes\.\n  Give trailing_slash= to the out"
    ):
        CovetRouter().include_router(CovetRouter(trailing_slash="strict"))


@pytest.mark.parametrize(
    ("prefix", "message"),
    [("/", "A prefix does not end with a slash"), ("/a/", "does not end with a slash"), ("a", "starts with a slash")],
)
def test_a_prefix_is_a_path_without_an_end(prefix: str, message: str) -> None:
    """
    Prefixes are checked wherever they are written.
    """
    with pytest.raises(RouteError, match=message):
        CovetRouter(prefix=prefix)
    with pytest.raises(RouteError, match=message):
        CovetRouter().include_router(CovetRouter(), prefix)


def test_an_empty_path_needs_a_prefix() -> None:
    """
    Without one there is no path at all.
    """
    with pytest.raises(RouteError, match="A path starts with a slash"):
        CovetRouter().add_route("", handler)


# ── Exception handlers ───────────────────────────────────────────────────────


@pytest.mark.parametrize("key", [200, 600, "404", KeyboardInterrupt, True, ValueError("x")])
def test_an_exception_handler_is_for_exceptions_and_error_statuses(key: object) -> None:
    """
    Anything else is refused, those exceptions that no handler may swallow included.
    """
    with pytest.raises(RouteError, match="An exception handler is for an exception class or an error status, got"):
        CovetRouter().add_exception_handler(key, handler)  # type: ignore[arg-type]


def test_an_exception_has_one_handler_per_level() -> None:
    """
    The error names both.
    """
    router = CovetRouter(exception_handlers={404: answer})

    with pytest.raises(RouteError, match=r"404 is handled by .*\.answer already, not by .*\.answer"):
        router.add_exception_handler(404, answer)


# ── Trailing slashes ─────────────────────────────────────────────────────────


def test_a_policy_that_does_not_exist_is_refused() -> None:
    """
    The error suggests the closest one.
    """
    with pytest.raises(
        RouteError, match=r"must be one of strict, redirect, ignore, got 'redirct'\.\n  Did you mean 'redirect'"
    ):
        CovetRouter(trailing_slash="redirct")  # type: ignore[arg-type]


# ── Mounting ─────────────────────────────────────────────────────────────────


def test_mounts_are_included() -> None:
    """
    An included router brings its mounted applications, late ones too.
    """
    app, child = CovetRouter(), CovetRouter()
    child.mount("/early", asgi_app)
    app.include_router(child, "/c")

    child.mount("/late", asgi_app)

    assert {mount.prefix for mount in app.mounts} == {"/c/early", "/c/late"}


def test_a_mount_is_refused_where_it_cannot_be() -> None:
    """
    Prefixes are unique and without parameters.
    """
    router = CovetRouter()
    router.mount("/a", asgi_app)

    with pytest.raises(RouteConflictError, match="/a: Something is mounted there already"):
        router.mount("/a", asgi_app)
    with pytest.raises(RouteError, match="The prefix of a mounted application has no parameters"):
        router.mount("/{a}", asgi_app)
    with pytest.raises(RouteError, match="The prefix of a mounted application has no parameters"):
        CovetRouter().include_router(router, "/{b}")


# ── WebSockets ───────────────────────────────────────────────────────────────


def test_websocket_routes_stand_apart() -> None:
    """
    A WebSocket and an HTTP route may have one path; both are included.
    """
    app, child = CovetRouter(), router_with("/chat/{room}")
    app.include_router(child, "/c")

    assert child.websocket("/chat/{room}", name="chat")(other) is other

    found = app.websocket_tree.find("/c/chat/7")
    assert found is not None
    assert found[0]["WEBSOCKET"] is app.websocket_routes[0]
    assert list(found[1]) == ["7"]
    assert len(app.routes) == 1
    assert app.url_for("chat", room="7") == "/c/chat/7"


@pytest.mark.parametrize("other", [None, asgi_app, "router"])
def test_what_is_no_router_is_not_included(other: Any) -> None:
    """
    The error says how to have an application instead.
    """
    with pytest.raises(RouteError) as caught:
        CovetRouter().include_router(other, "/api")

    assert str(caught.value) == (
        f"/api: A CovetRouter is included, got {type(other).__name__}.\n"
        "  Mount an application in its stead: app.mount(prefix, other)."
    )


@pytest.mark.parametrize("way", ["router", "inclusion", "controller"])
def test_a_text_is_no_list_of_tags_or_middleware(way: str) -> None:
    """
    Wherever they are given to several routes at once.
    """
    router = CovetRouter()

    with pytest.raises(RouteError, match=r"tags must be a list of texts, got 'abc'\."):
        if way == "router":
            CovetRouter(tags="abc")
        elif way == "inclusion":
            router.include_router(CovetRouter(), "/api", tags="abc")
        else:
            router.add_controller(Users(), tags="abc")
