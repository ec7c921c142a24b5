"""
Counters in memory; what every store promises is in `covet.testing.rate_limit_store`.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.exceptions import ConfigurationError
from covet.options import UnknownOptionError
from covet.rate_limiting.algorithms import COUNTS, State
from covet.rate_limiting.limit import Algorithm, RateLimit
from covet.rate_limiting.memory import MemoryRateLimitStore

LIMIT = RateLimit(2, 60)


def test_options_are_checked() -> None:
    """The error says what is expected."""
    with pytest.raises(ConfigurationError, match="max_keys is 0, expected a whole number of at least 1"):
        MemoryRateLimitStore(max_keys=0)
    with pytest.raises(UnknownOptionError, match="Did you mean 'max_keys'"):
        MemoryRateLimitStore(max_key=5)  # type: ignore[call-arg]


def test_it_knows_no_more_keys_than_it_may() -> None:
    """However many come."""
    store = MemoryRateLimitStore(max_keys=10)
    for number in range(1000):
        store.count(f"client {number}", LIMIT)

    assert len(store) == 10
    assert repr(store) == "<MemoryRateLimitStore: 10 of 10 keys>"


def test_a_limit_that_is_used_up_is_forgotten_last() -> None:
    """A thousand others do not give a client its calls back."""
    store = MemoryRateLimitStore(max_keys=10)
    for _ in range(2):
        store.count("greedy", LIMIT)
    for number in range(1000):
        store.count(f"client {number}", LIMIT)

    assert not store.count("greedy", LIMIT).allowed


def test_the_longest_unused_is_forgotten_first() -> None:
    """Of those that have something left."""
    store = MemoryRateLimitStore(max_keys=2)
    limit = RateLimit(5, 60)
    for key in ("a", "b", "a", "c"):
        store.count(key, limit)

    assert store.count("a", limit).remaining == 2
    assert store.count("b", limit).remaining == 4


def test_a_limit_that_was_used_up_and_is_over_makes_place() -> None:
    """It says nothing any more, while others count."""
    now = [0.0]
    store = MemoryRateLimitStore(max_keys=2, clock=lambda: now[0])
    store.count("spent", LIMIT, 2)
    store.count("counted", LIMIT)
    now[0] = 62.0
    store.count("counted", LIMIT)
    store.count("new", LIMIT)

    assert store.count("counted", LIMIT).remaining == 0


def test_where_all_limits_are_used_up_the_oldest_is_forgotten() -> None:
    """There is a place for whoever comes, all the same."""
    store = MemoryRateLimitStore(max_keys=2)
    for key in ("a", "b", "c"):
        store.count(key, LIMIT, 2)

    assert len(store) == 2
    assert store.count("a", LIMIT).allowed


async def test_slots_that_are_given_back_leave_nothing() -> None:
    """No key is kept for a client that has nothing under way."""
    store = MemoryRateLimitStore()
    await store.acquire("ada", "a", 1, 60)
    await store.release("ada", "a")
    await store.release("grace", "a")

    assert store._slots == {}


@pytest.mark.parametrize("algorithm", ["sliding_window", "fixed_window", "token_bucket"])
@given(
    # Pauses in eighths of a second, which a float holds exactly, also of a clock that goes back; and costs.
    calls=st.lists(st.tuples(st.integers(-2, 9), st.integers(1, 3)), min_size=1, max_size=60),
    limit=st.integers(1, 12),
    period=st.sampled_from([0.5, 1, 4, 60]),
)
def test_what_is_counted_within_a_step_is_what_the_algorithm_says(
    algorithm: Algorithm, calls: list[tuple[int, int]], limit: int, period: float
) -> None:
    """The store notes a number while nothing else changes: no decision differs from those of the algorithm alone."""
    rate = RateLimit(limit, period, algorithm=algorithm)
    now = [5_000.0]
    store = MemoryRateLimitStore(clock=lambda: now[0])
    state: State = ()
    for pause, cost in calls:
        now[0] += pause / 8
        state, expected = COUNTS[algorithm](rate, state, int(now[0] * 1000), cost)
        decision = store.count("ada", rate, cost)

        assert decision[:3] == expected[:3]
        assert decision[3:] == pytest.approx(expected[3:], abs=0.0011)


def test_a_limit_that_was_changed_counts_what_was_counted() -> None:
    """Another number of calls in the same time is another limit for the same counter."""
    store = MemoryRateLimitStore(clock=lambda: 7.0)
    for _ in range(3):
        store.count("ada", RateLimit(10, 60))

    assert store.count("ada", RateLimit(5, 60)).remaining == 1
    assert not store.count("ada", RateLimit(3, 60)).allowed
