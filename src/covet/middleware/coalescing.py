"""
Requests that want the same at the same time: one is answered, and the others wait for its answer.
"""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Final

from covet.cache.single_flight import Flight, SingleFlight
from covet.middleware.cached_response import CachedResponse

Result = CachedResponse | None
"""What came of it: a response for all who wait, or `None` if it is for nobody else."""

# For how long nobody waits for what turned out to be for nobody else.
_PASSING: Final = 10.0
# APPSEC: clients choose the keys: few are remembered.
_MAX_PASSING: Final = 1024


class Coalescing:
    """
    Let requests wait for each other, where that helps.

    What turned out to be for nobody else is waited for by nobody for a while: those who want it would be answered one
    after the other.

    Args:
        clock: What tells the time in seconds.
    """

    __slots__ = ("_clock", "_flights", "_passing")

    def __init__(self, *, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._flights = SingleFlight[Result]()
        self._passing: OrderedDict[str, float] = OrderedDict()

    def find(self, key: str) -> Flight[Result] | None:
        """Find what a request may wait for."""
        return None if self._is_passing(key) else self._flights.find(key)

    def begin(self, key: str) -> Flight[Result] | None:
        """Let others wait for a request, if that helps; whoever begins it ends it, come what may."""
        return None if self._is_passing(key) else self._flights.begin(key)

    def land(self, flight: Flight[Result], result: Result) -> None:
        """Give those who wait a response, or let them go on; one that has ended stays as it is."""
        self._flights.land(flight, result)

    def fail(self, flight: Flight[Result]) -> None:
        """Let one of those who wait take its place."""
        self._flights.fail(flight)

    def forget(self, flight: Flight[Result]) -> None:
        """Let nobody wait for it any more who does not already."""
        self._flights.forget(flight)

    def let_pass(self, key: str) -> None:
        """Note that what a key stands for is for nobody else."""
        self._passing[key] = self._clock() + _PASSING
        self._passing.move_to_end(key)
        while len(self._passing) > _MAX_PASSING:
            self._passing.popitem(last=False)

    def _is_passing(self, key: str) -> bool:
        until = self._passing.get(key)
        if until is None:
            return False
        if until > self._clock():
            return True
        del self._passing[key]
        return False

    def __len__(self) -> int:
        return len(self._flights)


__all__ = ["Coalescing", "Result"]
