"""
One WebSocket between an application and a test: what either end sees of the other.
"""

import asyncio
from typing import Any

import pytest

from covet.http.websocket_errors import WebSocketDisconnect
from covet.testing import TestClient
from covet.testing.socket_exchange import Close


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Echo, until the client has closed."""
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})


async def stubborn(scope: Any, receive: Any, send: Any) -> None:
    """Accept, and go on for ever."""
    await receive()
    await send({"type": "websocket.accept"})
    await asyncio.Event().wait()


def test_a_close_without_a_code_is_1005() -> None:
    """
    As RFC 6455 says.
    """
    assert Close().make_error().code == 1005
    assert Close(4000, "x").make_error().reason == "x"


async def test_an_application_that_goes_on_fails_the_test() -> None:
    """
    The error says for how long it was waited.
    """
    with pytest.raises(
        TimeoutError, match=r"The application went on for 0\.01 s after the WebSocket of / was over; leave_t"
    ):
        async with TestClient(stubborn, leave_timeout=0.01).websocket_connect("/"):
            pass


async def test_an_error_of_the_test_is_the_one_that_is_seen() -> None:
    """
    The application is told that the client has left, and waited for.
    """
    with pytest.raises(KeyError, match="mine"):
        async with TestClient(echo).websocket_connect("/"):
            raise KeyError("mine")


async def test_nothing_goes_behind_a_close() -> None:
    """
    Of either side.
    """
    async with TestClient(echo).websocket_connect("/") as socket:
        await socket.close(4000)
        with pytest.raises(WebSocketDisconnect, match="4000"):
            await socket.send_text("late")
        with pytest.raises(WebSocketDisconnect, match="4000"):
            await socket.receive()


async def test_an_application_that_returns_has_cut_the_connection() -> None:
    """
    Over ASGI a server closes with what it likes: 1006 here.
    """

    async def short(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})

    async with TestClient(short).websocket_connect("/") as socket:
        with pytest.raises(WebSocketDisconnect, match="1006"):
            await socket.receive()
