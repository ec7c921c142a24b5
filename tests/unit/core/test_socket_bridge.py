"""
Tests of the WebSockets of ASGI applications behind RSGI.
"""

import asyncio
import logging

import pytest

from covet.core.bridge import ClientLeftError
from covet.core.socket_bridge import SocketBridge, make_socket_scope
from covet.exceptions import ServiceUnavailableError
from covet.http.websocket_errors import WebSocketDisconnect, WebSocketError, WebSocketStateError
from covet.testing import TestClient, WebSocketRefusedError
from covet.testing.request import ClientRequest, Origin
from covet.testing.rsgi_socket import RSGISocketScope
from covet.types import Message, Receive, Scope, Send
from tests.integration.asgi_applications import mount
from tests.unit.http.websocket_transports import MemoryTransport, make_socket

ACCEPT = {"type": "websocket.accept"}


def make_bridge() -> tuple[SocketBridge, MemoryTransport]:
    """
    Make a bridge, and what is behind it.
    """
    transport = MemoryTransport()
    return SocketBridge(make_socket(transport, headers={"sec-websocket-protocol": "chat"})), transport


async def test_messages_go_both_ways() -> None:
    """
    The handshake comes first, and the end as often as it is asked for.
    """
    bridge, transport = make_bridge()
    for item in ("text", b"bytes", WebSocketDisconnect(1001, "bye")):
        transport.incoming.put_nowait(item)

    connect = await bridge.receive()
    await bridge.send(ACCEPT)
    await bridge.send({"type": "websocket.send", "text": "a"})
    await bridge.send({"type": "websocket.send", "bytes": b"b", "text": None})
    received = [await bridge.receive() for _ in range(4)]

    end = {"type": "websocket.disconnect", "code": 1001, "reason": "bye"}
    assert connect == {"type": "websocket.connect"}
    assert transport.sent[1:] == ["a", b"b"]
    assert received == [
        {"type": "websocket.receive", "text": "text"},
        {"type": "websocket.receive", "bytes": b"bytes"},
        end,
        end,
    ]


async def test_a_wait_before_the_answer_ends_with_it() -> None:
    """
    An application may wait for messages in one task while another one answers.
    """
    bridge, transport = make_bridge()
    await bridge.receive()
    waiting = asyncio.ensure_future(bridge.receive())
    await asyncio.sleep(0)

    await bridge.send(ACCEPT)
    transport.incoming.put_nowait("first")

    assert (await waiting)["text"] == "first"


async def test_a_wait_before_a_refusal_is_a_disconnect() -> None:
    """
    Nothing comes any more.
    """
    bridge, _ = make_bridge()
    await bridge.receive()
    waiting = asyncio.ensure_future(bridge.receive())
    await asyncio.sleep(0)

    await bridge.send({"type": "websocket.close"})

    assert await waiting == {"type": "websocket.disconnect", "code": 1006, "reason": ""}


@pytest.mark.parametrize(
    ("messages", "refused"),
    [
        ([{"type": "websocket.http.response.body", "body": b""}], "websocket.http.response.body"),
        ([{"type": "websocket.http.response.start", "status": 403}, ACCEPT], "websocket.accept"),
        ([ACCEPT, ACCEPT], "websocket.accept"),
        ([ACCEPT, {"type": "websocket.http.response.start", "status": 403}], "websocket.http.response.start"),
        ([{"type": "http.response.start", "status": 200}], "http.response.start"),
    ],
)
async def test_messages_out_of_order_are_refused(messages: list[Message], refused: str) -> None:
    """
    The bridge accepts what ASGI allows, and nothing else.
    """
    bridge, _ = make_bridge()
    *first, last = messages
    for message in first:
        await bridge.send(message)

    with pytest.raises(RuntimeError, match=f"^The application sent '{refused}', which has no place there.$"):
        await bridge.send(last)


async def test_a_message_before_the_answer_is_refused() -> None:
    """
    The error says what to do first.
    """
    bridge, _ = make_bridge()

    with pytest.raises(WebSocketStateError, match="To send comes too early: the WebSocket is connecting"):
        await bridge.send({"type": "websocket.send", "text": "early"})


@pytest.mark.parametrize("status", [200, 101, 600, "403", None])
async def test_row_048_a_refusal_has_a_status_that_refuses(status: object) -> None:
    """
    Granian puts on the wire whatever it is given.
    """
    bridge, transport = make_bridge()

    with pytest.raises(WebSocketError, match=f"A refusal has a status from 300 to 599, got {status!r}"):
        await bridge.send({"type": "websocket.http.response.start", "status": status})

    assert transport.sent == []


async def test_who_has_left_is_an_oserror() -> None:
    """
    As ASGI says since 2.4.
    """
    bridge, transport = make_bridge()
    await bridge.send(ACCEPT)
    transport.failure = RuntimeError("RSGI transport is closed")

    with pytest.raises(ClientLeftError, match="The WebSocket is closed"):
        await bridge.send({"type": "websocket.send", "text": "late"})


@pytest.mark.parametrize(
    ("messages", "sent"),
    [
        ([], [("refuse", 500)]),
        ([{"type": "websocket.http.response.start", "status": 429}], [("refuse", 429)]),
        ([ACCEPT], [("accept", None, []), ("close", 1000, "", True)]),
        ([ACCEPT, {"type": "websocket.close", "code": 4000}], [("accept", None, []), ("close", 4000, "", True)]),
    ],
)
async def test_what_is_left_open_is_ended(
    messages: list[Message], sent: list[object], caplog: pytest.LogCaptureFixture
) -> None:
    """
    An application that returns without an answer is logged.
    """
    caplog.set_level(logging.ERROR)
    bridge, transport = make_bridge()
    for message in messages:
        await bridge.send(message)

    await bridge.finish()

    assert transport.sent == sent
    assert bool(caplog.messages) is (not messages)


@pytest.mark.parametrize(("messages", "last"), [([], ("refuse", 500)), ([ACCEPT], ("close", 1011, "", True))])
async def test_what_has_failed_is_ended(messages: list[Message], last: object) -> None:
    """
    With 500 or 1011.
    """
    bridge, transport = make_bridge()
    for message in messages:
        await bridge.send(message)

    await bridge.abort(500)

    assert transport.sent[-1] == last


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (SystemExit(3), RuntimeError),
        (ClientLeftError("gone"), None),
        (WebSocketDisconnect(1006), None),
        (ServiceUnavailableError("busy"), None),
    ],
)
async def test_what_an_application_raises_does_not_end_the_worker(
    error: BaseException, expected: type[Exception] | None
) -> None:
    """
    That its client has left is no error; to leave the process is one.
    """

    async def raising(scope: Scope, receive: Receive, send: Send) -> None:
        raise error

    with pytest.raises(expected or WebSocketRefusedError) as caught:
        async with TestClient(mount(raising), protocol="rsgi").websocket_connect("/sub/x"):
            raise AssertionError

    if isinstance(error, ServiceUnavailableError):
        assert isinstance(caught.value, WebSocketRefusedError)
        assert caught.value.status_code == 503


def test_the_scope_of_a_secure_connection_is_wss() -> None:
    """
    And refusals may have a status.
    """
    request = ClientRequest("GET", Origin("https", "example.com"), "/x", "a=b", ((b"host", b"example.com"),), b"")

    scope = make_socket_scope(RSGISocketScope(request, ("192.0.2.1", 1)), ("chat",), "/sub", {"pool": 1})

    assert (scope["type"], scope["scheme"], scope["subprotocols"], scope["root_path"]) == (
        "websocket",
        "wss",
        ["chat"],
        "/sub",
    )
    assert scope["extensions"] == {"websocket.http.response": {}}
    assert "method" not in scope
