"""
Stores by their URLs, as settings write them.
"""

from typing import Final

from covet.exceptions import ConfigurationError
from covet.rate_limiting.store import RateLimitStore

_HINT: Final = "Write 'memory://', 'sqlite:///path/of/limits.db' or 'redis://host:6379/0'."


def make_store(url: str) -> RateLimitStore:
    """
    Make the store that a URL stands for; nothing is opened yet.

    A path of `sqlite:///limits.db` begins where the program runs, one of `sqlite:////var/lib/limits.db` at the root.

    Args:
        url: `memory://`, `sqlite:///path`, or `redis://`, `rediss://` or `unix://` for Redis.

    Raises:
        ConfigurationError: If it is none of them.
        MissingDependencyError: If it needs a library that is not installed.

    Example:
        >>> make_store("memory://")
        <MemoryRateLimitStore: 0 of 100000 keys>
        >>> make_store("sqlite:////var/lib/shop/limits.db")
        <SQLiteRateLimitStore '/var/lib/shop/limits.db'>
        >>> make_store("memcached://localhost")
        Traceback (most recent call last):
            ...
        covet.exceptions.ConfigurationError: No store of rate limits has URLs that begin with 'memcached:'.
          Write 'memory://', 'sqlite:///path/of/limits.db' or 'redis://host:6379/0'.
    """
    if not isinstance(url, str):
        raise ConfigurationError(
            f"The URL of a store of rate limits is a text, got a value of type {type(url).__name__}.", hint=_HINT
        )
    scheme, separator, rest = url.partition("://")
    if separator and scheme in {"redis", "rediss", "unix"}:
        # Loaded here: who counts in memory needs no library.
        from covet.rate_limiting.redis_store import RedisRateLimitStore

        return RedisRateLimitStore(url)
    if separator and scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        from covet.rate_limiting.sqlite_store import SQLiteRateLimitStore

        return SQLiteRateLimitStore(rest[1:])
    if separator and scheme == "memory" and not rest:
        from covet.rate_limiting.memory import MemoryRateLimitStore

        return MemoryRateLimitStore()
    if separator and scheme in {"sqlite", "memory"}:
        raise ConfigurationError(f"The store of rate limits has the URL {url!r}, which leads nowhere.", hint=_HINT)
    # APPSEC: what stands behind the scheme may be a password.
    begins = f"{scheme[:20]}:" if separator else "no scheme"
    raise ConfigurationError(f"No store of rate limits has URLs that begin with {begins!r}.", hint=_HINT)
