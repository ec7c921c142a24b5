"""
The contract of a broadcaster: what is published in a channel reaches all who listen to it.

`covet.testing.broadcaster` has its promises as tests.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple, Protocol, runtime_checkable


class Broadcast(NamedTuple):
    """
    A message, as a subscriber gets it.

    Attributes:
        channel: Where it was published.
        message: What was published.
    """

    channel: str
    message: str | bytes


class Subscription(Protocol):
    """What a subscriber listens with: its messages in the order in which they were published in each channel."""

    @property
    def channels(self) -> frozenset[str]:
        """What it listens to."""

    @property
    def missed(self) -> int:
        """How many messages it missed, because it was too slow."""

    async def join(self, channel: str) -> None:
        """Listen to one more channel; raises `TooManyChannelsError` beyond the limit."""

    async def leave(self, channel: str) -> None:
        """Listen to a channel no longer; what is waiting already still comes."""

    def broadcasts(self) -> AsyncIterator[Broadcast]:
        """Give the messages with their channels, for as long as the subscription lasts."""

    def __aiter__(self) -> AsyncIterator[str | bytes]:
        """Give the messages; raises `SlowSubscriberError` if some were missed and that is not allowed."""


@runtime_checkable
class Broadcaster(Protocol):
    """
    Carry messages to all who listen, within a process or beyond it.

    Delivery is at most once: who does not listen at the time, or is too slow, misses a message.
    """

    async def publish(self, channel: str, message: str | bytes) -> None:
        """
        Send a message to all who listen to a channel; it never waits for one of them.

        Raises:
            BroadcasterClosedError: If it is closed.
        """

    def subscribe(self, *channels: str) -> AbstractAsyncContextManager[Subscription]:
        """Listen to channels, from the beginning of the block to its end."""

    async def aclose(self) -> None:
        """End all subscriptions; closing twice does nothing."""
