"""
Parameters are described as the plan reads them.
"""

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
