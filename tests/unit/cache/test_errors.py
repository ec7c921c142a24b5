"""
Tests of the errors.
"""

import pytest

from covet.cache import errors
from covet.exceptions import CovetError


@pytest.mark.parametrize(
    ("error", "base"),
    [
        (errors.CacheArgumentError, ValueError),
        (errors.CacheValueError, TypeError),
        (errors.CacheBackendError, CovetError),
        (errors.CacheLockError, TimeoutError),
    ],
)
def test_each_is_what_it_says(error: type[Exception], base: type[Exception]) -> None:
    """
    One of caches, and of the kind that Python has for it.
    """
    assert issubclass(error, errors.CacheError)
    assert issubclass(error, base)
