"""
What a router answers: which route, which other methods, which mounted application, which other spelling.
"""

import pytest

from covet.core.routing import CovetRouter, TrailingSlash
from covet.types import Message, Receive, Scope, Send


async def handler(request: object) -> str:
    """A handler."""
    return "handler"


async def other(request: object) -> str:
    """Another handler."""
    return "other"


def router_with(*paths: str, trailing_slash: TrailingSlash | None = None) -> CovetRouter:
    """
    Make a router with a GET route for each path.
    """
    router = CovetRouter(trailing_slash=trailing_slash)
    for path in paths:
        router.add_route(path, handler, ["GET"])
    return router


async def asgi_app(scope: Scope, receive: Receive, send: Send) -> None:
    """An ASGI application."""
    message: Message = await receive()
    await send(message)


async def test_a_route_is_matched() -> None:
    """
    The match has the handler, the parameters and the route.
    """
    router = CovetRouter()
    router.add_route("/users/{user_id}", handler, ["GET"])

    match = router.match_route("/users/123", "GET")

    assert match is not None
    assert match.handler == handler
    assert match.params == {"user_id": "123"}
    assert match.route is router.routes[0]
    assert await match.handler(None) == "handler"


def test_parameters_are_converted() -> None:
    """
    The match has values of the converters' types; a value that does not exist is no match.
    """
    router = router_with("/{number:int}/{day:date}")

    match = router.match_route("/7/2026-11-23", "GET")

    assert match is not None
    assert match.params["number"] == 7
    assert router.match_route("/7/2026-02-30", "GET") is None


@pytest.mark.row(63)
@pytest.mark.parametrize("method", ["get", "_DO_DELETE", "__INIT__", "", "GET ", "TRACE", "CONNECT", "add_route"])
def test_a_request_with_another_method_finds_no_handler(method: str) -> None:
    """
    The method is looked up in a table, case-sensitive: the answer is 405 with what is allowed.
    """
    router = router_with("/x")

    assert router.match_route("/x", method) is None
    assert router.resolve("/x", method).allowed == ("GET", "HEAD", "OPTIONS")


def test_a_less_specific_route_answers_the_method_that_the_first_lacks() -> None:
    """
    DELETE /users/me reaches /users/{id}; a method that neither has gets the complete list.
    """
    router = router_with("/users/me")
    router.add_route("/users/{user_id}", other, ["DELETE"])

    match = router.match_route("/users/me", "DELETE")

    assert match is not None
    assert (match.handler, match.params) == (other, {"user_id": "me"})
    assert router.resolve("/users/me", "PUT").allowed == ("DELETE", "GET", "HEAD", "OPTIONS")


@pytest.mark.parametrize(
    ("declared", "path", "redirect"),
    [
        ("/users", "/users/", "/users"),
        ("/users/", "/users", "/users/"),
        ("/users/{name}", "/users/a b\r\n/", "/users/a%20b%0D%0A"),
        ("/users", "/users//", None),
        ("/users", "/other/", None),
        ("/{name}", "//evil.example", None),
        ("/{p:path}", "//evil.example/", None),
        ("/{a}/{b}", "//evil.example/x/", None),
        ("/{a}/{b}/", "/\\evil.example/x", None),
        ("/{a}", "/", None),
        ("/x", "", None),
    ],
)
def test_the_other_spelling_is_offered_only_if_it_exists_here(declared: str, path: str, redirect: str | None) -> None:
    """
    The target is percent-encoded and never names another host.
    """
    router = router_with(declared)

    assert router.resolve(path, "GET").redirect == redirect


@pytest.mark.parametrize("declared", ["/users", "/users/"])
def test_a_slash_may_be_ignored(declared: str) -> None:
    """
    With "ignore" both spellings are answered, with the right 405 too.
    """
    router = router_with(declared, trailing_slash="ignore")

    assert router.match_route("/users", "GET") is not None
    assert router.match_route("/users/", "GET") is not None
    assert router.resolve("/users/", "PUT").allowed == ("GET", "HEAD", "OPTIONS")
    assert router.trailing_slash == "ignore"


def test_a_slash_may_be_strict() -> None:
    """
    With "strict" the other spelling is not found.
    """
    resolution = router_with("/users", trailing_slash="strict").resolve("/users/", "GET")

    assert (resolution.route, resolution.redirect, resolution.allowed) == (None, None, ())


@pytest.mark.parametrize(
    ("path", "prefix"),
    [
        ("/static", "/static"),
        ("/static/", "/static"),
        ("/static/a/b", "/static"),
        ("/static/deep/x", "/static/deep"),
        ("/static1.txt", ""),
        ("/staticx/y", ""),
        ("/", ""),
        ("*", None),
    ],
)
def test_a_mounted_application_answers_below_its_prefix(path: str, prefix: str | None) -> None:
    """
    The longest prefix wins, and prefixes end where segments end.
    """
    router = CovetRouter()
    router.mount("/", asgi_app)
    router.mount("/static", asgi_app, name="files")
    router.mount("/static/deep", asgi_app)

    mount = router.resolve(path, "GET").mount

    assert (None if mount is None else mount.prefix) == prefix


def test_routes_go_before_mounted_applications() -> None:
    """
    A route below a mounted application's prefix is found first, its 405 included.
    """
    router = router_with("/static/own")
    router.mount("/static", asgi_app)

    assert router.resolve("/static/own", "GET").route is not None
    assert router.resolve("/static/own", "PUT").mount is None
