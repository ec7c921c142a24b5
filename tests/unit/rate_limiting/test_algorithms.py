"""
The algorithms, against models that remember everything.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.rate_limiting.algorithms import COUNTS, State, from_numbers, to_numbers
from covet.rate_limiting.limit import Algorithm, RateLimit
from covet.rate_limiting.memory import MemoryRateLimitStore
from tests.unit.rate_limiting.models import Model, make_model

ALGORITHMS: list[Algorithm] = ["sliding_window", "fixed_window", "token_bucket"]
every_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS)
# Pauses in milliseconds, and costs.
CALLS = st.lists(
    st.tuples(st.one_of(st.integers(0, 50), st.integers(0, 3000)), st.integers(1, 4)), min_size=1, max_size=60
)


@every_algorithm
@given(calls=CALLS, limit=st.integers(1, 12), period=st.sampled_from([10, 60, 500, 1000, 1003]))
def test_it_decides_as_a_model_that_remembers_every_call(
    algorithm: Algorithm, calls: list[tuple[int, int]], limit: int, period: int
) -> None:
    """Call by call, with what remains; and what it says of the time holds in the model."""
    rate = RateLimit(limit, period / 1000, algorithm=algorithm)
    model: Model = make_model(rate)
    state: State = ()
    now = 5_000_000
    for pause, cost in calls:
        now += pause
        state, decision = COUNTS[algorithm](rate, state, now, cost)
        expected, remaining = model.hit(now, cost)

        assert (decision.allowed, decision.remaining) == (expected, remaining)
        if not decision.allowed and cost <= limit:
            wait = round(decision.retry_after * 1000)
            assert not model.would_allow(now + wait - 1, cost)
            assert model.would_allow(now + wait, cost)
        if decision.reset_after and algorithm != "fixed_window":
            reset = round(decision.reset_after * 1000)
            assert model.would_allow(now + reset, limit)
            assert not model.would_allow(now + reset - 1, limit)


@given(calls=CALLS, limit=st.integers(1, 12))
def test_no_stretch_of_a_period_has_more_than_the_limit(calls: list[tuple[int, int]], limit: int) -> None:
    """Wherever a sliding window is looked at; and all comes back a sixtieth later at the latest."""
    rate = RateLimit(limit, 1)
    state: State = ()
    now = 0
    allowed: list[tuple[int, int]] = []
    for pause, cost in calls:
        now += pause
        state, decision = COUNTS["sliding_window"](rate, state, now, cost)
        if decision.allowed:
            allowed.append((now, cost))
        else:
            recent = sum(used for time, used in allowed if now - time < 1000 + 2 * rate.step_ms)
            assert recent + cost > limit
        assert sum(used for time, used in allowed if now - time < 1000) <= limit
        numbers = to_numbers(rate, state)
        assert len(numbers) <= 2 * 63
        assert to_numbers(rate, from_numbers(rate, numbers)) == numbers


@every_algorithm
@given(pauses=st.lists(st.integers(-100_000, 5_000), min_size=1, max_size=30))
def test_a_clock_that_jumps_back_gives_nothing_away(algorithm: Algorithm, pauses: list[int]) -> None:
    """A clock that only goes back and stands allows no more than the limit; afterwards no state is beyond a period."""
    rate = RateLimit(3, 10, algorithm=algorithm)
    state: State = ()
    now = 10_000_000
    allowed = 0
    for pause in pauses:
        now += min(pause, 0)
        state, decision = COUNTS[algorithm](rate, state, now, 1)
        allowed += decision.allowed
        assert decision.reset_after <= 10 + 2 * rate.step_ms / 1000

    assert allowed <= 3


@every_algorithm
def test_more_than_there_can_be_is_never_allowed(algorithm: Algorithm) -> None:
    """It is refused, not counted, and there is a time to come again all the same."""
    rate = RateLimit(3, 60, algorithm=algorithm)

    state, decision = COUNTS[algorithm](rate, (), 1000, 4)

    assert (decision.allowed, decision.remaining) == (False, 3)
    assert decision.retry_after == 60
    assert COUNTS[algorithm](rate, state, 1000, 3)[1].allowed


@given(
    calls=st.lists(st.tuples(st.integers(0, 20_000), st.sampled_from("abcdef")), max_size=80), limit=st.integers(1, 5)
)
def test_the_store_in_memory_decides_as_the_model(calls: list[tuple[int, str]], limit: int) -> None:
    """Key by key, by its own clock."""
    now = [0.0]
    store = MemoryRateLimitStore(clock=lambda: now[0])
    rate = RateLimit(limit, 10)
    models = {key: make_model(rate) for key in "abcdef"}
    for pause, key in calls:
        now[0] += pause / 1000
        decision = store.count(key, rate)

        assert (decision.allowed, decision.remaining) == models[key].hit(int(now[0] * 1000), 1)
