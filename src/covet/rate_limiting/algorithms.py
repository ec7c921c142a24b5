"""
The algorithms, as functions of a few numbers: what is known of a key, the time, and what is asked for.

A state is a tuple of integers, an empty one for a key that is not known; the time is in milliseconds of any clock. A
clock that goes back makes nothing of what was counted undone, and keeps nothing longer than a period from then on.
"""

from collections.abc import Callable, Mapping
from typing import Final

from covet.rate_limiting.limit import Algorithm, Decision, RateLimit

State = tuple[int, ...]
_make: Final = tuple.__new__
Count = Callable[[RateLimit, State, int, int], tuple[State, Decision]]


def count_fixed_window(limit: RateLimit, state: State, now: int, cost: int) -> tuple[State, Decision]:
    """
    Count in a window that begins with the first call: `(end, used)`.

    Args:
        limit: The limit.
        state: What is known.
        now: The time.
        cost: For how many calls it counts.

    Example:
        >>> state, first = count_fixed_window(RateLimit(1, 60, algorithm="fixed_window"), (), 0, 1)
        >>> _, second = count_fixed_window(RateLimit(1, 60, algorithm="fixed_window"), state, 15_000, 1)
        >>> first.allowed, second
        (True, Decision(allowed=False, limit=1, remaining=0, reset_after=45.0, retry_after=45.0))
    """
    calls, period = limit.calls, limit.period_ms
    end, used = state or (0, 0)
    if now >= end:
        end, used = now + period, 0
    elif end - now > period:
        end = now + period
    left = (end - now) / 1000
    if used + cost > calls:
        # A limit that was lowered meanwhile may be exceeded already.
        return (end, used), Decision(False, calls, max(calls - used, 0), left, left)
    return (end, used + cost), Decision(True, calls, calls - used - cost, left, 0.0)


def count_sliding_window(limit: RateLimit, state: State, now: int, cost: int) -> tuple[State, Decision]:
    """
    Count in short steps, each of which is forgotten a period after its end: `(step, used, step, used, …)`.

    Args:
        limit: The limit.
        state: What is known.
        now: The time.
        cost: For how many calls it counts.

    Example:
        >>> state, first = count_sliding_window(RateLimit(1, 60), (), 0, 1)
        >>> _, second = count_sliding_window(RateLimit(1, 60), state, 15_000, 1)
        >>> first.allowed, second
        (True, Decision(allowed=False, limit=1, remaining=0, reset_after=46.0, retry_after=46.0))
    """
    calls, period, width = limit.calls, limit.period_ms, limit.step_ms
    step = now // width
    # A step is there while `now < (step + 1) * width + period`.
    if state and ((state[0] + 1) * width + period <= now or state[-2] > step):
        state = _renew(state, (now - period) // width - 1, step)
    used = state[1] if len(state) == 2 else sum(state[1::2])
    if used + cost > calls:
        retry_after = _wait_for(state, used + cost - calls, width, period) - now if cost <= calls else period
        reset_after = (state[-2] + 1) * width + period - now if state else 0
        return state, Decision(False, calls, max(calls - used, 0), reset_after / 1000, retry_after / 1000)
    is_same_step = bool(state) and state[-2] == step
    state = (*state[:-1], state[-1] + cost) if is_same_step else (*state, step, cost)
    reset_after = (step + 1) * width + period - now
    # PERF: half of what the constructor costs (benchmarks/production.py).
    return state, _make(Decision, (True, calls, calls - used - cost, reset_after / 1000, 0.0))


def count_token_bucket(limit: RateLimit, state: State, now: int, cost: int) -> tuple[State, Decision]:
    """
    Count with a bucket that fills steadily: `(content, time)`, where a call takes as many units as a period has ms.

    Args:
        limit: The limit.
        state: What is known.
        now: The time.
        cost: For how many calls it counts.

    Example:
        >>> limit = RateLimit(2, 60, algorithm="token_bucket", burst=1)
        >>> state, first = count_token_bucket(limit, (), 0, 1)
        >>> _, second = count_token_bucket(limit, state, 15_000, 1)
        >>> first.allowed, second
        (True, Decision(allowed=False, limit=1, remaining=0, reset_after=15.0, retry_after=15.0))
    """
    calls, unit, capacity = limit.calls, limit.period_ms, limit.capacity
    full = capacity * unit
    content, time = state or (full, now)
    # Not longer than it takes to fill: the product stays small.
    elapsed = min(max(now - time, 0), full // calls + 1)
    content = min(content + elapsed * calls, full)
    wanted = cost * unit
    allowed = wanted <= content
    retry_after = 0.0
    if allowed:
        content -= wanted
    else:
        retry_after = -((content - min(wanted, full)) // calls) / 1000 or unit / 1000
    reset_after = -((content - full) // calls) / 1000
    return (content, now), Decision(allowed, capacity, content // unit, reset_after, retry_after)


def _renew(state: State, gone: int, step: int) -> State:
    """Forget the steps that are over; those of a clock that was set back count as of now."""
    kept: dict[int, int] = {}
    for at, used in zip(state[::2], state[1::2], strict=True):
        if at > gone:
            counted_at = min(at, step)
            kept[counted_at] = kept.get(counted_at, 0) + used
    return tuple(number for pair in kept.items() for number in pair)


def _wait_for(state: State, needed: int, width: int, period: int) -> int:
    """Find when so many of the counted calls will be forgotten: never more than there are."""
    position = 0
    while needed > state[position + 1]:
        needed -= state[position + 1]
        position += 2
    return (state[position] + 1) * width + period


COUNTS: Final[Mapping[Algorithm, Count]] = {
    "fixed_window": count_fixed_window,
    "sliding_window": count_sliding_window,
    "token_bucket": count_token_bucket,
}
"""What counts by each algorithm."""
