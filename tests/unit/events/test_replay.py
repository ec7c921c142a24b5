"""
Tests of where replays come from.
"""

import pytest

from covet.events.errors import EventHistoryError
from covet.events.event import Event
from covet.events.event_filter import EventFilter
from covet.events.history import EventHistory
from covet.events.replay import Replay, ReplayResult, current_replay, mark_replay, read_events
from covet.events.results import HandlerOutcome, PublishResult
from covet.events.store import EVERYTHING, MemoryEventStore
from covet.events.stored_event import StoreRecord


def test_a_replay_is_marked_in_its_block_only() -> None:
    """A handler can tell, and nobody afterwards."""
    with mark_replay(Replay("history")):
        assert current_replay() == Replay("history")

    assert current_replay() is None


def test_the_plan_names_handlers() -> None:
    """For whom it would be, in order."""
    event = Event()
    result = ReplayResult(is_dry_run=True)

    result.add(PublishResult(event, [HandlerOutcome("a", "skipped"), HandlerOutcome("b", "skipped")]))

    assert result.plan == [(event.event_id, ["a", "b"])]
    assert result.is_ok


def test_a_result_counts_all_and_keeps_the_last() -> None:
    """A replay of millions does not keep them all in memory, and forgets no failure."""
    result = ReplayResult(is_dry_run=False)
    last = PublishResult(Event(), [HandlerOutcome("a", "succeeded")])

    result.add(PublishResult(Event(), [HandlerOutcome("a", "failed", error=ValueError())]))
    for _ in range(1000):
        result.add(last)

    assert (result.count, result.failed, result.is_ok) == (1001, 1, False)
    assert list(result.results) == [last] * 1000


@pytest.mark.parametrize("source", ["history", "store", "archive"])
async def test_a_source_that_is_not_there_is_named(source: str) -> None:
    """The text says how to have one."""
    with pytest.raises(EventHistoryError) as caught:
        await anext(read_events(source, None, None, EventFilter()))

    assert f"There is no {source!r} to replay from." in str(caught.value)
    assert "EventBus(store=...) or EventBus(enable_history=True)" in str(caught.value)


async def test_a_store_is_read_in_parts() -> None:
    """A large store is never in memory as a whole."""
    sizes: list[int] = []

    class Store(MemoryEventStore):
        async def read(
            self, wanted: EventFilter = EVERYTHING, *, after: int = 0, limit: int | None = None
        ) -> list[StoreRecord]:
            page = await super().read(wanted, after=after, limit=limit)
            sizes.append(len(page))
            return page

    store = Store()
    for _ in range(501):
        await store.append(Event())

    events = [event async for event in read_events("store", None, store, EventFilter())]

    assert (len(events), sizes) == (501, [500, 1])


@pytest.mark.parametrize("count", [0, 3, 500, 1000])
async def test_what_is_kept_meanwhile_is_not_replayed(count: int) -> None:
    """A replay ends, whatever its handlers publish."""
    store = MemoryEventStore()
    for _ in range(count):
        await store.append(Event())

    seen = 0
    async for _ in read_events("store", None, store, EventFilter()):
        seen += 1
        await store.append(Event())

    assert seen == count


async def test_a_history_is_read_as_it_is() -> None:
    """It is in memory anyway."""
    history = EventHistory(2)
    history.add(Event())

    seen = 0
    async for _ in read_events("history", history, None, EventFilter()):
        seen += 1
        history.add(Event())

    assert seen == 1
