"""
Counters in the memory of one process.
"""

from collections.abc import Callable
from time import monotonic

from covet.exceptions import ConfigurationError
from covet.options import refuse_unknown
from covet.rate_limiting.algorithms import COUNTS, State
from covet.rate_limiting.limit import Decision, RateLimit, Slot


class MemoryRateLimitStore:
    """
    Count in memory, by a clock that nobody sets. It never waits, and needs no lock: it is for one event loop.

    It knows a limited number of keys. When there are more, those are forgotten first whose limit is not used up, the
    longest unused of them before the others: nobody gets rid of a limit by sending in the name of many others.

    Args:
        max_keys: How many keys it knows.
        clock: Gives the time in seconds; a test brings its own.

    Raises:
        ConfigurationError: If the number is none.

    Example:
        >>> store = MemoryRateLimitStore()
        >>> limit = RateLimit(1, 60)
        >>> [(await store.hit("ada", limit)).allowed for _ in range(2)]
        [True, False]
    """

    is_shared = False

    @refuse_unknown
    def __init__(self, *, max_keys: int = 100_000, clock: Callable[[], float] = monotonic) -> None:
        if type(max_keys) is not int or max_keys < 1:
            raise ConfigurationError(
                f"MemoryRateLimitStore: max_keys is {max_keys!r}, expected a whole number of at least 1.",
                hint="Leave it out for 100000.",
            )
        self._max_keys = max_keys
        self._clock = clock
        # What has something left, the longest unused first; and what has not, with the time when it has again.
        self._open: dict[str, State] = {}
        self._spent: dict[str, tuple[State, int]] = {}
        self._slots: dict[str, dict[str, float]] = {}

    def __len__(self) -> int:
        """Tell how many keys it knows."""
        return len(self._open) + len(self._spent)

    async def open(self) -> None:
        """Do nothing: it is ready."""

    async def hit(self, key: str, limit: RateLimit, cost: int = 1) -> Decision:
        """Count calls if they are allowed."""
        return self.count(key, limit, cost)

    def count(self, key: str, limit: RateLimit, cost: int = 1) -> Decision:
        """
        Do what `hit` does, without being awaited.

        Args:
            key: Who calls.
            limit: How often that is allowed.
            cost: For how many calls it counts.
        """
        return self.count_by_name(limit.kind + key, limit, cost)

    def count_by_name(self, name: str, limit: RateLimit, cost: int = 1) -> Decision:
        """
        Do the same for the name of a counter: the kind of its limit, and the key.

        Args:
            name: The counter; whoever counts often keeps the text.
            limit: How often that is allowed.
            cost: For how many calls it counts.
        """
        now = int(self._clock() * 1000)
        state = self._open.pop(name, None)
        if state is None:
            spent = self._spent.pop(name, None)
            if spent is not None:
                state = spent[0]
            elif len(self._open) + len(self._spent) >= self._max_keys:
                self._forget_one(now)
        state, decision = COUNTS[limit.algorithm](limit, state or (), now, cost)
        if decision.remaining:
            self._open[name] = state
        else:
            self._spent[name] = state, now + int(decision.reset_after * 1000)
        return decision

    async def acquire(self, key: str, token: str, slots: int, lease: float) -> Slot:
        """Take a slot, if one is free."""
        now = self._clock()
        held = {token: until for token, until in self._slots.get(key, {}).items() if until > now}
        is_free = len(held) < slots
        if is_free:
            held[token] = now + lease
        # Somebody holds a slot of each key that is here.
        self._slots[key] = held
        return Slot(is_free, slots, max(slots - len(held), 0))

    async def release(self, key: str, token: str) -> None:
        """Give a slot back."""
        held = self._slots.get(key)
        if held is not None:
            held.pop(token, None)
            if not held:
                del self._slots[key]

    async def aclose(self) -> None:
        """Do nothing: what was counted stays counted."""

    def __repr__(self) -> str:
        return f"<MemoryRateLimitStore: {len(self)} of {self._max_keys} keys>"

    def _forget_one(self, now: int) -> None:
        # A key is spent at its end of the order: the first one is free again before most others.
        first = next(iter(self._spent), None)
        if first is not None and (not self._open or self._spent[first][1] <= now):
            del self._spent[first]
        else:
            del self._open[next(iter(self._open))]


__all__ = ["MemoryRateLimitStore"]
