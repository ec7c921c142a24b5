"""
Backends by their names, as settings have them; and by URLs.
"""

from collections.abc import Callable
from typing import Final

from covet.cache.backend import CacheBackend
from covet.cache.memory import MemoryCacheBackend
from covet.cache.redis_backend import RedisCacheBackend
from covet.exceptions import ConfigurationError, suggest
from covet.registry import Registry

BackendFactory = Callable[..., CacheBackend]
"""What makes a backend: called with a URL if there is one."""

ENTRY_POINTS: Final = "covet.cache_backends"
"""The group of entry points by which packages offer backends."""

_SCHEMES: Final = {"rediss": "redis", "unix": "redis"}


def make_cache_backend_registry() -> Registry[BackendFactory]:
    """
    Make a registry of backends, with those that are at hand.

    Example:
        >>> list(make_cache_backend_registry())
        ['memory', 'redis']
    """
    registry = Registry[BackendFactory](callable, name="cache backends", expected="what makes a CacheBackend")
    registry.register("memory", _make_memory)
    registry.register("redis", RedisCacheBackend)
    return registry


def get_cache_backend_registry() -> Registry[BackendFactory]:
    """
    Return the registry in which `Cache(backend="…")` looks.

    Example:
        >>> "redis" in get_cache_backend_registry()
        True
    """
    return _DEFAULT


def make_cache_backend(name: str, url: str | None = None) -> CacheBackend:
    """
    Make a backend by its name; nothing is opened yet.

    Args:
        name: A name of `get_cache_backend_registry()`, or one that an installed package offers.
        url: Where it is.

    Raises:
        ConfigurationError: If there is no such backend, or the URL is none of its own.
        MissingDependencyError: If it needs a library that is not installed.

    Example:
        >>> make_cache_backend("redis", "redis://localhost:6379/0")
        <RedisCacheBackend redis://localhost:6379/0>
        >>> make_cache_backend("reddis")
        Traceback (most recent call last):
            ...
        covet.exceptions.ConfigurationError: There is no cache backend 'reddis'.
          Did you mean 'redis'? Available: ...
    """
    registry = _DEFAULT
    make = registry.get(name)
    if make is None:
        # Packages are looked for only where what is at hand does not do.
        registry.discover_entry_points(ENTRY_POINTS, replace=True)
        make = registry.get(name)
    if make is None:
        raise ConfigurationError(f"There is no cache backend {name!r}.", hint=suggest(name, tuple(registry)))
    backend = make() if url is None else make(url)
    if not isinstance(backend, CacheBackend):
        raise ConfigurationError(
            f"The cache backend {name!r} is a {type(backend).__name__}, which has not all methods of CacheBackend.",
            hint="See covet.cache.CacheBackend.",
        )
    return backend


def find_backend_name(url: str) -> str:
    """
    Find the backend that a URL is for.

    Raises:
        ConfigurationError: If it has no scheme.

    Example:
        >>> [find_backend_name(url) for url in ("memory://", "rediss://localhost", "unix:///run/redis.sock")]
        ['memory', 'redis', 'redis']
    """
    scheme, separator, _ = url.partition("://")
    if not separator:
        # APPSEC: it may be a password that went astray.
        raise ConfigurationError("The URL of a cache has no scheme.", hint="Write 'redis://host:6379/0', for example.")
    return _SCHEMES.get(scheme, scheme)


def _make_memory(url: str | None = None) -> CacheBackend:
    if url not in {None, "memory://"}:
        raise ConfigurationError(
            "The cache backend 'memory' has no url: it is in this process.",
            hint="Leave url out, or write backend='redis'.",
        )
    return MemoryCacheBackend()


_DEFAULT: Final = make_cache_backend_registry()
