"""
Questions about whole trees.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum
from typing import Annotated, Any, Literal, NamedTuple, Optional

import msgspec
import pytest

from covet.validation import Constraints
from covet.validation.analysis import analyze
from covet.validation.nodes import ModelNode, UnionNode
from covet.validation.shape import (
    contains_decimal,
    count_keys,
    count_mentions,
    find_tag,
    is_recursive,
    parts_of,
    simple_class,
)


class Level(IntEnum):
    LOW = 1


@dataclass
class Leaf:
    name: str


@dataclass
class Tree:
    leaf: Leaf
    other: Leaf
    children: list["Tree"] = field(default_factory=list)


@dataclass
class Ping:
    pong: Optional["Pong"] = None


@dataclass
class Pong:
    ping: Ping
    price: Decimal = Decimal(0)


@dataclass
class Cat:
    kind: Literal["cat", "kitten"]


@dataclass
class Dog:
    kind: Literal["dog"]


@dataclass
class Loose:
    kind: Literal["loose"] = "loose"


@dataclass
class One:
    kind: Literal[1]


@dataclass
class True_:
    kind: Literal[True]


@dataclass
class Ranked:
    kind: Level


class Tagged(msgspec.Struct, tag="tagged", tag_field="kind"):
    name: str


class Row(NamedTuple):
    kind: Literal["row"]


@pytest.mark.parametrize(
    ("annotation", "count"),
    [(int, 0), (list[int], 1), (tuple[int, str], 2), (dict[str, int], 2), (int | str | None, 3), (Tree, 3)],
)
def test_parts_of(annotation: Any, count: int) -> None:
    """Every kind of node lists what is right below it."""
    assert len(parts_of(analyze(annotation))) == count


@pytest.mark.parametrize(
    ("annotation", "cls"),
    [
        (int, int),
        (str, str),
        (bool, bool),
        (float, None),
        (Any, None),
        (list[int], None),
        (Annotated[int, Constraints(ge=1)], None),
        (Annotated[int, Constraints(title="Age")], int),
    ],
)
def test_simple_class(annotation: Any, cls: type | None) -> None:
    """Only a class whose every instance fits spares the converter."""
    assert simple_class(analyze(annotation)) is cls


@pytest.mark.parametrize(
    ("annotation", "tag"),
    [
        (Cat | Dog, ("kind", {(str, "cat"): 0, (str, "kitten"): 0, (str, "dog"): 1})),
        (Cat | None | Dog, ("kind", {(str, "cat"): 0, (str, "kitten"): 0, (str, "dog"): 2})),
        (Cat | Tagged, ("kind", {(str, "cat"): 0, (str, "kitten"): 0, (str, "tagged"): 1})),
        (One | True_, ("kind", {(int, 1): 0, (bool, True): 1})),
        (One | Cat | Ranked, None),
        (Cat | Loose, None),
        (Cat | Leaf, None),
        (Cat | int, None),
        (Cat | Row, None),
    ],
)
def test_find_tag(annotation: Any, tag: Any) -> None:
    """Models are told apart by a required field whose values no other has, and by nothing less."""
    node = analyze(annotation)
    assert isinstance(node, UnionNode)

    assert find_tag(node.members) == tag


@pytest.mark.parametrize(("annotation", "expected"), [(Leaf, False), (Tree, True), (Ping, True), (Pong, True)])
def test_is_recursive(annotation: Any, expected: bool) -> None:
    """A model that contains itself does so on any way."""
    node = analyze(annotation)
    assert isinstance(node, ModelNode)

    assert is_recursive(node) is expected


def test_a_model_beside_a_recursive_one_is_not_recursive() -> None:
    """The leaf of a tree ends."""
    tree = analyze(Tree)
    leaf = parts_of(tree)[0]
    assert isinstance(leaf, ModelNode)

    assert not is_recursive(leaf)


def test_count_mentions() -> None:
    """A model is counted once for each field that has it."""
    tree = analyze(Tree)
    leaf, _, children = parts_of(tree)

    mentions = count_mentions(tree)

    assert mentions[id(leaf)] == 2
    assert mentions[id(children)] == 1
    assert mentions[id(tree)] == 2


@pytest.mark.parametrize(("annotation", "expected"), [(Ping, True), (dict[str, list[Decimal]], True), (Tree, False)])
def test_contains_decimal(annotation: Any, expected: bool) -> None:
    """It is found however deep, and a recursive model without one ends the search."""
    assert contains_decimal(analyze(annotation)) is expected


@pytest.mark.parametrize(
    ("value", "keys"),
    [
        (None, 0),
        ("a:b", 0),
        ([], 0),
        ({"a": 1}, 1),
        ([{"a": {}}, {"b": [{"c": 1, "d": 2}]}], 4),
        ([[[[{"a": None}]]]], 1),
    ],
)
def test_count_keys(value: object, keys: int) -> None:
    """Every key of every object counts, at any depth."""
    assert count_keys(value) == keys


def test_count_keys_does_not_recurse() -> None:
    """A value deeper than Python's own stack is counted all the same."""
    value: Any = {}
    for _ in range(5_000):
        value = {"a": value}

    assert count_keys(value) == 5_000
