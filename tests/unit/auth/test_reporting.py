"""
Telling those who audit.
"""

from covet import CovetPy, Request
from covet.auth.events import UserLoggedOutEvent
from covet.auth.reporting import read_address, report


async def test_an_event_is_made_where_somebody_wants_it() -> None:
    """And nowhere else: without an application, without a bus, without a subscriber."""
    app, seen = CovetPy(), list[object]()
    await report(None, "UserLoggedOutEvent", user_id=7)
    await report(app, "UserLoggedOutEvent", user_id=7)
    assert not app.has_events
    app.events.subscribe("other.*", seen.append)
    await report(app, "UserLoggedOutEvent", wrong="would raise")
    app.events.subscribe(UserLoggedOutEvent, seen.append)
    await report(app, "UserLoggedOutEvent", user_id=7)

    assert [event.user_id for event in seen if isinstance(event, UserLoggedOutEvent)] == [7]


def test_an_address_has_one_form() -> None:
    """What is no address stays what it is, such as the path of a socket."""
    found = [read_address(Request(client=(host, 1))) for host in ("192.0.2.1", "::ffff:192.0.2.1", "unix:x")]

    assert found == ["192.0.2.1", "192.0.2.1", "unix:x"]
    assert (read_address(None), read_address(Request())) == ("", "")
