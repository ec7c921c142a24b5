"""
Tests of the ring of the last events.
"""

import pytest

from covet.events.errors import EventHistoryError
from covet.events.event import Event
from covet.events.event_filter import EventFilter
from covet.events.history import EventHistory


def test_the_oldest_goes_first() -> None:
    """It never holds more than it may."""
    history = EventHistory(2)
    events = [Event() for _ in range(3)]

    for event in events:
        history.add(event)

    assert history.select(EventFilter()) == events[1:]


def test_it_can_be_forgotten() -> None:
    """Nothing is left."""
    history = EventHistory(2)
    history.add(Event())

    history.clear()

    assert history.select(EventFilter()) == []


@pytest.mark.parametrize("size", [0, -1, 1.5, True, "9"])
def test_a_size_is_a_positive_number(size: object) -> None:
    """The text has the value, and how to keep none."""
    with pytest.raises(EventHistoryError) as caught:
        EventHistory(size)  # type: ignore[arg-type]

    assert f"history_size must be a positive number of events, got {size!r}." in str(caught.value)
    assert "Leave enable_history out to keep none." in str(caught.value)
