"""
An application whose streams never wait, and which reads bodies in every way, for real servers.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import IO

from covet import CovetPy, Request
from covet.middleware import CompressionMiddleware
from covet.responses import StreamingResponse
from covet.types import Receive, Scope, Send

PIECE = b"x" * 1000

made = 0
outcomes: list[str] = []
locked: list[IO[bytes]] = []
closed = asyncio.Event()
told = asyncio.Event()


async def make_without_end() -> AsyncIterator[bytes]:
    """Make pieces as fast as they are taken; note how many, and the end."""
    global made
    closed.clear()
    try:
        while True:
            made += 1
            yield PIECE
    finally:
        closed.set()


async def stream_as_asgi(scope: Scope, receive: Receive, send: Send) -> None:
    """Send the same as an ASGI application that is mounted, or answer what became of its body."""
    if scope["type"] != "http":
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-name", b"caf\xc3\xa9")]})
    if scope["method"] == "POST":
        size, message = 0, await receive()
        while message.get("more_body"):
            size += len(message["body"])
            message = await receive()
        await send({"type": "http.response.body", "body": f"{size} {message['type']}".encode()})
        return
    async for piece in make_without_end():
        await send({"type": "http.response.body", "body": piece, "more_body": True})


app = CovetPy(body_limit=16 * 1024 * 1024)
app.mount("/mounted", stream_as_asgi)


@app.get("/endless")
async def endless() -> AsyncIterator[bytes]:
    """Yield without ever waiting."""
    async for piece in make_without_end():
        yield piece


@app.get("/late")
async def late() -> AsyncIterator[bytes]:
    """Wait for longer than any test before the first piece."""
    closed.clear()
    try:
        await asyncio.sleep(600)
        yield PIECE
    finally:
        closed.set()


@app.get("/compressed", media_type="text/plain", middleware=[CompressionMiddleware()])
async def compressed() -> AsyncIterator[str]:
    """Stream a piece, and another one once somebody said so."""
    told.clear()
    yield "first"
    await told.wait()
    yield "second"


@app.post("/tell")
async def tell() -> None:
    """Say so."""
    told.set()


@app.get("/sized")
async def sized() -> StreamingResponse:
    """Stream 8,000,000 bytes, and say so."""

    async def make() -> AsyncIterator[bytes]:
        for _ in range(8000):
            yield PIECE

    return StreamingResponse(make(), headers={"content-length": "8000000"})


@app.get("/short")
async def short() -> StreamingResponse:
    """Stream less than was said."""

    async def make() -> AsyncIterator[bytes]:
        yield b"half"

    return StreamingResponse(make(), headers={"content-length": "8"})


@app.get("/made")
async def count_made() -> int:
    """Tell how many pieces were made."""
    return made


@app.get("/closed")
async def is_closed() -> str:
    """Wait for the end of the endless stream."""
    await asyncio.wait_for(closed.wait(), 10)
    return "closed"


@app.get("/pid")
async def pid() -> int:
    """Tell which process this is."""
    return os.getpid()


@app.get("/lock")
def lock(path: str) -> None:
    """Lock a file for as long as this process lives, as a database does."""
    file = Path(path).open("ab")  # noqa: SIM115 - it stays open
    fcntl.lockf(file, fcntl.LOCK_EX)
    locked.append(file)


@app.get("/client")
async def show_client(request: Request) -> str:
    """Tell the type of the client's port."""
    return "none" if request.client is None else type(request.client.port).__name__


@app.post("/whole")
async def read_whole(request: Request) -> int:
    """Read a body at once."""
    return len(await request.body())


@app.post("/pieces")
async def read_pieces(request: Request) -> int:
    """Read a body in pieces, and note what became of it."""
    try:
        size = sum([len(chunk) async for chunk in request.stream()])
    except Exception as exc:
        outcomes.append(type(exc).__name__)
        raise
    outcomes.append("whole")
    return size


@app.get("/outcomes")
async def list_outcomes() -> list[str]:
    """Tell how the bodies of /pieces ended."""
    return outcomes


@app.post("/typed")
async def read_typed(data: dict[str, int]) -> int:
    """Let the framework read it."""
    return len(data)


@app.post("/echo")
async def echo(request: Request) -> StreamingResponse:
    """Answer a body while it comes."""

    async def make() -> AsyncIterator[bytes]:
        async for chunk in request.stream():
            yield chunk.upper()

    return StreamingResponse(make())
