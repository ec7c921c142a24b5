"""
Tests of the limits of sessions.
"""

import pytest

from covet.sessions.keeper import SessionLimits
from covet.sessions.session import LoadedSession, Session

LIMITS = SessionLimits(lifetime=10_000, idle_time=4_000, max_size=100)


@pytest.mark.parametrize(("seen_at", "end"), [(0, 4_000), (5_000, 9_000), (9_000, 10_000)])
def test_the_nearer_end_counts(seen_at: int, end: int) -> None:
    """
    Using a session does not make it last longer than its lifetime.
    """
    assert LIMITS.find_end(created_at=0, seen_at=seen_at) == end


@pytest.mark.parametrize(
    ("now", "is_current", "is_touched", "is_due"),
    [(399, True, True, False), (400, True, True, True), (400, True, False, False), (1, False, True, True)],
)
def test_use_is_noted_now_and_then(now: int, is_current: bool, is_touched: bool, is_due: bool) -> None:
    """
    Not with every request, and at once when the cookie has an old key's signature.
    """
    session = Session(LoadedSession("id", "{}", None, 0, 0, is_current=is_current))
    if is_touched:
        len(session)

    assert LIMITS.is_due(session.close(), now) is is_due
