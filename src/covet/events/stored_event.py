"""
What comes back from a store: an event, or what is left of one whose class is not known any more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from covet.events.event import Event


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredEvent:
    """
    An event that was stored and whose class cannot be made of it now.

    Attributes:
        event_id: Its identifier.
        event_type: Its type when it was stored.
        timestamp: When it happened, in UTC.
        metadata: What else was known.
        data: Its fields, as JSON keeps them.
        problem: Why it is no instance of its class.
    """

    event_id: str
    event_type: str
    timestamp: datetime
    # Any: as JSON gives them back.
    metadata: Mapping[str, Any]
    data: Mapping[str, Any]
    problem: str


@dataclass(frozen=True, slots=True)
class StoreRecord:
    """
    One place of a store.

    Attributes:
        position: Where it stands: greater than all before it, and never used again.
        event: What stands there.
    """

    position: int
    event: Event | StoredEvent
