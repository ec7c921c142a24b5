"""
Tests of where arguments come from, and of every start-up error of the binding.
"""

import dataclasses
from collections.abc import Callable
from typing import Annotated, Any

import pytest

from covet import Body, CovetPy, Form, Header, Path, Query, Request
from covet.core.binding import make_constraints, make_plan
from covet.core.path_template import PathTemplate
from covet.core.route import Route, make_route
from covet.exceptions import RouteError
from covet.tasks import BackgroundTasks


@dataclasses.dataclass
class Item:
    name: str


def make(path: str, handler: Callable[..., object], method: str = "GET") -> Route:
    """Make what is under test."""
    return make_route(PathTemplate.parse(path), handler, (method,), {}, ())


def sources(path: str, handler: Callable[..., object], method: str = "GET") -> dict[str, str]:
    """Find the source of each argument."""
    return {argument.name: argument.source for argument in make_plan(make(path, handler, method)).arguments}


def test_the_rules_find_the_source() -> None:
    """Path by name, request and tasks by type, a model from the body, everything else from the query."""

    async def handler(
        item_id: int,
        request: Request,
        tasks: BackgroundTasks,
        item: Item,
        items: list[Item],
        page: int = 1,
        tags: list[str] = [],  # noqa: B006
    ) -> None: ...

    with pytest.raises(RouteError, match="both come from the body"):
        sources("/{item_id}", handler, "POST")

    async def smaller(
        item_id: int, req: Request, tasks: BackgroundTasks, data: dict[str, int], page: int = 1
    ) -> None: ...

    assert sources("/{item_id}", smaller, "POST") == {
        "item_id": "path",
        "req": "request",
        "tasks": "background",
        "data": "body",
        "page": "query",
    }


@pytest.mark.parametrize("annotation", [dict, dict[str, int], Item, list[Item], Item | None])
def test_what_no_query_can_hold_comes_from_the_body(annotation: Any) -> None:
    """Models, mappings, and containers and unions of them."""

    async def handler(data: annotation) -> None: ...

    assert sources("/", handler, "POST") == {"data": "body"}


def test_a_lonely_first_parameter_is_the_request() -> None:
    """`request` needs no annotation, and neither does the first parameter, whatever it is called."""

    async def named(request) -> None: ...  # type: ignore[no-untyped-def]
    async def other(req) -> None: ...  # type: ignore[no-untyped-def]

    assert sources("/", named) == {"request": "request"}
    assert sources("/", other) == {"req": "request"}


def test_markers_decide() -> None:
    """A marker beats the rules; a header's name gets dashes unless an alias says otherwise."""

    async def handler(
        user_agent: Annotated[str, Header()],
        token: Annotated[str, Header(alias="X_Token")],
        number: Annotated[int, Path(alias="id")],
        size: Annotated[int, Query] = 5,
    ) -> None: ...

    plan = make_plan(make("/{id}", handler))

    assert [(argument.source, argument.alias) for argument in plan.arguments] == [
        ("header", "user-agent"),
        ("header", "X_Token"),
        ("path", "id"),
        ("query", "size"),
    ]


def test_a_marker_says_all_that_the_validation_knows() -> None:
    """Every limit of a marker arrives."""
    constraints = make_constraints(Query(ge=1, le=9, multiple_of=2, title="t", description="d", examples=(2,)))

    assert (constraints.ge, constraints.le, constraints.multiple_of) == (1, 9, 2)
    assert (constraints.title, constraints.description, constraints.examples) == ("t", "d", (2,))


async def no_annotation(request: Request, page) -> None:  # type: ignore[no-untyped-def]
    """Take a parameter without a type."""


async def two_sources(page: Annotated[int, Query(), Header()]) -> None:
    """Name two sources."""


async def marker_as_default(page: int = Query(ge=1)) -> None:  # type: ignore[assignment]
    """Write a marker where a default stands."""


async def not_in_path(page: Annotated[int, Path()]) -> None:
    """Want a path's parameter that is not there."""


async def two_defaults(page: Annotated[int, Query(default=1)] = 2) -> None:
    """Have two defaults."""


async def star(*values: int) -> None:
    """Take any number of arguments."""


async def model_in_query(item: Annotated[Item, Query()]) -> None:
    """Want a model from the query."""


async def body_and_form(item: Item, title: Annotated[str, Form()]) -> None:
    """Want a body and a form."""


async def body_on_get(item: Item) -> None:
    """Want a body from GET."""


async def unresolvable(item: "Nowhere") -> None:  # type: ignore[name-defined]  # noqa: F821
    """Name a type that does not exist."""


async def unsupported(value: complex) -> None:
    """Want a type that is not supported."""


@pytest.mark.parametrize(
    ("handler", "method", "text"),
    [
        (no_annotation, "GET", "GET /x, parameter 'page': It has no annotation.\n  Write its type, such as page: int."),
        (two_sources, "GET", "parameter 'page': It has two sources, Query and Header.\n  Keep one of them."),
        (marker_as_default, "GET", "parameter 'page': Query() stands as its default.\n  Write page: Annotated["),
        (not_in_path, "GET", "parameter 'page': The path has no {page}.\n  Its parameters are: none."),
        (two_defaults, "GET", "parameter 'page': It has more than one default."),
        (star, "GET", "parameter 'values': A handler takes named parameters only."),
        (model_in_query, "POST", "parameter 'item': Item cannot come from the query."),
        (body_and_form, "POST", "parameter 'title': A body and a form cannot come together."),
        (body_on_get, "GET", "Item would come from the body, which GET does not have."),
        (unresolvable, "POST", "parameter 'item'"),
        (unsupported, "GET", "parameter 'value'"),
    ],
)
def test_what_cannot_work_is_found_at_start(handler: Callable[..., object], method: str, text: str) -> None:
    """The error names the route and the parameter, and says how to mend it."""
    with pytest.raises(RouteError) as caught:
        make_plan(make("/x", handler, method))

    assert str(caught.value).startswith(f"{method} /x")
    assert text in str(caught.value)


async def test_everything_wrong_comes_in_one_report() -> None:
    """Several wrong routes are one group of errors."""
    app = CovetPy()
    app.add_route("/a", no_annotation, name="a")
    app.add_route("/b", star, name="b")

    with pytest.raises(ExceptionGroup, match="2 routes cannot be served") as caught:
        await app.startup()

    assert [str(exc).split(",")[0] for exc in caught.value.exceptions] == ["GET /a", "GET /b"]


def test_a_body_on_get_is_possible_when_it_is_meant() -> None:
    """An explicit marker allows what the rule refuses."""

    async def search(item: Annotated[Item, Body()]) -> None: ...

    assert sources("/", search) == {"item": "body"}
