"""
The suite of broadcasters finds those that break a promise.
"""

import pytest

from covet.broadcasting import Broadcaster, MemoryBroadcaster
from covet.testing.broadcaster import BroadcasterConformance


class Swapping(MemoryBroadcaster):
    """Publish in the wrong channel."""

    async def publish(self, channel: str, message: str | bytes) -> None:
        """Publish elsewhere."""
        await super().publish({"a": "b", "b": "a"}.get(channel, channel), message)


class Repeating(MemoryBroadcaster):
    """Publish twice."""

    async def publish(self, channel: str, message: str | bytes) -> None:
        """Publish, and once more."""
        await super().publish(channel, message)
        await super().publish(channel, message)


class Boundless(MemoryBroadcaster):
    """Have no limit of channels."""

    def __init__(self, *, max_channels: int) -> None:
        super().__init__(max_channels=max_channels + 1)


class Undying(MemoryBroadcaster):
    """Publish though it is closed."""

    async def aclose(self) -> None:
        """End the subscriptions alone."""
        await super().aclose()
        self._is_closed = False


@pytest.mark.parametrize(
    ("broken", "test", "message"),
    [
        (Swapping, "test_all_who_listen_get_a_message", "Expected what the first one gets to be"),
        (Repeating, "test_messages_of_a_channel_keep_their_order", "Expected the messages to be"),
        (Repeating, "test_joining_and_leaving_hold_at_once", "Expected the messages to be"),
        (Boundless, "test_channels_are_limited", "Expected a fourth channel to be refused."),
        (Undying, "test_closing_ends_the_subscriptions", "Expected publish() of a closed broadcaster to raise"),
    ],
)
async def test_a_broken_broadcaster_fails(broken: type[MemoryBroadcaster], test: str, message: str) -> None:
    """
    Each defect is found by the test of its promise, which says what was expected.
    """

    class Suite(BroadcasterConformance):
        async def make_broadcaster(self, *, max_channels: int) -> Broadcaster:
            return broken(max_channels=max_channels)

    with pytest.raises(AssertionError) as caught:
        await getattr(Suite(), test)()

    assert str(caught.value).startswith(message)


async def test_what_is_no_broadcaster_fails() -> None:
    """
    The contract's methods are looked for first.
    """

    class Half:
        async def aclose(self) -> None: ...

    class Suite(BroadcasterConformance):
        async def make_broadcaster(self, *, max_channels: int) -> Broadcaster:
            return Half()  # type: ignore[return-value]

    with pytest.raises(AssertionError, match=r"^Expected isinstance\(broadcaster, Broadcaster\) to be True, got False"):
        await Suite().test_it_is_a_broadcaster()
