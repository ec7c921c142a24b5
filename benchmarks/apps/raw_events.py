"""
Send events to subscribers by hand against RSGI.
"""

from typing import Any

from benchmarks.apps.raw_rsgi import JSON, TEXT, RawApplication, encode
from benchmarks.apps.topic import Topic
from benchmarks.cases import GREETING

HEADERS = [("content-type", "text/event-stream"), ("cache-control", "no-store")]


topic: Topic[bytes] = Topic()


def make_event(number: int) -> bytes:
    """
    Write an event.
    """
    return b"data: %s\n\n" % encode({"number": number})


class RawEvents(RawApplication):
    """
    Stream to whoever asks for `/events`; `/publish/{count}` sends so many to all of them.
    """

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        if scope.path == "/events":
            stream = protocol.response_stream(200, HEADERS)
            queue = topic.subscribe()
            await stream.send_bytes(b":\n\n")
            while True:
                await stream.send_bytes(await queue.get())
        elif scope.path.startswith("/publish/"):
            await topic.publish([make_event(number) for number in range(int(scope.path[9:]))])
            protocol.response_str(200, TEXT, str(len(topic.queues)))
        else:
            protocol.response_bytes(200, JSON, encode({"message": GREETING}))


app = RawEvents()
