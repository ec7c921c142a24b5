"""
What goes wrong while calls are counted.

::

    CovetError
    └── RateLimitStoreError    what keeps the counters cannot be asked
"""

from covet.exceptions import CovetError


class RateLimitStoreError(CovetError):
    """What keeps the counters cannot be asked: its file, or its server."""
