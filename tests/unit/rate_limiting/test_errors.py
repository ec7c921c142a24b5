"""
What goes wrong while calls are counted.
"""

from covet.exceptions import CovetError
from covet.rate_limiting.errors import RateLimitStoreError


def test_errors_of_stores_belong_to_the_tree() -> None:
    """Whoever catches all errors of CovetPy catches this one."""
    assert issubclass(RateLimitStoreError, CovetError)
    assert str(RateLimitStoreError("It is closed.", hint="Open it.")) == "It is closed.\n  Open it."
