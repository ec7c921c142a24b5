"""
Counters in the memory of one process.
"""

from collections.abc import Callable
from time import monotonic
from typing import Final

from covet.exceptions import ConfigurationError
from covet.options import refuse_unknown
from covet.rate_limiting.algorithms import COUNTS, State
from covet.rate_limiting.limit import Decision, RateLimit, Slot

_make: Final = tuple.__new__


class Counted:
    """
    What was counted of a name, and for how long nothing of it changes but what remains.

    Args:
        limit: The limit.
        state: What the algorithm knows.
        remaining: How many calls are left.

    Attributes:
        limit: The limit.
        begin: From when on that is so, in seconds.
        until: Until when.
        free_at: When all calls are allowed again.
        remaining: How many are left now.

    Example:
        >>> counted = Counted(RateLimit(9, 60), (7, 2, 1, (5, 1)), 6)
        >>> counted.remaining -= 1
        >>> counted.begin, counted.until, counted.free_at, counted.read()
        (7.0, 8.0, 68.0, (7, 3, 1, (5, 1)))
    """

    __slots__ = ("_known", "_state", "begin", "free_at", "limit", "remaining", "until")

    def __init__(self, limit: RateLimit, state: State, remaining: int) -> None:
        self.limit = limit
        self._state = state
        self.remaining = self._known = remaining
        begin = until = free_at = 0
        # Of a key of which nothing was counted, nothing is known.
        if limit.algorithm == "sliding_window" and state:
            step, _, _, steps = state
            begin, until = step * limit.step_ms, (step + 1) * limit.step_ms
            free_at = until + limit.period_ms
            if steps:
                until = min(until, (steps[0] + 1) * limit.step_ms + limit.period_ms)
        elif limit.algorithm == "fixed_window":
            until = free_at = state[0]
            begin = until - limit.period_ms
        self.begin, self.until, self.free_at = begin / 1000, until / 1000, free_at / 1000

    def read(self) -> State:
        """Give what the algorithm knows, with what was counted since."""
        used = self._known - self.remaining
        if not used:
            return self._state
        if self.limit.algorithm == "fixed_window":
            return self._state[0], self._state[1] + used
        return self._state[0], self._state[1] + used, *self._state[2:]


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
        self._open: dict[str, Counted] = {}
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
        moment = self._clock()
        counted = self._open.pop(name, None)
        # PERF: within a step nothing but a number changes (benchmarks/production.py).
        if counted is not None and counted.limit is limit and counted.begin <= moment < counted.until:
            remaining = counted.remaining - cost
            if remaining > 0:
                counted.remaining = remaining
                self._open[name] = counted
                return _make(Decision, (True, limit.calls, remaining, counted.free_at - moment, 0.0))
        now = int(moment * 1000)
        state: State = ()
        if counted is not None:
            state = counted.read()
        else:
            spent = self._spent.pop(name, None)
            if spent is not None:
                state = spent[0]
            elif len(self._open) + len(self._spent) >= self._max_keys:
                self._forget_one(now)
        state, decision = COUNTS[limit.algorithm](limit, state, now, cost)
        if decision.remaining:
            self._open[name] = Counted(limit, state, decision.remaining)
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
