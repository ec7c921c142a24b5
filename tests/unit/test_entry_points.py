"""
Entry points: found with their distributions, loaded only by whoever asks.
"""

import sys
from pathlib import Path

import pytest

from covet.entry_points import find_entry_points
from tests.unit.distributions import install


def test_each_is_found_with_its_distribution(importable: Path) -> None:
    """By name, with name and version of what offers it; nothing is imported for that."""
    install(importable, "covet-b", version="2.1", group="covet.test", offers={"beta": "offered_b:thing"})
    install(
        importable,
        "covet-a",
        group="covet.test",
        offers={"beta": "offered_a:thing", "alpha": "offered_a:thing"},
        modules={"offered_a": "thing = 7\n"},
    )

    found = find_entry_points("covet.test")

    assert [(item.name, item.value, item.distribution) for item in found] == [
        ("alpha", "offered_a:thing", "covet-a 1.0"),
        ("beta", "offered_a:thing", "covet-a 1.0"),
        ("beta", "offered_b:thing", "covet-b 2.1"),
    ]
    assert "offered_a" not in sys.modules
    assert found[0].load() == 7


def test_other_groups_are_left_alone(importable: Path) -> None:
    """Only the group that was asked for is read."""
    install(importable, "covet-a", group="covet.other", offers={"alpha": "offered:thing"})

    assert find_entry_points("covet.test") == []


def test_what_the_import_raises_is_raised(importable: Path) -> None:
    """Whoever loads it decides what to do about it."""
    install(
        importable,
        "covet-a",
        group="covet.test",
        offers={"alpha": "offered:thing"},
        modules={"offered": "raise OSError('no')\n"},
    )

    with pytest.raises(OSError, match="no"):
        find_entry_points("covet.test")[0].load()
