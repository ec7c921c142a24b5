"""
The client's end of a WebSocket says what came, and fails the test where something else was expected.
"""

from typing import Any

import pytest

from covet.testing import TestClient
from covet.testing.websocket import make_handshake_headers


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Send a text, bytes and JSON, and close."""
    await receive()
    await send({"type": "websocket.accept", "subprotocol": "b", "headers": [(b"x-a", b"1")]})
    for message in ({"text": "text"}, {"bytes": b"bytes"}, {"text": "[1]"}, {"bytes": b"[2]"}):
        await send({"type": "websocket.send", **message})
    await send({"type": "websocket.close", "code": 4000, "reason": "done"})


async def test_messages_come_as_they_were_sent() -> None:
    """
    Behind the last one is the close, with its code and reason.
    """
    async with TestClient(app).websocket_connect("ws://testserver/", subprotocols=["a", "b"]) as socket:
        got = [await socket.receive_text(), await socket.receive_bytes()]
        got += [await socket.receive_json(), await socket.receive_json()]
        end = await socket.receive_close()

    assert got == ["text", b"bytes", [1], [2]]
    assert (end.code, end.reason, socket.subprotocol, socket.headers["x-a"]) == (4000, "done", "b", "1")


async def test_the_other_kind_fails_the_test() -> None:
    """
    The error has what came.
    """
    async with TestClient(app).websocket_connect("/", subprotocols=["b"]) as socket:
        with pytest.raises(AssertionError, match=r"^Bytes were expected, a text came: 'text'\.$"):
            await socket.receive_bytes()
        with pytest.raises(AssertionError, match=r"^A text was expected, bytes came: b'bytes'\.$"):
            await socket.receive_text()
        with pytest.raises(AssertionError, match=r"^A close was expected, a message came: '\[1\]'\.$"):
            await socket.receive_close()


def test_the_handshake_is_that_of_the_rfc() -> None:
    """
    A key of 16 bytes, another one each time.
    """
    first, second = dict(make_handshake_headers(["a", "b"])), dict(make_handshake_headers([]))

    assert first["sec-websocket-protocol"] == "a, b"
    assert "sec-websocket-protocol" not in second
    assert len(first["sec-websocket-key"]) == 24
    assert first["sec-websocket-key"] != second["sec-websocket-key"]
    with pytest.raises(TypeError, match=r"^subprotocols is a list of names, got 'a'\. Write \['a'\]\.$"):
        make_handshake_headers("a")
