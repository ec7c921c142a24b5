"""
Tests of the standards' import paths.
"""

from covet import Request, Response
from covet.core import http


def test_the_names_are_the_same_objects() -> None:
    """`covet.core.http` is another way to the same classes."""
    assert (http.Request, http.Response) == (Request, Response)
