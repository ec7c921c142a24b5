"""
Entries in memory: for one process, and until it ends.

Nothing in here waits, and nobody else runs in between: each method is a whole.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from heapq import heapify, heappop, heappush
from math import inf
from time import monotonic
from typing import Final, NamedTuple

from covet.cache.errors import CacheValueError
from covet.exceptions import ConfigurationError
from covet.options import refuse_unknown

logger = logging.getLogger("covet.cache")

# What an entry takes beside its text and its bytes: the objects around them, roughly.
_OVERHEAD: Final = 300
_LARGEST: Final = 2**63 - 1
_MEBIBYTE: Final = 1024 * 1024


class _Entry(NamedTuple):
    value: bytes
    expires_at: float
    size: int


class MemoryCacheBackend:
    """
    Keep entries in memory, a bounded number of them in a bounded room.

    If there is no room, what has expired goes first, and then what was not asked for longest. An entry that is larger
    than all the room is not kept, which is logged.

    Args:
        max_entries: How many are kept.
        max_bytes: How many bytes they may take, names included.
        clock: What tells the time in seconds; nobody may set it back.

    Raises:
        ConfigurationError: If one of them is no number of at least 1.

    Example:
        >>> backend = MemoryCacheBackend(max_entries=2)
        >>> for name in "abc":
        ...     await backend.set(name, b"tea")
        >>> await backend.get_many(["a", "b", "c"])
        [None, b'tea', b'tea']
    """

    @refuse_unknown
    def __init__(
        self,
        *,
        max_entries: int = 10_000,
        max_bytes: int = 64 * _MEBIBYTE,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._max_entries = _check_count("max_entries", max_entries, "10_000")
        self._max_bytes = _check_count("max_bytes", max_bytes, "64 * 1024 * 1024")
        self._clock = clock
        # The least recently used stand first.
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._size = 0
        # When entries expire, the first one at the top; also of some that have gone since.
        self._ends: list[tuple[float, str]] = []

    async def get(self, key: str, /) -> bytes | None:
        """Return what stands under a name; `None` if nothing does."""
        entry = self._find(key)
        if entry is None:
            return None
        self._entries.move_to_end(key)
        return entry.value

    async def get_many(self, keys: Sequence[str], /) -> Sequence[bytes | None]:
        """Return what stands under several names, in their order."""
        return [await self.get(key) for key in keys]

    async def set(self, key: str, value: bytes, ttl: float | None = None, /) -> None:
        """Put something under a name, in the place of what stood there."""
        self._put(key, value, self._end(ttl))

    async def set_many(self, values: Mapping[str, bytes], ttl: float | None = None, /) -> None:
        """Put something under several names."""
        for key, value in values.items():
            self._put(key, value, self._end(ttl))

    async def add(self, key: str, value: bytes, ttl: float | None = None, /) -> bool:
        """Put something under a name unless something stands there, and say whether it was put."""
        if self._find(key) is not None:
            return False
        self._put(key, value, self._end(ttl))
        return True

    async def increment(self, key: str, amount: int, ttl: float | None = None, /) -> int:
        """
        Add to the number that stands under a name.

        Raises:
            CacheValueError: If no whole number of 64 bits stands there, or the sum is none.
        """
        entry = self._find(key)
        try:
            number = 0 if entry is None else int(entry.value)
        except ValueError:
            number = _LARGEST + 1
        total = number + amount
        if max(abs(number), abs(total), abs(amount)) > _LARGEST:
            raise CacheValueError("What stands there is no whole number of 64 bits, or its sum is none.")
        self._put(key, b"%d" % total, self._end(ttl) if entry is None else entry.expires_at)
        return total

    async def extend(self, key: str, ttl: float | None, /) -> bool:
        """Let what stands under a name last at least so long from now, and say whether anything does."""
        entry = self._find(key)
        if entry is None:
            return False
        end = self._end(ttl)
        if end > entry.expires_at:
            self._put(key, entry.value, end)
        return True

    async def delete(self, key: str, /) -> bool:
        """Take away what stands under a name, and say whether anything did."""
        if self._find(key) is None:
            return False
        self._drop(key)
        return True

    async def delete_equal(self, key: str, value: bytes, /) -> bool:
        """Take away what stands under a name if it is this, and say whether it was."""
        entry = self._find(key)
        if entry is None or entry.value != value:
            return False
        self._drop(key)
        return True

    async def clear(self, prefix: str = "", /) -> None:
        """Take away all whose names begin so."""
        for key in [key for key in self._entries if key.startswith(prefix)]:
            self._drop(key)

    async def aclose(self) -> None:
        """Do nothing: what is in memory stays there."""

    def _end(self, ttl: float | None) -> float:
        return inf if ttl is None else self._clock() + ttl

    def _find(self, key: str) -> _Entry | None:
        entry = self._entries.get(key)
        if entry is None or entry.expires_at > self._clock():
            return entry
        self._drop(key)
        return None

    def _put(self, key: str, value: bytes, expires_at: float) -> None:
        if key in self._entries:
            self._drop(key)
        entry = _Entry(value, expires_at, len(key.encode("utf-8", "surrogatepass")) + len(value) + _OVERHEAD)
        if entry.size > self._max_bytes:
            logger.warning(
                "An entry of %d bytes is not kept: MemoryCacheBackend has max_bytes=%d.", entry.size, self._max_bytes
            )
            return
        self._make_room(entry.size)
        self._entries[key] = entry
        self._size += entry.size
        if expires_at != inf:
            heappush(self._ends, (expires_at, key))
            if len(self._ends) > 2 * len(self._entries) + 64:
                # Most of them are of entries that were replaced.
                self._ends = [(entry.expires_at, key) for key, entry in self._entries.items() if entry.expires_at < inf]
                heapify(self._ends)

    def _make_room(self, size: int) -> None:
        """Let go of what has expired, and of as much more as it takes."""
        now = self._clock()
        while self._ends and self._ends[0][0] <= now:
            end, key = heappop(self._ends)
            entry = self._entries.get(key)
            if entry is not None and entry.expires_at == end:
                self._drop(key)
        while len(self._entries) >= self._max_entries or self._size + size > self._max_bytes:
            self._drop(next(iter(self._entries)))

    def _drop(self, key: str) -> None:
        self._size -= self._entries.pop(key).size

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"<MemoryCacheBackend: {len(self)} of {self._max_entries} entries>"


def _check_count(option: str, value: object, default: str) -> int:
    if type(value) is not int or value < 1:
        raise ConfigurationError(
            f"MemoryCacheBackend: {option} is {value!r}, expected a whole number of at least 1.",
            hint=f"Leave it out for {default}.",
        )
    return value
