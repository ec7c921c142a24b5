"""
Six kinds of models are told apart by the marks of their libraries, and say what their fields are.
"""

import dataclasses
import re
from dataclasses import InitVar, dataclass, field
from typing import Any, ClassVar, Generic, NamedTuple, NotRequired, Required, TypedDict, TypeVar

import attrs
import msgspec
import pydantic
import pydantic.dataclasses
import pytest

from covet.exceptions import ConfigurationError, ValidationError
from covet.types import UNSET
from covet.validation import compile_validator
from covet.validation.models import describe_model, is_model, model_kind

T = TypeVar("T")


@dataclass
class Item:
    name: str
    price: float = 1.0
    tags: list[str] = field(default_factory=list)
    total: int = field(default=0, init=False)
    shared: ClassVar[int] = 3


class Partial(TypedDict, total=False):
    name: Required[str]
    price: float


class Texts(TypedDict):
    name: "str"
    price: "NotRequired[float]"


class Point(NamedTuple):
    x: int
    y: int = 0


class Line(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    unit_price: float
    tags: list[str] = []
    note: str | None = None


class Cat(msgspec.Struct, tag="cat", tag_field="kind"):
    lives: int


class Row(msgspec.Struct, array_like=True):
    id: int


@attrs.define
class Wheel:
    size: int
    _hidden: int = 0
    parts: list[str] = attrs.Factory(list)
    copy: int = attrs.field(default=attrs.Factory(lambda self: self.size, takes_self=True))
    made: int = attrs.field(default=1, init=False)


class Model(pydantic.BaseModel):
    id: int


@pydantic.dataclasses.dataclass
class Checked:
    id: int


@dataclass
class Page(Generic[T]):
    items: list[T]


@dataclass
class Raw:
    size: InitVar[int]


@dataclass
class Dangling:
    other: "Nowhere"  # type: ignore[name-defined]  # noqa: F821 - that is the point


@dataclass
class Hooked:
    low: int

    def __post_init__(self) -> None:
        self.low += 1


@dataclass
class Watched:
    low: int

    def __setattr__(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)


class Child(Item):
    pass


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        (Item, "dataclass"),
        (Page[int], "dataclass"),
        (Partial, "typeddict"),
        (Point, "namedtuple"),
        (Line, "struct"),
        (Wheel, "attrs"),
        (Model, "pydantic"),
        (Checked, "pydantic"),
        (Item("tea"), None),
        (dict[str, int], None),
        (tuple, None),
        ("Item", None),
        (msgspec.Struct, "struct"),
    ],
)
def test_kinds(annotation: Any, kind: str | None) -> None:
    """Each library's mark is recognised; instances and builtins have none."""
    assert model_kind(annotation) == kind
    assert is_model(annotation) is (kind is not None)


def fields_of(annotation: Any) -> list[tuple[Any, ...]]:
    """List what is said of each field."""
    node, _ = describe_model(annotation)
    return [
        (item.name, item.attribute, item.key, item.required, item.default, item.default_factory) for item in node.fields
    ]


def test_dataclass_fields() -> None:
    """Defaults and factories are known; what the constructor does not take is no field."""
    assert fields_of(Item) == [
        ("name", "name", "name", True, UNSET, None),
        ("price", "price", "price", False, 1.0, None),
        ("tags", "tags", "tags", False, UNSET, list),
    ]


@pytest.mark.parametrize("cls", [Partial, Texts])
def test_typeddict_fields(cls: type) -> None:
    """Required and NotRequired count, written as text too."""
    assert fields_of(cls) == [
        ("name", "name", "name", True, UNSET, None),
        ("price", "price", "price", False, UNSET, None),
    ]


def test_namedtuple_fields() -> None:
    """They come as an array."""
    node, _ = describe_model(Point)

    assert node.as_array
    assert fields_of(Point) == [("x", "x", "x", True, UNSET, None), ("y", "y", "y", False, 0, None)]


def test_struct_fields() -> None:
    """The names in JSON are those that msgspec would use, an empty list is a factory."""
    node, _ = describe_model(Line)

    assert node.forbid_unknown
    assert fields_of(Line) == [
        ("unit_price", "unit_price", "unitPrice", True, UNSET, None),
        ("tags", "tags", "tags", False, UNSET, list),
        ("note", "note", "note", False, None, None),
    ]


def test_struct_tags_and_arrays() -> None:
    """How a Struct is written is part of what it is."""
    assert describe_model(Cat)[0].tag == ("kind", "cat")
    assert describe_model(Row)[0].as_array


def test_attrs_fields() -> None:
    """A leading underscore is in JSON and not in the constructor; a default may need the instance."""
    assert fields_of(Wheel) == [
        ("size", "size", "size", True, UNSET, None),
        ("hidden", "_hidden", "_hidden", False, 0, None),
        ("parts", "parts", "parts", False, UNSET, list),
        ("copy", "copy", "copy", False, UNSET, None),
    ]


def test_pydantic_describes_itself() -> None:
    """Its fields are its own business."""
    node, hints = describe_model(Model)

    assert node.fields == ()
    assert hints == {}


def test_generic_hints_have_their_arguments() -> None:
    """A type variable is replaced before anybody sees it."""
    assert describe_model(Page[int])[1] == {"items": list[int]}


@pytest.mark.parametrize(
    ("cls", "native", "faithful"),
    [
        (Page, True, True),
        (Item, False, True),
        (Hooked, True, False),
        (Watched, True, False),
        (Child, False, True),
        (Partial, True, True),
        (Texts, False, True),
        (Line, True, True),
        (Cat, True, False),
        (Row, False, True),
        (Wheel, False, False),
        (Point, False, False),
    ],
)
def test_native_and_faithful(cls: type, native: bool, faithful: bool) -> None:
    """The library may be trusted with a class only if no code of its author runs and nothing is hidden from it."""
    node, _ = describe_model(cls)

    assert (node.native, node.faithful) == (native, faithful)


@pytest.mark.parametrize(
    ("cls", "message"),
    [
        (Raw, "Raw.size: InitVar fields cannot be validated."),
        (int, "int is no model."),
    ],
)
def test_what_is_no_model_is_refused(cls: type, message: str) -> None:
    """The error names what was given."""
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        describe_model(cls)


def test_a_name_that_does_not_resolve_is_named() -> None:
    """A missing import is found at start-up."""
    with pytest.raises(ConfigurationError, match="Nowhere"):
        describe_model(Dangling)


def test_a_frozen_dataclass_is_faithful() -> None:
    """Its generated methods are not code of the author."""
    frozen = dataclasses.make_dataclass("Frozen", [("name", str)], frozen=True)

    assert describe_model(frozen)[0].faithful


def test_dataclass_may_refuse_unknown_names() -> None:
    """It asks for it as its class attribute; then it is not left to msgspec, which would let them pass."""

    @dataclasses.dataclass
    class Closed:
        __forbid_unknown_fields__: ClassVar[bool] = True
        name: str

    @dataclasses.dataclass
    class Open:
        name: str

    nodes = [describe_model(cls)[0] for cls in (Closed, Open)]

    assert [(node.forbid_unknown, node.native) for node in nodes] == [(True, False), (False, True)]
    validator = compile_validator(Closed)
    assert validator.decode_json(b'{"name": "Ada"}') == Closed("Ada")
    with pytest.raises(ValidationError) as caught:
        validator.decode_json(b'{"name": "Ada", "admin": true}')
    assert [error.pointer for error in caught.value.errors] == ["/admin"]
