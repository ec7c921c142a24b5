"""
Tests of the import path `covet.core.validation`.
"""

import covet.core.validation
import covet.validation


def test_the_names_are_those_of_the_validation() -> None:
    """There is one validation, under two paths."""
    for name in covet.core.validation.__all__:
        assert getattr(covet.core.validation, name) is getattr(covet.validation, name)
