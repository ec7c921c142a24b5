"""
Names of definitions, short and with their modules.
"""

from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

import pydantic
import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from covet.validation import SchemaWriter
from covet.validation.schema_names import qualified_name, rename_references, short_name

T = TypeVar("T")


@dataclass
class Item:
    name: str


@dataclass
class Page(Generic[T]):
    items: list[T]


class Address(pydantic.BaseModel):
    street: str


class Customer(pydantic.BaseModel):
    address: Address


@pytest.mark.parametrize(
    ("annotation", "short", "qualified"),
    [
        (Item, "Item", f"{__name__}.Item"),
        (Page[Item], "Page_Item", f"{__name__}.Page_{__name__}.Item"),
        (Page[int], "Page_int", f"{__name__}.Page_int"),
        (list[int], "list_int", "list_int"),
        (Literal["a"], "Literal_a", None),
    ],
)
def test_a_name_fits_into_a_reference(annotation: Any, short: str, qualified: str | None) -> None:
    """
    The short one as its author writes it, the other one with the modules of all its parts.
    """
    assert short_name(annotation) == short
    assert qualified is None or qualified_name(annotation) == qualified


def test_references_are_renamed_at_any_depth() -> None:
    """
    Others, and what only looks like one, stay.
    """
    schema = {
        "a": [{"$ref": "#/x/A"}, {"$ref": "#/x/B"}, {"$ref": "#/y/A"}],
        "properties": {"$ref": {"type": "string"}},
    }

    rename_references(schema, {"A": "m.A"}, "#/x/")

    assert schema == {
        "a": [{"$ref": "#/x/m.A"}, {"$ref": "#/x/B"}, {"$ref": "#/y/A"}],
        "properties": {"$ref": {"type": "string"}},
    }


def make_twin(module: str, annotation: type) -> type:
    """
    Make a model named User.
    """

    @dataclass
    class User:
        value: annotation  # type: ignore[valid-type]
        other: "User | None" = None

    User.__module__, User.__qualname__ = module, "User"
    return User


def test_types_of_one_name_get_their_modules_both() -> None:
    """
    Also in references that were written before the second one was met.
    """
    first, second = make_twin("shop.a", int), make_twin("shop.b", str)
    writer = SchemaWriter()
    written = [writer.write(list[first]), writer.write(second), writer.write(first)]  # type: ignore[valid-type]

    writer.settle_names(written)

    assert sorted(writer.definitions) == ["shop.a.User", "shop.b.User"]
    assert written == [
        {"type": "array", "items": {"$ref": "#/$defs/shop.a.User"}},
        {"$ref": "#/$defs/shop.b.User"},
        {"$ref": "#/$defs/shop.a.User"},
    ]
    assert writer.write(first) == {"$ref": "#/$defs/shop.a.User"}


def test_types_of_one_name_and_one_module_are_numbered() -> None:
    """
    Nothing else tells them apart.
    """
    writer = SchemaWriter()
    written = [writer.write(make_twin("shop", int)), writer.write(make_twin("shop", str))]

    writer.settle_names(written)

    assert sorted(writer.definitions) == ["shop.User", "shop.User_2"]


class Person(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")
    first: str
    friend: "Person | None" = None

    @pydantic.computed_field  # type: ignore[prop-decorator]
    @property
    def letters(self) -> int:
        """How many letters it has."""
        return len(self.first)


def test_what_a_model_writes_may_be_more_than_it_reads() -> None:
    """
    Then it has two definitions; every other model has one.
    """
    writer = SchemaWriter()

    read = writer.write(Person)
    written = writer.write(list[Person], mode="serialization")
    same = [writer.write(Customer), writer.write(Customer, mode="serialization"), writer.write(Item)]

    assert (read, written["items"]) == ({"$ref": "#/$defs/Person"}, {"$ref": "#/$defs/PersonOutput"})
    assert "letters" not in writer.definitions["Person"]["properties"]
    assert same == [{"$ref": "#/$defs/Customer"}, {"$ref": "#/$defs/Customer"}, {"$ref": "#/$defs/Item"}]
    Draft202012Validator({"$defs": writer.definitions, **written}).validate(
        [Person(first="a", friend=Person(first="b")).model_dump(mode="json")]
    )


@pytest.mark.parametrize("order", [(Customer, Address), (Address, Customer)])
def test_a_pydantic_model_inside_of_another_is_defined_once(order: tuple[type, type]) -> None:
    """
    Whichever comes first.
    """
    writer = SchemaWriter()
    for cls in order:
        writer.write(cls)
    writer.settle_names()

    assert sorted(writer.definitions) == ["Address", "Customer"]
