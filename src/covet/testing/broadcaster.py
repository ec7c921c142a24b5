"""
The promises of a broadcaster, as tests that any implementation can run.

It needs no test framework to be imported; pytest collects a subclass whose name begins with `Test`.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator

from covet.broadcasting import Broadcast, Broadcaster, BroadcasterClosedError, Subscription, TooManyChannelsError

_SECONDS = 5.0


class BroadcasterConformance(ABC):
    """
    The test suite of broadcasters: subclass it, and say how to make one.

    Each test is a coroutine method: run it with pytest-asyncio or the like.

    Example:
        >>> from covet.broadcasting import MemoryBroadcaster
        >>> class TestMemoryBroadcaster(BroadcasterConformance):
        ...     async def make_broadcaster(self, *, max_channels):
        ...         return MemoryBroadcaster(max_channels=max_channels)
        >>> await TestMemoryBroadcaster().test_all_who_listen_get_a_message()
    """

    @abstractmethod
    async def make_broadcaster(self, *, max_channels: int) -> Broadcaster:
        """
        Make a broadcaster that nobody else uses, whose subscribers wait for at least 10 messages; the suite closes it.

        Args:
            max_channels: How many channels one subscriber may listen to.
        """

    async def test_it_is_a_broadcaster(self) -> None:
        """It has the methods of the contract."""
        broadcaster = await self.make_broadcaster(max_channels=3)
        await broadcaster.aclose()
        _expect(isinstance(broadcaster, Broadcaster), True, "isinstance(broadcaster, Broadcaster)")

    async def test_all_who_listen_get_a_message(self) -> None:
        """Each subscriber of a channel gets each message, text as text and bytes as bytes; others get none."""
        broadcaster = await self.make_broadcaster(max_channels=3)
        try:
            async with (
                broadcaster.subscribe("a") as one,
                broadcaster.subscribe("a", "b") as other,
                broadcaster.subscribe("b") as third,
            ):
                await broadcaster.publish("a", "text")
                await broadcaster.publish("b", b"bytes")
                got = [await _take(one, 1), await _take(other, 2), await _take(third, 1)]
        finally:
            await broadcaster.aclose()
        _expect(got[0], [Broadcast("a", "text")], "what the first one gets")
        _expect(sorted(got[1]), [Broadcast("a", "text"), Broadcast("b", b"bytes")], "what the second one gets")
        _expect(got[2], [Broadcast("b", b"bytes")], "what the third one gets")

    async def test_messages_of_a_channel_keep_their_order(self) -> None:
        """What was published first comes first."""
        broadcaster = await self.make_broadcaster(max_channels=3)
        try:
            async with broadcaster.subscribe("a") as messages:
                for number in range(10):
                    await broadcaster.publish("a", str(number))
                got = [message for _, message in await _take(messages, 10)]
        finally:
            await broadcaster.aclose()
        _expect(got, [str(number) for number in range(10)], "the messages")

    async def test_joining_and_leaving_hold_at_once(self) -> None:
        """From `join()` on messages come, and from `leave()` on none; `channels` says which."""
        broadcaster = await self.make_broadcaster(max_channels=3)
        try:
            async with broadcaster.subscribe() as messages:
                await broadcaster.publish("a", "too early")
                await messages.join("a")
                await messages.join("a")
                _expect(messages.channels, frozenset({"a"}), "the channels")
                await broadcaster.publish("a", "in time")
                got = await _take(messages, 1)
                await messages.leave("a")
                await messages.leave("never")
                await broadcaster.publish("a", "too late")
                await messages.join("b")
                await broadcaster.publish("b", "last")
                got += await _take(messages, 1)
        finally:
            await broadcaster.aclose()
        _expect(got, [Broadcast("a", "in time"), Broadcast("b", "last")], "the messages")

    async def test_channels_are_limited(self) -> None:
        """A subscriber that joins without an end is stopped, and keeps what it has."""
        broadcaster = await self.make_broadcaster(max_channels=3)
        try:
            async with broadcaster.subscribe("a", "b", "c") as messages:
                try:
                    await messages.join("d")
                except TooManyChannelsError as exc:
                    _expect(exc.limit, 3, "the limit that the error names")
                else:
                    raise AssertionError("Expected a fourth channel to be refused.")
                _expect(messages.channels, frozenset({"a", "b", "c"}), "the channels")
        finally:
            await broadcaster.aclose()

    async def test_closing_ends_the_subscriptions(self) -> None:
        """Who waits is woken, and its loop ends; nothing is published any more, and closing twice is fine."""
        broadcaster = await self.make_broadcaster(max_channels=3)
        async with broadcaster.subscribe("a") as messages:
            waiting = asyncio.ensure_future(_take(messages, 1))
            await asyncio.sleep(0)
            await broadcaster.aclose()
            await broadcaster.aclose()
            _expect(await waiting, [], "what comes behind the end")
        try:
            await broadcaster.publish("a", "late")
        except BroadcasterClosedError:
            return
        raise AssertionError("Expected publish() of a closed broadcaster to raise BroadcasterClosedError.")

    async def test_a_subscriber_that_is_cancelled_is_forgotten(self) -> None:
        """It leaves nothing behind that would stop or slow the others."""
        broadcaster = await self.make_broadcaster(max_channels=3)
        try:

            async def listen() -> None:
                async with broadcaster.subscribe("a") as messages:
                    async for _ in messages:
                        pass

            task = asyncio.ensure_future(listen())
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            async with broadcaster.subscribe("a") as messages:
                await broadcaster.publish("a", "on")
                got = await _take(messages, 1)
        finally:
            await broadcaster.aclose()
        _expect(got, [Broadcast("a", "on")], "what the other one gets")


async def _take(messages: Subscription, count: int) -> list[Broadcast]:
    """Take so many messages, or those that come before the end."""
    taken: list[Broadcast] = []
    broadcasts: AsyncIterator[Broadcast] = messages.broadcasts()
    async with asyncio.timeout(_SECONDS):
        while len(taken) < count:
            broadcast = await anext(broadcasts, None)
            if broadcast is None:
                break
            taken.append(broadcast)
    return taken


def _expect(actual: object, expected: object, what: str) -> None:
    """Fail as an assertion does, with words of the suite: an outside runner rewrites no assertions in here."""
    if actual != expected:
        raise AssertionError(f"Expected {what} to be {expected!r}, got {actual!r}.")


__all__ = ["BroadcasterConformance"]
