"""
Where the built-in middleware stands, whatever the order in which it is added.

What must see every request first is outermost, and what must say its word on every response too: an answer of the rate
limit carries the headers of security and of CORS, and its line in the log.
"""

from enum import IntEnum, unique


@unique
class Place(IntEnum):
    """
    The priorities of the built-in middleware; lower is further out, and one's own has 100: inside of all but the cache.

    The limits are no layers: what they say is compiled into the routes.

    Example:
        >>> from covet.middleware import CORSMiddleware
        >>> CORSMiddleware.priority == Place.CORS < 100
        True
    """

    LIMITS = 5
    PROFILING = 7
    METRICS = 8
    TRUSTED_HOST = 10
    PROXY_HEADERS = 20
    HTTPS_REDIRECT = 25
    REQUEST_ID = 30
    REQUEST_LOGGING = 35
    SECURITY_HEADERS = 40
    CORS = 50
    DECOMPRESSION = 54
    COMPRESSION = 56
    CONDITIONAL = 58
    DEBUG_TOOLBAR = 59
    SESSION = 60
    CSRF = 70
    RATE_LIMIT = 80
    AUTHENTICATION = 90
    # Inside of one's own: whatever they decide is decided for each request.
    CACHE = 1000
