"""
Tests of the standards' import paths.
"""

from covet import validation as source
from covet.core import validation


def test_the_names_are_the_same_objects() -> None:
    """`covet.core.validation` is another way to the same functions."""
    for name in validation.__all__:
        assert getattr(validation, name) is getattr(source, name)
