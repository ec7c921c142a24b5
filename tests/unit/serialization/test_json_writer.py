"""
The writer in plain Python.
"""

import sys

import pytest

from covet.serialization import SerializationError
from covet.serialization.builtin_forms import Forms
from covet.serialization.json_writer import JSONWriter, encode_text, float_text, repair_text
from tests.linearity import assert_linear


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (1e15, "1000000000000000.0"),
        (1e16, "1e16"),
        (1.5e300, "1.5e300"),
        (1e-4, "0.0001"),
        (1e-5, "0.00001"),
        (-1.25e-5, "-0.0000125"),
        (1e-6, "1e-6"),
        (5e-324, "5e-324"),
        (float("nan"), "nan"),
    ],
)
def test_floats_are_spelled_as_msgspec_spells_them(value: float, text: str) -> None:
    """The exponent has neither a plus nor a leading zero."""
    assert float_text(value) == text


@pytest.mark.parametrize("text", ["pre-e-05", "1e-5 in text", "se+5"])
def test_text_that_looks_like_an_exponent_is_kept(text: str) -> None:
    """Only numbers are respelled."""
    assert JSONWriter(Forms()).encode([text, 1e-7]) == f'["{text}",1e-7]'.encode()


def test_repairing_is_idempotent() -> None:
    """Text that was repaired needs no repair."""
    repaired = repair_text("a\ud800")

    assert repaired == "a\ufffd" == repair_text(repaired)
    assert encode_text("a\ud800") == repaired.encode()


def test_a_tree_may_be_as_deep_as_half_the_stack() -> None:
    """Two frames for each level are all that the writer takes."""
    depth = sys.getrecursionlimit() // 3
    tree: list[object] = []
    for _ in range(depth - 1):
        tree = [tree]

    assert JSONWriter(Forms()).write(tree) == b"[" * depth + b"]" * depth


def test_deeper_trees_are_refused() -> None:
    """A tree beyond the stack is an error of ours, not a crash."""
    tree: list[object] = []
    for _ in range(sys.getrecursionlimit()):
        tree = [tree]

    with pytest.raises(SerializationError, match="nested too deeply"):
        JSONWriter(Forms()).write(tree)


def test_writing_is_linear() -> None:
    """Twice the value takes twice the work."""
    writer = JSONWriter(Forms())

    assert_linear(writer.write, lambda size: [{"name": "\ud800", "n": index} for index in range(size)], size=100)
