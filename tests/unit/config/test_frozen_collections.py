"""
Lists, dictionaries and sets that stay what they are.
"""

import copy
import json
import pickle
from dataclasses import asdict, dataclass, field
from typing import Any

import pytest

from covet.config import FrozenSettingsError
from covet.config.frozen_collections import FrozenDict, FrozenList, FrozenSet, freeze

VALUES = [["a", ["b"]], {"a": {"b": [1]}}, {"a", "b"}]
# What only reads, or makes another object.
_READING: dict[type, set[str]] = {
    list: {"copy", "count", "index", "__add__", "__mul__", "__rmul__"},
    dict: {"copy", "fromkeys", "get", "items", "keys", "values", "__or__", "__ror__"},
    set: {
        "copy",
        "isdisjoint",
        "issubset",
        "issuperset",
        "difference",
        "intersection",
        "symmetric_difference",
        "union",
    },
}
_CHANGING = {"__setitem__", "__delitem__", "__iadd__", "__imul__", "__ior__", "__iand__", "__isub__", "__ixor__"}


@pytest.mark.parametrize(("frozen", "kind"), [(FrozenList, list), (FrozenDict, dict), (FrozenSet, set)])
def test_nothing_changes_them(frozen: type, kind: type) -> None:
    """Every method of the builtin that is known to change it is refused, and there is none besides those that read."""
    names = {name for name in vars(kind) if name in _CHANGING or not name.startswith("_")} - _READING[kind]

    for name in names:
        with pytest.raises(FrozenSettingsError, match=f"Settings never change, and nor does a {kind.__name__} in them"):
            getattr(frozen(), name)()


@pytest.mark.parametrize("value", VALUES)
def test_they_are_what_they_were(value: Any) -> None:
    """Equal to the builtins, of their types, and written as they are."""
    frozen = freeze(value)

    assert frozen == value
    assert isinstance(frozen, type(value))
    assert isinstance(value, set) or json.dumps(frozen) == json.dumps(value)


@pytest.mark.parametrize("value", VALUES)
def test_they_can_be_copied_and_pickled(value: Any) -> None:
    """What is made of one is one."""
    frozen = freeze(value)

    for made in (copy.deepcopy(frozen), copy.copy(frozen), pickle.loads(pickle.dumps(frozen))):
        assert (made, type(made)) == (value, type(frozen))


def test_dataclasses_can_be_taken_apart() -> None:
    """`asdict` makes each collection anew, by its own class."""

    @dataclass
    class Bag:
        names: list[str] = field(default_factory=lambda: freeze(["a"]))
        sizes: dict[str, int] = field(default_factory=lambda: freeze({"a": 1}))

    assert asdict(Bag()) == {"names": ["a"], "sizes": {"a": 1}}


def test_other_values_stay() -> None:
    """Tuples are gone through; what has a class of its own is its author's."""
    value = (1, "a", frozenset({1}), object())

    assert freeze(value) == value
    assert type(freeze(([1],))[0]) is FrozenList
