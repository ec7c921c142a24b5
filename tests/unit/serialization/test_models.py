"""
The members of model instances.
"""

from dataclasses import dataclass

import msgspec
import pytest

from covet.serialization.models import find_model_reader, is_native_model, raw_text
from tests.unit.serialization.values import (
    Book,
    Checked,
    Item,
    Novel,
    Pair,
    Point,
    Point3,
    Row,
    Slotted,
    Tagged,
    User,
    slotless,
)


@dataclass(slots=True)
class Base:
    """A model whose members lie in slots."""

    x: int


@dataclass
class Mixed(Base):
    """A model whose members lie in slots and in a dict."""

    y: int = 2


def read(value: object) -> object:
    """Read a model as the serializers do."""
    reader = find_model_reader(type(value))
    assert reader is not None
    return reader(value)


@pytest.mark.parametrize(
    ("value", "members"),
    [
        (Point(1, 2), {"x": 1, "y": 2, "_private": 3, "made": 0}),
        (Point3(1), {"x": 1, "y": None, "_private": 3, "made": 0}),
        (slotless(), {"y": None, "_private": 3, "made": 0}),
        (Point(1, msgspec.UNSET), {"x": 1, "_private": 3, "made": 0}),
        (Slotted(1), {"x": 1, "y": None}),
        (Mixed(1), {"x": 1, "y": 2}),
        (Book("B"), {"title": "B"}),
        (Novel("N"), {"title": "N"}),
        (Checked(1), {"x": 1}),
        (Item(1), {"number": 1, "label": "q"}),
        (Tagged(), {"type": "Tagged"}),
        (
            Tagged("bob", "b", ["x"], 0),
            {"type": "Tagged", "firstName": "bob", "lastName": "b", "tags": ["x"], "extra": 0},
        ),
        (Row(1, "x"), ["row", 1, "x"]),
    ],
)
def test_members_are_those_that_are_written(value: object, members: object) -> None:
    """Members come in order, without class variables, what was never set, and attrs' private ones."""
    assert read(value) == members


@pytest.mark.parametrize("value", [1, "a", {"a": 1}, Pair(1, "x"), object(), Point])
def test_what_is_no_model_has_no_members(value: object) -> None:
    """A model's class is no model, and neither is a tuple with names."""
    assert find_model_reader(type(value)) is None


def test_members_are_found_in_slots() -> None:
    """A slot that was never filled is left out like a member that was never set."""
    bare = Slotted.__new__(Slotted)

    assert read(bare) == {}


@pytest.mark.parametrize(
    ("cls", "native"),
    [
        (Point, True),
        (Point3, True),
        (Slotted, True),
        (Book, True),
        (Novel, False),
        (Item, True),
        (User, False),
        (int, False),
    ],
)
def test_native_models_are_those_that_msgspec_reads(cls: type, native: bool) -> None:
    """Msgspec does not see attrs' fields through a subclass that is not decorated."""
    assert is_native_model(cls) is native


def test_a_reader_serves_a_class() -> None:
    """The choice of a reader depends on the class alone."""
    assert find_model_reader(Point) is find_model_reader(Slotted)
    assert find_model_reader(int) is None


def test_raw_text_is_json_already() -> None:
    """Msgspec's Raw is taken as it is, and nothing else is."""
    assert raw_text(msgspec.Raw(b"[1]")) == "[1]"
    assert raw_text(b"[1]") is None
