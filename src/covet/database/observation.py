"""
Who is told of statements: subscribers of `DatabaseQueryEvent`, and the log. Values of a statement are told to nobody.
"""

import logging
from collections.abc import Callable
from time import monotonic

from covet.events import DatabaseQueryEvent, EventBus
from covet.events.delivery import CHAIN
from covet.events.held_events import publish_at_once
from covet.exceptions import ConfigurationError

logger = logging.getLogger("covet.database")


class Observation:
    """
    What is told of a database's statements. Nothing is measured while nobody wants to know.

    Args:
        name: What the database is called.
        echo: Whether every statement is logged.
        slow_query: Seconds from which on a statement is logged as slow; `None` for never.

    Attributes:
        is_wanted: Whether anybody wants to know.

    Raises:
        ConfigurationError: If `slow_query` is no time.
    """

    __slots__ = ("_bus", "_echo", "_name", "_slow_query", "_stop", "is_wanted")

    def __init__(self, name: str, *, echo: bool = False, slow_query: float | None = None) -> None:
        if slow_query is not None and not slow_query >= 0:
            raise ConfigurationError(f"slow_query must be seconds from 0 on, or None, got {slow_query!r}.")
        self._name = name
        self._echo = echo
        self._slow_query = slow_query
        self._bus: EventBus | None = None
        self._stop: Callable[[], None] | None = None
        self.is_wanted = False
        self._decide()

    @property
    def bus(self) -> EventBus | None:
        """Where events are published; `None` if nowhere."""
        return self._bus

    def follow(self, bus: EventBus) -> None:
        """Publish events on a bus, whenever somebody has subscribed to them."""
        self.unfollow()
        self._bus = bus
        self._stop = bus.on_change(self._decide)
        self._decide()

    def unfollow(self) -> None:
        """Publish no more; the bus forgets this."""
        if self._stop is not None:
            self._stop()
        self._bus = self._stop = None
        self._decide()

    def set_echo(self, echo: bool) -> None:
        """Log every statement from now on, or no longer."""
        self._echo = echo
        self._decide()

    def _decide(self) -> None:
        subscribed = self._bus is not None and self._bus.wants(DatabaseQueryEvent)
        self.is_wanted = subscribed or self._echo or self._slow_query is not None

    def tell(self, query: str, started: float, rows: int) -> None:
        """
        Tell of a statement that ended.

        Args:
            query: Its text, with placeholders in the place of values.
            started: When it began, by the monotonic clock.
            rows: How many rows it changed or gave.
        """
        seconds = monotonic() - started
        if self._slow_query is not None and seconds >= self._slow_query:
            logger.warning("A statement of %s took %.3f s and gave %d rows: %s", self._name, seconds, rows, query)
        elif self._echo:
            logger.info("%s: %.3f s, %d rows: %s", self._name, seconds, rows, query)
        bus = self._bus
        # A handler that writes into the database is not told of what it writes there: that would not end.
        if bus is not None and bus.wants(DatabaseQueryEvent) and DatabaseQueryEvent.event_type not in CHAIN.get():
            # At once: a statement was run, whether or not its transaction will be committed.
            publish_at_once(bus, DatabaseQueryEvent(query=query, duration_ms=seconds * 1000, rows_affected=rows))
