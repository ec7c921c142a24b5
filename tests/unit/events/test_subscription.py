"""
Tests of subscriptions.
"""

import pytest

from covet.events.bus import EventBus
from covet.events.errors import SubscriptionError
from covet.events.event import Event
from covet.events.subscription import Subscription, check_priority, group_by_priority


class Made(Event):
    """An event."""


def take(event: Event) -> None:
    """Take an event."""


def subscribe(priority: int = 100, target: type[Event] | str = Made) -> Subscription:
    """Make a subscription."""
    return EventBus().subscribe(target, take, priority)


def test_groups_are_in_order_and_equals_as_they_came() -> None:
    """A group for each priority."""
    late, early, second = subscribe(200), subscribe(1), subscribe(1)

    assert group_by_priority([late, early, second]) == ((early, second), (late,))


@pytest.mark.parametrize(
    ("target", "wants"), [(Made, True), (Event, True), ("event.made", True), ("event.*", True), ("made.*", False)]
)
def test_it_is_for_its_class_or_pattern(target: type[Event] | str, wants: bool) -> None:
    """A class means those below it, too."""
    assert subscribe(target=target).wants("event.made", Made) is wants


@pytest.mark.parametrize("priority", ["1", 1.0, True, None])
def test_a_priority_is_an_integer(priority: object) -> None:
    """The text has the value and the default."""
    with pytest.raises(SubscriptionError) as caught:
        check_priority(priority)

    assert f"The priority of a handler must be an integer, got {priority!r}." in str(caught.value)
    assert "Lower comes first; 100 is the default." in str(caught.value)


def test_it_shows_who_wants_what() -> None:
    """For tables and errors."""
    subscription = subscribe()

    assert repr(subscription) == f"<Subscription of {__name__}.take to 'Made', priority 100>"
    subscription.unsubscribe()
    subscription.unsubscribe()
    assert repr(subscription) == f"<Subscription of {__name__}.take to 'Made', priority 100, given up>"
