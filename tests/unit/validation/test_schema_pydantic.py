"""
Schemas that pydantic writes: the models in them have names that nobody else has.
"""

from typing import Any

import pydantic
import pytest

from covet.validation.schema_pydantic import Mode, has_output, make_pydantic_schema

PREFIX = "#/parts/"


class Address(pydantic.BaseModel):
    city: str | None = None


class Plain(pydantic.BaseModel):
    name: str


class Person(pydantic.BaseModel):
    home: Address
    plain: Plain
    ages: list[int]


class Chain(pydantic.BaseModel):
    value: int | None = None
    rest: list["Chain"] = []


class Shown(pydantic.BaseModel):
    name: str

    @pydantic.computed_field  # type: ignore[prop-decorator]
    @property
    def greeting(self) -> str:
        """What to say."""
        return f"Hello, {self.name}"


def make(cls: type, name: str = "", *, mode: Mode = "validation", is_closed: bool = False, **known: Any) -> Any:
    """Make the schema of a model, and list the names of those in it."""
    made = make_pydantic_schema(cls, name or cls.__name__, prefix=PREFIX, mode=mode, known=known, is_closed=is_closed)
    return made.schema, made.inner


def test_models_have_their_own_names() -> None:
    """Unless another one has it already."""
    schema, inner = make(Person)
    again = make(Person, Address=inner["Address"])
    _, other = make(Person, Address={"type": "string"})

    assert schema["properties"]["home"] == {"$ref": "#/parts/Address"}
    assert set(inner) == {"Address", "Plain"}
    assert again == (schema, inner)
    assert set(other) == {"Person.Address", "Person.Plain"}


def test_texts_have_no_null() -> None:
    """Where that says something else, the models in it have names for it."""
    schema, inner = make(Person, mode="text")

    assert schema["properties"]["home"] == {"$ref": "#/parts/AddressText"}
    assert schema["properties"]["ages"]["minItems"] == 1
    assert inner["AddressText"]["properties"] == {"city": {"type": "string", "title": "City"}}
    assert set(inner) == {"AddressText", "PlainText"}


def test_a_closed_model_takes_no_other_names() -> None:
    """Nor do those in it."""
    schema, inner = make(Person, mode="text", is_closed=True)

    assert schema["additionalProperties"] is False
    assert [part["additionalProperties"] for part in inner.values()] == [False, False]
    assert set(inner) == {"AddressClosedText", "PlainClosedText"}


@pytest.mark.parametrize(("mode", "name"), [("validation", "Chain"), ("text", "ChainText")])
def test_a_model_that_contains_itself_is_in_its_place(mode: Mode, name: str) -> None:
    """Its own name is not given twice."""
    schema, inner = make(Chain, name, mode=mode)

    assert schema["properties"]["rest"]["items"] == {"$ref": f"#/parts/{name}"}
    assert inner == {}


def test_what_is_written_may_be_more_than_what_is_read() -> None:
    """Such as a computed field."""
    assert has_output(Shown)
    assert not has_output(Plain)
    assert "greeting" in make(Shown, mode="serialization")[0]["properties"]
    assert "greeting" not in make(Shown)[0]["properties"]
