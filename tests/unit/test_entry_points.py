"""
Entry points: found with their distributions, loaded only by whoever asks.
"""

import sys
from pathlib import Path

import pytest

from covet.entry_points import EntryPointError, OfferedItem, find_entry_points, load_entry_point
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


@pytest.fixture
def offered(importable: Path) -> list[OfferedItem]:
    """One that works, one that fails, one that is there twice."""
    offers = {"good": "offered:thing", "bad": "offered_badly:thing", "twice": "offered:thing"}
    modules = {"offered": "thing = 7\n", "offered_badly": "raise OSError('no')\n"}
    install(importable, "covet-a", group="covet.test", offers=offers, modules=modules)
    install(importable, "covet-b", version="2.1", group="covet.test", offers={"twice": "offered:thing"})
    return find_entry_points("covet.test")


def test_the_one_of_a_name_is_loaded(offered: list[OfferedItem]) -> None:
    """It comes with its distribution; no other is imported."""
    loaded = load_entry_point(offered, "good", kind="thing", setting="the settings")

    assert loaded == (7, "covet-a 1.0")
    assert "offered_badly" not in sys.modules


def test_what_nobody_offers_is_nothing(offered: list[OfferedItem]) -> None:
    """Whoever asks knows where else it may be."""
    assert load_entry_point(offered, "other", kind="thing", setting="the settings") is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("twice", "The thing 'twice' is offered twice, by covet-a 1.0 and covet-b 2.1.\n  Uninstall one of them."),
        (
            "bad",
            (
                "The thing 'bad' of covet-a 1.0 failed to load: OSError: no\n"
                "  Mend or uninstall covet-a 1.0, or take 'bad' out of the settings."
            ),
        ),
    ],
)
def test_what_cannot_be_had_says_why(offered: list[OfferedItem], name: str, message: str) -> None:
    """With the distributions, and what to do about it."""
    with pytest.raises(EntryPointError) as caught:
        load_entry_point(offered, name, kind="thing", setting="the settings")

    assert str(caught.value) == message
