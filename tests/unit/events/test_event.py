"""
Tests of the base of events.
"""

import copy
import pickle
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType

import pytest

from covet.events.event import Event
from covet.events.metadata import Metadata


class Noted(Event):
    """An event with its own way to begin."""

    event_type: str = "note.noted"
    text: str = ""

    def __post_init__(self) -> None:
        """Do nothing of the base's."""


def test_each_event_has_its_identifier_and_moment() -> None:
    """Two events sort as they happened."""
    before = datetime.now(UTC)

    first, second = Event(), Event()

    assert first.event_id < second.event_id
    assert before <= first.timestamp <= second.timestamp
    assert first.timestamp.tzinfo is UTC
    assert first.event_type == "base.event"


def test_moments_are_kept_in_utc() -> None:
    """A moment of another zone is the same moment."""
    moment = datetime(2026, 1, 2, 12, tzinfo=timezone(timedelta(hours=2)))

    event = Noted(timestamp=moment)

    assert event.timestamp == moment
    assert event.timestamp.isoformat() == "2026-01-02T10:00:00+00:00"


@pytest.mark.parametrize("moment", [datetime(2026, 1, 2), "2026-01-02T00:00:00Z", None])  # noqa: DTZ001
def test_a_moment_without_zone_is_refused(moment: object) -> None:
    """The text has the value and the way out."""
    with pytest.raises(ValueError, match=r"has a time zone, got .*\. Write datetime.now\(UTC\)\."):
        Noted(timestamp=moment)  # type: ignore[arg-type]


@pytest.mark.parametrize("given", [{"a": 1}, MappingProxyType({"a": 1}), Metadata(a=1)])
def test_metadata_is_a_read_only_copy(given: dict[str, int]) -> None:
    """What is given may change afterwards; what the event holds may not."""
    event = Noted(metadata=given)
    if isinstance(given, dict) and not isinstance(given, Metadata):
        given["a"] = 2

    assert event.metadata == {"a": 1}
    with pytest.raises(TypeError, match="read only"):
        event.metadata["a"] = 3  # type: ignore[index]


def test_metadata_is_a_mapping() -> None:
    """Anything else is refused with its value."""
    with pytest.raises(TypeError, match=r"The metadata of an event is a mapping, got 7\."):
        Event(metadata=7)  # type: ignore[arg-type]


def test_copies_are_the_same_event() -> None:
    """Copying, deep copying and pickling go through the constructor."""
    event = Noted(text="a", metadata={"a": [1]})

    assert copy.copy(event) == event
    assert copy.deepcopy(event) == event
    assert pickle.loads(pickle.dumps(event)) == event


def test_the_class_shows_its_descriptors() -> None:
    """Reading a field off the class is no error."""
    assert Event.timestamp is not None
