"""
msgspec decodes only what it reads as the plain engine does, and is asked again in doubt.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal, NamedTuple, TypedDict

import attrs
import msgspec
import pydantic
import pytest

from covet.validation import Constraints
from covet.validation.analysis import analyze
from covet.validation.native import compile_native
from covet.validation.native_json import make_loader
from tests.linearity import assert_linear


class Color(Enum):
    RED = "red"


class Level(IntEnum):
    LOW = 1


class Mixed(Enum):
    ONE = 1
    RED = "red"


class Spelled(Enum):
    RED = "red"

    @classmethod
    def _missing_(cls, value: object) -> None:
        return None


class Line(msgspec.Struct):
    sku: str
    at: str = ""
    note: str | None = None


class Fixed(msgspec.Struct):
    sku: str
    at: str


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    sku: str


class Row(msgspec.Struct, array_like=True):
    id: int


class Point(NamedTuple):
    x: int


class Model(pydantic.BaseModel):
    id: int


@dataclass
class Bounded:
    count: Annotated[int, Constraints(ge=1)]


@dataclass
class Hooked:
    low: int

    def __post_init__(self) -> None:
        if self.low < 0:
            raise ValueError("low")
        self.low += 1


@dataclass
class HookedAndBounded:
    low: Annotated[int, Constraints(ge=1)]

    def __post_init__(self) -> None:
        self.low = 0


@dataclass
class Tree:
    name: str
    children: "list[Tree] | None" = None


@attrs.define
class Wheel:
    size: int = attrs.field(converter=abs)
    copy: int = attrs.field(default=attrs.Factory(lambda self: self.size, takes_self=True))


class Partial(TypedDict, total=False):
    name: str


class Asked:
    """Decides in the place of the plain engine, and remembers that it was asked."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def __call__(self, data: bytes) -> object:
        self.bodies.append(data)
        return "decided"


def compile_decoder(annotation: Any, decide: Callable[[bytes], object]) -> Callable[[bytes], Any]:
    """Make the native decoder of a type that has one."""
    native = compile_native(analyze(annotation), make_loader(), decide)
    assert native is not None
    return native[0]


@pytest.mark.parametrize(
    ("annotation", "is_native"),
    [
        (int, True),
        (Any, True),
        (Decimal, False),
        (Color, True),
        (Level, True),
        (Mixed, False),
        (Spelled, False),
        (Literal["a", "b"], True),
        (Literal[1, 2], True),
        (Literal["a", 1], False),
        (Literal[True], False),
        (list[Line], True),
        (set[str], True),
        (set[tuple[int, ...]], False),
        (set[Any], False),
        (tuple[int, Line], True),
        (dict[str, Line], True),
        (dict[int, int], True),
        (dict[Color, int], True),
        (dict[Level, int], False),
        (dict[float, int], False),
        (Line | None, True),
        (Line | list[Line] | str | int, True),
        (int | float, True),
        (str | Color, False),
        (Line | dict[str, int], False),
        (Line | Any, False),
        (Tree, True),
        (Bounded, True),
        (Hooked, True),
        (HookedAndBounded, False),
        (Partial, True),
        (Row, False),
        (Point, False),
        (Model, False),
        (Wheel, False),
    ],
)
def test_which_types_are_native(annotation: Any, is_native: bool) -> None:
    """A type comes here only if every part of it means the same to both engines."""
    assert (compile_native(analyze(annotation), make_loader(), Asked()) is not None) is is_native


@pytest.mark.parametrize(
    ("annotation", "body", "value"),
    [
        (Fixed, b'{"sku": "a", "at": "12:30"}', Fixed("a", "12:30")),
        (Line, b'{"sku": "a"}', Line("a")),
        (Line, b'{"sku": "a", "at": "", "note": null}', Line("a")),
        (Line, b'{"sku" : "a:b", "at"\n: "12:30"}', Line("a:b", "12:30")),
        (list[Line], b'[{"sku": "a"}, {"sku": "b", "at": "x"}]', [Line("a"), Line("b", "x")]),
        (Tree, b'{"name": "a", "children": [{"name": "b", "children": null}]}', Tree("a", [Tree("b")])),
        (Hooked, b'{"low": 1}', Hooked(1)),
        (Bounded, b'{"count": 1}', Bounded(1)),
        (Partial, b"{}", {}),
        (Any, b'{"a": [{"b": 1}]}', {"a": [{"b": 1}]}),
    ],
)
def test_a_good_body_never_reaches_the_plain_engine(annotation: Any, body: bytes, value: object) -> None:
    """Defaults sent or not, colons in strings or not."""
    asked = Asked()
    decode = compile_decoder(annotation, asked)

    assert decode(body) == value
    assert asked.bodies == []


@pytest.mark.parametrize(
    ("annotation", "body"),
    [
        (Fixed, b'{"sku": "a"}'),
        (Fixed, b'{"sku": "a", "at": "b", "at": "c"}'),
        (Line, b'{"sku": "a", "at": "b", "at": "c"}'),
        (Line, b'{"sku": "a", "note": null, "note": null}'),
        (list[Line], b'[{"sku": "a", "at": "", "at": ""}, {"sku": "b"}]'),
        (list[Line], b'[{"sku": "a"}, {"sku": "b", "note": null, "note": null}]'),
        (Line, b'{"sku": "a", "other": {"a": 1, "a": 1}}'),
        (dict[str, int], b'{"a": 1, "a": 1}'),
        (Partial, b'{"name": "a", "name": "b"}'),
        (Strict, b'{"sku": "a", "other": 1}'),
        (Bounded, b'{"count": 0}'),
        (Hooked, b'{"low": -1}'),
        (Any, b"[" * 101 + b"]" * 101),
        (Tree, b'{"name": "a", "children": [' * 51 + b"]}" * 51),
        (Tree, b'{"name": "a", "children": [' * 2_000 + b"]}" * 2_000),
        (Any, b"1e400"),
        (int, b""),
    ],
)
def test_a_doubtful_body_is_decided_by_the_plain_engine(annotation: Any, body: bytes) -> None:
    """Neither acceptance nor refusal is msgspec's word alone."""
    asked = Asked()
    decode = compile_decoder(annotation, asked)

    assert decode(body) == "decided"
    assert asked.bodies == [body]


@pytest.mark.parametrize(
    ("annotation", "keys"), [(Fixed, 2), (int, 0), (Line, None), (list[Fixed], None), (Bounded, None), (Any, None)]
)
def test_what_has_always_as_many_keys_can_be_written_out(annotation: Any, keys: int | None) -> None:
    """An endpoint counts the colons itself, where that is all the proof."""
    native = compile_native(analyze(annotation), make_loader(), Asked())
    assert native is not None

    assert (None if native[1] is None else native[1].keys) == keys


def test_an_unknown_key_is_read_strictly_and_ignored() -> None:
    """A client may send more than is wanted, if it is JSON."""
    asked = Asked()
    decode = compile_decoder(Line, asked)

    assert decode(b'{"sku": "a", "other": {"a": 1}}') == Line("a")
    assert asked.bodies == []


def test_without_msgspec_there_is_no_native_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plain engine does all the work then."""
    monkeypatch.setitem(sys.modules, "msgspec", None)

    assert compile_native(analyze(int), make_loader(), Asked()) is None


@pytest.mark.parametrize(
    "unit", [b'{"sku":"a","at":":"},', b'{"sku" :"a","x":[{"a":1}]},', b'{"at":"","at":"","sku":""},']
)
def test_decoding_is_linear(unit: bytes) -> None:
    """Doubts about a body cost a bounded number of passes over it."""
    decode = compile_decoder(list[Line], make_loader())

    assert_linear(decode, lambda size: b"[" + unit * size + b'{"sku":"a"}]', size=50)
