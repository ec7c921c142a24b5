"""
An application that tells its subscribers what is published, for real servers.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

from covet import CovetPy
from covet.parameters import Header
from covet.responses import EventStream, JSONLines, ServerSentEvent, StreamingResponse

app = CovetPy()
queues: set[asyncio.Queue[ServerSentEvent]] = set()
NUMBERS = 3000


async def subscribe() -> AsyncIterator[ServerSentEvent]:
    """Yield what is published, without an end."""
    queue: asyncio.Queue[ServerSentEvent] = asyncio.Queue()
    queues.add(queue)
    try:
        while True:
            yield await queue.get()
    finally:
        queues.discard(queue)


@app.get("/events")
async def events(last_event_id: Annotated[str, Header()] = "none") -> AsyncIterator[ServerSentEvent]:
    """Greet, then tell what is published."""
    yield ServerSentEvent(last_event_id, event="hello")
    async for event in subscribe():
        yield event


@app.get("/pinged")
async def pinged() -> EventStream:
    """Send nothing but pings."""
    return EventStream(subscribe(), ping=0.1, retry=100)


@app.get("/count")
async def count() -> int:
    """Tell how many subscribers there are."""
    return len(queues)


@app.post("/publish")
async def publish(text: str) -> int:
    """Tell all subscribers something."""
    event = ServerSentEvent({"text": text}, id="7")
    for queue in queues:
        queue.put_nowait(event)
    return len(queues)


@app.get("/lines")
async def lines() -> JSONLines:
    """Give many values, one by one."""
    return JSONLines({"number": number} for number in range(NUMBERS))


@app.get("/source", non_blocking=True)
def source() -> StreamingResponse:
    """Give this file."""
    return StreamingResponse(Path(__file__).open("rb"))
