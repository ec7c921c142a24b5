"""
A WebSocket sends and receives what can stand on the wire, and says so where something cannot.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from covet.http.websocket import WebSocket
from covet.http.websocket_errors import (
    WebSocketDisconnect,
    WebSocketError,
    WebSocketMessageError,
    WebSocketStateError,
)
from covet.http.websocket_phase import WebSocketPhase
from tests.unit.http.websocket_transports import MemoryTransport, make_socket


async def open_one(**rules: Any) -> tuple[WebSocket, MemoryTransport]:
    """
    Make a WebSocket that is accepted.
    """
    transport = MemoryTransport()
    websocket = make_socket(transport, **rules)
    await websocket.accept()
    transport.sent.clear()
    return websocket, transport


@pytest.mark.parametrize("use", [lambda ws: ws.receive(), lambda ws: ws.send_text(""), lambda ws: ws.send_bytes(b"")])
async def test_nothing_goes_before_accept(use: Any) -> None:
    """
    The error says what comes first.
    """
    with pytest.raises(
        WebSocketStateError, match=r"comes too early: the WebSocket is connecting\.\n  Write `await websoc"
    ):
        await use(make_socket())


@pytest.mark.parametrize(
    ("send", "message"),
    [
        (lambda ws: ws.send_text(b"bytes"), "send_text() takes a text, got bytes."),
        (lambda ws: ws.send_bytes("text"), "send_bytes() takes bytes, got str."),
        (lambda ws: ws.send_text("\ud800"), "A text with a lone surrogate cannot be sent: UTF-8 has none."),
        (lambda ws: ws.receive_json(int, invalid="ignore"), "invalid must be 'close' or 'raise', got 'ignore'."),
    ],
)
async def test_what_cannot_be_sent_is_refused(send: Any, message: str) -> None:
    """
    The connection stays open, and clear for a close.
    """
    websocket, transport = await open_one()

    with pytest.raises(WebSocketError) as caught:
        await send(websocket)
    await websocket.close()

    assert str(caught.value) == message
    assert transport.sent == [("close", 1000, "", True)]


async def test_bytes_of_any_kind_are_sent() -> None:
    """
    Servers want bytes.
    """
    websocket, transport = await open_one()

    for data in (b"a", bytearray(b"b"), memoryview(b"c")):
        await websocket.send_bytes(data)
        await websocket.send(data)

    assert transport.sent == [b"a", b"a", b"b", b"b", b"c", b"c"]
    assert {type(item) for item in transport.sent} == {bytes}


@pytest.mark.parametrize("failure", [OSError("gone"), RuntimeError("gone"), WebSocketDisconnect(1001)])
async def test_a_send_that_fails_is_the_end(failure: Exception) -> None:
    """
    However the server says it; afterwards nothing is tried.
    """
    websocket, transport = await open_one()
    transport.failure = failure

    for _ in range(2):
        with pytest.raises(WebSocketDisconnect) as caught:
            await websocket.send_text("x")

    assert caught.value.code == (1001 if isinstance(failure, WebSocketDisconnect) else 1006)
    assert websocket.phase is WebSocketPhase.CLOSED


async def test_a_send_that_was_cancelled_makes_the_close_unclear() -> None:
    """
    A frame of ours must not get into the midst of one that was broken off.
    """
    websocket, transport = await open_one()
    transport.send_text = lambda _text: asyncio.Event().wait()  # type: ignore[method-assign, assignment, return-value]
    sending = asyncio.ensure_future(websocket.send_text("x"))
    await asyncio.sleep(0)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)

    await websocket.close(1000)

    assert transport.sent == [("close", 1000, "", False)]


@pytest.mark.parametrize(
    ("size", "message", "code"), [(4, "äää", 1009), (4, b"12345", 1009), (4, "abcd", None), (None, "x" * 9999, None)]
)
async def test_row_070_messages_are_limited(size: int | None, message: str | bytes, code: int | None) -> None:
    """
    Beyond the limit the connection is closed with 1009.
    """
    websocket, transport = await open_one(max_message_size=size)
    transport.incoming.put_nowait(message)

    if code is None:
        assert await websocket.receive() == message
        return
    with pytest.raises(WebSocketMessageError, match=r"^A message has more than 4 bytes\.$"):
        await websocket.receive()

    assert (websocket.close_code, transport.sent[0]) == (
        code,
        ("close", code, "A message has more than 4 bytes.", True),
    )


async def test_row_070_rates_are_limited() -> None:
    """
    More than a burst closes with 1008.
    """
    websocket, transport = await open_one(max_messages_per_second=0.001)
    transport.incoming.put_nowait("one")
    transport.incoming.put_nowait("two")
    await websocket.receive()

    with pytest.raises(WebSocketMessageError, match=r"^There are too many messages\.$"):
        await websocket.receive()

    assert websocket.close_code == 1008


async def test_a_receive_that_was_cancelled_can_be_repeated() -> None:
    """
    A timeout around it costs no message.
    """
    websocket, transport = await open_one()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await websocket.receive()

    transport.incoming.put_nowait("there")

    assert await websocket.receive() == "there"


async def test_run_until_disconnect_gives_the_result() -> None:
    """
    What came meanwhile is let go.
    """
    websocket, transport = await open_one()
    transport.incoming.put_nowait("let go")

    assert await websocket.run_until_disconnect(asyncio.sleep(0, "done")) == "done"


async def test_run_until_disconnect_raises_the_end() -> None:
    """
    With the client's code.
    """
    websocket, transport = await open_one()
    transport.incoming.put_nowait(WebSocketDisconnect(1001, "away"))

    with pytest.raises(WebSocketDisconnect, match=r"^The WebSocket is closed \(1001, 'away'\)\.$"):
        await websocket.run_until_disconnect(asyncio.Event().wait())


async def test_a_message_can_be_received_behind_send_all() -> None:
    """
    At once: who looked out for the end meanwhile has let go.
    """
    websocket, transport = await open_one()

    async def make_two() -> AsyncIterator[str]:
        yield "one"
        await asyncio.sleep(0)
        yield "two"

    for message in ("first", "second"):
        await websocket.send_all(make_two())
        asyncio.get_running_loop().call_soon(transport.incoming.put_nowait, message)

        assert await websocket.receive_text() == message
    with pytest.raises(ValueError, match="broken"):
        await websocket.run_until_disconnect(_fail_late())
    transport.incoming.put_nowait("third")
    assert await websocket.receive_text() == "third"


async def _fail_late() -> None:
    await asyncio.sleep(0)
    raise ValueError("broken")


async def test_senders_let_others_run() -> None:
    """
    A loop that sends gives the event loop a turn, though its server never waits.
    """
    websocket, _ = await open_one()
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.ensure_future(count())
    for _ in range(160):
        await websocket.send_text("x")
    counting.cancel()

    assert turns >= 10


def test_it_shows_its_phase() -> None:
    """
    And its path, never its query.
    """
    assert repr(make_socket()) == "<WebSocket connecting '/x'>"
