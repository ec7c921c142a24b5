"""
Tests of the read-only metadata of events.
"""

import copy
import json
from collections.abc import Callable

import pytest

from covet.events.metadata import EMPTY_METADATA, Metadata


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.__setitem__("a", 2),
        lambda data: data.__delitem__("a"),
        lambda data: data.__ior__({"b": 1}),
        lambda data: data.clear(),
        lambda data: data.pop("a"),
        lambda data: data.popitem(),
        lambda data: data.setdefault("b", 1),
        lambda data: data.update(b=1),
    ],
)
def test_no_method_changes_it(change: Callable[[Metadata], object]) -> None:
    """Every way to write is refused, and the text says what to do instead."""
    metadata = Metadata(a=1)

    with pytest.raises(TypeError, match=r"read only. Publish another event, made with dataclasses.replace\(\)\."):
        change(metadata)

    assert metadata == {"a": 1}


@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy, lambda data: Metadata(dict(data))])
def test_copies_are_equal_and_read_only(make: Callable[[Metadata], Metadata]) -> None:
    """A copy is one of its kind."""
    metadata = Metadata(a=[1])

    made = make(metadata)

    assert type(made) is Metadata
    assert made == metadata


def test_it_is_a_dictionary_for_all_who_read() -> None:
    """JSON, `|` and hashing take it as what it is."""
    assert json.dumps(Metadata(a=1)) == '{"a": 1}'
    assert Metadata(a=1) | {"b": 2} == {"a": 1, "b": 2}
    assert len({EMPTY_METADATA, Metadata()}) == 1
