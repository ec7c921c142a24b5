"""
Tests of the conformance suite of event stores: what is right passes, and each kind of mistake fails.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from covet.events import Event, EventFilter, EventStore, MemoryEventStore, SQLiteEventStore, StoreRecord
from covet.events.store import EVERYTHING
from covet.testing.event_store import EventStoreConformance


class TestMemoryEventStore(EventStoreConformance):
    """The store in memory keeps the promises."""

    async def make_store(self) -> EventStore:
        """Make one."""
        return MemoryEventStore()


class TestSQLiteEventStore(EventStoreConformance):
    """The store in a file keeps the promises."""

    @pytest.fixture(autouse=True)
    def folder(self, tmp_path: Path) -> None:
        """Give each test its own file."""
        self.path = tmp_path / "events.db"

    async def make_store(self) -> EventStore:
        """Make one."""
        return SQLiteEventStore(self.path, is_durable=False)


class Backwards(MemoryEventStore):
    """Reads the last event first."""

    async def read(
        self, wanted: EventFilter = EVERYTHING, *, after: int = 0, limit: int | None = None
    ) -> list[StoreRecord]:
        """Read in the wrong order."""
        return (await super().read(wanted, after=after))[::-1][:limit]


class Forgetful(MemoryEventStore):
    """Begins to count anew after a purge."""

    async def purge(self, wanted: EventFilter = EVERYTHING) -> int:
        """Delete, and reuse positions."""
        deleted = await super().purge(wanted)
        self._last = len(self._records)
        return deleted


class Doubling(MemoryEventStore):
    """Keeps an event as often as it comes."""

    async def append(self, event: Event, /) -> int:
        """Keep it again."""
        self._last += 1
        self._records[f"{event.event_id} {self._last}"] = StoreRecord(self._last, event)
        return self._last


class Careless(MemoryEventStore):
    """Takes no notice of filters."""

    async def read(
        self, wanted: EventFilter = EVERYTHING, *, after: int = 0, limit: int | None = None
    ) -> list[StoreRecord]:
        """Read everything."""
        return await super().read(after=after, limit=limit)


@pytest.mark.parametrize(
    ("make", "test", "message"),
    [
        (Backwards, "test_events_come_back_equal_and_in_order", "Expected the events that read() gives to be"),
        (Forgetful, "test_purging_deletes_what_is_meant_and_no_position_comes_again", "is behind the deleted 2"),
        (Doubling, "test_an_event_is_kept_once", "Expected the position of an event that was appended again to be 1"),
        (Careless, "test_filters_choose_by_type_time_and_identifier", "Expected what EventFilter(patterns="),
    ],
)
async def test_a_store_that_breaks_a_promise_fails(make: Callable[[], Any], test: str, message: str) -> None:
    """The suite says what was expected, and what came."""

    class Suite(EventStoreConformance):
        async def make_store(self) -> EventStore:
            store: EventStore = make()
            return store

    with pytest.raises(AssertionError) as caught:
        await getattr(Suite(), test)()

    assert message in str(caught.value)
