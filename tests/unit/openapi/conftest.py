"""
What the tests of documents share.
"""

import pytest

from covet.openapi.components import Components


@pytest.fixture
def components() -> Components:
    """The components of a document, empty."""
    return Components()
