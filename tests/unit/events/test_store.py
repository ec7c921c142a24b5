"""
Tests of the store in memory; what every store promises is in `covet.testing.event_store`.
"""

from covet.events.event import Event
from covet.events.store import EventStore, MemoryEventStore


async def test_it_gives_back_the_very_event() -> None:
    """Nothing is written, so nothing is read anew."""
    store = MemoryEventStore()
    event = Event()

    await store.append(event)

    [record] = await store.read()
    assert record.event is event


def test_what_lacks_a_method_is_no_store() -> None:
    """The contract is told by its methods."""

    class Half:
        async def append(self, event: Event) -> int:
            return 1

    assert not isinstance(Half(), EventStore)
    assert isinstance(MemoryEventStore(), EventStore)
