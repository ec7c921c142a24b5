"""
An application for the tests of WebSockets on real servers.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import suppress

from covet import CovetPy
from covet.broadcasting import MemoryBroadcaster
from covet.http.websocket import WebSocket

app = CovetPy()
ended: list[str] = []
rooms = MemoryBroadcaster()


@app.websocket("/")
@app.websocket("/any", max_message_size=None)
async def echo(websocket: WebSocket) -> None:
    """Send back what comes."""
    await websocket.accept()
    async for message in websocket:
        await websocket.send(message)


@app.websocket("/rooms")
async def join_rooms(websocket: WebSocket) -> None:
    """Listen to whatever is named."""
    await websocket.accept()
    async with rooms.subscribe() as messages:
        async for name in websocket:
            await messages.join(str(name))


@app.websocket("/listed", allowed_origins=["https://app.example.com"])
async def listed(websocket: WebSocket) -> None:
    """Take pages of one origin."""
    await websocket.accept()


@app.websocket("/close/{code}")
async def close(websocket: WebSocket, code: int, reason: str = "") -> None:
    """Close with what is asked for."""
    await websocket.accept()
    await websocket.send_text("first")
    await websocket.close(code, reason)


@app.websocket("/fail")
async def fail(websocket: WebSocket) -> None:
    """Fail."""
    await websocket.accept()
    raise ValueError("secret")


@app.websocket("/impatient")
async def impatient(websocket: WebSocket) -> None:
    """Look for messages, without waiting for long."""
    await websocket.accept()
    while True:
        with suppress(TimeoutError):
            await websocket.send(await asyncio.wait_for(websocket.receive(), 0.001))


@app.websocket("/deaf")
async def deaf(websocket: WebSocket) -> None:
    """Neither receive nor send."""
    await websocket.accept()
    await websocket.send_text("deaf")
    await asyncio.Event().wait()


async def make_endless() -> AsyncIterator[bytes]:
    """Make messages without an end, without ever waiting."""
    while True:
        yield b"x" * 65_536


@app.websocket("/flood")
async def flood(websocket: WebSocket) -> None:
    """Send without an end."""
    await websocket.accept()
    try:
        await websocket.send_all(make_endless())
    finally:
        ended.append("flood")


@app.websocket("/feed/{count}")
async def feed(websocket: WebSocket, count: int, pause: float = 0) -> None:
    """Send a number of messages, and never receive."""
    await websocket.accept()
    sent = 0
    try:
        for _ in range(count):
            await websocket.send_bytes(b"x" * 65_536)
            sent += 1
            if pause:
                await asyncio.sleep(pause)
    finally:
        ended.append(f"feed {pause:g} {'all' if sent == count else 'cut'}")


@app.websocket("/watch")
async def watch(websocket: WebSocket) -> None:
    """Wait for the end alone."""
    await websocket.accept()
    try:
        await websocket.run_until_disconnect(asyncio.Event().wait())
    finally:
        ended.append(f"watch {websocket.close_code}")


@app.get("/ended")
async def show_ended() -> list[str]:
    """Tell which handlers have ended."""
    return ended


@app.delete("/ended")
async def forget_ended() -> None:
    """Forget them."""
    ended.clear()


@app.get("/ok")
async def ok() -> dict[str, int]:
    """Tell the worker."""
    return {"pid": os.getpid()}
