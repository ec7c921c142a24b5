"""
Paths are drawn as a small tree.
"""

import pytest

from covet.di.path import Step, draw_path, shorten_place


def test_each_step_stands_below_the_one_before() -> None:
    """The arrow of a step begins below its predecessor."""
    steps = [
        Step("A", "scoped", where="/x/y/a.py:1"),
        Step("B", "singleton", "b"),
        Step("C", parameter="c", note="gone"),
    ]

    text = draw_path(steps)

    assert text == "A (scoped), y/a.py:1\n└─> b: B (singleton)\n    └─> c: C  <── gone"


@pytest.mark.parametrize(
    ("where", "short"),
    [("/srv/shop/a.py:3", "shop/a.py:3"), ("C:\\shop\\a.py:3", "shop/a.py:3"), ("a.py:3", "a.py:3"), ("", "")],
)
def test_place_is_shortened(where: str, short: str) -> None:
    """A place keeps its file and folder, whatever separates them."""
    assert shorten_place(where) == short
