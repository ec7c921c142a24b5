"""
How often something may happen, and what became of asking.

All counting is done in whole milliseconds, so that every store comes to the same.
"""

import math
from dataclasses import KW_ONLY, dataclass, field
from typing import Final, Literal, NamedTuple, get_args

from covet.exceptions import ConfigurationError, suggest

Algorithm = Literal["sliding_window", "fixed_window", "token_bucket"]
ALGORITHMS: Final[tuple[Algorithm, ...]] = get_args(Algorithm)

# A script of Redis counts in doubles, which are exact up to here.
_MAX_UNITS: Final = 2**53
_HUNDRED_YEARS: Final = 100 * 366 * 86_400


class Decision(NamedTuple):
    """
    What became of asking for calls.

    Attributes:
        allowed: Whether they may go on; those that may not are not counted.
        limit: How many are allowed.
        remaining: How many more would be allowed now.
        reset_after: Seconds until all of them are again, if no more come.
        retry_after: Seconds until the refused ones would be allowed; 0 if they were.
    """

    allowed: bool
    limit: int
    remaining: int
    reset_after: float
    retry_after: float


class Slot(NamedTuple):
    """
    What became of asking for one of several slots.

    Attributes:
        allowed: Whether it was given.
        limit: How many there are.
        remaining: How many are free now.
    """

    allowed: bool
    limit: int
    remaining: int


@dataclass(frozen=True, slots=True)
class RateLimit:
    """
    So many calls in so many seconds.

    - `sliding_window`: never more than `calls` in any stretch of `period`. What was used comes back when it is `period`
      old, or up to a sixtieth of that later.
    - `fixed_window`: `calls` in a window that begins with the first one. The cheapest; around the end of a window there
      can be twice as many within a shorter time.
    - `token_bucket`: one call comes back every `period / calls` seconds, and up to `burst` are saved up.

    Args:
        calls: How many.
        period: In how many seconds.
        algorithm: How they are counted.
        burst: How many can be saved up, for `token_bucket`; by default as many as `calls`.

    Attributes:
        capacity: How many are allowed at once, after a long rest.
        period_ms: The period in milliseconds.
        step_ms: How finely a sliding window looks at the time, in milliseconds.
        kind: What counters have to have in common to be understood: part of their names.

    Raises:
        ConfigurationError: If one of them is wrong.

    Example:
        >>> RateLimit(100, 60)
        RateLimit(calls=100, period=60, algorithm='sliding_window', burst=None)
        >>> RateLimit(5, 60, algorithm="token_bucket", burst=20).capacity
        20
        >>> RateLimit(100, 60).kind, RateLimit(5, 1, algorithm="token_bucket").kind
        ('s60000', 't1000')
    """

    calls: int
    period: float
    _: KW_ONLY
    algorithm: Algorithm = "sliding_window"
    burst: int | None = None
    # PERF: known once, read with every call (benchmarks/onion.py).
    capacity: int = field(init=False, repr=False, compare=False)
    period_ms: int = field(init=False, repr=False, compare=False)
    step_ms: int = field(init=False, repr=False, compare=False)
    kind: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.algorithm not in ALGORITHMS:
            raise ConfigurationError(
                f"A rate limit's algorithm is {self.algorithm!r}, which is none.",
                hint=suggest(str(self.algorithm), ALGORITHMS),
            )
        _check_count("calls", self.calls)
        is_number = isinstance(self.period, int | float) and not isinstance(self.period, bool)
        if not is_number or not 0.01 <= self.period <= _HUNDRED_YEARS or not math.isfinite(self.period):
            raise ConfigurationError(
                f"A rate limit's period is {self.period!r}, expected a number of seconds from 0.01 to a hundred years.",
                hint="Write period=60 for a minute.",
            )
        if self.burst is not None:
            if self.algorithm != "token_bucket":
                raise ConfigurationError(
                    f"burst has no meaning for algorithm={self.algorithm!r}: nothing is saved up.",
                    hint='Write algorithm="token_bucket", or leave burst out.',
                )
            _check_count("burst", self.burst)
        object.__setattr__(self, "capacity", self.calls if self.burst is None else self.burst)
        object.__setattr__(self, "period_ms", round(self.period * 1000))
        object.__setattr__(self, "step_ms", -(-self.period_ms // 60))
        object.__setattr__(self, "kind", f"{self.algorithm[0]}{self.period_ms}")
        if self.capacity * self.period_ms > _MAX_UNITS:
            raise ConfigurationError(
                f"A rate limit of {self.capacity} calls in {self.period:g} s cannot be counted exactly.",
                hint="Take a shorter period with fewer calls.",
            )


def _check_count(name: str, value: object) -> None:
    if type(value) is not int or value < 1:
        raise ConfigurationError(
            f"A rate limit's {name} is {value!r}, expected a whole number of at least 1.", hint=f"Write {name}=100."
        )
