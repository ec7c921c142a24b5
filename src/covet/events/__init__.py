"""
Events: what happens in one part of a program, told to those who want to know.

::

    event.py                Event, the base; event_class.py makes its subclasses, with event_id.py and metadata.py
    event_types.py          the spelling of types and patterns; event_filter.py which events are meant
    handlers.py             what handlers take, and how they are called; subscription.py who wants what
    bus.py                  EventBus; delivery.py its handlers at work, results.py what became of them
    held_events.py          events that wait for a transaction; history.py replay.py what has happened
    store.py                the contract of stores, and one in memory; sqlite_store.py one in a file
    catalogue.py            the events of the framework
    default_bus.py          a bus for code without an application

No HTTP in here.
"""

from covet.events.bus import EventBus
from covet.events.catalogue import (
    ApplicationStartedEvent,
    ApplicationStoppingEvent,
    DatabaseQueryEvent,
    PluginStateChangedEvent,
    RequestCompletedEvent,
    RequestStartedEvent,
    SettingsChangedEvent,
    UserAuthenticatedEvent,
)
from covet.events.default_bus import get_event_bus, use_event_bus
from covet.events.errors import (
    AmbiguousEventTypeError,
    EventDefinitionError,
    EventDepthError,
    EventError,
    EventHistoryError,
    EventStoreError,
    SubscriptionError,
)
from covet.events.event import Event
from covet.events.event_filter import EventFilter, make_filter
from covet.events.handlers import HandlerInjection, ServiceSource
from covet.events.held_events import HeldEvents
from covet.events.metadata import Metadata
from covet.events.replay import Replay, ReplayResult, current_replay
from covet.events.results import HandlerOutcome, PublishResult
from covet.events.sqlite_store import SQLiteEventStore
from covet.events.store import EventStore, MemoryEventStore
from covet.events.stored_event import StoredEvent, StoreRecord
from covet.events.subscription import Subscription

__all__ = [
    "AmbiguousEventTypeError",
    "ApplicationStartedEvent",
    "ApplicationStoppingEvent",
    "DatabaseQueryEvent",
    "Event",
    "EventBus",
    "EventDefinitionError",
    "EventDepthError",
    "EventError",
    "EventFilter",
    "EventHistoryError",
    "EventStore",
    "EventStoreError",
    "HandlerInjection",
    "HandlerOutcome",
    "HeldEvents",
    "MemoryEventStore",
    "Metadata",
    "PluginStateChangedEvent",
    "PublishResult",
    "Replay",
    "ReplayResult",
    "RequestCompletedEvent",
    "RequestStartedEvent",
    "SQLiteEventStore",
    "ServiceSource",
    "SettingsChangedEvent",
    "StoreRecord",
    "StoredEvent",
    "Subscription",
    "SubscriptionError",
    "UserAuthenticatedEvent",
    "current_replay",
    "get_event_bus",
    "make_filter",
    "use_event_bus",
]
