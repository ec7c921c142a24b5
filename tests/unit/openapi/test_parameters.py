"""
Parameters are described as the plan reads them.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal

import pytest

from covet import Cookie, CovetPy, Header, Path, Query, Request
from covet.validation import Constraints
from tests.unit.openapi.describing import describe_operation


class Color(Enum):
    RED = "red"


def describe_parameters(app: CovetPy, path: str) -> dict[str, Any]:
    """Describe the parameters of the one route by name."""
    return {item.pop("name"): item for item in describe_operation(app, path).get("parameters", [])}


def test_every_source_has_its_place() -> None:
    """
    Path, query, header and cookie, with what is required, defaults and the words of markers and docstrings.
    """
    app = CovetPy()

    @app.get("/users/{user_id}")
    async def show(
        user_id: int,
        q: str,
        page: Annotated[int, Query(ge=1, le=9, alias="p", title="Page", examples=(2,))] = 1,
        user_agent: Annotated[str | None, Header(description="The browser.", deprecated=True)] = None,
        theme: Annotated[Literal["light", "dark"], Cookie(max_length=None)] = "light",
    ) -> None:
        """
        Show.

        Args:
            q: What to look for.
            user_agent: Not said.
            user_id: Whose.
            page: Which.
            theme: Which look.
        """

    assert describe_parameters(app, "/users/{user_id}") == {
        "user_id": {"in": "path", "required": True, "schema": {"type": "integer"}, "description": "Whose."},
        "q": {"in": "query", "required": True, "schema": {"type": "string"}, "description": "What to look for."},
        "p": {
            "in": "query",
            "schema": {
                "type": "integer",
                "minimum": 1,
                "maximum": 9,
                "title": "Page",
                "examples": [2],
                "default": 1,
            },
            "description": "Which.",
        },
        "user-agent": {
            "in": "header",
            "schema": {"type": "string"},
            "description": "The browser.",
            "deprecated": True,
        },
        "theme": {
            "in": "cookie",
            "schema": {"enum": ["light", "dark"], "default": "light"},
            "description": "Which look.",
        },
    }


def test_a_path_has_its_parameters_whoever_takes_them() -> None:
    """
    A handler that takes the request alone still has a path.
    """
    app = CovetPy()

    @app.get("/a/{number:int}/{day:date}/{name}")
    async def show(request: Request) -> None: ...

    found = describe_parameters(app, "/a/{number}/{day}/{name}")

    assert [item["schema"] for item in found.values()] == [
        {"type": "integer", "minimum": 0, "maximum": 10**19 - 1},
        {"type": "string", "format": "date"},
        {"type": "string", "pattern": "^[^/]+$"},
    ]
    assert all(item["required"] for item in found.values())


@pytest.mark.parametrize(
    ("template", "annotation", "schema"),
    [
        ("{x:int}", Annotated[int, Path(le=9)], {"type": "integer", "minimum": 0, "maximum": 9}),
        ("{x:int}", Annotated[int, Path(gt=3)], {"type": "integer", "exclusiveMinimum": 3, "maximum": 10**19 - 1}),
        ("{x:int}", Annotated[int, Path(lt=3)], {"type": "integer", "minimum": 0, "exclusiveMaximum": 3}),
        ("{x}", Annotated[str, Path(max_length=3)], {"type": "string", "maxLength": 3, "pattern": "^[^/]+$"}),
        (
            "{x}",
            Annotated[str, Constraints(pattern="^a")],
            {"type": "string", "pattern": "^a", "allOf": [{"pattern": "^[^/]+$"}]},
        ),
        ("{x}", date, {"type": "string", "format": "date", "pattern": "^[^/]+$"}),
        ("{x}", Color, {"$ref": "#/components/schemas/Color"}),
        ("{x:float}", float, {"type": "number", "minimum": 0}),
    ],
)
def test_type_and_converter_both_hold(template: str, annotation: Any, schema: dict[str, Any]) -> None:
    """
    The narrower bound counts.
    """
    app = CovetPy()

    async def show(x: Any) -> None: ...

    show.__annotations__["x"] = annotation
    app.add_route(f"/{template}", show)

    assert describe_parameters(app, "/{x}")["x"]["schema"] == schema


def test_a_list_is_an_array() -> None:
    """
    The name is repeated in the query, which is what OpenAPI has by default.
    """
    app = CovetPy()

    @app.get("/")
    async def show(tag: list[int] = []) -> None: ...  # noqa: B006 - copied for each request

    assert describe_parameters(app, "/")["tag"] == {
        "in": "query",
        "schema": {"type": "array", "items": {"type": "integer"}, "default": []},
    }


@pytest.mark.parametrize("name", ["accept", "content_type", "authorization"])
def test_headers_that_are_described_elsewhere_are_left_out(name: str) -> None:
    """
    OpenAPI ignores them as parameters.
    """
    app = CovetPy()

    async def show(**_: str) -> None: ...

    namespace: dict[str, Any] = {"Annotated": Annotated, "Header": Header}
    exec(f"async def show({name}: Annotated[str, Header()] = '') -> None: ...", namespace)
    app.add_route("/", namespace["show"])

    assert describe_parameters(app, "/") == {}


@dataclass
class Page:
    """
    A part of a list.

    Attributes:
        number: Which part.
    """

    number: Annotated[int, Constraints(ge=1)] = 1
    ids: Annotated[list[int], Query(explode=False)] = field(default_factory=list)


@dataclass
class Look:
    theme: Color
    zoom: int | None = None


@dataclass
class Filter:
    name: str
    price: float | None = None


@dataclass
class Agent:
    user_agent: str
    accept: str = ""


def test_each_field_of_a_model_is_a_parameter() -> None:
    """
    Of a query, of headers and of cookies; what OpenAPI ignores is left out here, too.
    """
    app = CovetPy()

    @app.get("/")
    async def show(
        page: Annotated[Page, Query()],
        agent: Annotated[Agent, Header()],
        look: Annotated[Look, Cookie(deprecated=True)],
    ) -> None: ...

    operation = describe_operation(app, "/")
    numbers = {"type": "integer", "minimum": 1, "default": 1}
    ids = {"type": "array", "items": {"type": "integer"}, "default": []}

    assert operation["parameters"] == [
        {"name": "number", "in": "query", "schema": numbers, "description": "Which part."},
        {"name": "ids", "in": "query", "explode": False, "schema": ids},
        {"name": "user-agent", "in": "header", "required": True, "schema": {"type": "string"}},
        {
            "name": "theme",
            "in": "cookie",
            "required": True,
            "schema": {"$ref": "#/components/schemas/Color"},
            "deprecated": True,
        },
        {"name": "zoom", "in": "cookie", "schema": {"type": "integer"}, "deprecated": True},
    ]


def test_styles_are_named() -> None:
    """
    In the words of OpenAPI, where they are not what it takes for granted.
    """
    app = CovetPy()

    @app.get("/")
    async def show(
        deep: Annotated[Filter, Query(style="deepObject", examples=({"name": "tea"},))],
        comma: Annotated[list[int], Query(explode=False)],
        pipe: Annotated[list[int], Query(style="pipeDelimited")],
        plain: list[int],
        whole: Annotated[Filter | None, Query()] = None,
    ) -> None: ...

    found = describe_parameters(app, "/")

    assert {name: (item.get("style"), item.get("explode")) for name, item in found.items()} == {
        "deep": ("deepObject", True),
        "comma": (None, False),
        "pipe": ("pipeDelimited", False),
        "plain": (None, None),
        "whole": ("form", True),
    }
    assert found["deep"]["schema"] == {"$ref": "#/components/schemas/FilterText"}
    assert found["deep"]["examples"] == {"example1": {"value": {"name": "tea"}}}
