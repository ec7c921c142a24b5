"""
Tests of what is known of a route once it was checked.
"""

import asyncio
import dataclasses
import functools
import threading
from collections.abc import Callable
from typing import Annotated, Any

import pytest

from covet import CovetPy, Form, Query, Request, Response
from covet.core.compiled_route import CompiledRoute, compile_route
from covet.core.middleware import Middleware
from covet.core.path_template import PathTemplate
from covet.core.route import RouteGroup, make_route
from covet.exceptions import ConfigurationError, RouteError
from covet.http.body import DEFAULT_BODY_LIMITS, BodyLimits
from covet.serialization import SerializerTable, create_serializer_registry
from covet.tasks import BackgroundTasks
from covet.testing import TestClient

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])


@dataclasses.dataclass
class Item:
    name: str


class Finisher(Middleware):
    """Learns of the end."""

    def on_finish(self, request: Request, response: Response | None, error: BaseException | None) -> None:
        """Take no notice."""


class Stamp(Middleware):
    """Changes responses."""

    def process_response(self, request: Request, response: Response) -> Response:
        """Change nothing."""
        return response


async def plain() -> str:
    """Take nothing."""
    return ""


async def with_path(user_id: int) -> str:
    """Take a parameter of the path."""
    return ""


async def with_body(item: Item) -> str:
    """Take a model."""
    return ""


async def with_path_and_body(user_id: int, item: Item) -> str:
    """Take both."""
    return ""


async def with_query(page: Annotated[int, Query()] = 1) -> str:
    """Take a parameter of the query."""
    return ""


async def with_form(title: Annotated[str, Form()]) -> str:
    """Take a field."""
    return ""


async def with_request(request: Request) -> str:
    """Take the request."""
    return ""


async def with_tasks() -> str:
    """Make background tasks by itself."""
    BackgroundTasks()
    return ""


def compile_handler(
    handler: Callable[..., object], *middleware: object, group: RouteGroup | None = None, **options: Any
) -> CompiledRoute:
    """Compile what is under test."""
    groups = () if group is None else (group,)
    route = make_route(PathTemplate.parse("/{user_id}"), handler, ("POST",), options, groups)
    table = SerializerTable(create_serializer_registry())
    return compile_route(route, middleware, [], table, DEFAULT_BODY_LIMITS, is_debug=False)


@pytest.mark.parametrize(
    ("handler", "options", "needs_request"),
    [
        (plain, {}, False),
        (with_path, {}, False),
        (with_body, {}, False),
        (with_path_and_body, {}, False),
        (with_query, {}, True),
        (with_form, {}, True),
        (with_request, {}, True),
        (with_tasks, {}, True),
        (plain, {"cancel_on_disconnect": True}, True),
        (plain, {"timeout": 1.0}, False),
    ],
    ids=lambda item: getattr(item, "__name__", None),
)
def test_a_request_is_made_where_somebody_wants_it(
    handler: Callable[..., object], options: dict[str, Any], *, needs_request: bool
) -> None:
    """What reads no more than its path and a JSON body does without; any layer asks for one."""
    assert compile_handler(handler, **options).needs_request is needs_request
    assert compile_handler(handler, Stamp, **options).needs_request


def test_layers_stand_from_the_outside_in() -> None:
    """The application's come first, then those of the groups and of the route."""
    inner = type("Inner", (Stamp,), {})
    innermost = type("Innermost", (Stamp,), {})

    compiled = compile_handler(plain, Stamp, group=RouteGroup([inner]), middleware=[innermost])

    assert [layer.name for layer in compiled.layers] == ["Stamp", "Inner", "Innermost"]
    assert not compiled.has_finishers
    assert compile_handler(plain, Stamp, Finisher).has_finishers


@pytest.mark.parametrize("limit", [0, 7, None])
def test_a_routes_own_limit_changes_the_size_alone(limit: int | None) -> None:
    """How slow a body may be is the application's to say."""
    own = compile_handler(plain, body_limit=limit).limits
    inherited = compile_handler(plain).limits

    assert own == BodyLimits(limit, DEFAULT_BODY_LIMITS.grace, DEFAULT_BODY_LIMITS.min_rate)
    assert inherited is DEFAULT_BODY_LIMITS


def test_what_cannot_be_served_is_found_when_it_is_compiled() -> None:
    """A handler's parameter, or a layer that is none."""
    with pytest.raises(RouteError, match=r"POST /\{user_id\}, parameter 'other': It has no annotation"):
        compile_handler(lambda page, other: None)
    with pytest.raises(ConfigurationError, match=r"int is no middleware\."):
        compile_handler(plain, 7)


class AsyncAnswer:
    """An exception handler that is an object."""

    async def __call__(self, request: Request, exc: Exception) -> dict[str, bool]:
        """Say where it runs."""
        return {"thread": threading.current_thread() is not threading.main_thread()}


def answer_in_a_thread(request: Request, exc: Exception) -> dict[str, bool]:
    """Say where it runs."""
    return {"thread": threading.current_thread() is not threading.main_thread()}


async def answer_on_the_loop(request: Request, exc: Exception) -> dict[str, bool]:
    """Say where it runs."""
    await asyncio.sleep(0)
    return answer_in_a_thread(request, exc)


def answer_with_an_awaitable(request: Request, exc: Exception) -> object:
    """Return what has to be awaited."""
    return answer_on_the_loop(request, exc)


@Protocols
@pytest.mark.parametrize(
    ("answer", "in_thread"),
    [
        (answer_in_a_thread, True),
        (functools.partial(answer_in_a_thread), True),
        (answer_on_the_loop, False),
        (functools.partial(answer_on_the_loop), False),
        (AsyncAnswer(), False),
        (answer_with_an_awaitable, False),
    ],
)
async def test_an_exception_handler_runs_where_a_handler_would(
    protocol: Any, answer: Callable[..., object], *, in_thread: bool
) -> None:
    """One that may block runs in a thread, and whatever it returns is a result like any other."""
    app = CovetPy(exception_handlers={KeyError: answer})

    @app.get("/")
    async def fail() -> None:
        raise KeyError("a")

    async with TestClient(app, protocol=protocol) as client:
        response = await client.get("/")

    assert (response.status_code, response.json()) == (500, {"thread": in_thread})
