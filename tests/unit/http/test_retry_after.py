"""
Tests of when a client may come back.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from covet.exceptions import ResponseError
from covet.http.retry_after import make_retry_after


@pytest.mark.parametrize(
    ("when", "text"),
    [
        (0, "0"),
        (0.001, "1"),
        (120, "120"),
        (timedelta(hours=1), "3600"),
        (datetime(2026, 1, 2, tzinfo=UTC), "Fri, 02 Jan 2026 00:00:00 GMT"),
    ],
)
def test_time_is_written_in_one_of_both_forms(when: Any, text: str) -> None:
    """Seconds are rounded up: nobody comes too early."""
    assert make_retry_after(when) == text


@pytest.mark.parametrize("when", [-1, True, "5", float("inf"), float("nan"), timedelta(-1), datetime(2026, 1, 2)])  # noqa: DTZ001
def test_what_is_no_time_is_refused(when: Any) -> None:
    """A client would not understand it."""
    with pytest.raises(ResponseError, match="Retry-After cannot be"):
        make_retry_after(when)
