"""
The promises of an event store, as tests that any implementation can run.

It needs no test framework to be imported; pytest collects a subclass whose name begins with `Test`.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from covet.events import Event, EventFilter, EventStore, make_filter

_NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


class ItemPacked(Event):
    """An event of the suite, with fields of several types."""

    event_type: str = "conformance.item_packed"
    number: int
    price: Decimal = Decimal("9.50")
    tags: tuple[str, ...] = ()


class ItemSent(Event):
    """Another event of the suite."""

    event_type: str = "conformance.item.sent"
    number: int


class EventStoreConformance(ABC):
    """
    The test suite of event stores: subclass it, and say how to make a store.

    Each test is a coroutine method: run it with pytest-asyncio or the like.

    Example:
        >>> from covet.events import MemoryEventStore
        >>> class TestMemoryStore(EventStoreConformance):
        ...     async def make_store(self):
        ...         return MemoryEventStore()
        >>> await TestMemoryStore().test_events_come_back_equal_and_in_order()
    """

    @abstractmethod
    async def make_store(self) -> EventStore:
        """Make an empty store; the suite closes it."""

    async def test_it_is_an_event_store(self) -> None:
        """It has the methods of the contract."""
        store = await self.make_store()
        try:
            _expect(isinstance(store, EventStore), True, "isinstance(store, EventStore)")
        finally:
            await store.aclose()

    async def test_events_come_back_equal_and_in_order(self) -> None:
        """What is read is what was appended, the first one first, with its identifier, time and metadata."""
        store = await self.make_store()
        events = [
            ItemPacked(number=1, tags=("a", "b"), metadata={"source": "suite", "depth": {"list": [1, None]}}),
            ItemSent(number=2, timestamp=_NOON),
            ItemPacked(number=3),
        ]
        try:
            for event in events:
                await store.append(event)
            records = await store.read()
        finally:
            await store.aclose()
        _expect([record.event for record in records], events, "the events that read() gives")
        _expect([type(record.event) for record in records], [type(event) for event in events], "their classes")

    async def test_positions_rise_and_are_those_that_append_gave(self) -> None:
        """A position is positive, greater than all before, and the same when it is read."""
        store = await self.make_store()
        try:
            start = await store.last_position()
            positions = [await store.append(ItemSent(number=number)) for number in range(3)]
            read = [record.position for record in await store.read()]
        finally:
            await store.aclose()
        _expect(read, positions, "the positions that read() gives")
        _expect(sorted(set(positions)), positions, "the positions, rising")
        _expect(start, 0, "what last_position() gives of an empty store")
        _expect(positions[0] > 0, True, "that the first position is above 0")

    async def test_an_event_is_kept_once(self) -> None:
        """An event whose identifier is there already keeps its place: delivery is at least once."""
        store = await self.make_store()
        event = ItemSent(number=1)
        try:
            first = await store.append(event)
            await store.append(ItemSent(number=2))
            again = await store.append(event)
            count = await store.count()
        finally:
            await store.aclose()
        _expect(again, first, "the position of an event that was appended again")
        _expect(count, 2, "the number of events")

    async def test_reading_goes_on_behind_a_position(self) -> None:
        """`after` and `limit` read a store in parts."""
        store = await self.make_store()
        try:
            for number in range(5):
                await store.append(ItemSent(number=number))
            first = await store.read(limit=2)
            second = await store.read(after=first[-1].position, limit=2)
            third = await store.read(after=second[-1].position, limit=2)
            nothing = await store.read(after=third[-1].position)
        finally:
            await store.aclose()
        numbers = [[getattr(record.event, "number", None) for record in part] for part in (first, second, third)]
        _expect(numbers, [[0, 1], [2, 3], [4]], "the parts")
        _expect(nothing, [], "what is behind the last one")

    async def test_filters_choose_by_type_time_and_identifier(self) -> None:
        """Each part of a filter holds, `since` included and `until` excluded, and all of them together."""
        store = await self.make_store()
        events = [ItemSent(number=number, timestamp=_NOON + timedelta(hours=number)) for number in range(3)]
        packed = ItemPacked(number=9, timestamp=_NOON + timedelta(hours=1))
        hour = timedelta(hours=1)
        cases: list[tuple[EventFilter, Sequence[Event]]] = [
            (make_filter(ItemSent), events),
            (make_filter("conformance.item_packed"), [packed]),
            (make_filter("conformance.item.*"), events),
            (make_filter("conformance.*"), [*events, packed]),
            (make_filter("*"), [*events, packed]),
            (make_filter("conformance.item.missing"), []),
            (make_filter(since=_NOON + hour), [*events[1:], packed]),
            (make_filter(until=_NOON + hour), events[:1]),
            (make_filter(event_ids=[packed.event_id, events[0].event_id, "none"]), [events[0], packed]),
            (make_filter(event_ids=[]), []),
            (make_filter(ItemSent, since=_NOON + hour, until=_NOON + 2 * hour), events[1:2]),
        ]
        try:
            for event in [*events, packed]:
                await store.append(event)
            for wanted, expected in cases:
                records = await store.read(wanted)
                _expect([record.event for record in records], list(expected), f"what {wanted} means")
                _expect(await store.count(wanted), len(expected), f"the number of what {wanted} means")
        finally:
            await store.aclose()

    async def test_purging_deletes_what_is_meant_and_no_position_comes_again(self) -> None:
        """The rest stays; the place of a deleted event is not given to another."""
        store = await self.make_store()
        try:
            await store.append(ItemPacked(number=1))
            last = await store.append(ItemSent(number=2))
            deleted = await store.purge(make_filter(ItemSent))
            rest = [record.event.event_type for record in await store.read()]
            following = await store.append(ItemSent(number=3))
            end = await store.last_position()
        finally:
            await store.aclose()
        _expect(deleted, 1, "what purge() gives")
        _expect(rest, [ItemPacked.event_type], "the types that are left")
        _expect(following > last, True, f"that the position {following} is behind the deleted {last}")
        _expect(end, following, "what last_position() gives")

    async def test_many_may_append_at_once(self) -> None:
        """Concurrent appends lose nothing, and give each event its own position."""
        store = await self.make_store()
        try:
            async with asyncio.TaskGroup() as tasks:
                appending = [tasks.create_task(store.append(ItemSent(number=number))) for number in range(20)]
            positions = [task.result() for task in appending]
            count = await store.count()
        finally:
            await store.aclose()
        _expect(len(set(positions)), 20, "the number of different positions")
        _expect(count, 20, "the number of events")

    async def test_it_may_be_closed_twice(self) -> None:
        """A second `aclose()` does nothing, and neither does one of a store that was never used."""
        store = await self.make_store()
        await store.aclose()
        await store.aclose()


def _expect(actual: object, expected: object, what: str) -> None:
    """Fail as an assertion does, with words of the suite: an outside runner rewrites no assertions in here."""
    if actual != expected:
        raise AssertionError(f"Expected {what} to be {expected!r}, got {actual!r}.")


__all__ = ["EventStoreConformance"]
