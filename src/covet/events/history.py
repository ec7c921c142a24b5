"""
The last events that a bus has delivered, in memory, and never more than were asked for.
"""

from collections import deque

from covet.events.errors import EventHistoryError
from covet.events.event import Event
from covet.events.event_filter import EventFilter


class EventHistory:
    """
    A ring of events: the oldest goes when a new one has no room.

    Args:
        size: How many are kept.

    Raises:
        EventHistoryError: If that is no positive number.

    Example:
        >>> history = EventHistory(2)
        >>> for _ in range(3):
        ...     history.add(Event())
        >>> len(history.select(EventFilter()))
        2
    """

    def __init__(self, size: int) -> None:
        if type(size) is not int or size < 1:
            raise EventHistoryError(
                f"history_size must be a positive number of events, got {size!r}.",
                hint="Leave enable_history out to keep none.",
            )
        self._events: deque[Event] = deque(maxlen=size)

    def add(self, event: Event) -> None:
        """Keep an event."""
        self._events.append(event)

    def select(self, wanted: EventFilter) -> list[Event]:
        """List the events that are meant, the oldest first."""
        return [event for event in self._events if wanted.matches(event)]

    def clear(self) -> None:
        """Forget all."""
        self._events.clear()
