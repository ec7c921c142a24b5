"""
Tests of responses over ASGI: what reaches the wire, and what does not.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from covet import CovetPy, Response
from covet.core.asgi_responses import make_length
from covet.core.disconnects import PIECES_PER_TURN
from covet.testing import TestClient


@pytest.mark.parametrize("size", [0, 1023, 1024, 10**7])
def test_length_is_the_one_that_it_is(size: int) -> None:
    """Whether it was written before or not."""
    assert make_length(size) == (b"content-length", str(size).encode())


@pytest.mark.parametrize("status", [204, 205, 304])
async def test_a_status_without_a_body_has_none(status: int) -> None:
    """Neither a body nor a type, and no length but that of 205."""
    app = CovetPy()

    @app.get("/")
    async def index() -> Response:
        return Response("ignored", status, {"x-a": "1"})

    async with TestClient(app) as client:
        response = await client.get("/")

    expected = {"x-a": "1"} | ({"content-length": "0"} if status == 205 else {})
    assert (response.content, dict(response.headers)) == (b"", expected)


async def test_a_stream_that_never_waits_ends_when_its_client_leaves() -> None:
    """Not even if `send` never waits either: the loop gets its turn, and with it the news."""
    app = CovetPy()
    log: list[str] = []
    left = asyncio.Event()
    sent = 0

    @app.get("/")
    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x"
        finally:
            log.append("closed")

    async def receive() -> Any:
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal sent
        sent += 1
        if sent == 10 * PIECES_PER_TURN:
            left.set()
        # Without a turn of the loop this would go on for ever.
        assert sent < 1000 * PIECES_PER_TURN

    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [(b"host", b"a")]}
    await app(scope, receive, send)

    assert log == ["closed"]
