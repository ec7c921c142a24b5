"""
The test client is as strict about the messages of a WebSocket as a server would have to be.
"""

from typing import Any

import pytest

from covet.testing import TestClient, WebSocketRefusedError
from covet.testing.asgi_socket import ASGISocket
from covet.testing.errors import ProtocolViolation

ACCEPT = {"type": "websocket.accept"}


def play(*messages: dict[str, Any], receives: bool = True) -> TestClient:
    """
    Make a client of an application that sends these messages.
    """

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if receives:
            await receive()
        for message in messages:
            await send(message)

    return TestClient(app)


@pytest.mark.parametrize(
    ("messages", "text"),
    [
        ([{"type": "websocket.send", "text": "a"}], "'websocket.send' was sent, which has no place there."),
        ([ACCEPT, ACCEPT], "'websocket.accept' was sent, which has no place there."),
        ([ACCEPT, {"type": "websocket.send"}], "'websocket.send' carries either a text or bytes."),
        ([ACCEPT, {"type": "websocket.send", "text": "a", "bytes": b"a"}], "'websocket.send' carries either a text or"),
        ([ACCEPT, {"type": "websocket.send", "bytes": "a"}], "'websocket.send' carries a str or bytes, got str."),
        ([ACCEPT, {"type": "websocket.close", "code": 1005}], "The close code 1005 cannot be sent."),
        ([ACCEPT, {"type": "websocket.close", "code": 0}], "A close code is a number from 1000 to 4999, got 0."),
        (
            [ACCEPT, {"type": "websocket.close", "reason": "x" * 124}],
            "The reason of a close has at most 123 bytes, got 124",
        ),
        (
            [ACCEPT, {"type": "websocket.close"}, {"type": "websocket.close"}],
            "'websocket.close' was sent after the WebSocket",
        ),
        ([ACCEPT | {"subprotocol": "other"}], "The subprotocol 'other' was accepted, which was not offered."),
        ([ACCEPT | {"headers": [(b"A", b"")]}], "A header's name must be in lower case"),
        ([{"type": "websocket.http.response.start", "status": 101}], "The response's status must be from 200 to 999"),
        ([], "The application returned without an answer to /."),
    ],
)
async def test_what_breaks_the_protocol_fails_the_test(messages: list[dict[str, Any]], text: str) -> None:
    """
    Whether or not the application lets the error through.
    """
    with pytest.raises(ProtocolViolation) as caught:
        async with play(*messages).websocket_connect("/") as socket:
            await socket.receive()

    assert str(caught.value).startswith(text)


async def test_accept_waits_for_connect() -> None:
    """
    As the specification says.
    """
    with pytest.raises(
        ProtocolViolation, match=r"'websocket\.accept' was sent before 'websocket\.connect' was received"
    ):
        async with play(ACCEPT, receives=False).websocket_connect("/"):
            raise AssertionError


async def test_a_refusal_has_headers_and_body() -> None:
    """
    In one piece or in several.
    """
    start = {"type": "websocket.http.response.start", "status": 402, "headers": [(b"x-a", b"1")]}
    parts = [{"type": "websocket.http.response.body", "body": b"a", "more_body": True}]
    parts.append({"type": "websocket.http.response.body", "body": b"b"})

    with pytest.raises(WebSocketRefusedError) as caught:
        async with play(start, *parts).websocket_connect("/"):
            raise AssertionError

    assert (caught.value.status_code, caught.value.headers["x-a"], caught.value.body) == (402, "1", b"ab")
    assert ASGISocket.__module__ == "covet.testing.asgi_socket"
