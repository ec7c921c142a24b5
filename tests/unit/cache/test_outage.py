"""
Tests of what is known of a backend that is lost.
"""

import logging

import pytest

from covet.cache.outage import Outage


def test_nobody_asks_for_a_second() -> None:
    """
    Unless it answers before.
    """
    now = 100.0
    outage = Outage("The cache", clock=lambda: now)
    before = outage.is_recent
    outage.note(OSError("gone"), "So what.")
    at_once = outage.is_recent
    now = 101.0
    later = outage.is_recent
    outage.note(OSError("gone"), "So what.")
    outage.end()

    assert (before, at_once, later, outage.is_recent) == (False, True, False, False)


def test_a_minute_has_one_entry(caplog: pytest.LogCaptureFixture) -> None:
    """
    With how often it was.
    """
    now = 0.0
    outage = Outage("The cache", clock=lambda: now)
    with caplog.at_level(logging.WARNING, "covet.cache"):
        for _ in range(5):
            outage.note(OSError("gone"), "So what.")
        now = 60.0
        outage.note(OSError("gone"), "So what.")

    assert [record.getMessage() for record in caplog.records] == [
        "The cache cannot be asked (1 times by now): gone So what.",
        "The cache cannot be asked (5 times by now): gone So what.",
    ]
