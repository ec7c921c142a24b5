"""
Messages to many: rooms, feeds and whatever else several connections listen to.

- `broadcaster`: the contract; `memory`: the one for one process; `errors`: what goes wrong.

No HTTP in here.
"""

from covet.broadcasting.broadcaster import Broadcast, Broadcaster, Subscription
from covet.broadcasting.errors import (
    BroadcasterClosedError,
    BroadcastError,
    SlowSubscriberError,
    TooManyChannelsError,
)
from covet.broadcasting.memory import MemoryBroadcaster

__all__ = [
    "Broadcast",
    "BroadcastError",
    "Broadcaster",
    "BroadcasterClosedError",
    "MemoryBroadcaster",
    "SlowSubscriberError",
    "Subscription",
    "TooManyChannelsError",
]
