"""
Tests of where arguments come from, and of every start-up error of the binding.
"""

import dataclasses
import sys
import types
from collections.abc import Callable
from typing import Annotated, Any, Optional

import annotated_types
import msgspec
import pytest

from covet import Body, CovetPy, Form, Header, Path, Query, Request, Response, State
from covet.core.binding import make_plan
from covet.core.converters import ConverterTable
from covet.core.path_template import PathTemplate
from covet.core.route import Route, make_route
from covet.di import DependencyGraphError
from covet.exceptions import RouteError
from covet.tasks import BackgroundTasks
from covet.testing import TestClient
from covet.validation import Constraints


@dataclasses.dataclass
class Item:
    name: str


LATE_SOURCE = """
from __future__ import annotations
from dataclasses import dataclass
from typing import Annotated
from covet import Query, Request

@dataclass
class Late:
    name: str

def make_handler():
    Limit = int
    async def handler(user_id: int, item: Late, page: Annotated[Limit, Query(alias="p")], req: Request):
        return Limit(page)
    return handler
"""


class Slug:
    """A converter of one's own."""

    regex = "[a-z-]+"

    def convert(self, text: str) -> str:
        """Leave the text as it is."""
        return text

    def to_string(self, value: str) -> str:
        """Leave it, too."""
        return value


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


async def any_keywords(**options: int) -> None:
    """Take any option."""


async def hidden_marker(page: Annotated[int, Query(ge=1)] | None = None) -> None:
    """Have a marker where nothing reads it."""


async def limited_state(user: Annotated[str, State(min_length=1)]) -> None:
    """Want limits on what nobody validates."""


async def own_type_in_query(app: CovetPy) -> None:
    """Want a class that nobody can make."""


async def response_parameter(response: Response) -> None:
    """Want to fill a response, as elsewhere."""


async def nested_list(rows: list[list[int]]) -> None:
    """Want from the query what no text can spell."""


async def models_in_query(items: Annotated[list[Item], Query()]) -> None:
    """Want models from the query."""


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
        (
            star,
            "GET",
            "Name each parameter and annotate it; a decorator of a handler needs functools.wraps.",
        ),
        (any_keywords, "GET", "parameter 'options': A handler takes named parameters only."),
        (
            hidden_marker,
            "GET",
            "parameter 'page': Query stands inside of its type, where it says nothing.\n  Write page: Annotated[...,",
        ),
        (
            limited_state,
            "GET",
            "parameter 'user': What comes from the state is not validated.\n  Leave the constraints out.",
        ),
        (
            own_type_in_query,
            "GET",
            "parameter 'app': Values of type CovetPy cannot be validated.\n  Write Annotated[CovetPy, State()] if the",
        ),
        (
            response_parameter,
            "GET",
            "parameter 'response': Values of type Response cannot be validated.\n  A handler makes its",
        ),
        (nested_list, "GET", "parameter 'rows': list[list[int]] cannot come from the query."),
        (models_in_query, "POST", "parameter 'items': list[Item] cannot come from the query."),
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


@pytest.mark.parametrize(
    "annotation",
    [Request | None, BackgroundTasks | None, Optional[Request]],  # noqa: UP045 - the older spelling
)
def test_what_every_request_has_may_be_optional(annotation: Any) -> None:
    """`request: Request | None = None` is the request, as habit has it in other frameworks."""

    async def handler(given=None) -> None: ...  # type: ignore[no-untyped-def]

    handler.__annotations__["given"] = annotation

    assert sources("/", handler) == {"given": "background" if "Background" in repr(annotation) else "request"}


@pytest.mark.parametrize("annotation", [Any, object])
async def test_the_converter_makes_the_value_where_the_type_says_nothing(annotation: Any) -> None:
    """`Any` and `object` leave the value to the path, as no annotation does."""
    app = CovetPy()

    @app.get("/{number:int}")
    async def handler(number) -> str:  # type: ignore[no-untyped-def]
        return type(number).__name__

    handler.__annotations__["number"] = annotation
    async with TestClient(app) as client:
        response = await client.get("/5")

    assert response.text == "int"


class Kettle:
    """A service of which there are several, and which no request can bring."""


@pytest.mark.parametrize("annotation", [Kettle, Annotated[Kettle, "blue"]])
async def test_a_service_of_another_qualifier_is_told_from_a_value(annotation: Any) -> None:
    """The graph says with which ones it is registered; a value of a request stays one."""
    app = CovetPy()
    app.container.register(Kettle, qualifier="red")
    app.container.register_instance(str, "boil", qualifier="red")

    async def brew(kettle: Any, tea: str) -> str:
        return tea

    brew.__annotations__["kettle"] = annotation
    app.add_route("/", brew)

    with pytest.raises(DependencyGraphError) as caught:
        await app.startup()

    assert len(caught.value.errors) == 1
    assert "Kettle is registered with other qualifiers: 'red'. Write Annotated[Kettle, \"red\"]." in str(caught.value)


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


def test_limits_on_the_value_of_an_own_converter_are_refused() -> None:
    """The converter makes the value; limits beside it would be ignored."""
    table = ConverterTable()
    table.register("slug", Slug())

    async def handler(name: Annotated[str, Path(max_length=3)]) -> None: ...

    route = make_route(PathTemplate.parse("/{name:slug}", table), handler, ("GET",), {}, ())
    with pytest.raises(RouteError) as caught:
        make_plan(route)

    assert str(caught.value) == (
        "GET /{name:slug}, parameter 'name': Its value is made by the path's own converter, not validated.\n"
        "  Leave the constraints out, and let the converter raise ValueError."
    )


@pytest.mark.parametrize("limit", [msgspec.Meta(ge=5), annotated_types.Ge(5), Constraints(ge=5)])
def test_limits_on_the_state_are_refused_whoever_spelled_them(limit: object) -> None:
    """Nothing validates what the application keeps: a limit of any library would be ignored."""

    async def handler(page: Annotated[int, limit, State()]) -> None: ...

    with pytest.raises(RouteError) as caught:
        make_plan(make("/x", handler, "GET"))

    assert str(caught.value) == (
        "GET /x, parameter 'page': What comes from the state is not validated.\n  Leave the constraints out."
    )


@pytest.mark.parametrize(
    "note", [msgspec.Meta(title="Page"), annotated_types.doc("A page."), Constraints(title="Page")]
)
def test_what_limits_nothing_may_stand_on_the_state(note: object) -> None:
    """A title or a description says nothing that could be ignored."""

    async def handler(page: Annotated[int, note, State()]) -> None: ...

    assert sources("/x", handler) == {"page": "state"}


def test_a_limit_that_is_not_known_is_refused_on_the_state() -> None:
    """The error names the parameter, as everywhere."""

    async def handler(page: Annotated[int, annotated_types.Timezone("UTC"), State()]) -> None: ...

    with pytest.raises(RouteError, match=r"GET /x, parameter 'page': annotated_types\.Timezone is not supported\."):
        make_plan(make("/x", handler, "GET"))


def test_a_subclass_of_request_is_the_request() -> None:
    """Adapters have such classes, and an annotation may name them."""

    class OwnRequest(Request):
        """A request for the sake of its name."""

    async def handler(page: int, incoming: OwnRequest) -> None: ...

    assert sources("/", handler) == {"page": "query", "incoming": "request"}


def test_a_name_of_the_path_that_the_handler_does_not_take_is_no_error() -> None:
    """A handler takes what it needs."""

    async def handler() -> None: ...

    assert sources("/{user_id}/{item_id:int}", handler) == {}


def test_annotations_that_are_text_resolve() -> None:
    """`from __future__ import annotations` changes nothing, closures and markers included."""
    module = types.ModuleType("late_annotations")
    sys.modules[module.__name__] = module
    try:
        exec(compile(LATE_SOURCE, "late_annotations.py", "exec"), vars(module))
        plan = make_plan(make("/{user_id}", module.make_handler(), "POST"))
    finally:
        del sys.modules[module.__name__]

    assert [(argument.source, argument.alias) for argument in plan.arguments] == [
        ("path", "user_id"),
        ("body", "item"),
        ("query", "p"),
        ("request", ""),
    ]


def test_a_default_that_could_be_changed_is_made_for_each_request() -> None:
    """What one request appends is not there for the next one; what cannot change is handed over as it is."""

    async def handler(tag: list[str] = [], size: int = 3, item: Item = Item("a")) -> None:  # noqa: B006, B008
        """Have defaults of all kinds."""

    tag, size, item = make_plan(make("/", handler, "POST")).arguments
    first = tag.make_default()
    assert isinstance(first, list)
    first.append("changed")

    assert tag.make_default() == []
    assert item.make_default() == Item("a")
    assert item.make_default() is not item.make_default()
    assert size.default_factory is None
