"""
How often somebody may do something: limits, algorithms, and what keeps the counters.

- `limit`: a limit, and what becomes of asking; `algorithms`: how it is counted;
- `store`: the contract; `memory`, `sqlite_store`, `redis_store`: one process, one machine, many; `store_urls`: which;
- `errors`: what goes wrong.

No HTTP in here.
"""

from covet.rate_limiting.errors import RateLimitStoreError
from covet.rate_limiting.limit import Decision, RateLimit, Slot
from covet.rate_limiting.memory import MemoryRateLimitStore
from covet.rate_limiting.redis_store import RedisRateLimitStore
from covet.rate_limiting.sqlite_store import SQLiteRateLimitStore
from covet.rate_limiting.store import RateLimitStore
from covet.rate_limiting.store_urls import make_store

__all__ = [
    "Decision",
    "MemoryRateLimitStore",
    "RateLimit",
    "RateLimitStore",
    "RateLimitStoreError",
    "RedisRateLimitStore",
    "SQLiteRateLimitStore",
    "Slot",
    "make_store",
]
