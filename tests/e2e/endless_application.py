"""
An application whose streams have no end and do not look whether they should, of every kind, for real servers.

What becomes of each is appended to the file that the environment variable `RECORD` names.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

from covet import CovetPy
from covet.middleware import CompressionMiddleware
from covet.responses import EventStream, JSONLines, ServerSentEvent, StreamingResponse
from tests.e2e.server_applications import record

app = CovetPy()
compressed = CompressionMiddleware(minimum_size=0)


async def yield_without_end(kind: str) -> AsyncIterator[str]:
    """Yield a piece now and then; note that it began, and that its end was seen."""
    record(f"begun {kind}")
    try:
        while True:
            yield "tick\n"
            await asyncio.sleep(0.02)
    finally:
        record(f"closed {kind}")


@app.get("/yielded", media_type="text/plain")
async def yielded() -> AsyncIterator[str]:
    """Stream what a handler yields."""
    async for piece in yield_without_end("yielded"):
        yield piece


@app.get("/silent", media_type="text/plain")
async def silent() -> AsyncIterator[str]:
    """Stream one piece, and wait for what never comes."""
    record("begun silent")
    try:
        yield "tick\n"
        await asyncio.Event().wait()
    finally:
        record("closed silent")


@app.get("/blocking", media_type="text/plain")
def blocking() -> Iterator[str]:
    """Stream from a thread."""
    record("begun blocking")
    try:
        while True:
            yield "tick\n"
            time.sleep(0.02)
    finally:
        record("closed blocking")


@app.get("/response")
async def response() -> StreamingResponse:
    """Stream as a response."""
    return StreamingResponse(yield_without_end("response"), media_type="text/plain")


@app.get("/compressed", middleware=[compressed])
async def compress() -> StreamingResponse:
    """Stream through a compressor."""
    return StreamingResponse(yield_without_end("compressed"), media_type="text/plain")


@app.get("/lines")
async def lines() -> JSONLines:
    """Stream lines of JSON."""
    return JSONLines(yield_without_end("lines"))


@app.get("/events", middleware=[compressed])
async def events() -> EventStream:
    """Stream events."""
    return EventStream(yield_without_end("events"))


@app.get("/typed")
async def typed() -> AsyncIterator[ServerSentEvent]:
    """Stream events that a handler yields."""
    async for piece in yield_without_end("typed"):
        yield ServerSentEvent(piece)


@app.on_event("shutdown")
async def stop() -> None:
    """Note that the application was stopped in order."""
    record("stopped")
