"""
JSON Schema says what the validator accepts; an independent implementation of JSON Schema agrees.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Annotated, Any, Generic, Literal, NamedTuple, NotRequired, TypedDict, TypeVar
from uuid import UUID

import attrs
import msgspec
import pydantic
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, validators  # type: ignore[import-untyped]
from jsonschema.exceptions import ValidationError as SchemaError  # type: ignore[import-untyped]

from covet.exceptions import ConfigurationError, ValidationError
from covet.validation import Constraints, SchemaWriter, compile_validator, make_json_schema
from covet.validation.analysis import analyze
from covet.validation.nodes import Node
from covet.validation.schema import DIALECT
from tests.unit.validation.generation import FAITHFUL, SCALARS, contains_pydantic, fitting, types, values

T = TypeVar("T")


def check_multiple(_validator: Any, divisor: float, value: Any, _schema: Any) -> Iterator[SchemaError]:
    """Check `multipleOf` with the numbers as they were written: the library divides floats."""
    if isinstance(value, int | float) and Fraction(repr(value)) % Fraction(repr(divisor)):
        yield SchemaError(f"{value} is not a multiple of {divisor}")


ExactValidator = validators.extend(Draft202012Validator, {"multipleOf": check_multiple})


DECIMAL = {
    "type": ["number", "string"],
    "format": "decimal",
    "pattern": r"^(?:[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)$",
}


class Color(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Item:
    """An item of the shop."""

    name: Annotated[str, Constraints(min_length=1, description="as printed")]
    color: Color = Color.RED
    tags: list[str] = field(default_factory=list)
    extra: dict[str, int] = field(default_factory=dict)
    since: date = date(2026, 1, 2)
    price: Decimal = Decimal("1.10")
    ratio: float = float("inf")
    sizes: tuple[int, ...] = (1, 2)
    spots: frozenset[int] = frozenset({2, 1})
    made: object = field(default_factory=object)


@dataclass
class Tree:
    name: str
    children: list["Tree"] = field(default_factory=list)


@dataclass
class Page(Generic[T]):
    items: list[T]


class Point(NamedTuple):
    x: int
    y: float = 0.0


class Partial(TypedDict):
    name: str
    note: NotRequired[str]


class Strict(msgspec.Struct, forbid_unknown_fields=True, rename="camel"):
    unit_price: float


class Cat(msgspec.Struct, tag="cat"):
    lives: int


class Dog(msgspec.Struct, tag="dog"):
    name: str = "rex"


class Row(msgspec.Struct, array_like=True, tag="row"):
    id: int
    note: str = ""


class Closed(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    id: int


@attrs.define
class Wheel:
    _size: int = 1


class Inner(pydantic.BaseModel):
    n: int


class Model(pydantic.BaseModel):
    inner: Inner


class Chain(pydantic.BaseModel):
    next: "Chain | None" = None


def definition(annotation: Any) -> Any:
    """Write the schema of a model and give back its definition."""
    schema = make_json_schema(annotation)
    return schema["$defs"][schema["$ref"].removeprefix("#/$defs/")]


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (Any, {}),
        (None, {"type": "null"}),
        (bool, {"type": "boolean"}),
        (int, {"type": "integer"}),
        (float, {"type": "number"}),
        (str, {"type": "string"}),
        (bytes, {"type": "string", "contentEncoding": "base64"}),
        (Decimal, {**DECIMAL}),
        (datetime, {"type": "string", "format": "date-time"}),
        (UUID, {"type": "string", "format": "uuid"}),
        (PurePosixPath, {"type": "string", "format": "path"}),
        (Literal["a"], {"const": "a"}),
        (Literal["a", 1], {"enum": ["a", 1]}),
        (Literal[b"tea"], {"const": "dGVh"}),
        (list[int], {"type": "array", "items": {"type": "integer"}}),
        (set[int], {"type": "array", "items": {"type": "integer"}}),
        (tuple[int, str], {
            "type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "minItems": 2, "maxItems": 2,
        }),
        (tuple[()], {"type": "array", "minItems": 0, "maxItems": 0}),
        (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}),
        (Mapping[int, bool], {
            "type": "object", "additionalProperties": {"type": "boolean"},
            "propertyNames": {"type": "string", "pattern": "^-?(0|[1-9][0-9]*)$"},
        }),
        (dict[float, bool], {"type": "object", "additionalProperties": {"type": "boolean"}}),
        (dict[Literal[1, 2], bool], {
            "type": "object", "additionalProperties": {"type": "boolean"}, "propertyNames": {"enum": ["1", "2"]},
        }),
        (dict[int | date, bool], {
            "type": "object", "additionalProperties": {"type": "boolean"},
            "propertyNames": {"anyOf": [
                {"type": "string", "pattern": "^-?(0|[1-9][0-9]*)$"}, {"type": "string", "format": "date"},
            ]},
        }),
        (dict[Annotated[str, Constraints(max_length=2)], int], {
            "type": "object", "additionalProperties": {"type": "integer"},
            "propertyNames": {"type": "string", "maxLength": 2},
        }),
        (int | None, {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        (Annotated[int, Constraints(ge=1, lt=5, multiple_of=2)], {
            "type": "integer", "minimum": 1, "exclusiveMaximum": 5, "multipleOf": 2,
        }),
        (Annotated[Decimal, Constraints(gt=Decimal("0.5"), le=2)], {
            **DECIMAL, "exclusiveMinimum": 0.5, "maximum": 2,
        }),
        (Annotated[str, Constraints(min_length=1, max_length=2, pattern="a")], {
            "type": "string", "minLength": 1, "maxLength": 2, "pattern": "a",
        }),
        (Annotated[bytes, Constraints(min_length=1, max_length=4)], {
            "type": "string", "contentEncoding": "base64", "minLength": 4, "maxLength": 8,
        }),
        (Annotated[list[int], Constraints(min_length=1)], {
            "type": "array", "items": {"type": "integer"}, "minItems": 1,
        }),
        (Annotated[dict[str, Any], Constraints(max_length=1)], {
            "type": "object", "additionalProperties": {}, "maxProperties": 1,
        }),
        (Annotated[int, Constraints(ge=1), Constraints(ge=3), Constraints(ge=2)], {
            "type": "integer", "minimum": 1, "allOf": [{"minimum": 3}, {"minimum": 2}],
        }),
        (Annotated[datetime, Constraints(ge=datetime(2026, 1, 1, tzinfo=UTC))], {
            "type": "string", "format": "date-time",
        }),
        (Annotated[int, Constraints(title="Age", description="in years", examples=(1, 2))], {
            "type": "integer", "title": "Age", "description": "in years", "examples": [1, 2],
        }),
    ],
)  # fmt: skip
def test_types(annotation: Any, expected: dict[str, Any]) -> None:
    """Each type has its keywords."""
    assert make_json_schema(annotation) == {"$schema": DIALECT, **expected}


def test_constraints_can_be_given_beside_the_annotation() -> None:
    """They count as those in `Annotated` do."""
    assert make_json_schema(int, constraints=Constraints(ge=1))["minimum"] == 1


def test_a_dataclass() -> None:
    """Its fields, what is required, its docstring, and every default that JSON can show."""
    assert definition(Item) == {
        "title": "Item",
        "description": "An item of the shop.",
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 1, "description": "as printed"},
            "color": {"$ref": "#/$defs/Color", "default": "red"},
            "tags": {"type": "array", "items": {"type": "string"}, "default": []},
            "extra": {"type": "object", "additionalProperties": {"type": "integer"}, "default": {}},
            "since": {"type": "string", "format": "date", "default": "2026-01-02"},
            "price": {**DECIMAL, "default": "1.10"},
            "ratio": {"type": "number"},
            "sizes": {"type": "array", "items": {"type": "integer"}, "default": [1, 2]},
            "spots": {"type": "array", "items": {"type": "integer"}, "default": [1, 2]},
            "made": {},
        },
        "required": ["name"],
    }


def test_an_enumeration_is_a_definition() -> None:
    """Two fields of one enumeration share it."""
    assert make_json_schema(list[Color])["$defs"] == {"Color": {"title": "Color", "enum": ["red", "blue"]}}


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (Tree, {
            "title": "Tree", "type": "object", "required": ["name"],
            "properties": {
                "name": {"type": "string"},
                "children": {"type": "array", "items": {"$ref": "#/$defs/Tree"}, "default": []},
            },
        }),
        (Page[Tree], {
            "title": "Page[Tree]", "type": "object", "required": ["items"],
            "properties": {"items": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}},
        }),
        (Partial, {
            "title": "Partial", "type": "object", "required": ["name"],
            "properties": {"name": {"type": "string"}, "note": {"type": "string"}},
        }),
        (Point, {"title": "Point", "anyOf": [
            {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "number"}], "minItems": 1, "maxItems": 2},
            {"type": "object", "required": ["x"],
             "properties": {"x": {"type": "integer"}, "y": {"type": "number", "default": 0.0}}},
        ]}),
        (Strict, {
            "title": "Strict", "type": "object", "required": ["unitPrice"], "additionalProperties": False,
            "properties": {"unitPrice": {"type": "number"}},
        }),
        (Cat, {
            "title": "Cat", "type": "object", "required": ["lives"],
            "properties": {"type": {"const": "cat"}, "lives": {"type": "integer"}},
        }),
        (Row, {
            "title": "Row", "type": "array", "minItems": 2,
            "prefixItems": [{"const": "row"}, {"type": "integer"}, {"type": "string"}],
        }),
        (Closed, {
            "title": "Closed", "type": "array", "minItems": 1, "maxItems": 1, "prefixItems": [{"type": "integer"}],
        }),
        (Wheel, {"title": "Wheel", "type": "object", "properties": {"_size": {"type": "integer", "default": 1}}}),
        (Model, {
            "title": "Model", "type": "object", "required": ["inner"],
            "properties": {"inner": {"$ref": "#/$defs/Inner"}},
        }),
    ],
)  # fmt: skip
def test_models(annotation: Any, expected: dict[str, Any]) -> None:
    """Each kind of model is described by what its JSON is."""
    assert definition(annotation) == expected


def test_models_in_a_union_need_their_tag() -> None:
    """Alone a Struct may come without it; beside others it may not."""
    assert make_json_schema(Cat | Dog)["anyOf"] == [
        {"$ref": "#/$defs/Cat", "required": ["type"]},
        {"$ref": "#/$defs/Dog", "required": ["type"]},
    ]


def test_names_of_generic_models_fit_into_references() -> None:
    """Brackets and commas are none of the characters that OpenAPI allows."""
    assert set(make_json_schema(Page[Page[int]])["$defs"]) == {"Page_Page_int", "Page_int"}


def test_two_models_of_one_name_are_two_definitions() -> None:
    """The second one brings its module along, the third a number."""
    others = [msgspec.defstruct("Item", [("n", int)], module="other") for _ in range(2)]

    writer = SchemaWriter()
    refs = [writer.write(annotation)["$ref"] for annotation in (Item, *others, Item)]

    assert refs == ["#/$defs/Item", "#/$defs/other.Item", "#/$defs/other.Item_2", "#/$defs/Item"]
    assert writer.definitions["other.Item"]["properties"] == {"n": {"type": "integer"}}


def test_pydantic_models_do_not_replace_definitions_of_others() -> None:
    """A model within a pydantic model may have a name that is taken."""
    mine = msgspec.defstruct("Inner", [("mine", int)])

    writer = SchemaWriter(prefix="#/components/schemas/")
    writer.write(mine)
    writer.write(Model)

    assert set(writer.definitions) == {"Inner", "Model", "Model.Inner"}
    assert writer.definitions["Inner"]["required"] == ["mine"]
    assert writer.definitions["Model"]["properties"]["inner"] == {"$ref": "#/components/schemas/Model.Inner"}


def test_a_recursive_pydantic_model() -> None:
    """It refers to its own definition."""
    assert definition(Chain)["properties"]["next"]["anyOf"][0] == {"$ref": "#/$defs/Chain"}


@pytest.mark.parametrize(
    "annotation", [annotation for annotation in SCALARS + FAITHFUL if annotation is not None], ids=repr
)
def test_schemas_are_schemas(annotation: Any) -> None:
    """Each is valid by the meta-schema, and is JSON."""
    schema = make_json_schema(annotation)

    Draft202012Validator.check_schema(schema)
    assert json.loads(json.dumps(schema)) == schema


@settings(suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_schema_accepts_what_the_validator_accepts(data: st.DataObject) -> None:
    """Whatever the type and the input, a client that keeps to what the validator wants keeps to the schema."""
    annotation = data.draw(types)
    try:
        node = analyze(annotation)
    except ConfigurationError:
        return
    # A pydantic model accepts more than its own schema says, such as "1" for an integer.
    assume(not contains_pydantic(node))
    value = json.loads(json.dumps(data.draw(st.one_of(fitting(node), fitting(node), values))))
    try:
        compile_validator(annotation).validate(value)
    except ValidationError:
        return

    ExactValidator(make_json_schema(annotation)).validate(value)


@pytest.mark.parametrize(
    ("annotation", "value"),
    [
        (int, "1"),
        (Tree, {"name": "a", "children": [{}]}),
        (Page[int], {"items": ["x"]}),
        (Point, [1, 2, 3]),
        (Strict, {"unitPrice": 1, "x": 1}),
        (Cat | Dog, {"lives": 1}),
        (Cat | Dog, {"type": "dog", "name": 1}),
        (Row, ["other", 1]),
        (dict[int, int], {"07": 1}),
        (tuple[int, str], [1]),
        (Annotated[str, Constraints(pattern="^a$")], "b"),
    ],
)
def test_a_schema_refuses_what_the_validator_refuses(annotation: Any, value: object) -> None:
    """Where the vocabulary has the words, the schema uses them."""
    with pytest.raises(ValidationError):
        compile_validator(annotation).validate(value)

    assert not Draft202012Validator(make_json_schema(annotation)).is_valid(value)


def test_a_type_that_cannot_be_validated_has_no_schema() -> None:
    """The error is that of the validator."""
    with pytest.raises(ConfigurationError, match="complex cannot be validated"):
        make_json_schema(complex)


def test_an_unknown_node_is_a_mistake_of_ours() -> None:
    """Nothing is left out in silence when a new node is added."""
    with pytest.raises(TypeError, match="no schema for Node"):
        SchemaWriter()._write(Node(annotation=int))
