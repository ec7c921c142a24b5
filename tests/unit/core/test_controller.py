"""
Classes whose methods are handlers.
"""

from typing import Any, ClassVar

import pytest

from covet.core.controller import Controller, delete, get, post, read_controller, route
from covet.core.route_options import ExceptionHandlers
from covet.core.routing import CovetRouter
from covet.exceptions import NotFoundError, RouteError


def answer_error(request: object, exc: Exception) -> None:
    """An exception handler."""


class Users(Controller):
    """A controller with everything."""

    path = "/users"
    middleware = ("class",)
    tags = ("users",)
    exception_handlers: ClassVar[ExceptionHandlers] = {NotFoundError: answer_error}

    @get("")
    async def list_all(self) -> str:
        return "all"

    @get("/{user_id:int}", name="user", tags=["one"])
    @post("/{user_id:int}/copy")
    async def show(self, user_id: int) -> str:
        return f"user {user_id}"

    @route("/{user_id:int}", methods=["PUT", "PATCH"])
    async def change(self, user_id: int) -> str:
        return f"changed {user_id}"

    @delete("/{user_id:int}")
    @staticmethod
    async def remove(user_id: int) -> str:
        return f"removed {user_id}"


@pytest.mark.parametrize(
    ("method", "path", "answer"),
    [
        ("GET", "/api/users", "all"),
        ("GET", "/api/users/7", "user 7"),
        ("POST", "/api/users/7/copy", "user 7"),
        ("PATCH", "/api/users/7", "changed 7"),
        ("DELETE", "/api/users/7", "removed 7"),
    ],
)
async def test_marked_methods_answer(method: str, path: str, answer: str) -> None:
    """
    Each mark is a route to the method, bound to one instance, below both prefixes.
    """
    router = CovetRouter()
    router.add_controller(Users, prefix="/api")

    match = router.match_route(path, method)

    assert match is not None
    assert await match.handler(**match.params) == answer  # type: ignore[misc]


def test_routes_inherit_from_the_router_the_call_and_the_class() -> None:
    """
    The class's attributes stand inside what the call and the router give.
    """
    router = CovetRouter(middleware=["router"], tags=["api"])

    router.add_controller(Users, middleware=["call"], tags=["v1"])

    route = next(route for route in router.routes if route.name == "user")
    assert route.all_middleware == ("router", "call", "class")
    assert route.all_tags == ("api", "v1", "users", "one")
    assert route.all_exception_handlers == ({NotFoundError: answer_error},)


def test_all_methods_share_one_instance() -> None:
    """
    The class is made once, not per route or request.
    """
    declared = read_controller(Users)

    owners = {id(getattr(item.handler, "__self__", None)) for item in declared.routes if item.path != "/{user_id:int}"}

    assert len(owners) == 1


def test_any_class_will_do() -> None:
    """
    Neither the base class nor a path is needed.
    """

    class Plain:
        @get("/plain")
        async def show(self) -> None: ...

    router = CovetRouter()
    router.add_controller(Plain)

    assert router.match_route("/plain", "GET") is not None


def test_an_override_keeps_its_routes() -> None:
    """
    A method that replaces a marked one answers in its stead; marks of its own replace the others.
    """

    class Admins(Users):
        path = "/admins"

        async def list_all(self) -> str:
            return "admins"

        @get("/{user_id:int}/details", name="details")
        async def show(self, user_id: int) -> str:
            return "details"

    router = CovetRouter()
    router.add_controller(Admins)

    assert router.match_route("/admins", "GET") is not None
    assert router.match_route("/admins/7/details", "GET") is not None
    assert router.match_route("/admins/7", "GET") is None


def test_an_instance_brings_what_it_needs() -> None:
    """
    A controller with constructor arguments is added as an instance.
    """

    class Greeter:
        def __init__(self, word: str) -> None:
            self.word = word

        @get("/greeting")
        def greet(self) -> str:
            return self.word

    router = CovetRouter()
    router.add_controller(Greeter("hello"))

    match = router.match_route("/greeting", "GET")

    assert match is not None
    assert match.handler() == "hello"


def test_a_class_without_routes_is_refused() -> None:
    """
    A forgotten decorator is a start-up error.
    """

    class Empty:
        async def show(self) -> None: ...

    with pytest.raises(RouteError, match=r"Empty has no route.\n  Mark its methods with covet.core.controller.get"):
        CovetRouter().add_controller(Empty)


def test_an_unknown_option_is_refused_where_it_is_written() -> None:
    """
    The mistake is said at the decorator, before the class is added.
    """
    with pytest.raises(RouteError, match=r"GET /x: There is no option 'time_out'.\n  Did you mean 'timeout'\?"):
        get("/x", time_out=1)(lambda: None)  # type: ignore[call-arg]


@pytest.mark.parametrize("is_marked_outside", [False, True])
def test_static_and_class_methods_may_be_marked(*, is_marked_outside: bool) -> None:
    """
    Whichever decorator stands outside; a forgotten route would be one in silence.
    """

    def static() -> str:
        return "static"

    def of_class(cls: type) -> str:
        return cls.__name__

    class Pages:
        """Has a method of each kind."""

    kinds: list[tuple[str, Any, Any]] = [("/static", staticmethod, static), ("/class", classmethod, of_class)]
    for path, kind, function in kinds:
        mark: Any = get(path)
        setattr(Pages, path[1:], mark(kind(function)) if is_marked_outside else kind(mark(function)))

    routes = read_controller(Pages).routes

    assert [(route.path, route.handler()) for route in routes] == [("/static", "static"), ("/class", "Pages")]
