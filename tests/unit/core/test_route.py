"""
A route is checked when it is made, and inherits from its groups as they are at the moment.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, cast

import pytest

from covet.core.path_template import PathTemplate
from covet.core.route import METHODS, Mount, Route, RouteGroup, check_methods, make_group, make_route
from covet.core.route_options import check_exception_handler
from covet.exceptions import NotFoundError, RouteError


async def show() -> None:
    """A handler."""


async def answer(request: object, exc: Exception) -> None:
    """An exception handler."""


def make(path: str = "/x", groups: tuple[RouteGroup, ...] = (), **options: object) -> Route:
    """
    Make a route for GET.
    """
    return make_route(PathTemplate.parse(path), show, ("GET",), options, groups)


def test_options_arrive() -> None:
    """
    Every option is an attribute of its route; lists become tuples.
    """
    route = make(
        "/{a}/{b:int}",
        name="x",
        middleware=["m"],
        exception_handlers={404: answer},
        timeout=1.5,
        cancel_on_disconnect=True,
        body_limit=10,
        status_code=201,
        media_type="text/csv",
        tags=["t"],
        summary="s",
        description="d",
        deprecated=True,
        include_in_schema=False,
        non_blocking=True,
        raises=[NotFoundError],
    )

    assert (route.name, route.middleware, route.exception_handlers) == ("x", ("m",), {404: answer})
    assert (route.timeout, route.cancel_on_disconnect, route.body_limit) == (1.5, True, 10)
    assert (route.status_code, route.media_type, route.tags) == (201, "text/csv", ("t",))
    assert (route.summary, route.description, route.deprecated) == ("s", "d", True)
    assert (route.include_in_schema, route.non_blocking, route.raises) == (False, True, (NotFoundError,))
    assert route.parameter_names == ("a", "b")
    assert str(route) == "GET /{a}/{b:int}"


def test_none_leaves_an_option_at_its_default() -> None:
    """
    An option that is `None` is one that was not given.
    """
    route = make(deprecated=None, name=None, tags=None)

    assert (route.deprecated, route.name, route.named, route.tags) == (None, "show", False, ())
    assert (route.deprecation, route.end) == (False, None)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("time_out", 1, "GET /x: There is no option 'time_out'.\n  Did you mean 'timeout'\\?"),
        ("name", "", "name must be a text, got ''"),
        ("middleware", "cors", "middleware must be a list, got 'cors'"),
        ("exception_handlers", [show], "exception_handlers must be a mapping from exception classes or error"),
        (
            "exception_handlers",
            {200: show},
            "GET /x: An exception handler is for an exception class or an error status",
        ),
        ("exception_handlers", {404: show}, "GET /x: The exception handler .*show of 404 cannot be called: too many"),
        ("timeout", 0, "timeout must be a number of seconds above 0, got 0"),
        ("timeout", float("nan"), "timeout must be a number of seconds"),
        ("timeout", True, "timeout must be a number of seconds"),
        ("cancel_on_disconnect", 1, "cancel_on_disconnect must be True or False, got 1"),
        ("body_limit", -1, "body_limit must be a number of bytes or None, got -1"),
        ("body_limit", True, "body_limit must be a number of bytes"),
        ("form_limits", 10, "form_limits must be FormLimits of covet.http.form_limits, got 10"),
        ("status_code", 99, "status_code must be a status from 200 to 599, got 99"),
        ("media_type", "text/html\r\nx: y", "media_type must be a media type"),
        ("tags", "users", "tags must be a list of texts, got 'users'"),
        ("summary", 1, "summary must be a text"),
        ("description", 1, "description must be a text"),
        ("deprecated", "yes", "deprecated must be True, False, a date or an aware datetime"),
        ("sunset", "2026-01-02", "sunset must be a date or an aware datetime"),
        ("sunset", datetime(2026, 1, 2), "sunset must be a date or an aware datetime"),  # noqa: DTZ001
        ("include_in_schema", "yes", "include_in_schema must be True or False"),
        ("non_blocking", "yes", "non_blocking must be True or False"),
        ("raises", [404], "raises must be a list of exception classes"),
    ],
)
def test_an_option_that_cannot_be_meant_is_refused(option: str, value: object, message: str) -> None:
    """
    The error names the route, the option and what was expected.
    """
    with pytest.raises(RouteError, match=message):
        make_route(PathTemplate.parse("/x"), show, ("GET",), {option: value}, ())


def test_a_handler_can_be_called() -> None:
    """
    The error shows what was given in the handler's stead.
    """
    with pytest.raises(RouteError, match=r"GET /x: Its handler cannot be called: 7"):
        make_route(PathTemplate.parse("/x"), 7, ("GET",), {}, ())  # type: ignore[arg-type]


@pytest.mark.row(63)
@pytest.mark.parametrize(
    ("methods", "message"),
    [
        (["get"], "/x: 'get' is no method that is answered here.\n  Methods are case-sensitive: write 'GET'"),
        (["GTE"], "Did you mean 'GET'\\?"),
        (["_DO_DELETE"], "is no method that is answered here"),
        (["__INIT__"], "is no method that is answered here"),
        (["TRACE"], "is no method that is answered here"),
        (["CONNECT"], "is no method that is answered here"),
        ([], "It has no method"),
        ("GET", "The methods are a list, got 'GET'.\n  Write \\['GET'\\]"),
    ],
)
def test_methods_are_a_closed_case_sensitive_set(methods: list[str], message: str) -> None:
    """
    A route has methods of the set, spelled as they are.
    """
    with pytest.raises(RouteError, match=message):
        check_methods(methods, METHODS, route="/x")


def test_a_method_counts_once() -> None:
    """
    A method that is repeated does not conflict with itself.
    """
    assert check_methods(["GET", "PUT", "GET"], METHODS, route="/x") == ("GET", "PUT")


def test_groups_are_shared() -> None:
    """
    What a group gets later holds for its routes, the outermost group first; handlers are asked from the inside.
    """
    outer, inner = RouteGroup(tags=("a",)), RouteGroup(tags=("b", "a"))
    route = make(groups=(outer, inner), middleware=["own"], tags=["c"], exception_handlers={400: answer})

    outer.middleware.append("outer")
    inner.middleware.append("inner")
    outer.exception_handlers[500] = answer

    assert route.all_middleware == ("outer", "inner", "own")
    assert route.all_tags == ("a", "b", "c")
    assert route.all_exception_handlers == ({400: answer}, {500: answer})


def test_a_name_is_found_for_every_callable() -> None:
    """
    Functions are named by themselves, partials by what they call.
    """
    assert repr(make_route(PathTemplate.parse("/x"), show, ("GET",), {}, ())).endswith(".show>")
    assert repr(make_route(PathTemplate.parse("/x"), partial(show), ("GET",), {}, ())).endswith(".show>")
    assert make_route(PathTemplate.parse("/x"), partial(show), ("GET",), {}, ()).name == "partial"


def test_what_cannot_be_mounted_is_refused() -> None:
    """
    The error shows what was given in the application's stead.
    """
    with pytest.raises(RouteError) as caught:
        Mount("/files", cast("Any", "files"))

    assert str(caught.value) == "/files: What is mounted is no ASGI application: 'files'."


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tags": "abc"}, "/api: tags must be a list of texts, got 'abc'."),
        ({"tags": [1]}, "/api: tags must be a list of texts, got [1]."),
        ({"middleware": "pkg.mod:Name"}, "/api: middleware must be a list, got 'pkg.mod:Name'."),
    ],
)
def test_what_routes_have_in_common_are_lists(options: dict[str, Any], message: str) -> None:
    """
    A text is not taken for the list of its letters; nothing at all is an empty list.
    """
    with pytest.raises(RouteError) as caught:
        make_group(**options, route="/api")

    empty = make_group(None, None)
    assert str(caught.value) == message
    assert (empty.middleware, empty.exception_handlers, empty.tags) == ([], {}, ())


@pytest.mark.parametrize("handler", [lambda: 1, lambda request: 1, lambda request, exc, more: 1])
def test_an_exception_handler_takes_a_request_and_an_error(handler: Callable[..., object]) -> None:
    """
    What cannot be called with both is refused, with its name and what its parameters are.
    """
    with pytest.raises(RouteError) as caught:
        check_exception_handler(KeyError, handler)

    assert str(caught.value).startswith(
        "The exception handler tests.unit.core.test_route.<lambda> of <class 'KeyError'>"
    )
    assert str(caught.value).endswith(".\n  Its parameters are (request, exc).")


@pytest.mark.parametrize("handler", [lambda *both: 1, lambda request, exc, more=1: 1, dict.get, type])
def test_what_can_be_called_with_both_is_an_exception_handler(handler: Callable[..., object]) -> None:
    """
    Its parameters may have other names, and a function of C may show none at all.
    """
    check_exception_handler(404, handler)


def test_an_exception_handler_can_be_called() -> None:
    """
    The error shows what was given in its stead.
    """
    with pytest.raises(RouteError) as caught:
        check_exception_handler(404, "not found")

    assert str(caught.value) == "The exception handler of 404 cannot be called: 'not found'."


def test_a_route_shows_itself_in_one_line() -> None:
    """
    Its methods, its path and its handler, and nothing of what was compiled for it.
    """
    route = make_route(PathTemplate.parse("/users/{user_id}"), make_route, ("GET", "POST"), {}, ())
    route.endpoint = object()

    assert str(route) == "GET,POST /users/{user_id}"
    assert repr(route) == "<Route GET,POST /users/{user_id}: covet.core.route.make_route>"
