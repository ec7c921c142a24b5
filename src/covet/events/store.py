"""
What keeps events beyond the process: the contract of a store, and one in memory.

Delivery is at least once: a store keeps an event before its handlers see it, so that what they missed, because the
process died, can be replayed; and a handler that had done its work by then sees the event again. Handlers that must
not do it twice remember `event_id`.
"""

from typing import Protocol, runtime_checkable

from covet.events.event import Event
from covet.events.event_filter import EventFilter
from covet.events.stored_event import StoreRecord

EVERYTHING = EventFilter()
"""The filter that means all events."""


@runtime_checkable
class EventStore(Protocol):
    """
    Keep events in the order in which they were appended.

    Any class with these methods is one; whether it keeps the promises tells `EventStoreConformance` of
    `covet.testing.event_store`.
    """

    async def append(self, event: Event, /) -> int:
        """
        Keep an event; it is kept when this returns.

        An event whose identifier is there already is not kept twice.

        Returns:
            Its position: greater than every one before, never used again.

        Raises:
            EventStoreError: If it cannot be kept.
        """

    async def read(
        self, wanted: EventFilter = EVERYTHING, *, after: int = 0, limit: int | None = None
    ) -> list[StoreRecord]:
        """
        Read events in the order of their positions.

        Args:
            wanted: Which ones.
            after: The position behind which to begin.
            limit: How many at most.
        """

    async def last_position(self) -> int:
        """Give the position of the last event there is; 0 without any."""

    async def count(self, wanted: EventFilter = EVERYTHING) -> int:
        """Count events."""

    async def purge(self, wanted: EventFilter = EVERYTHING) -> int:
        """
        Delete events.

        Returns:
            How many there were.
        """

    async def aclose(self) -> None:
        """Give up what is open; the next call opens it again. Once is enough."""


class MemoryEventStore:
    """
    A store that is lost with the process: for tests, and for programs that may lose it.

    Example:
        >>> store = MemoryEventStore()
        >>> await store.append(Event())
        1
        >>> [record.event.event_type for record in await store.read()]
        ['base.event']
    """

    def __init__(self) -> None:
        self._records: dict[str, StoreRecord] = {}
        self._last = 0

    async def append(self, event: Event, /) -> int:
        """Keep an event."""
        known = self._records.get(event.event_id)
        if known is not None:
            return known.position
        self._last += 1
        self._records[event.event_id] = StoreRecord(self._last, event)
        return self._last

    async def read(
        self, wanted: EventFilter = EVERYTHING, *, after: int = 0, limit: int | None = None
    ) -> list[StoreRecord]:
        """Read events in order."""
        found = [
            record for record in self._records.values() if record.position > after and wanted.matches(record.event)
        ]
        return found[:limit]

    async def last_position(self) -> int:
        """Give the position of the last event there is; 0 without any."""
        return max((record.position for record in self._records.values()), default=0)

    async def count(self, wanted: EventFilter = EVERYTHING) -> int:
        """Count events."""
        return len(await self.read(wanted))

    async def purge(self, wanted: EventFilter = EVERYTHING) -> int:
        """Delete events."""
        found = await self.read(wanted)
        for record in found:
            del self._records[record.event.event_id]
        return len(found)

    async def aclose(self) -> None:
        """Do nothing: nothing is open."""
