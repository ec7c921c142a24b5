"""
The read-only mapping in which one name may have many values.
"""

import copy
from collections.abc import Mapping
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.http.forms import FormData
from covet.http.multidict import MultiMapping
from covet.http.query import QueryParams

PAIRS = [("a", "1"), ("b", "2"), ("a", "3")]
ANY_PAIRS = st.lists(st.tuples(st.sampled_from("abc"), st.text(max_size=3)), max_size=8)


def test_the_last_value_answers() -> None:
    """`[]`, `get`, `items` and `values` give a name's last value."""
    mapping = MultiMapping(PAIRS)

    assert (mapping["a"], mapping.get("a")) == ("3", "3")
    assert list(mapping.items()) == [("a", "3"), ("b", "2")]
    assert list(mapping.values()) == ["3", "2"]


def test_every_value_is_there() -> None:
    """`get_list`, `getlist`, `multi_items` and `to_lists` give all values in their order."""
    mapping = MultiMapping(PAIRS)

    assert (mapping.get_list("a"), mapping.getlist("a"), mapping.get_list("b")) == (["1", "3"], ["1", "3"], ["2"])
    assert mapping.multi_items() == PAIRS
    assert mapping.to_lists() == {"a": ["1", "3"], "b": ["2"]}


def test_an_absent_name_is_absent() -> None:
    """It raises `KeyError` by `[]`, and gives the default or an empty list elsewhere."""
    mapping = MultiMapping(PAIRS)

    assert (mapping.get("x"), mapping.get("x", "y"), mapping.get_list("x"), "x" in mapping) == (None, "y", [], False)
    with pytest.raises(KeyError, match="x"):
        mapping["x"]


def test_names_are_counted_once() -> None:
    """Length and iteration see each name once, in the order of first appearance."""
    mapping = MultiMapping(PAIRS)

    assert (len(mapping), list(mapping), list(mapping.keys())) == (2, ["a", "b"], ["a", "b"])
    assert isinstance(mapping, Mapping)


def test_an_empty_one_is_false() -> None:
    """Truth follows the length, as in a dictionary."""
    assert not MultiMapping()
    assert MultiMapping(PAIRS)


def test_it_is_made_of_pairs_a_mapping_or_another() -> None:
    """Every source that has names and values will do; repeated names survive a copy."""
    mapping = MultiMapping(PAIRS)

    assert MultiMapping(iter(PAIRS)) == MultiMapping(tuple(PAIRS)) == MultiMapping(mapping) == mapping
    assert MultiMapping({"a": 1}) == MultiMapping(MappingProxyType({"a": 1})) == MultiMapping([("a", 1)])


def test_it_does_not_follow_its_source() -> None:
    """Changing the list that it was made of changes nothing."""
    pairs = list(PAIRS)
    mapping = MultiMapping(pairs)

    pairs.append(("c", "4"))
    mapping.multi_items().clear()
    mapping.get_list("a").clear()

    assert mapping.multi_items() == PAIRS


def test_it_cannot_be_changed() -> None:
    """It has no item assignment and no attributes of one's own."""
    mapping = MultiMapping(PAIRS)

    with pytest.raises(TypeError, match="does not support item assignment"):
        mapping["a"] = "4"  # type: ignore[index]
    with pytest.raises(AttributeError):
        mapping.other = 1  # type: ignore[attr-defined]


def test_equality_keeps_the_order_of_one_name() -> None:
    """Names may come in any order, values of one name may not; only the same kinds are equal."""
    mapping = MultiMapping(PAIRS)

    assert mapping == MultiMapping([("b", "2"), ("a", "1"), ("a", "3")])
    assert mapping != MultiMapping([("a", "3"), ("b", "2"), ("a", "1")])
    assert QueryParams(PAIRS) != FormData(PAIRS)
    assert mapping != PAIRS


def test_equality_with_a_dictionary_needs_single_values() -> None:
    """A plain mapping is equal when no name repeats."""
    assert MultiMapping([("a", "1"), ("b", "2")]) == {"b": "2", "a": "1"}
    assert MultiMapping(PAIRS) != {"a": "3", "b": "2"}


def test_it_is_not_hashable() -> None:
    """As for every mapping, the text is the key to use."""
    with pytest.raises(TypeError, match="unhashable type: 'MultiMapping'"):
        hash(MultiMapping(PAIRS))


def test_the_representation_shows_every_pair() -> None:
    """`repr` can be read back."""
    assert repr(MultiMapping([("a", "1"), ("a", "2")])) == "MultiMapping([('a', '1'), ('a', '2')])"
    assert repr(FormData({"a": "1"})) == "FormData([('a', '1')])"


def test_a_copy_is_itself() -> None:
    """What cannot change need not be copied."""
    mapping = MultiMapping(PAIRS)

    assert copy.copy(mapping) is mapping
    assert copy.deepcopy(mapping) == mapping


@given(ANY_PAIRS)
def test_all_views_agree(pairs: list[tuple[str, str]]) -> None:
    """Every view shows the same pairs."""
    mapping = MultiMapping(pairs)

    assert dict(mapping) == dict(pairs)
    assert mapping.to_lists() == {name: mapping.get_list(name) for name in mapping}
    assert all(mapping[name] == values[-1] for name, values in mapping.to_lists().items())
    assert MultiMapping(mapping.multi_items()) == mapping
