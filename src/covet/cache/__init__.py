"""
Caches: results that are kept for a while.

- `front`: `Cache`, what handlers use; `arguments`: what is said to it, checked; `stored_form`: values as bytes;
  `tags`: what goes together; `single_flight`: what many want is made once; `locks`: one at a time.
- `backend`: the contract of what keeps the entries; `memory`, `redis_backend`: those that there are; `backends`: how
  they are named; `losable`, `outage`: when one is lost.
- `errors`: what goes wrong.

No HTTP in here: `covet.middleware.CacheMiddleware` keeps responses. Nothing in here is ever pickled.
"""

from covet.cache.backend import CacheBackend
from covet.cache.backends import get_cache_backend_registry, make_cache_backend
from covet.cache.errors import CacheArgumentError, CacheBackendError, CacheError, CacheLockError, CacheValueError
from covet.cache.front import Cache
from covet.cache.memory import MemoryCacheBackend
from covet.cache.redis_backend import RedisCacheBackend

__all__ = [
    "Cache",
    "CacheArgumentError",
    "CacheBackend",
    "CacheBackendError",
    "CacheError",
    "CacheLockError",
    "CacheValueError",
    "MemoryCacheBackend",
    "RedisCacheBackend",
    "get_cache_backend_registry",
    "make_cache_backend",
]
