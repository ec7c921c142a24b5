"""
A broadcaster within one process.

A slow subscriber costs nobody else anything: its queue is bounded, and what becomes of the rest is a policy.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Literal, Self, get_args

from covet.broadcasting.broadcaster import Broadcast
from covet.broadcasting.errors import (
    BroadcasterClosedError,
    BroadcastError,
    SlowSubscriberError,
    TooManyChannelsError,
)
from covet.exceptions import ConfigurationError, suggest
from covet.options import refuse_unknown

WhenFull = Literal["disconnect", "drop_oldest", "drop_newest"]

DEFAULT_QUEUE_SIZE: Final = 64
DEFAULT_MAX_CHANNELS: Final = 100


class MemorySubscription:
    """
    One subscriber of a `MemoryBroadcaster`; `subscribe()` makes it.

    Args:
        broadcaster: Where it listens.

    Attributes:
        missed: How many messages it missed, because it was too slow.
    """

    __slots__ = ("__weakref__", "_broadcaster", "_channels", "_end", "_queue", "_waiter", "missed")

    def __init__(self, broadcaster: "MemoryBroadcaster") -> None:
        self.missed = 0
        self._broadcaster = broadcaster
        self._channels: set[str] = set()
        self._queue: deque[Broadcast] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._end: BroadcastError | None = None

    @property
    def channels(self) -> frozenset[str]:
        """What it listens to."""
        return frozenset(self._channels)

    async def join(self, channel: str) -> None:
        """
        Listen to one more channel.

        Raises:
            TooManyChannelsError: If it listens to as many as it may.
        """
        if channel in self._channels:
            return
        limit = self._broadcaster.max_channels
        if len(self._channels) >= limit:
            raise TooManyChannelsError(limit)
        if self._end is None:
            self._channels.add(channel)
            self._broadcaster.add(channel, self)

    async def leave(self, channel: str) -> None:
        """Listen to a channel no longer; what is waiting already still comes."""
        if channel in self._channels:
            self._channels.discard(channel)
            self._broadcaster.discard(channel, self)

    def broadcasts(self) -> AsyncIterator[Broadcast]:
        """
        Give the messages with their channels.

        Raises:
            SlowSubscriberError: If it was too slow, and the policy is to end it.
        """
        return _Broadcasts(self)

    def __aiter__(self) -> AsyncIterator[str | bytes]:
        return _Messages(self)

    async def take(self) -> Broadcast:
        """
        Wait for the next message.

        Raises:
            StopAsyncIteration: If the subscription is over.
            SlowSubscriberError: If it was too slow, and the policy is to end it.
        """
        while not self._queue:
            if isinstance(self._end, SlowSubscriberError):
                raise self._end
            if self._end is not None:
                raise StopAsyncIteration
            if self._waiter is not None:
                raise BroadcastError("Another task waits for a message of this subscription already.")
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self._queue.popleft()

    def put(self, broadcast: Broadcast) -> None:
        """Take a message for the subscriber, or do what the policy says about one that is too slow."""
        if self._end is not None:
            return
        broadcaster = self._broadcaster
        if len(self._queue) >= broadcaster.queue_size:
            self.missed += 1
            if broadcaster.when_full == "drop_newest":
                return
            if broadcaster.when_full == "disconnect":
                # What waits is of no use to who has missed what follows.
                self._queue.clear()
                self.end(SlowSubscriberError(broadcaster.queue_size))
                return
            self._queue.popleft()
        self._queue.append(broadcast)
        self._wake()

    def end(self, reason: BroadcastError) -> None:
        """Listen to nothing from now on."""
        if self._end is None:
            self._end = reason
        for channel in self._channels:
            self._broadcaster.discard(channel, self)
        self._channels.clear()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class _Broadcasts:
    """The messages of a subscription, with their channels; no generator, which would have to be closed."""

    __slots__ = ("_subscription",)

    def __init__(self, subscription: MemorySubscription) -> None:
        self._subscription = subscription

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Broadcast:
        return await self._subscription.take()


class _Messages:
    """The messages of a subscription alone."""

    __slots__ = ("_subscription",)

    def __init__(self, subscription: MemorySubscription) -> None:
        self._subscription = subscription

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> str | bytes:
        return (await self._subscription.take()).message


class MemoryBroadcaster:
    """
    Carry messages to all who listen in this process, on one event loop.

    Args:
        queue_size: How many messages wait for one subscriber at most.
        when_full: What becomes of a subscriber that is slower: `"disconnect"` ends it with a `SlowSubscriberError`,
            `"drop_oldest"` and `"drop_newest"` let messages go.
        max_channels: How many channels one subscriber may listen to.

    Raises:
        ConfigurationError: If an option is unknown or wrong.

    Example:
        >>> broadcaster = MemoryBroadcaster()
        >>> async with broadcaster.subscribe("news") as messages:
        ...     await broadcaster.publish("news", "hello")
        ...     await anext(aiter(messages))
        'hello'
    """

    @refuse_unknown
    def __init__(
        self,
        *,
        queue_size: int = DEFAULT_QUEUE_SIZE,
        when_full: WhenFull = "disconnect",
        max_channels: int = DEFAULT_MAX_CHANNELS,
    ) -> None:
        for name, value in (("queue_size", queue_size), ("max_channels", max_channels)):
            if type(value) is not int or value < 1:
                raise ConfigurationError(f"{name} must be a number from 1, got {value!r}.")
        if when_full not in get_args(WhenFull):
            raise ConfigurationError(
                f"when_full cannot be {when_full!r}.", hint=suggest(str(when_full), get_args(WhenFull))
            )
        self.queue_size = queue_size
        self.when_full = when_full
        self.max_channels = max_channels
        self._channels: dict[str, dict[MemorySubscription, None]] = {}
        self._is_closed = False

    async def publish(self, channel: str, message: str | bytes) -> None:
        """
        Send a message to all who listen to a channel; it never waits for one of them.

        Raises:
            BroadcasterClosedError: If it is closed.
            BroadcastError: If it is neither text nor bytes.
        """
        if self._is_closed:
            raise BroadcasterClosedError
        if not isinstance(message, str | bytes):
            raise BroadcastError(
                f"A message is text or bytes, got {type(message).__name__}.", hint="Write JSON, if it is data."
            )
        broadcast = Broadcast(channel, message)
        # A copy: whoever is too slow is taken out of it meanwhile.
        for subscription in tuple(self._channels.get(channel, ())):
            subscription.put(broadcast)

    @asynccontextmanager
    async def subscribe(self, *channels: str) -> AsyncIterator[MemorySubscription]:
        """
        Listen to channels, from the beginning of the block to its end.

        Args:
            *channels: The channels; `join()` adds further ones.

        Raises:
            BroadcasterClosedError: If it is closed.
            TooManyChannelsError: If there are more than one subscriber may listen to.
        """
        if self._is_closed:
            raise BroadcasterClosedError
        subscription = MemorySubscription(self)
        try:
            for channel in channels:
                await subscription.join(channel)
            yield subscription
        finally:
            subscription.end(BroadcasterClosedError())

    async def aclose(self) -> None:
        """End all subscriptions; their loops end. Closing twice does nothing."""
        self._is_closed = True
        for subscriptions in tuple(self._channels.values()):
            for subscription in tuple(subscriptions):
                subscription.end(BroadcasterClosedError())

    def count(self, channel: str) -> int:
        """
        Tell how many listen to a channel.

        Args:
            channel: The channel.
        """
        return len(self._channels.get(channel, ()))

    def add(self, channel: str, subscription: MemorySubscription) -> None:
        """Let a subscriber hear of a channel; `join()` calls it."""
        self._channels.setdefault(channel, {})[subscription] = None

    def discard(self, channel: str, subscription: MemorySubscription) -> None:
        """Let a subscriber hear of a channel no longer; one that nobody listens to is forgotten."""
        subscriptions = self._channels.get(channel)
        if subscriptions is not None:
            subscriptions.pop(subscription, None)
            if not subscriptions:
                del self._channels[channel]
