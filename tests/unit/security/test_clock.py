"""
The clock of signatures: aware, in milliseconds.
"""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from covet.security.clock import read_milliseconds, to_datetime, utc_now


def test_time_has_a_zone() -> None:
    """It is UTC."""
    assert utc_now().tzinfo is UTC


def test_zone_does_not_matter() -> None:
    """The same moment is the same number."""
    moment = datetime(2026, 11, 3, 12, tzinfo=UTC)
    elsewhere = moment.astimezone(timezone(timedelta(hours=5, minutes=30)))

    assert read_milliseconds(lambda: moment) == read_milliseconds(lambda: elsewhere) == 1_793_707_200_000
    assert to_datetime(1_793_707_200_000) == moment


def test_naive_time_is_refused() -> None:
    """What it means would depend on the machine."""
    with pytest.raises(ValueError, match=r"without a time zone, .*\. Write datetime\.now\(UTC\)\."):
        read_milliseconds(lambda: datetime(2026, 11, 3))  # noqa: DTZ001


def test_a_millisecond_that_is_not_over_does_not_count() -> None:
    """As of the clock of the machine: two readings in a row never go back."""
    moment = datetime(2026, 11, 3, 12, 0, 0, 4_999, tzinfo=UTC)

    assert read_milliseconds(lambda: moment) % 1000 == 4


def test_the_clock_of_the_machine_is_read_to_the_millisecond() -> None:
    """The short way gives what the long one does."""
    before = read_milliseconds(lambda: datetime.now(UTC))
    now = read_milliseconds(utc_now)
    after = read_milliseconds(lambda: datetime.now(UTC))

    assert before <= now <= after
