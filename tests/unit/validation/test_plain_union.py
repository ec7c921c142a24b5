"""
Unions: the first member that accepts, the member that its tag names, and the errors of the one that was meant.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal

import msgspec
import pytest

from covet.validation import Constraints
from covet.validation.analysis import analyze
from covet.validation.failures import Failed
from covet.validation.plain import compile_plain


@dataclass
class Cat:
    kind: Literal["cat"]
    lives: int


@dataclass
class Dog:
    kind: Literal["dog", "puppy"]
    name: str = "rex"


@dataclass
class Point:
    x: int


@dataclass
class Name:
    name: str


class Circle(msgspec.Struct, tag=True):
    radius: float


class Square(msgspec.Struct, tag=True):
    side: float


class Color(Enum):
    RED = 1


def convert(annotation: Any, value: object) -> Any:
    """Convert a value of builtins."""
    return compile_plain(analyze(annotation))(value)


def problems(annotation: Any, value: object) -> list[tuple[str, str, str]]:
    """List what is wrong with a value."""
    result = convert(annotation, value)
    assert isinstance(result, Failed), result
    items = [problem.make_item("body", "") for problem in result.problems]
    return [(item.pointer, item.message, item.type) for item in items]


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        (int | None, None, None),
        (int | str, "1", "1"),
        (float | int, 1, 1),
        (float | int, 1.0, 1.0),
        (float | Color, 1, Color.RED),
        (bool | int, True, True),
        (str | list[int], [1], [1]),
        (Cat | Dog, {"kind": "puppy"}, Dog("puppy")),
        (Cat | Dog | None, None, None),
        (Cat | Dog | str, "x", "x"),
        (Cat | Dog | dict[str, int], {"a": 1}, {"a": 1}),
        (Point | Name, {"name": "a"}, Name("a")),
        (Circle | Square, {"type": "Square", "side": 2}, Square(2.0)),
    ],
)
def test_accepts(annotation: Any, value: object, expected: object) -> None:
    """The value goes to the member that it was made for."""
    result = convert(annotation, value)

    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        (int | None, "x", [("", "must be one of these types: int, None", "union")]),
        (Annotated[int, Constraints(ge=1)] | None, 0, [("", "must be at least 1", "greater_than_equal")]),
        (list[int] | int, ["a"], [("/0", "must be an integer", "int_type")]),
        (Cat | Dog, {"kind": "cat"}, [("/lives", "is required", "missing")]),
        (Cat | Dog, {"kind": "cow"}, [("/kind", "must be one of: 'cat', 'dog', 'puppy'", "literal")]),
        (Cat | Dog, {"kind": ["cat"]}, [("/kind", "must be one of: 'cat', 'dog', 'puppy'", "literal")]),
        (Cat | Dog, {}, [("/kind", "is required", "missing")]),
        (Cat | Dog, 1, [("", "must be one of these types: Cat, Dog", "union")]),
        (Circle | Square, {"radius": 1}, [("/type", "is required", "missing")]),
        (Cat | Dog | dict[str, int], {"a": "x"}, [("/kind", "is required", "missing")]),
        (Point | None, {"x": "1"}, [("/x", "must be an integer", "int_type")]),
        (Point | Name, {"x": "1"}, [("", "must be one of these types: Point, Name", "union")]),
        (Literal["a"] | Color, "b", [("", "must be one of these types: Literal['a'], Color", "union")]),
    ],
)
def test_refuses(annotation: Any, value: object, expected: list[tuple[str, str, str]]) -> None:
    """If one member was plainly meant, its errors are told; if none was, all are named."""
    assert problems(annotation, value) == expected


def test_only_the_member_that_is_meant_is_tried() -> None:
    """A tag decides without running the constructors of the others."""
    built = []

    @dataclass
    class Loud:
        kind: Literal["loud"]

        def __post_init__(self) -> None:
            built.append(self)

    result = convert(Loud | Dog, {"kind": "dog"})

    assert result == Dog("dog")
    assert built == []
