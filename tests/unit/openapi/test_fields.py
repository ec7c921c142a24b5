"""
What arguments bring into a document: themselves, or the fields of the models that they are.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import msgspec
import pydantic
import pytest

from covet import Form, Header, Query
from covet.openapi.components import Components
from covet.openapi.fields import Field, is_whole, list_dependent, list_fields, write_style
from covet.validation import Constraints
from tests.unit.core.handler_plans import plan_arguments


@dataclass
class Page:
    """
    A part of a list.

    Attributes:
        number: Which part.
        size: How long it is,
            at most.
    """

    number: Annotated[int, Constraints(ge=1)] = 1
    size: Annotated[int | None, Query(le=50, title="Size", deprecated=True)] = None


@dataclass
class Search(Page):
    """
    What is looked for.

    Attributes:
        size: How many are found.
    """

    words: Annotated[list[str], Query(explode=False, description="All of them.")] = field(default_factory=list)
    price: Decimal = Decimal("1.50")


class Range(msgspec.Struct, rename={"low": "from", "high": "to"}):
    low: Annotated[int, msgspec.Meta(description="The least.")]
    high: int | None = None


class Guest(pydantic.BaseModel):
    full_name: str = pydantic.Field(alias="full-name", description="In full.", deprecated=True)
    mail: pydantic.AnyUrl | None = None
    other: str = pydantic.Field(default="", validation_alias=pydantic.AliasChoices("a", "b"))


@dataclass
class Agent:
    x_visit: int
    x_tags: list[str] = field(default_factory=list)


def describe(annotation: Any, default: Any = ..., components: Components | None = None) -> dict[str, Field]:
    """Describe what one argument brings, by the names on the wire."""

    async def handler(value: annotation) -> None: ...

    if default is not ...:
        handler.__defaults__ = (default,)
    fields = list_fields(plan_arguments(handler)["value"], components or Components(), {"value": "From the docstring."})
    return {item.argument.alias: item for item in fields}


def test_a_plain_argument_is_itself() -> None:
    """With what its marker and the docstring say."""
    found = describe(Annotated[int | None, Query(ge=1, deprecated=True)], None)["value"]

    assert (found.schema, found.description) == ({"type": "integer", "minimum": 1}, "From the docstring.")
    assert (found.is_required, found.is_deprecated) == (False, True)


def test_a_model_is_its_fields() -> None:
    """Each with its constraints, default, style, and what the docstrings of the model and its bases say."""
    found = describe(Annotated[Search, Query()])

    assert {name: item.schema for name, item in found.items()} == {
        "number": {"type": "integer", "minimum": 1, "default": 1},
        "size": {"type": "integer", "maximum": 50, "title": "Size"},
        "words": {"type": "array", "items": {"type": "string", "pattern": "^[^,]*$"}, "default": []},
        "price": {"type": "number", "format": "decimal", "default": 1.5},
    }
    assert {name: item.description for name, item in found.items()} == {
        "number": "Which part.",
        "size": "How many are found.",
        "words": "All of them.",
        "price": "",
    }
    assert [name for name, item in found.items() if item.is_deprecated] == ["size"]
    assert write_style(found["words"].argument) == {"explode": False}


def test_names_are_those_of_the_wire() -> None:
    """As msgspec and pydantic have them; what pydantic says stands beside the schema, too."""
    ranges, guest = describe(Annotated[Range, Query()]), describe(Annotated[Guest, Query()])

    assert [(name, item.is_required, item.description) for name, item in ranges.items()] == [
        ("from", True, "The least."),
        ("to", False, ""),
    ]
    assert ranges["from"].schema == {"type": "integer"}
    assert (guest["full-name"].description, guest["full-name"].is_deprecated) == ("In full.", True)
    assert guest["full-name"].schema == {"type": "string", "title": "Full-Name"}
    assert guest["mail"].schema["format"] == "uri"
    assert guest["other"].schema == {"type": "string"}


def test_headers_have_dashes_and_commas() -> None:
    """The schema says what an item of a list cannot contain."""
    found = describe(Annotated[Agent, Header()])

    assert list(found) == ["x-visit", "x-tags"]
    assert found["x-visit"].is_required
    assert found["x-tags"].schema["items"] == {"type": "string", "pattern": '^[^",]*$'}
    assert write_style(found["x-tags"].argument) == {}


def test_a_model_that_need_not_come_says_what_comes_together() -> None:
    """In a query it is one object, in a header each field says it."""
    whole = describe(Annotated[Range | None, Query()], None)
    parts = describe(Annotated[Agent | None, Header()], None)

    assert [(name, item.is_required) for name, item in whole.items()] == [("value", False)]
    assert whole["value"].schema == {"$ref": "#/components/schemas/RangeText"}
    assert write_style(whole["value"].argument) == {"style": "form", "explode": True}
    assert [(item.is_required, item.description) for item in parts.values()] == [
        (False, "Must come if one of these does: x-tags."),
        (False, ""),
    ]


def test_a_model_with_nothing_that_must_come_stays_its_fields() -> None:
    """Nothing depends on anything."""
    assert list(describe(Annotated[Page | None, Query()], None)) == ["number", "size"]


def test_a_default_that_is_a_model_has_the_last_word() -> None:
    """What a field is where another one comes is not what it is where none does."""
    found = describe(Annotated[Page, Query()], Page(number=3))

    assert "default" not in found["number"].schema
    assert "default" in describe(Annotated[Page, Query()], Page(size=2))["number"].schema


def test_examples_of_a_model_are_those_of_its_fields() -> None:
    """Given as models or as mappings."""
    found = describe(Annotated[Page, Query(examples=({"number": 2}, Page(3, 4)))])

    assert (found["number"].schema["examples"], found["size"].schema["examples"]) == ([2, 3], [4])


def test_an_object_behind_a_name_is_one_value() -> None:
    """Its model is a component, which refuses other names if it is to."""
    components = Components()
    open_one = describe(Annotated[Range, Query(style="deepObject", title="Years")], components=components)["value"]
    closed = describe(Annotated[Range, Query(style="deepObject", extra="forbid")], components=components)["value"]
    counts = describe(Annotated[dict[str, int], Query(style="deepObject")])["value"]

    assert open_one.schema == {"$ref": "#/components/schemas/RangeText", "title": "Years"}
    assert closed.schema == {"$ref": "#/components/schemas/RangeClosedText"}
    assert counts.schema["additionalProperties"] == {"type": "integer"}
    assert counts.schema["minProperties"] == 1
    assert write_style(open_one.argument) == {"style": "deepObject", "explode": True}


@pytest.mark.parametrize(
    ("annotation", "schema", "style"),
    [
        (list[str], {"type": "array", "items": {"type": "string"}, "minItems": 1}, {}),
        (
            Annotated[list[int], Query(explode=False)],
            {"type": "array", "items": {"type": "integer"}},
            {"explode": False},
        ),
        (
            Annotated[list[str], Query(style="spaceDelimited")],
            {"type": "array", "items": {"type": "string", "pattern": "^[^ ]*$"}},
            {"style": "spaceDelimited", "explode": False},
        ),
        (
            Annotated[list[Annotated[str, Constraints(pattern="^a")]], Query(style="pipeDelimited")],
            {"type": "array", "items": {"type": "string", "pattern": "^a", "allOf": [{"pattern": "^[^|]*$"}]}},
            {"style": "pipeDelimited", "explode": False},
        ),
        (Annotated[list[int], Header()], {"type": "array", "items": {"type": "integer"}}, {}),
        (Annotated[list[int], Form()], {"type": "array", "items": {"type": "integer"}, "minItems": 1}, {}),
        (int, {"type": "integer"}, {}),
    ],
)
def test_lists_have_their_style(annotation: Any, schema: dict[str, Any], style: dict[str, Any]) -> None:
    """Only where it is not what OpenAPI takes for granted."""
    found = describe(annotation)["value"]

    assert (found.schema, write_style(found.argument)) == (schema, style)


def test_dates_cannot_contain_what_parts_them() -> None:
    """So nothing is said of it."""
    found = describe(Annotated[list[date], Query(explode=False)])["value"]

    assert found.schema["items"] == {"type": "string", "format": "date"}


def argument_of(handler: Callable[..., object]) -> Any:
    """Plan the one argument of a handler."""
    return plan_arguments(handler)["value"]


def test_it_is_known_which_models_are_one_object() -> None:
    """And which of their fields depend on the others."""

    async def form(value: Annotated[Range | None, Form()] = None) -> None: ...
    async def query(value: Annotated[Range | None, Query()] = None) -> None: ...
    async def required(value: Annotated[Range, Query()]) -> None: ...

    assert [is_whole(argument_of(handler)) for handler in (form, query, required)] == [False, True, False]
    assert [list_dependent(argument_of(handler)) for handler in (form, required)] == [["from"], []]
