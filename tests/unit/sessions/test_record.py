"""
Tests of what a store keeps.
"""

from dataclasses import FrozenInstanceError

import pytest

from covet.sessions.record import SessionRecord


def test_a_record_is_a_value() -> None:
    """
    It is equal to another with the same content, and cannot be changed.
    """
    record = SessionRecord("key", "{}", None, 1, 2, 3)

    assert record == SessionRecord("key", "{}", None, 1, 2, 3, version=1)
    with pytest.raises(FrozenInstanceError):
        record.version = 2  # type: ignore[misc]
