"""
Trees of texts to values with parts: the errors of all of them, and one meaning for each name.
"""

from dataclasses import dataclass, field
from typing import Annotated, NamedTuple, TypedDict

import attrs
import msgspec
import pytest

from covet.exceptions import ConfigurationError
from covet.introspection import Annotation
from covet.validation import Constraints
from covet.validation.analysis import analyze
from covet.validation.failures import Failed
from covet.validation.text_tree import TextTree, compile_tree, forbid_unknown


@dataclass
class Address:
    city: str
    number: int = 0


@dataclass
class Person:
    name: str
    tags: list[str] = field(default_factory=list)
    home: Address | None = None
    others: list[Address] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


@dataclass
class Tree:
    value: int
    children: list["Tree"] = field(default_factory=list)


class Typed(TypedDict, total=False):
    a: int


class Named(NamedTuple):
    a: int
    b: str = "b"


class Struct(msgspec.Struct, rename="camel"):
    long_name: int


@attrs.define
class Attrs:
    a: int


@pytest.mark.parametrize(
    ("annotation", "tree", "value"),
    [
        (Address, {"city": ["Ulm", "Bonn"], "number": ["7"]}, Address("Bonn", 7)),
        (Person, {"name": ["a"], "tags": ["x", "y"]}, Person("a", ["x", "y"])),
        (Person, {"name": ["a"], "tags": {"": ["x", "y"]}}, Person("a", ["x", "y"])),
        (Person, {"name": ["a"], "tags": {"1": ["y"], "0": ["x"]}}, Person("a", ["x", "y"])),
        (Person, {"name": ["a"], "home": {"city": ["Ulm"]}}, Person("a", home=Address("Ulm"))),
        (
            Person,
            {"name": ["a"], "others": {"10": {"city": ["b"]}, "9": {"city": ["a"]}}},
            Person("a", others=[Address("a"), Address("b")]),
        ),
        (Person, {"name": ["a"], "counts": {"x": ["1"], "y": ["2"]}}, Person("a", counts={"x": 1, "y": 2})),
        (Tree, {"value": ["1"], "children": {"0": {"value": ["2"]}}}, Tree(1, [Tree(2)])),
        (Typed, {"a": ["1"]}, {"a": 1}),
        (Typed, {}, {}),
        (Named, {"a": ["1"]}, Named(1)),
        (Struct, {"longName": ["1"]}, Struct(1)),
        (Attrs, {"a": ["1"]}, Attrs(1)),
        (tuple[int, str], ["1", "2"], (1, "2")),
        (list[list[int]], {"0": ["1", "2"], "1": ["3"]}, [[1, 2], [3]]),
    ],
)
def test_a_tree_becomes_a_value(annotation: Annotation, tree: TextTree, value: object) -> None:
    """Models of every kind, lists, mappings and what is recursive."""
    assert compile_tree(analyze(annotation))(tree) == value


@pytest.mark.parametrize(
    ("annotation", "tree", "problems"),
    [
        (Address, {"number": ["x"]}, [("/city", "is required"), ("/number", "must be an integer")]),
        (Address, {"city": {"a": ["1"]}}, [("/city", "must be one value")]),
        (Address, ["a"], [("", "must be an object")]),
        (Person, {"name": ["a"], "tags": {"x": ["1"]}}, [("/tags", "must be a list of values")]),
        (Person, {"name": ["a"], "tags": {"0": {"a": ["1"]}}}, [("/tags", "must be a list of values")]),
        (Person, {"name": ["a"], "others": ["1"]}, [("/others", "must be numbered, as in name[0]")]),
        (Person, {"name": ["a"], "others": {"x": {}}}, [("/others", "must be numbered, as in name[0]")]),
        (
            Person,
            {"name": ["a"], "others": {"5": {"number": ["q"]}}},
            [("/others/0/city", "is required"), ("/others/0/number", "must be an integer")],
        ),
        (Person, {"name": ["a"], "counts": ["1"]}, [("/counts", "must be given by names, as in name[key]")]),
        (Person, {"name": ["a"], "counts": {"x": ["q"]}}, [("/counts/x", "must be an integer")]),
        (
            Annotated[list[Address], Constraints(max_length=1)],
            {"0": {"city": ["a"]}, "1": {"city": ["b"]}},
            [("", "must have at most 1 item")],
        ),
    ],
)
def test_all_that_is_wrong_is_told(annotation: Annotation, tree: TextTree, problems: list[tuple[str, str]]) -> None:
    """Each problem has its place, and all of them come at once."""
    result = compile_tree(analyze(annotation))(tree)

    assert isinstance(result, Failed)
    items = [problem.make_item("form", "") for problem in result.problems]
    assert [(item.pointer, item.message) for item in items] == problems


class ArrayStruct(msgspec.Struct, array_like=True):
    a: int


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        (ArrayStruct, "ArrayStruct is written as an array, which has no names."),
        (Address | Tree, "Texts cannot tell the members of Address | Tree apart."),
        (None, "Texts cannot carry None."),
    ],
)
def test_what_texts_cannot_carry_is_refused(annotation: Annotation, message: str) -> None:
    """At the start, with a way out."""
    with pytest.raises(ConfigurationError) as refused:
        compile_tree(analyze(annotation))

    assert refused.value.message == message
    assert refused.value.hint


def test_unknown_names_can_be_refused_at_any_depth() -> None:
    """Also those of a model within a model."""
    node = analyze(Person)
    forbid_unknown(node)

    result = compile_tree(node)({"name": ["a"], "x": ["1"], "home": {"city": ["b"], "y": ["2"]}})

    assert isinstance(result, Failed)
    assert {problem.make_item("form", "").pointer for problem in result.problems} == {"/x", "/home/y"}


def test_a_large_index_makes_no_long_list() -> None:
    """Gaps between numbers close."""
    result = compile_tree(analyze(list[Address]))({"999999999": {"city": ["a"]}})

    assert result == [Address("a")]
