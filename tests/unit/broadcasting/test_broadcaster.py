"""
The contract of a broadcaster can be told at run time.
"""

from covet.broadcasting.broadcaster import Broadcast, Broadcaster
from covet.broadcasting.memory import MemoryBroadcaster


def test_an_implementation_is_told_from_anything_else() -> None:
    """
    It is known by its methods.
    """
    assert isinstance(MemoryBroadcaster(), Broadcaster)
    assert not isinstance(object(), Broadcaster)


def test_a_broadcast_is_a_pair() -> None:
    """
    It can be taken apart.
    """
    channel, message = Broadcast("news", "hello")

    assert (channel, message) == ("news", "hello")
