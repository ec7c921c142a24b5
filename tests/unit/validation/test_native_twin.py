"""
The twin shows how many keys the input had, and becomes what the plain engine would have made.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Generic, NotRequired, Optional, TypedDict, TypeVar

import attrs
import msgspec
import pytest

from covet.validation.analysis import analyze
from covet.validation.native_twin import NoTwinError, make_twin

T = TypeVar("T")


class Address(msgspec.Struct):
    street: str
    city: str


class Line(msgspec.Struct, frozen=True, rename={"unit_price": "unit price"}):
    unit_price: float
    address: Address
    gift: bool = False
    tags: tuple[str, ...] = ()


class Keywords(msgspec.Struct, kw_only=True):
    a: int = 0
    b: int


class Tagged(msgspec.Struct, tag="t", tag_field="kind"):
    n: int = 0


@dataclass
class Tree:
    name: str
    children: list["Tree"] = field(default_factory=list)
    parent: Optional["Tree"] = None


@dataclass(slots=True, kw_only=True)
class Page(Generic[T]):
    items: list[T]
    total: int = 0


@attrs.define
class Wheel:
    _size: int = 1
    spokes: list[int] = attrs.Factory(list)


@attrs.define
class Own:
    size: int
    copy: int = attrs.field(default=attrs.Factory(lambda self: self.size, takes_self=True))


class Settings(TypedDict):
    line: Line
    page: NotRequired[Page[int]]


class Plain(TypedDict):
    name: str


class Loop(TypedDict):
    name: str
    inner: NotRequired["Loop | None"]


class Level(IntEnum):
    LOW = 1


@dataclass
class Twice:
    first: Line
    second: Line
    level: Level = Level.LOW


GOOD = b'{"unit price": 1, "address": {"street": "a", "city": "b"}'
LINE = Line(1.0, Address("a", "b"))


def read(annotation: Any, body: bytes) -> tuple[Any, int]:
    """Decode a body by way of the twin, and count its keys."""
    twin = make_twin(analyze(annotation))
    value = msgspec.json.decode(body, type=twin.annotation)
    counted: list[int] = []
    if twin.build is not None:
        value = twin.build(value, counted.append)
    return value, twin.keys + sum(counted)


@pytest.mark.parametrize(
    ("annotation", "body", "value", "keys"),
    [
        (int, b"1", 1, 0),
        (Address, b'{"street": "a", "city": "b"}', Address("a", "b"), 2),
        (Plain, b'{"name": "a"}', {"name": "a"}, 1),
        (Line, GOOD + b"}", LINE, 4),
        (Line, GOOD + b', "gift": false}', LINE, 5),
        (Line, GOOD + b', "gift": false, "tags": []}', LINE, 6),
        (Line, GOOD + b', "other": 1}', LINE, 4),
        (list[Line], b"[" + GOOD + b"}, " + GOOD + b', "gift": true}]', [LINE, Line(1.0, Address("a", "b"), True)], 9),
        (tuple[Line, ...], b"[" + GOOD + b"}]", (LINE,), 4),
        (tuple[int, Line], b"[1, " + GOOD + b"}]", (1, LINE), 4),
        (tuple[Address, int], b'[{"street": "a", "city": "b"}, 1]', (Address("a", "b"), 1), 2),
        (list[Address], b'[{"street": "a", "city": "b"}]', [Address("a", "b")], 2),
        (list[list[Address]], b'[[], [{"street": "a", "city": "b"}]]', [[], [Address("a", "b")]], 2),
        (dict[str, Line], b'{"x": ' + GOOD + b"}}", {"x": LINE}, 5),
        (dict[str, int], b'{"x": 1, "y": 2}', {"x": 1, "y": 2}, 2),
        (Line | None, GOOD + b"}", LINE, 4),
        (Line | None, b"null", None, 0),
        (Line | list[Address] | str, b'[{"street": "a", "city": "b"}]', [Address("a", "b")], 2),
        (Line | list[Address] | str, b'"x"', "x", 0),
        (Address | None, b'{"street": "a", "city": "b"}', Address("a", "b"), 2),
        (Keywords, b'{"b": 1}', Keywords(b=1), 1),
        (Tagged, b"{}", Tagged(), 0),
        (Tagged, b'{"kind": "t", "n": 0}', Tagged(), 2),
        (Page[Address], b'{"items": [{"street": "a", "city": "b"}]}', Page(items=[Address("a", "b")]), 3),
        (Wheel, b'{"_size": 1}', Wheel(1), 1),
        (Wheel, b'{"spokes": []}', Wheel(), 1),
        (Tree, b'{"name": "a", "children": [{"name": "b"}], "parent": {"name": "c"}}',
         Tree("a", [Tree("b")], Tree("c")), 5),
        (Settings, b'{"line": ' + GOOD + b"}}", {"line": LINE}, 5),
        (Settings, b'{"line": ' + GOOD + b'}, "page": {"items": [1]}}', {"line": LINE, "page": Page(items=[1])}, 7),
        (Loop, b'{"name": "a", "inner": {"name": "b", "inner": null}}',
         {"name": "a", "inner": {"name": "b", "inner": None}}, 4),
        (Twice, b'{"first": ' + GOOD + b'}, "second": ' + GOOD + b"}}", Twice(LINE, LINE), 10),
        (Any, b'{"a": [{"b": 1}]}', {"a": [{"b": 1}]}, 2),
        (list[Any], b'[{"a": 1}, 2]', [{"a": 1}, 2], 1),
    ],
)  # fmt: skip
def test_the_value_and_its_keys(annotation: Any, body: bytes, value: object, keys: int) -> None:
    """What is made equals what was meant, and every key that ended in it was counted once."""
    made, counted = read(annotation, body)

    assert made == value
    assert type(made) is type(value)
    assert counted == keys


@pytest.mark.parametrize("body", [b'{"name": "a"}', b'{"name": "a", "children": []}'])
def test_each_instance_has_its_own_default(body: bytes) -> None:
    """A list that nobody sent is not shared."""
    first, _ = read(Tree, body)
    second, _ = read(Tree, body)

    first.children.append(second)

    assert second.children == []


def test_a_dataclass_has_its_defaults_as_its_own() -> None:
    """A default that was left on the class would be missing from the JSON of the instance."""
    made, _ = read(Tree, b'{"name": "a"}')

    assert vars(made) == {"name": "a", "children": [], "parent": None}


@pytest.mark.parametrize(
    "body",
    [b'{"gift": true}', b'{"unit price": "1", "address": null}', GOOD + b', "gift": null}', GOOD + b', "tags": [1]}'],
)
def test_what_does_not_fit_is_refused(body: bytes) -> None:
    """A twin is as strict as its model."""
    with pytest.raises(msgspec.ValidationError):
        read(Line, body)


def test_a_default_that_needs_the_instance_has_no_twin() -> None:
    """Only the constructor knows it, so only the plain engine makes it."""
    with pytest.raises(NoTwinError, match="only the constructor knows the default of copy"):
        make_twin(analyze(Own))


def test_a_field_that_cannot_be_written_as_an_argument_has_no_twin() -> None:
    """No name of a field ends in generated source unless it is an identifier."""
    odd = msgspec.defstruct("Odd", [("class", int, 0)])

    with pytest.raises(NoTwinError, match="Odd has a field whose name cannot be written as an argument"):
        make_twin(analyze(odd))


def test_what_has_one_number_of_keys_is_decoded_as_it_is() -> None:
    """No twin is made where the model itself says everything."""
    twin = make_twin(analyze(Address))

    assert twin.annotation is Address
    assert (twin.keys, twin.build) == (2, None)


def test_many_mentions_of_one_model_do_not_multiply_the_source() -> None:
    """A diamond of thirty levels has two to the thirtieth paths, and thirty makers."""
    model: Any = Line
    for level in range(30):
        model = msgspec.defstruct(f"Level{level}", [("a", model), ("b", model | None, None)])

    twin = make_twin(analyze(model))

    assert twin.build is not None
