"""
Schemas of what is put together from texts stand beside those of JSON, under names of their own.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, NamedTuple, TypedDict

import msgspec
import pydantic
import pytest

from covet.validation import Constraints, SchemaWriter

PREFIX = "#/parts/"


class Size(NamedTuple):
    width: int
    height: int | None = None


@dataclass
class Plain:
    name: str
    tags: list[str] = field(default_factory=list)


@dataclass
class Address:
    city: str
    number: Annotated[int | None, Constraints(ge=1)] = None


@dataclass
class Tree:
    value: int = 0
    children: "list[Tree]" = field(default_factory=list)
    address: Address | None = None


class Tagged(msgspec.Struct, tag="tagged", rename={"low": "from"}):
    low: float = 0.0


class Model(pydantic.BaseModel):
    full_name: str = pydantic.Field(alias="full-name", min_length=1)
    home: Address
    age: int | None = None


class Chain(pydantic.BaseModel):
    rest: list["Chain"] = []
    age: int | None = None


class Changes(TypedDict, total=False):
    price: Decimal


def test_a_model_that_texts_spell_alike_is_one_definition() -> None:
    """It has nothing that would be written otherwise."""
    writer = SchemaWriter(prefix=PREFIX)

    assert writer.write(Plain, mode="text") == writer.write(Plain) == {"$ref": "#/parts/Plain"}
    assert list(writer.definitions) == ["Plain"]


@pytest.mark.parametrize("first", ["text", "validation"])
def test_a_model_that_texts_spell_otherwise_is_another_definition(first: Any) -> None:
    """Whichever comes first; the models in it, too, and such as contain themselves."""
    writer = SchemaWriter(prefix=PREFIX)

    writer.write(Tree, mode=first)
    assert writer.write(Tree, mode="text") == {"$ref": "#/parts/TreeText"}
    assert writer.write(Tree) == {"$ref": "#/parts/Tree"}

    assert set(writer.definitions) == {"Tree", "TreeText", "Address", "AddressText"}
    text = writer.definitions["TreeText"]["properties"]
    assert text["children"]["items"] == {"$ref": "#/parts/TreeText"}
    assert text["address"] == {"$ref": "#/parts/AddressText"}
    assert writer.definitions["AddressText"]["properties"]["number"] == {"type": "integer", "minimum": 1}
    assert writer.definitions["Tree"]["properties"]["address"]["anyOf"][1] == {"type": "null"}


def test_a_closed_model_says_that_it_is() -> None:
    """At any depth, and beside the open one."""
    writer = SchemaWriter(prefix=PREFIX)

    assert writer.write(Tree, mode="text", is_closed=True) == {"$ref": "#/parts/TreeClosedText"}
    assert writer.write(Tree, mode="text") == {"$ref": "#/parts/TreeText"}
    assert [name for name, schema in writer.definitions.items() if schema.get("additionalProperties") is False] == [
        "TreeClosedText",
        "AddressClosedText",
    ]


def test_twins_get_the_names_of_their_modules() -> None:
    """With the same ending."""
    others = [msgspec.defstruct("Twin", [("n", int | None, None)], module=module) for module in ("shop.a", "shop.b")]
    writer = SchemaWriter(prefix=PREFIX)
    written = [writer.write(annotation, mode="text") for annotation in others]

    writer.settle_names(written)

    assert written == [{"$ref": "#/parts/shop.a.TwinText"}, {"$ref": "#/parts/shop.b.TwinText"}]
    assert set(writer.definitions) == {"shop.a.TwinText", "shop.b.TwinText"}


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (Plain, {"name": {"type": "string"}, "tags": {"type": "array", "items": {"type": "string"}, "default": []}}),
        (Address, {"city": {"type": "string"}, "number": {"type": "integer", "minimum": 1}}),
        (Tagged, {"from": {"type": "number", "default": 0.0}}),
        (Changes, {"price": {"type": "number", "format": "decimal"}}),
        (Size, {"width": {"type": "integer"}, "height": {"type": "integer"}}),
        (
            Model,
            {
                "full-name": {"type": "string", "minLength": 1, "title": "Full-Name"},
                "home": {"$ref": "#/parts/AddressText"},
                "age": {"type": "integer", "title": "Age"},
            },
        ),
        (
            Chain,
            {
                "rest": {"type": "array", "items": {"$ref": "#/parts/ChainText"}, "default": [], "title": "Rest"},
                "age": {"type": "integer", "title": "Age"},
            },
        ),
        (dict[str, int], {}),
    ],
    ids=repr,
)
def test_fields_are_written_one_by_one(model: Any, expected: dict[str, Any]) -> None:
    """By their names in JSON, with their constraints and defaults."""
    writer = SchemaWriter(prefix=PREFIX)

    assert writer.write_fields(model) == expected


def test_fields_of_a_closed_model_are_closed() -> None:
    """What is in them takes no other names either."""
    writer = SchemaWriter(prefix=PREFIX)

    fields = writer.write_fields(Tree, is_closed=True)

    assert fields["address"] == {"$ref": "#/parts/AddressClosedText"}
