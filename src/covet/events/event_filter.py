"""
Which events are meant: by type, time and identifier. History, stores and replay share it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from covet.events.errors import SubscriptionError
from covet.events.event import Event
from covet.events.event_class import list_event_types
from covet.events.event_types import check_pattern, matches_pattern
from covet.events.stored_event import StoredEvent

Target = type[Event] | str


@dataclass(frozen=True, kw_only=True, slots=True)
class EventFilter:
    """
    Which events are meant; what is not given is not asked.

    Attributes:
        patterns: Types and patterns, one of which an event's type fits; `None` means any.
        since: The earliest moment, included.
        until: The latest moment, excluded.
        event_ids: The identifiers.

    Example:
        >>> only = make_filter("user.*")
        >>> only.patterns, only.matches(Event())
        (('user.*',), False)
    """

    patterns: tuple[str, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None
    event_ids: frozenset[str] | None = None

    def matches(self, event: Event | StoredEvent) -> bool:
        """Tell whether an event is meant."""
        if self.event_ids is not None and event.event_id not in self.event_ids:
            return False
        if self.since is not None and event.timestamp < self.since:
            return False
        if self.until is not None and event.timestamp >= self.until:
            return False
        if self.patterns is None:
            return True
        return any(matches_pattern(pattern, event.event_type) for pattern in self.patterns)


def make_filter(
    target: Target | None = None,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    event_ids: Iterable[str] | None = None,
) -> EventFilter:
    """
    Say which events are meant.

    Args:
        target: A class, whose subclasses are meant too, a type, or a pattern; `None` means all.
        since: The earliest moment, included; with a time zone.
        until: The latest moment, excluded; with a time zone.
        event_ids: The identifiers.

    Raises:
        SubscriptionError: If the target is none of them.
        ValueError: If a moment has no time zone.
    """
    return EventFilter(
        patterns=None if target is None else _list_patterns(target),
        since=_to_utc("since", since),
        until=_to_utc("until", until),
        event_ids=None if event_ids is None else frozenset([event_ids] if isinstance(event_ids, str) else event_ids),
    )


def check_target(target: object) -> Target:
    """
    Refuse what is neither a class of events nor a pattern.

    Raises:
        SubscriptionError: If it is neither.
    """
    if isinstance(target, str):
        return check_pattern(target)
    if isinstance(target, type) and issubclass(target, Event):
        return target
    hint = 'Write a class of events, a type such as "user.created", "user.*" or "*".'
    if callable(target) and not isinstance(target, type):
        hint = "Write @bus.subscribe(...) with what it is for in the brackets. " + hint
    raise SubscriptionError(f"{target!r} is nothing that events are known by.", hint=hint)


def _list_patterns(target: object) -> tuple[str, ...]:
    checked = check_target(target)
    if isinstance(checked, str):
        return (checked,)
    return ("*",) if checked is Event else list_event_types(checked)


def _to_utc(name: str, moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise ValueError(f"{name} must be a datetime with a time zone, got {moment!r}. Write datetime.now(UTC).")
    return moment.astimezone(UTC)
