"""
Objects become instances through the class's own constructor, and its refusal is told without repeating the input.
"""

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypedDict

import attrs
import msgspec
import pytest

from covet.exceptions import ErrorItem, ValidationError
from covet.validation.analysis import analyze
from covet.validation.failures import Failed
from covet.validation.plain import compile_plain


@dataclass
class Span:
    low: int
    high: int = 9

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError(f"secret {self.low}")


@dataclass
class Spoken:
    mode: str

    def __post_init__(self) -> None:
        if self.mode == "field":
            raise ValidationError([ErrorItem("body", "/a~1b/0", "must be nicer", "nice")])
        if self.mode == "whole":
            raise ValidationError([], detail="The mode does not exist.")
        if self.mode == "bug":
            raise KeyError(self.mode)


@dataclass
class Tree:
    name: str
    children: list["Tree"] = field(default_factory=list)


class Point(NamedTuple):
    x: int
    y: float = 0.0


class Row(msgspec.Struct, array_like=True):
    id: int
    note: str = ""


class Closed(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    id: int


class Marked(msgspec.Struct, array_like=True, tag="m"):
    id: int


class Partial(TypedDict, total=False):
    name: str


@attrs.define
class Wheel:
    size: int = attrs.field(validator=attrs.validators.ge(1))
    label: str = attrs.field(default=" big ", converter=str.strip)  # type: ignore[misc]
    copy: int = attrs.field(default=attrs.Factory(lambda self: self.size * 2, takes_self=True))


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
        (Span, {"low": 1}, Span(1)),
        (Span, {"low": 1, "unknown": 2}, Span(1)),
        (Tree, {"name": "a", "children": [{"name": "b"}]}, Tree("a", [Tree("b")])),
        (Point, [1, 2], Point(1, 2.0)),
        (Point, [1], Point(1)),
        (Point, {"x": 1, "y": 2.5}, Point(1, 2.5)),
        (Row, [1, "a", "from a newer client"], Row(1, "a")),
        (Marked, ["m", 1], Marked(1)),
        (Partial, {}, {}),
        (Partial, {"name": "a", "other": 1}, {"name": "a"}),
        (Wheel, {"size": 2}, Wheel(2, "big", 4)),
    ],
)
def test_instances(annotation: Any, value: object, expected: object) -> None:
    """The constructor runs, with its converters, its defaults and its checks."""
    assert convert(annotation, value) == expected


def test_defaults_are_not_shared_between_instances() -> None:
    """Two requests that leave a list out get two lists."""
    make = compile_plain(analyze(Tree))
    first: Any = make({"name": "a"})
    second: Any = make({"name": "b"})

    first.children.append(second)

    assert second.children == []


@pytest.mark.parametrize(
    ("annotation", "value", "expected"),
    [
        (Span, [], [("", "must be an object", "object_type")]),
        (Span, {"low": 10}, [("", "is not valid", "value_error")]),
        (Wheel, {"size": 0}, [("", "is not valid", "value_error")]),
        (Spoken, {"mode": "field"}, [("/a~1b/0", "must be nicer", "nice")]),
        (Spoken, {"mode": "whole"}, [("", "The mode does not exist.", "value_error")]),
        (list[Spoken], [{"mode": "field"}], [("/0/a~1b/0", "must be nicer", "nice")]),
        (Point, [], [("", "must be an array of 1 to 2 items", "tuple_length")]),
        (Point, [1, 2, 3], [("", "must be an array of 1 to 2 items", "tuple_length")]),
        (Point, ["a", "b"], [("/0", "must be an integer", "int_type"), ("/1", "must be a number", "float_type")]),
        (Point, "ab", [("", "must be an array", "tuple_type")]),
        (Row, {"id": 1}, [("", "must be an array", "tuple_type")]),
        (Closed, [1, 2], [("", "must be an array of 1 to 1 items", "tuple_length")]),
        (Marked, [1], [("/0", "must be 'm'", "literal")]),
        (Marked, [], [("/0", "must be 'm'", "literal")]),
        (Tree, {"children": [{"name": 1}, {}]}, [
            ("/name", "is required", "missing"),
            ("/children/0/name", "must be a string", "string_type"),
            ("/children/1/name", "is required", "missing"),
        ]),
    ],
)  # fmt: skip
def test_refusals(annotation: Any, value: object, expected: list[tuple[str, str, str]]) -> None:
    """Every problem has its place; the author's own words are used only when they were meant for clients."""
    assert problems(annotation, value) == expected


def test_a_mistake_in_the_authors_code_is_no_refusal() -> None:
    """A KeyError in a constructor is an error of the application, and stays one."""
    with pytest.raises(KeyError):
        convert(Spoken, {"mode": "bug"})


def test_a_recursive_model_within_a_union_converts() -> None:
    """A reference to a model that is still being made works once it is made."""

    @dataclass
    class Node:
        kind: Literal["node"]
        next: "Node | None" = None

    Node.__annotations__["next"] = Node | None

    assert convert(Node, {"kind": "node", "next": {"kind": "node"}}) == Node("node", Node("node"))
