"""
Tests of which events are meant.
"""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from covet.events.errors import SubscriptionError
from covet.events.event import Event
from covet.events.event_filter import EventFilter, check_target, make_filter

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


class Filtered(Event):
    """An event."""

    event_type: str = "filter.any"


class Below(Filtered):
    """One below it."""

    event_type: str = "filter.below"


@pytest.mark.parametrize(
    ("wanted", "matches"),
    [
        (EventFilter(), True),
        (make_filter(Event), True),
        (make_filter(Filtered), True),
        (make_filter("filter.*"), True),
        (make_filter("filter.any"), False),
        (make_filter(since=NOON), True),
        (make_filter(since=NOON + timedelta(seconds=1)), False),
        (make_filter(until=NOON), False),
        (make_filter(until=NOON + timedelta(seconds=1)), True),
        (make_filter(event_ids=["a"]), True),
        (make_filter(event_ids="a"), True),
        (make_filter(event_ids=[]), False),
        (make_filter(Below, since=NOON, until=NOON), False),
    ],
)
def test_every_part_must_fit(wanted: EventFilter, matches: bool) -> None:
    """What is not given is not asked; `since` is included and `until` is not."""
    event = Below(event_id="a", timestamp=NOON)

    assert wanted.matches(event) is matches


def test_moments_are_compared_across_zones() -> None:
    """A moment is one, whatever its zone."""
    wanted = make_filter(since=datetime(2026, 1, 2, 14, tzinfo=timezone(timedelta(hours=2))))

    assert wanted.since == NOON
    assert wanted.since is not None
    assert wanted.since.tzinfo is UTC


@pytest.mark.parametrize("name", ["since", "until"])
@pytest.mark.parametrize("moment", [datetime(2026, 1, 2), "2026-01-02"])  # noqa: DTZ001
def test_moments_need_a_zone(name: str, moment: object) -> None:
    """The text has the name, the value and the way out."""
    options: dict[str, Any] = {name: moment}

    with pytest.raises(ValueError, match=rf"{name} must be a datetime with a time zone, got .* datetime.now\(UTC\)"):
        make_filter(**options)


@pytest.mark.parametrize("target", [7, None, int, Event()])
def test_a_target_is_a_class_or_a_pattern(target: object) -> None:
    """The text has the value and what can be written."""
    with pytest.raises(SubscriptionError) as caught:
        check_target(target)

    assert f"{target!r} is nothing that events are known by." in str(caught.value)
    assert 'a type such as "user.created", "user.*" or "*".' in str(caught.value)


def test_a_decorator_without_its_brackets_is_explained() -> None:
    """`@bus.subscribe` above a function takes the function for what it is for."""

    def handler(event: Event) -> None: ...

    with pytest.raises(SubscriptionError, match=r"Write @bus.subscribe\(\.\.\.\) with what it is for in the brackets"):
        check_target(handler)
