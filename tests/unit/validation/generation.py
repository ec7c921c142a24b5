"""
Types, input that mostly fits them, and the JSON of it: what the property tests of validation are made of.
"""

import dataclasses
import json
import typing
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Generic, Literal, NamedTuple, NotRequired, Optional, Required, TypedDict, TypeVar
from uuid import UUID

import annotated_types
import attrs
import msgspec
import pydantic
from hypothesis import strategies as st

from covet.serialization import encode_json
from covet.validation import Constraints, nodes
from covet.validation.shape import parts_of

T = TypeVar("T")


class Color(Enum):
    RED = "red"
    BLUE = "b:lue"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Mixed(Enum):
    ONE = 1
    TRUE = "true"
    HALF = 0.5


class Spelled(Enum):
    RED = "red"

    @classmethod
    def _missing_(cls, value: object) -> "Spelled | None":
        return cls.RED if isinstance(value, str) and value.lower() == "red" else None


@dataclasses.dataclass
class Page(Generic[T]):
    items: list[T]
    total: int = 0
    next: T | None = None


@dataclasses.dataclass
class Tree:
    name: str
    children: "list[Tree]" = dataclasses.field(default_factory=list)
    parent: "Tree | None" = None


@dataclasses.dataclass(frozen=True)
class Bounded:
    count: Annotated[int, Constraints(ge=1, le=5)]
    name: Annotated[str, Constraints(min_length=2, max_length=4, pattern="^[a-z:]+$")] = "tea"
    ratio: Annotated[float, annotated_types.Gt(0), msgspec.Meta(le=1)] = 0.5


@dataclasses.dataclass(frozen=True)
class Broken:
    broken: Annotated[int, Constraints(ge=1)] = 0


@dataclasses.dataclass
class Hooked:
    low: int
    high: int = 3

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("low is above high")
        self.high += 1


class Settings(TypedDict, total=False):
    name: Required[str]
    level: NotRequired[Level]
    limits: Annotated[list[int], Constraints(max_length=2)]


class Point(NamedTuple):
    x: int
    y: float = 0.0


class Renamed(msgspec.Struct, rename="camel"):
    first_name: str
    last_seen: datetime | None = None
    nick: str = msgspec.field(name="n", default="-")
    tags: set[str] = msgspec.field(default_factory=set)


class Strict(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    a: Annotated[int, msgspec.Meta(ge=0)] = 0
    b: bool


class Cat(msgspec.Struct, tag="cat"):
    lives: int


class Dog(msgspec.Struct, tag="dog"):
    name: str = "rex"


class Row(msgspec.Struct, array_like=True):
    id: int
    note: str = ""


@attrs.define
class Wheel:
    size: int
    parts: list[str] = attrs.field(factory=list)
    _hidden: int = 0


@attrs.define
class Checked:
    size: int = attrs.field(validator=attrs.validators.ge(1))
    name: str = attrs.field(default="", converter=str.strip)  # type: ignore[misc]


class Model(pydantic.BaseModel):
    id: int
    name: str = pydantic.Field(default="x", alias="n", max_length=3)
    inner: Page[int] | None = None


class Closed(pydantic.BaseModel, extra="forbid"):
    when: date


# What an instance holds is what was sent, or a default that could have been.
FAITHFUL: list[Any] = [
    Bounded, Tree, Page[int], Page[Page[str]], Page[Tree], Settings, Point, Renamed, Strict, Cat, Cat | Dog,
    Dog, Row, Model, Closed, Color, Level, Spelled, Page[Bounded], Page[Any],
]  # fmt: skip
# An attrs class leaves its private fields out of its JSON.
NAMED: list[Any] = [*FAITHFUL, Hooked, Checked, Mixed, Broken, Wheel]
SCALARS: list[Any] = [
    Any, None, bool, int, float, str, bytes, Decimal, datetime, date, time, timedelta, UUID, object,
    Literal["a", "b:c"], Literal[1, 2], Literal[1, "a", None, True], Annotated[int, Constraints(ge=1, lt=4)],  # noqa: PYI061
    Annotated[str, Constraints(max_length=2, without=":")], Annotated[datetime, Constraints(tz=True)],
    Annotated[time, Constraints(tz=False)], Annotated[float, Constraints(multiple_of=0.1)],
    Annotated[int, msgspec.Meta(multiple_of=2)], Annotated[float, msgspec.Meta(multiple_of=0.1)],
    Annotated[str, annotated_types.Len(1, 2)], Annotated[int, annotated_types.Interval(ge=0, lt=3)],
    Annotated[str, msgspec.Meta(pattern="[ab]")],
]  # fmt: skip
KEYS: list[Any] = [str, int, float, UUID, date, Color, Level, Literal["a"], Annotated[str, Constraints(min_length=2)]]
HASHABLE: list[Any] = [int, str, float, bool, date, Color, Level, Bounded, tuple[int, ...], int | None]


def make_union(members: Sequence[Any]) -> Any:
    """Make a union of types."""
    return typing.Union[tuple(members)]  # noqa: UP007 - built from a list


def make_faithful_collection(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Make collections of a type, unions of unequal members only, and models whose defaults are of their types."""
    return st.one_of(
        *make_collections(inner),
        inner.map(lambda item: typing.Union[item, bool]),  # noqa: UP007 - built from a value
        st.lists(inner, min_size=1, max_size=4).flatmap(
            lambda members: st.sampled_from([make_dataclass, make_struct, make_attrs]).map(
                lambda make: make([(Optional[item], None) for item in members])  # noqa: UP045
            )
        ),
    )


def make_any_collection(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Make collections, unions and models of types, defaults of other types included."""
    return st.one_of(
        *make_collections(inner),
        st.lists(inner, min_size=2, max_size=3).map(make_union),
        st.lists(st.tuples(inner, st.sampled_from([..., None, 1, "a", True])), min_size=1, max_size=4).flatmap(
            lambda fields: st.sampled_from([make_dataclass, make_struct, make_attrs]).map(lambda make: make(fields))
        ),
    )


def make_collections(inner: st.SearchStrategy[Any]) -> list[st.SearchStrategy[Any]]:
    """Make each kind of collection of a type."""
    sized = Constraints(min_length=1, max_length=2)
    return [
        inner.map(lambda item: list[item]),  # type: ignore[valid-type]
        inner.map(lambda item: tuple[item, ...]),  # type: ignore[valid-type]
        inner.map(lambda item: Sequence[item]),  # type: ignore[valid-type]
        inner.map(lambda item: Annotated[list[item], sized]),  # type: ignore[valid-type]
        st.tuples(inner, inner).map(lambda pair: tuple[pair[0], pair[1]]),  # type: ignore[valid-type]
        st.sampled_from(HASHABLE).map(lambda item: set[item]),  # type: ignore[valid-type]
        st.sampled_from(HASHABLE).map(lambda item: Annotated[frozenset[item], msgspec.Meta(min_length=2)]),  # type: ignore[valid-type]
        st.tuples(st.sampled_from(KEYS), inner).map(lambda pair: dict[pair[0], pair[1]]),  # type: ignore[valid-type]
        inner.map(lambda item: Mapping[str, item]),  # type: ignore[valid-type]
        inner.map(lambda item: Optional[item]),  # noqa: UP045
        inner.map(lambda item: Page[item]),  # type: ignore[valid-type]
        st.lists(inner, min_size=1, max_size=3).map(
            lambda types: TypedDict("Generated", {f"f{i}": item for i, item in enumerate(types)})  # type: ignore[operator]
        ),
    ]


def make_dataclass(fields: list[tuple[Any, Any]]) -> Any:
    """Make a dataclass with these fields and defaults; `...` is none."""
    return dataclasses.make_dataclass("Made", _specify(fields), kw_only=True)


def make_struct(fields: list[tuple[Any, Any]]) -> Any:
    """Make a Struct with these fields and defaults; `...` is none."""
    return msgspec.defstruct("Made", _specify(fields), kw_only=True)


def make_attrs(fields: list[tuple[Any, Any]]) -> Any:
    """Make an attrs class with these fields and defaults; `...` is none."""
    annotations = {f"f{i}": item for i, (item, _) in enumerate(fields)}
    values = {f"f{i}": attrs.field(default=default) for i, (_, default) in enumerate(fields) if default is not ...}
    return attrs.define(kw_only=True)(type("Made", (), {"__annotations__": annotations, **values}))


def _specify(fields: list[tuple[Any, Any]]) -> list[Any]:
    return [(f"f{i}", item) if default is ... else (f"f{i}", item, default) for i, (item, default) in enumerate(fields)]


types = st.recursive(st.sampled_from(SCALARS + NAMED), make_any_collection, max_leaves=4)
faithful_types = st.recursive(st.sampled_from(SCALARS + FAITHFUL), make_faithful_collection, max_leaves=4)

TEXTS = [
    "", "a", "b:c", "b:lue", "red", "RED", "1", "-0", "01", "1.5", "nan", "true", "2026-02-28", "2026-02-30",
    "2026-02-28T12:30:00Z", "2026-02-28 12:30:00.1234567+05:30", "2026-02-28T24:00:00", "12:30:00", "12:30:00.9999999",
    "PT1.5H", "-P1DT2H", "P1W", "YQ==", "YR==", "YQ", "00000000-0000-0000-0000-00000000000a", "\u00e9\U0001f600", '":',
    "aa", "abc", "abcde", "dog", "cat", " :", "\\", '"', "1e400", "1_0",
]  # fmt: skip
NUMBERS = [0, 1, 2, 3, 5, -1, 10**19, 10**30, 2**53 + 1, 0.1, 0.3, 0.5, 1.0, 1.5, -0.0, 1e22, 1e300, 5e-324]
FIELD_NAMES = [
    "f0", "f1", "f2", "f3", "items", "total", "next", "name", "children", "parent", "count", "ratio", "broken", "low",
    "high", "level", "limits", "x", "y", "firstName", "lastSeen", "n", "tags", "a", "b", "type", "lives", "id", "note",
    "size", "parts", "_hidden", "when", "inner", "unknown", "k:ey", "1", "2026-02-28", "red",
]  # fmt: skip

leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(NUMBERS),
    st.sampled_from(TEXTS),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(FIELD_NAMES), inner, max_size=4)
    ),
    max_leaves=6,
)


def fitting(node: Any, depth: int = 0) -> st.SearchStrategy[Any]:
    """Make input that mostly fits a type, so that acceptance is tested as well as refusal."""
    if depth > 5:
        return leaves
    if isinstance(node, nodes.ScalarNode):
        return _fitting_scalar(node)
    if isinstance(node, nodes.ChoiceNode):
        return st.sampled_from([sent for sent, _ in node.values])
    if isinstance(node, nodes.ArrayNode):
        return st.lists(fitting(node.item, depth + 1), max_size=3)
    if isinstance(node, nodes.TupleNode):
        return st.tuples(*(fitting(item, depth + 1) for item in node.items)).map(list)
    if isinstance(node, nodes.MapNode):
        keys = fitting(node.key).map(lambda key: key if isinstance(key, str) else json.dumps(key))
        return st.dictionaries(keys, fitting(node.value, depth + 1), max_size=3)
    if isinstance(node, nodes.UnionNode):
        return st.one_of(*(fitting(member, depth + 1) for member in node.members))
    if not node.fields:
        return st.sampled_from([{"id": 1}, {"id": "2", "n": "ab"}, {"when": "2026-02-28"}, {"id": 1, "n": "long"}])
    if node.as_array:
        return st.tuples(*(fitting(field.node, depth + 1) for field in node.fields)).map(list)
    required = {field.key: fitting(field.node, depth + 1) for field in node.fields if field.required}
    optional = {field.key: fitting(field.node, depth + 1) for field in node.fields if not field.required}
    if node.tag:
        (optional if depth == 0 else required)[node.tag[0]] = st.just(node.tag[1])
    return st.fixed_dictionaries(required, optional=optional)


def _fitting_scalar(node: Any) -> st.SearchStrategy[Any]:
    table: dict[str, st.SearchStrategy[Any]] = {
        "any": values,
        "none": st.none(),
        "bool": st.booleans(),
        "int": st.sampled_from([0, 1, 2, 3, 4, -7, 10**25]),
        "float": st.sampled_from(NUMBERS),
        "str": st.sampled_from(TEXTS),
        "bytes": st.binary(max_size=4).map(lambda data: json.loads(encode_json(data))),
        "decimal": st.sampled_from(["1.10", 1, 0.1, "-3e2", 1.5]),
        "datetime": st.datetimes().map(datetime.isoformat),
        "date": st.dates().map(date.isoformat),
        "time": st.times().map(time.isoformat),
        "timedelta": st.timedeltas().map(lambda value: json.loads(encode_json(value))),
        "uuid": st.uuids().map(str),
    }
    return table[node.kind]


@st.composite
def texts(draw: st.DrawFn, value: Any) -> str:
    """Write a value as JSON with the liberties that JSON allows, and now and then one that it does not."""
    if isinstance(value, dict):
        pairs = list(value.items())
        if draw(st.integers(0, 19)) == 0:
            pairs.append((draw(st.sampled_from(FIELD_NAMES)), draw(leaves)))
        if pairs and draw(st.integers(0, 19)) == 0:
            pairs.append(draw(st.sampled_from(pairs)))
        colon = draw(st.sampled_from([":", ": ", " :", "\n:\t", ":"]))
        return "{" + ",".join([draw(texts(key)) + colon + draw(texts(item)) for key, item in pairs]) + "}"
    if isinstance(value, list | tuple):
        return "[" + draw(st.sampled_from([",", ", "])).join([draw(texts(item)) for item in value]) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=draw(st.booleans()))
    odd = draw(st.integers(0, 99))
    if odd == 0:
        return draw(st.sampled_from(["1e400", "NaN", "01", "1" * 4301, "-" + "1" * 4300, '"\\ud800"', "1.", "1.10"]))
    return json.dumps(value)


def contains_pydantic(node: nodes.Node, entered: tuple[nodes.Node, ...] = ()) -> bool:
    """Tell whether a pydantic model is anywhere in a type."""
    if node in entered:
        return False
    if isinstance(node, nodes.ModelNode) and node.kind == "pydantic":
        return True
    return any(contains_pydantic(part, (*entered, node)) for part in parts_of(node))
