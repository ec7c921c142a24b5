"""
Send events to subscribers with CovetPy: a handler that yields them, pinged, ended by the server's stop.
"""

from collections.abc import AsyncIterator

from benchmarks.apps.topic import Topic
from benchmarks.cases import GREETING
from covet import CovetPy
from covet.responses import ServerSentEvent

app = CovetPy()
topic: Topic[ServerSentEvent] = Topic()


def make_event(number: int) -> ServerSentEvent:
    """
    Make an event.
    """
    return ServerSentEvent({"number": number})


@app.get("/events")
async def events() -> AsyncIterator[ServerSentEvent]:
    """
    Stream to whoever asks.
    """
    queue = topic.subscribe()
    while True:
        yield await queue.get()


@app.get("/publish/{count}")
async def publish(count: int) -> str:
    """
    Send so many events to all subscribers.
    """
    await topic.publish([make_event(number) for number in range(count)])
    return str(len(topic.queues))


@app.get("/json")
async def json_() -> dict[str, str]:
    """
    Say that the server runs.
    """
    return {"message": GREETING}
