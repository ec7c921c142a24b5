"""
What goes wrong with a cache.

::

    CovetError
    └── CacheError                 the root
        ├── CacheArgumentError     a key, a tag or a time that is none (also a ValueError)
        ├── CacheValueError        a value that would not come back as it is (also a TypeError)
        ├── CacheBackendError      what keeps the entries cannot be asked
        └── CacheLockError         a lock was not free in time (also a TimeoutError)
"""

from covet.exceptions import CovetError


class CacheError(CovetError):
    """Something is wrong with a cache."""


class CacheArgumentError(CacheError, ValueError):
    """A key, a tag, a time or another argument is none."""


class CacheValueError(CacheError, TypeError):
    """A value cannot be kept, since something else would come back; or what is kept is no number to add to."""


class CacheBackendError(CacheError):
    """What keeps the entries cannot be asked: its server, for example."""


class CacheLockError(CacheError, TimeoutError):
    """A lock was not free in time."""
