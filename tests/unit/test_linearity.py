"""
The helper that shows linear work must notice when work is not linear.
"""

import re
import subprocess
import sys

import pytest

from tests import linearity
from tests.linearity import assert_linear, assert_quick, work


def count_pairs(items: list[int]) -> int:
    """
    Count in a loop within a loop.
    """
    total = 0
    for _ in items:
        for _ in items:
            total += 1
    return total


def test_a_loop_in_a_loop_is_noticed() -> None:
    """Quadratic work in Python fails by its executed instructions."""
    with pytest.raises(AssertionError, match="opcodes for size 50"):
        assert_linear(count_pairs, lambda size: list(range(size)), size=50)


def test_a_loop_in_c_is_noticed() -> None:
    """Quadratic work in C fails by its CPU time."""
    pattern = re.compile(r"a+$")

    with pytest.raises(AssertionError, match="s for eight times the size"):
        # Long enough that what disturbs a short run is nothing beside it.
        assert_linear(pattern.search, lambda size: "a" * size + "b", size=128)


def test_linear_work_passes() -> None:
    """Linear work in Python passes."""
    assert_linear(lambda items: [item + 1 for item in items], lambda size: list(range(size)), size=1_000)


def test_the_same_call_has_the_same_work() -> None:
    """The count of instructions depends on the call alone."""
    items = list(range(10))

    assert work(count_pairs, items) == work(count_pairs, items) > 100


def test_the_first_call_of_a_process_counts() -> None:
    """Python 3.12 and 3.13 trace no opcodes of the first call unless they are told in time."""
    code = "from tests.linearity import work; print(work(lambda: len([])) > 0)"

    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ended.stdout == "True\n"


def test_a_slow_call_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that blocks for longer than an event loop may fails."""
    monkeypatch.setattr(linearity, "MAX_CPU_SECONDS", 0.000_1)

    with pytest.raises(AssertionError, match=r"^\d\.\d+ s, allowed 0\.\d+ s$"):
        assert_quick(count_pairs, list(range(1_000)))


def test_a_call_is_not_measured_twice_without_need() -> None:
    """What was quick once is quick."""
    calls: list[int] = []

    assert_quick(calls.append, 1)

    assert calls == [1]
