"""
Names with steps: one way to read each, in linear time.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.exceptions import BadRequestError
from covet.http.field_names import MAX_STEPS, build_field_tree, split_field_name
from tests.linearity import assert_linear


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("a", ("a",)),
        ("", ("",)),
        ("a.b", ("a", "b")),
        ("a[b]", ("a", "b")),
        ("a[b].c[0][]", ("a", "b", "c", "0", "")),
        ("a-b[c d]", ("a-b", "c d")),
        ("a.", ("a.",)),
        (".a", (".a",)),
        ("a..b", ("a..b",)),
        ("[a]", ("[a]",)),
        ("a[b", ("a[b",)),
        ("a]b", ("a]b",)),
        ("a[b]c", ("a[b]c",)),
        ("a[[b]]", ("a[[b]]",)),
    ],
)
def test_a_name_is_split_or_is_one_step(name: str, steps: tuple[str, ...]) -> None:
    """What is not built of steps means itself."""
    assert split_field_name(name) == steps


@pytest.mark.parametrize(
    ("name", "steps"), [("a.b", ("a.b",)), ("a[b.c]", ("a", "b.c")), ("a.b[c]", ("a.b", "c")), ("[a]", ("[a]",))]
)
def test_dots_can_mean_themselves(name: str, steps: tuple[str, ...]) -> None:
    """In a query brackets alone make steps."""
    assert split_field_name(name, allows_dots=False) == steps


def test_a_name_of_too_many_steps_is_refused() -> None:
    """Nobody makes a deep tree by a long name, and nothing is dropped without a word."""
    allowed, deeper = "a" + "[b]" * (MAX_STEPS - 1), "a" + "[b]" * MAX_STEPS

    assert len(split_field_name(allowed)) == MAX_STEPS
    with pytest.raises(BadRequestError, match=r"^The name of a field has more than 16 steps\.$"):
        split_field_name(deeper)
    assert build_field_tree([(deeper, "1")], plain={deeper}) == {deeper: ["1"]}


@pytest.mark.parametrize(
    "pairs", [[("a", "1"), ("a[b]", "2")], [("a[b]", "2"), ("a", "1")]], ids=["text first", "steps first"]
)
def test_a_name_cannot_be_both(pairs: list[tuple[str, str]]) -> None:
    """A text where longer names begin is dropped, in whatever order they come."""
    assert build_field_tree(pairs) == {"a": {"b": ["2"]}}


def test_plain_names_are_not_split() -> None:
    """A field whose own name has a dot is found."""
    assert build_field_tree([("a.b", "1"), ("c.d", "2")], plain={"a.b"}) == {"a.b": ["1"], "c": {"d": ["2"]}}


@given(st.lists(st.tuples(st.text("ab.[]", max_size=12), st.text(max_size=2)), max_size=12))
def test_any_names_make_a_tree(pairs: list[tuple[str, str]]) -> None:
    """No name raises anything."""
    tree = build_field_tree(pairs)

    assert len(tree) <= len(pairs)


@pytest.mark.parametrize("unit", ["[", "]", ".", "[a]", ".a", "a["])
def test_reading_a_name_is_linear(unit: str) -> None:
    """A long name takes as long as it is."""
    assert_linear(split_field_name, lambda size: "a" + unit * size, size=400)
