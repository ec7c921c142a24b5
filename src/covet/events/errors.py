"""
What can be wrong with events: their classes, subscriptions, recursion, history and stores.

The texts never hold what an event carries.
"""

from collections.abc import Sequence

from covet.exceptions import ConfigurationError, CovetError


class EventError(CovetError):
    """The root of the errors of this package."""


class EventDefinitionError(EventError, ConfigurationError, TypeError):
    """A class of events cannot be defined as it is written."""


class AmbiguousEventTypeError(EventError, ConfigurationError):
    """
    Several classes have one event type, and one has to be chosen.

    Args:
        event_type: The type.
        classes: The classes.

    Example:
        >>> print(AmbiguousEventTypeError("user.created", [KeyError, ValueError]))
        The event type 'user.created' belongs to several classes: builtins.KeyError, builtins.ValueError.
          Rename one, or say which are meant: classes=[...].
    """

    def __init__(self, event_type: str, classes: Sequence[type]) -> None:
        self.event_type = event_type
        self.classes = tuple(classes)
        names = ", ".join(sorted(f"{cls.__module__}.{cls.__qualname__}" for cls in classes))
        super().__init__(
            f"The event type {event_type!r} belongs to several classes: {names}.",
            hint="Rename one, or say which are meant: classes=[...].",
        )


class SubscriptionError(EventError, ConfigurationError):
    """A handler or what it is subscribed to is wrong."""


class EventHistoryError(EventError, ConfigurationError, ValueError):
    """What happened is asked for, and nobody kept it."""


class EventDepthError(EventError, RecursionError):
    """
    Handlers publish events whose handlers publish events, without an end.

    Args:
        chain: The types of the events, the first one first.
        limit: How deep it may go.

    Example:
        >>> print(EventDepthError(["ping.sent", "pong.sent", "ping.sent"], 2))
        Events publish each other 3 deep, and 2 is the limit: ... -> ping.sent -> pong.sent -> ping.sent.
          A handler publishes what leads to itself. If it ends by itself, raise EventBus(max_depth=2).
    """

    def __init__(self, chain: Sequence[str], limit: int) -> None:
        self.chain = tuple(chain)
        self.limit = limit
        super().__init__(
            f"Events publish each other {len(chain)} deep, and {limit} is the limit: ... -> "
            f"{' -> '.join(self.chain[-4:])}.",
            hint=f"A handler publishes what leads to itself. If it ends by itself, raise EventBus(max_depth={limit}).",
        )


class EventStoreError(EventError):
    """A store cannot keep events, or cannot read what it kept."""
