"""
Logins that have begun.
"""

import pytest

from covet.auth.oauth.pending_logins import PendingLogins
from covet.sessions import Session


def begin(logins: PendingLogins, session: Session, now: float = 1000) -> str:
    """Begin a login; returns its state."""
    return logins.begin(session, target="/", redirect_uri="https://a.example/back", now=now)[0]


def test_the_session_has_no_state_in_clear() -> None:
    """Who reads a store has none to send."""
    logins, session = PendingLogins("google", lifetime=60, limit=5), Session()
    state = begin(logins, session)

    assert state not in repr(dict(session))


@pytest.mark.row(68)
def test_row_068_a_state_is_known_in_its_own_session_and_for_its_own_provider() -> None:
    """And there it is good once."""
    logins, session, other = PendingLogins("google", lifetime=60, limit=5), Session(), Session()
    state = begin(logins, session)
    begin(logins, other)

    assert logins.take(other, state, now=1000) is None
    assert PendingLogins("github", lifetime=60, limit=5).take(session, state, now=1000) is None
    assert logins.take(session, state, now=1000) is not None
    assert logins.take(session, state, now=1000) is None
    assert dict(session) == {}


@pytest.mark.parametrize(("now", "is_good"), [(1059.0, True), (1060.0, False), (900.0, False)])
def test_a_login_may_take_its_time(now: float, is_good: bool) -> None:
    """And no longer; a clock that was set back gives no more."""
    logins, session = PendingLogins("google", lifetime=60, limit=5), Session()
    state = begin(logins, session)

    assert (logins.take(session, state, now=now) is not None) is is_good


@pytest.mark.parametrize("limit", [1, 3])
def test_the_oldest_makes_room(limit: int) -> None:
    """A session does not grow with each click."""
    logins, session = PendingLogins("google", lifetime=60, limit=limit), Session()
    session["cart"] = ["tea"]
    states = [begin(logins, session, now=1000 + number) for number in range(6)]

    assert len(session) == limit + 1
    found = [logins.take(session, state, now=1010) is not None for state in states]
    assert found == [False] * (6 - limit) + [True] * limit


def test_what_has_expired_makes_room_first() -> None:
    """Nobody loses a login to one that is over."""
    logins, session = PendingLogins("google", lifetime=60, limit=2), Session()
    begin(logins, session, now=1000)
    states = [begin(logins, session, now=1050 + number) for number in (0, 20)]

    assert all(logins.take(session, state, now=1080) for state in states)
