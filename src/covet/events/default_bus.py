"""
The bus of code that has no application at hand.

It must never be what an application publishes to: its bus is `app.events`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from covet.events.bus import EventBus

_OWN: Final[ContextVar[EventBus | None]] = ContextVar("covet_default_bus", default=None)
_default: EventBus | None = None


def get_event_bus() -> EventBus:
    """
    Return the process's default bus, or that of the `use_event_bus()` block around.

    What is subscribed to the default one stays for all: applications have their own, `app.events`.

    Example:
        >>> get_event_bus() is get_event_bus()
        True
    """
    global _default
    own = _OWN.get()
    if own is not None:
        return own
    if _default is None:
        _default = EventBus()
    return _default


@contextmanager
def use_event_bus(bus: EventBus | None = None) -> Iterator[EventBus]:
    """
    Let `get_event_bus()` return another bus inside of the block, in its task and those it begins: for tests.

    Args:
        bus: The bus; a new one by default.

    Example:
        >>> with use_event_bus() as bus:
        ...     get_event_bus() is bus
        True
        >>> get_event_bus() is bus
        False
    """
    own = EventBus() if bus is None else bus
    token = _OWN.set(own)
    try:
        yield own
    finally:
        _OWN.reset(token)
