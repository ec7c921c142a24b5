"""
Tests of what comes back from a store.
"""

import dataclasses
from datetime import UTC, datetime

import pytest

from covet.events.stored_event import StoredEvent, StoreRecord


def test_a_stored_event_is_as_immutable_as_an_event() -> None:
    """What has happened does not change."""
    stored = StoredEvent(
        event_id="1", event_type="user.created", timestamp=datetime.now(UTC), metadata={}, data={}, problem="unknown"
    )

    with pytest.raises(dataclasses.FrozenInstanceError):
        stored.problem = ""  # type: ignore[misc]
    assert StoreRecord(1, stored).event is stored
