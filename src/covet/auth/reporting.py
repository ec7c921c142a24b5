"""
Telling what happens to those who audit: events, made only where somebody wants them.
"""

from typing import Any

from covet.http.addresses import parse_address
from covet.http.request import Request


async def report(app: Any, name: str, /, **fields: object) -> None:  # Any: its class stands on a higher floor
    """
    Publish an event of `covet.auth.events` on the bus of an application, if anybody wants it.

    Args:
        app: The application, or `None`.
        name: The name of the event's class.
        **fields: Its fields.
    """
    # Without a bus there is nobody to tell anything, and asking for it would make one.
    if app is None or not getattr(app, "has_events", False):
        return
    # Loaded here: an application without a bus never needs it.
    from covet.auth import events

    cls = getattr(events, name)
    if app.events.wants(cls):
        await app.events.publish(cls(**fields))


def read_address(request: Request | None) -> str:
    """
    Read the address that a request came from, as events and counters write it; empty if it is not known.

    Example:
        >>> read_address(Request(client=("::ffff:192.0.2.1", 5000)))
        '192.0.2.1'
    """
    client = None if request is None else request.client
    if client is None:
        return ""
    address = parse_address(client.host)
    return client.host if address is None else str(address)
