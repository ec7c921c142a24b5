"""
Reference models of the algorithms: slow, obvious, and exact, with every call remembered.
"""

from fractions import Fraction
from typing import Protocol

from covet.rate_limiting.limit import RateLimit


class Model(Protocol):
    """What every model can do; the time is in milliseconds and never goes back."""

    def hit(self, now: int, cost: int) -> tuple[bool, int]:
        """Tell whether calls are allowed, and what remains."""

    def would_allow(self, now: int, cost: int) -> bool:
        """Tell whether calls would be allowed, and change nothing."""


class SlidingModel:
    """Each call counts until a period after the end of the step that it came in."""

    def __init__(self, limit: RateLimit) -> None:
        self.limit = limit
        self.calls: list[tuple[int, int]] = []

    def left(self, now: int) -> int:
        width = self.limit.step_ms
        counted = [cost for time, cost in self.calls if now < time - time % width + width + self.limit.period_ms]
        return self.limit.calls - sum(counted)

    def would_allow(self, now: int, cost: int) -> bool:
        return cost <= self.left(now)

    def hit(self, now: int, cost: int) -> tuple[bool, int]:
        allowed = self.would_allow(now, cost)
        if allowed:
            self.calls.append((now, cost))
        return allowed, self.left(now)


class FixedModel:
    """Windows that begin with the first call after the last one."""

    def __init__(self, limit: RateLimit) -> None:
        self.limit = limit
        self.begin: int | None = None
        self.used = 0

    def would_allow(self, now: int, cost: int) -> bool:
        is_over = self.begin is None or now >= self.begin + self.limit.period_ms
        return (0 if is_over else self.used) + cost <= self.limit.calls

    def hit(self, now: int, cost: int) -> tuple[bool, int]:
        if self.begin is None or now >= self.begin + self.limit.period_ms:
            self.begin, self.used = now, 0
        allowed = self.would_allow(now, cost)
        if allowed:
            self.used += cost
        return allowed, self.limit.calls - self.used


class BucketModel:
    """A bucket of fractions of calls."""

    def __init__(self, limit: RateLimit) -> None:
        self.limit = limit
        self.content = Fraction(limit.capacity)
        self.time = 0

    def left(self, now: int) -> Fraction:
        gained = Fraction(self.limit.calls * (now - self.time), self.limit.period_ms)
        return min(self.content + gained, Fraction(self.limit.capacity))

    def would_allow(self, now: int, cost: int) -> bool:
        return self.left(now) >= cost

    def hit(self, now: int, cost: int) -> tuple[bool, int]:
        self.content, self.time = self.left(now), now
        allowed = self.content >= cost
        if allowed:
            self.content -= cost
        return allowed, int(self.content)


def make_model(limit: RateLimit) -> Model:
    """Make the model of a limit."""
    models: dict[str, type[SlidingModel | FixedModel | BucketModel]] = {
        "sliding_window": SlidingModel,
        "fixed_window": FixedModel,
        "token_bucket": BucketModel,
    }
    model: Model = models[limit.algorithm](limit)
    return model
