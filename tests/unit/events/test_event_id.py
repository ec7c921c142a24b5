"""
Tests of the identifiers of events.
"""

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from covet.events import event_id
from covet.events.event_id import make_event_id


def test_it_is_a_uuid_of_version_7() -> None:
    """RFC 9562 §5.7: the version, the variant, and the milliseconds since 1970 in front."""
    before = time.time_ns() // 1_000_000

    parsed = uuid.UUID(make_event_id())

    assert parsed.version == 7
    assert parsed.variant == uuid.RFC_4122
    # It counts on where ids were made faster than the clock's millisecond can number them.
    assert before <= parsed.int >> 80 <= time.time_ns() // 1_000_000 + 1


def test_ids_rise_and_never_repeat() -> None:
    """A later identifier sorts after an earlier one."""
    made = [make_event_id() for _ in range(5_000)]

    assert made == sorted(set(made))


def test_threads_get_different_ids() -> None:
    """Two threads never get the same, and each sees its own rise."""
    with ThreadPoolExecutor(4) as pool:
        parts = list(pool.map(lambda _: [make_event_id() for _ in range(500)], range(4)))

    assert len({item for part in parts for item in part}) == 2_000
    assert all(part == sorted(part) for part in parts)


def test_a_clock_that_is_set_back_does_not_go_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Identifiers rise although the clock does not."""
    first = make_event_id()
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000)

    second = make_event_id()

    assert first < second


def test_a_full_counter_goes_into_the_next_millisecond(monkeypatch: pytest.MonkeyPatch) -> None:
    """What no counter can number any more is numbered by the time."""
    first = make_event_id()
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000)
    monkeypatch.setattr(event_id, "_counter", (1 << 42) - 1)

    second = make_event_id()

    assert first < second
    assert uuid.UUID(second).int >> 80 == (uuid.UUID(first).int >> 80) + 1
