"""
Hand one message to many subscribers: what the applications of the event streams have in common.
"""

import asyncio
from typing import Final, Generic, TypeVar

T = TypeVar("T")

# Seconds between two messages: more than the server needs for all its subscribers.
PAUSE: Final = 0.04


class Topic(Generic[T]):
    """
    A queue for each subscriber.
    """

    def __init__(self) -> None:
        self.queues: set[asyncio.Queue[T]] = set()

    def subscribe(self) -> asyncio.Queue[T]:
        """
        Return a queue that gets every message from now on.
        """
        queue: asyncio.Queue[T] = asyncio.Queue()
        self.queues.add(queue)
        return queue

    async def publish(self, messages: list[T]) -> None:
        """
        Hand messages out, each when the last one has left: events come one by one, and are not written together.
        """
        for message in messages:
            for queue in self.queues:
                queue.put_nowait(message)
            await asyncio.sleep(PAUSE)
