"""
The broadcaster of one process keeps the promises of the contract, and its policies those of its options.
"""

import asyncio

import pytest

from covet.broadcasting import (
    Broadcast,
    Broadcaster,
    BroadcasterClosedError,
    BroadcastError,
    MemoryBroadcaster,
    SlowSubscriberError,
    TooManyChannelsError,
)
from covet.exceptions import ConfigurationError
from covet.testing.broadcaster import BroadcasterConformance


class TestMemoryBroadcaster(BroadcasterConformance):
    """
    The suite that every broadcaster passes.
    """

    async def make_broadcaster(self, *, max_channels: int) -> Broadcaster:
        """Make one."""
        return MemoryBroadcaster(max_channels=max_channels)


async def test_a_slow_subscriber_is_ended() -> None:
    """
    By default who is slower than its queue hears that it missed something, and nobody else waits for it.
    """
    broadcaster = MemoryBroadcaster(queue_size=2)

    async with broadcaster.subscribe("a") as slow, broadcaster.subscribe("a") as fast:
        quick = aiter(fast)
        for number in range(3):
            await broadcaster.publish("a", str(number))
            assert await anext(quick) == str(number)
        with pytest.raises(
            SlowSubscriberError, match=r"^The subscriber was too slow: more than 2 messages waited for it"
        ) as caught:
            await anext(aiter(slow))

        assert (caught.value.queue_size, slow.missed, slow.channels) == (2, 1, frozenset())
        assert broadcaster.count("a") == 1


@pytest.mark.parametrize(("policy", "kept"), [("drop_oldest", ["2", "3"]), ("drop_newest", ["0", "1"])])
async def test_a_slow_subscriber_may_miss_messages(policy: str, kept: list[str]) -> None:
    """
    The other policies let messages go, and count them.
    """
    broadcaster = MemoryBroadcaster(queue_size=2, when_full=policy)  # type: ignore[arg-type]

    async with broadcaster.subscribe("a") as slow:
        for number in range(4):
            await broadcaster.publish("a", str(number))
        messages = aiter(slow)

        assert [await anext(messages), await anext(messages)] == kept
        assert slow.missed == 2


async def test_nothing_is_kept_of_a_channel_without_subscribers() -> None:
    """
    Channels that clients make up cost no memory once they are gone, and messages to nobody none at all.
    """
    broadcaster = MemoryBroadcaster()

    for number in range(1000):
        async with broadcaster.subscribe(f"room {number}"):
            pass
        await broadcaster.publish(f"other {number}", "x")

    assert broadcaster._channels == {}


async def test_row_070_joins_are_limited() -> None:
    """
    A client that joins without an end is stopped at the limit, and the broadcaster holds no more than that.
    """
    broadcaster, joined = MemoryBroadcaster(), 0

    async with broadcaster.subscribe() as messages:
        with pytest.raises(
            TooManyChannelsError, match=r"^A subscriber listens to at most 100 channels; leave one, or r"
        ):
            for number in range(100_000):
                await messages.join(str(number))
                joined += 1

        assert (joined, len(broadcaster._channels)) == (100, 100)


async def test_one_task_takes_messages_at_a_time() -> None:
    """
    A second one is an error, rather than a message that either may get.
    """
    broadcaster = MemoryBroadcaster()

    async with broadcaster.subscribe("a") as messages:
        first = asyncio.ensure_future(anext(messages.broadcasts()))
        await asyncio.sleep(0)
        with pytest.raises(BroadcastError, match=r"^Another task waits for a message of this subscription already\.$"):
            await anext(messages.broadcasts())
        await broadcaster.publish("a", "x")

        assert await first == Broadcast("a", "x")


async def test_a_closed_broadcaster_takes_no_subscribers() -> None:
    """
    The error says why.
    """
    broadcaster = MemoryBroadcaster()
    await broadcaster.aclose()

    with pytest.raises(BroadcasterClosedError, match=r"^The broadcaster is closed\.$"):
        async with broadcaster.subscribe("a"):
            raise AssertionError


async def test_only_text_and_bytes_are_carried() -> None:
    """
    Another engine could carry nothing else.
    """
    with pytest.raises(
        BroadcastError, match=r"^A message is text or bytes, got dict\.\n  Write JSON, if it is data\.$"
    ):
        await MemoryBroadcaster().publish("a", {})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"queue_size": 0}, "queue_size must be a number from 1, got 0."),
        ({"max_channels": True}, "max_channels must be a number from 1, got True."),
        ({"when_full": "drop"}, "when_full cannot be 'drop'.\n  Available: disconnect, drop_newest, drop_oldest."),
        ({"queue": 1}, "MemoryBroadcaster() has no option 'queue'.\n  Did you mean 'queue_size'?"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, object], message: str) -> None:
    """
    Each error names the value.
    """
    with pytest.raises(ConfigurationError) as caught:
        MemoryBroadcaster(**options)  # type: ignore[arg-type]

    assert str(caught.value).startswith(message)
