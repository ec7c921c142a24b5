"""
Tests of bodies that are sent while they are made.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from covet import CovetPy
from covet.responses import StreamingResponse
from covet.testing import TestClient

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])


def make_app(log: list[str]) -> CovetPy:
    """Make an application with a finite, an endless and a failing stream."""
    app = CovetPy()

    async def endless() -> AsyncIterator[str]:
        try:
            while True:
                yield "piece"
                await asyncio.sleep(0.001)
        finally:
            log.append("closed")

    async def fails() -> AsyncIterator[str]:
        raise RuntimeError("no piece")
        yield ""

    app.add_route("/endless", lambda: StreamingResponse(endless(), media_type="text/plain"), name="endless")
    app.add_route("/fails", lambda: StreamingResponse(fails()), name="fails")
    return app


@Protocols
async def test_pieces_arrive_as_they_are_made(protocol: Any) -> None:
    """Nothing waits for the end; a client that leaves ends the generator."""
    log: list[str] = []

    async with TestClient(make_app(log), protocol=protocol) as client, client.stream("GET", "/endless") as response:
        first = await anext(aiter(response.aiter_bytes()))

    assert first.startswith(b"piece")
    assert log == ["closed"]


@Protocols
async def test_an_error_before_the_first_piece_is_a_clean_500(protocol: Any) -> None:
    """The status goes with the first piece."""
    async with TestClient(make_app([]), protocol=protocol, raise_app_exceptions=False) as client:
        response = await client.get("/fails")

    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"


@Protocols
async def test_head_closes_the_stream(protocol: Any) -> None:
    """HEAD has the headers and no piece is made."""
    async with TestClient(make_app([]), protocol=protocol) as client:
        response = await client.head("/endless")

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
