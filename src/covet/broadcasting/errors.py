"""
What goes wrong with a broadcast.

::

    CovetError
    └── BroadcastError
        ├── SlowSubscriberError       it took its messages too slowly, and missed some
        ├── TooManyChannelsError      it listens to as many channels as it may
        └── BroadcasterClosedError    the broadcaster is closed
"""

from covet.exceptions import CovetError


class BroadcastError(CovetError):
    """What was asked for cannot be broadcast."""


class SlowSubscriberError(BroadcastError):
    """
    A subscriber took its messages too slowly, and is left out from now on.

    Attributes:
        queue_size: How many messages wait for a subscriber at most.
    """

    def __init__(self, queue_size: int) -> None:
        super().__init__()
        self.queue_size = queue_size

    def __str__(self) -> str:
        return f"The subscriber was too slow: more than {self.queue_size} messages waited for it."


class TooManyChannelsError(BroadcastError):
    """
    A subscriber wants to listen to more channels than it may.

    Attributes:
        limit: How many it may.
    """

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def __str__(self) -> str:
        return f"A subscriber listens to at most {self.limit} channels; leave one, or raise max_channels."


class BroadcasterClosedError(BroadcastError):
    """The broadcaster is closed."""

    def __str__(self) -> str:
        return "The broadcaster is closed."
