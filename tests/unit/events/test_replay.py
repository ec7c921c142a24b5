"""
Tests of where replays come from.
"""

import pytest

from covet.events.errors import EventHistoryError
from covet.events.event import Event
from covet.events.event_filter import EventFilter
from covet.events.history import EventHistory
from covet.events.replay import Replay, ReplayResult, current_replay, mark_replay, read_page
from covet.events.results import HandlerOutcome, PublishResult
from covet.events.store import MemoryEventStore


def test_a_replay_is_marked_in_its_block_only() -> None:
    """A handler can tell, and nobody afterwards."""
    with mark_replay(Replay("history")):
        assert current_replay() == Replay("history")

    assert current_replay() is None


def test_the_plan_names_handlers() -> None:
    """For whom it would be, in order."""
    event = Event()
    result = ReplayResult(
        True, [PublishResult(event, [HandlerOutcome("a", "skipped"), HandlerOutcome("b", "skipped")])]
    )

    assert result.plan == [(event.event_id, ["a", "b"])]
    assert result.is_ok


@pytest.mark.parametrize("source", ["history", "store", "archive"])
async def test_a_source_that_is_not_there_is_named(source: str) -> None:
    """The text says how to have one."""
    with pytest.raises(EventHistoryError) as caught:
        await read_page(source, None, None, EventFilter(), 0)

    assert f"There is no {source!r} to replay from." in str(caught.value)
    assert "EventBus(store=...) or EventBus(enable_history=True)" in str(caught.value)


async def test_a_store_is_read_in_parts() -> None:
    """A large store is never in memory as a whole."""
    store = MemoryEventStore()
    for _ in range(501):
        await store.append(Event())

    first, position = await read_page("store", None, store, EventFilter(), 0)
    second, end = await read_page("store", None, store, EventFilter(), position)

    assert (len(first), position, len(second), end) == (500, 500, 1, 0)


async def test_a_history_is_read_at_once() -> None:
    """It is in memory anyway."""
    history = EventHistory(2)
    history.add(Event())

    assert len((await read_page("history", history, None, EventFilter(), 0))[0]) == 1
