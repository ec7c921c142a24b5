"""
What is known of a backend that cannot be asked: how often that is said, and when it is asked again.
"""

import logging
from collections.abc import Callable
from time import monotonic
from typing import Final

logger = logging.getLogger("covet.cache")

_PAUSE: Final = 1.0
_SECONDS_BETWEEN_ENTRIES: Final = 60.0


class Outage:
    """
    Note failures of a backend.

    After one, nobody asks for a second: otherwise each request would wait for the same answer that does not come. Each
    minute has one entry in the log.

    Args:
        name: What is said to have failed.
        clock: What tells the time in seconds.
    """

    __slots__ = ("_clock", "_failures", "_last_entry", "_name", "_until")

    def __init__(self, name: str, *, clock: Callable[[], float] = monotonic) -> None:
        self._name = name
        self._clock = clock
        self._until = 0.0
        self._failures = 0
        self._last_entry: float | None = None

    @property
    def is_recent(self) -> bool:
        """Whether it failed a moment ago."""
        return self._until > 0 and self._clock() < self._until

    def note(self, error: Exception, consequence: str) -> None:
        """
        Note a failure.

        Args:
            error: What was raised.
            consequence: What becomes of it, for the log.
        """
        now = self._clock()
        self._until = now + _PAUSE
        self._failures += 1
        if self._last_entry is not None and now - self._last_entry < _SECONDS_BETWEEN_ENTRIES:
            return
        self._last_entry = now
        failures, self._failures = self._failures, 0
        logger.warning("%s cannot be asked (%d times by now): %s %s", self._name, failures, error, consequence)

    def end(self) -> None:
        """Note that it answers."""
        self._until = 0.0
