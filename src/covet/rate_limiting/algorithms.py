"""
The algorithms, as functions of a few numbers: what is known of a key, the time, and what is asked for.

A state is a tuple that nobody changes, an empty one for a key that is not known; the time is in milliseconds of any
clock. A clock that goes back makes nothing of what was counted undone, and keeps nothing longer than a period from then
on.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from covet.rate_limiting.limit import Algorithm, Decision, RateLimit

Numbers = tuple[int, ...]
# Any: numbers, and of a sliding window a tuple of them.
State = tuple[Any, ...]
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
    Count in short steps, each of which is forgotten a period after its end.

    A state is `(step, used, before, steps)`: the last step, what was used in it and before it, and the steps before as
    `(step, used, step, used, …)`.

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
    at, used, before, steps = state or (step, 0, 0, ())
    # A step is there while `now < (step + 1) * width + period`.
    if at != step or (steps and (steps[0] + 1) * width + period <= now):
        at, used, before, steps = state = _renew((*steps, at, used), (now - period) // width - 1, step)
    total = before + used
    if total + cost > calls:
        pairs = (*steps, at, used) if used else steps
        retry_after = _wait_for(pairs, total + cost - calls, width, period) - now if cost <= calls else period
        reset_after = (pairs[-2] + 1) * width + period - now if pairs else 0
        return state, Decision(False, calls, max(calls - total, 0), reset_after / 1000, retry_after / 1000)
    reset_after = (step + 1) * width + period - now
    # PERF: half of what the constructor costs; and however many steps there are, none is looked at
    # (benchmarks/production.py).
    return (step, used + cost, before, steps), _make(
        Decision, (True, calls, calls - total - cost, reset_after / 1000, 0.0)
    )


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


def _renew(pairs: Numbers, gone: int, step: int) -> State:
    """Begin a step, and forget those that are over; those of a clock that was set back count as of now."""
    kept: dict[int, int] = {}
    for at, used in zip(pairs[::2], pairs[1::2], strict=True):
        if at > gone and used:
            counted_at = min(at, step)
            kept[counted_at] = kept.get(counted_at, 0) + used
    used = kept.pop(step, 0)
    return step, used, sum(kept.values()), tuple(number for pair in kept.items() for number in pair)


def _wait_for(pairs: Numbers, needed: int, width: int, period: int) -> int:
    """Find when so many of the counted calls will be forgotten: never more than there are."""
    position = 0
    while needed > pairs[position + 1]:
        needed -= pairs[position + 1]
        position += 2
    return (pairs[position] + 1) * width + period


def to_numbers(limit: RateLimit, state: State) -> Numbers:
    """
    Write a state as numbers alone, as a file has it: of a sliding window all steps, `(step, used, step, used, …)`.

    Example:
        >>> to_numbers(RateLimit(9, 60), (7, 2, 1, (5, 1))), from_numbers(RateLimit(9, 60), (5, 1, 7, 2))
        ((5, 1, 7, 2), (7, 2, 1, (5, 1)))
    """
    if limit.algorithm != "sliding_window" or not state:
        return state
    at, used, _, steps = state
    return (*steps, at, used) if used else steps


def from_numbers(limit: RateLimit, numbers: Numbers) -> State:
    """Read what `to_numbers` has written."""
    if limit.algorithm != "sliding_window" or not numbers:
        return numbers
    *steps, at, used = numbers
    return at, used, sum(steps[1::2]), tuple(steps)


COUNTS: Final[Mapping[Algorithm, Count]] = {
    "fixed_window": count_fixed_window,
    "sliding_window": count_sliding_window,
    "token_bucket": count_token_bucket,
}
"""What counts by each algorithm."""
