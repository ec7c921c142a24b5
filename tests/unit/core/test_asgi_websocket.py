"""
What ASGI says of a WebSocket is read, whatever the server leaves out.
"""

import asyncio
from typing import Any

import pytest

from covet import CovetPy
from covet.core.asgi_websocket import ASGITransport, read_disconnect
from covet.http.response import Response
from covet.http.websocket import WebSocket
from covet.http.websocket_errors import WebSocketDisconnect


class Server:
    """
    Both directions of a server, in lists.
    """

    def __init__(self, *messages: dict[str, Any]) -> None:
        self.messages = list(messages)
        self.sent: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        """Give the next message."""
        return self.messages.pop(0)

    async def send(self, message: Any) -> None:
        """Keep a message."""
        self.sent.append(dict(message))


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"text": "a"}, "a"),
        ({"text": "", "bytes": None}, ""),
        ({"bytes": b""}, b""),
        ({"text": None, "bytes": b"a"}, b"a"),
    ],
)
async def test_messages_are_read_in_every_form(message: dict[str, Any], expected: str | bytes) -> None:
    """
    Either key may be left out, or be None.
    """
    server = Server({"type": "websocket.receive", **message})

    assert await ASGITransport({}, server.receive, server.send).receive() == expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [({}, (1005, "")), ({"code": None, "reason": None}, (1005, "")), ({"code": 1001, "reason": "x"}, (1001, "x"))],
)
def test_an_end_is_read_in_every_form(message: dict[str, Any], expected: tuple[int, str]) -> None:
    """
    A server may know no code.
    """
    end = read_disconnect(message)

    assert (end.code, end.reason) == expected


async def test_a_server_that_cannot_refuse_says_403() -> None:
    """
    Without the extension there is the close alone.
    """
    server = Server()

    await ASGITransport({}, server.receive, server.send).refuse(Response("no", 429))

    assert server.sent == [{"type": "websocket.close", "code": 1000, "reason": ""}]


async def test_a_receive_under_way_is_ended_by_the_close() -> None:
    """
    Granian's close would wait for it, and so for the client's next message.
    """
    loop, server = asyncio.get_running_loop(), Server()
    waiting: asyncio.Future[dict[str, Any]] = loop.create_future()
    transport = ASGITransport({}, lambda: waiting, server.send)
    receiving = asyncio.ensure_future(transport.receive())
    await asyncio.sleep(0)

    await transport.close(1000, "", is_clear=lambda: True)

    with pytest.raises(WebSocketDisconnect):
        await receiving
    assert waiting.cancelled()
    assert server.sent == [{"type": "websocket.close", "code": 1000, "reason": ""}]


@pytest.mark.parametrize(("version", "taken"), [("2.3", 99), ("2.4", 100)])
async def test_who_only_sends_learns_that_the_client_has_left(version: str, taken: int) -> None:
    """
    From the messages where the server's `send` may say nothing; what came before the end is there.
    """
    app, caught = CovetPy(), []

    @app.websocket("/x")
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        try:
            for _ in range(100):
                await websocket.send_bytes(b"x" * 1024)
        except WebSocketDisconnect as exc:
            caught.append(exc.code)

    server = Server({"type": "websocket.connect"}, *TALK)
    scope = {"type": "websocket", "path": "/x", "headers": [(b"host", b"a")], "asgi": {"spec_version": version}}
    await app(scope, server.receive, server.send)

    sent = sum(message["type"] == "websocket.send" for message in server.sent)
    assert (sent <= taken, caught) == (True, [1001] if version == "2.3" else [])


TALK: list[dict[str, Any]] = [
    {"type": "websocket.receive", "text": "one"},
    {"type": "websocket.receive", "bytes": b"two"},
    {"type": "websocket.disconnect", "code": 1001},
]


async def test_what_came_meanwhile_is_received() -> None:
    """
    A handler may send for a while, and listen then.
    """
    server = Server(*TALK)
    transport = ASGITransport({"asgi": {"spec_version": "2.3"}}, server.receive, server.send)
    with pytest.raises(WebSocketDisconnect, match="1001"):
        while True:
            await transport.send_text("x")
            await asyncio.sleep(0)

    assert [await transport.receive(), await transport.receive()] == ["one", b"two"]
    with pytest.raises(WebSocketDisconnect, match="1001"):
        await transport.receive()


async def test_a_client_that_left_before_is_not_served() -> None:
    """
    Nothing is sent, and no handler called.
    """
    app = CovetPy()

    @app.websocket("/")
    async def handler(websocket: WebSocket) -> None:
        raise AssertionError

    server = Server({"type": "websocket.disconnect", "code": 1006})
    await app({"type": "websocket", "path": "/", "headers": []}, server.receive, server.send)

    assert server.sent == []


async def test_a_mounted_application_sees_its_own_paths() -> None:
    """
    A root path is taken off, and stands in the URL.
    """
    app = CovetPy()

    @app.websocket("/x")
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(f"{websocket.path} {websocket.request.root_path}")

    server = Server({"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1000})
    scope = {"type": "websocket", "path": "/sub/x", "root_path": "/sub", "headers": [(b"host", b"a")]}
    await app(scope, server.receive, server.send)

    assert server.sent[1] == {"type": "websocket.send", "text": "/x /sub"}


@pytest.mark.parametrize("headers", [[], [(b"host", b"a"), (b"host", b"b")], [(b"host", b"a@b")]])
async def test_a_malformed_head_is_refused(headers: list[tuple[bytes, bytes]]) -> None:
    """
    As that of a request: 400.
    """
    app = CovetPy()

    @app.websocket("/x")
    async def handler(websocket: WebSocket) -> None:
        raise AssertionError

    server = Server({"type": "websocket.connect"})
    scope = {"type": "websocket", "path": "/x", "headers": headers, "extensions": {"websocket.http.response": {}}}
    await app(scope, server.receive, server.send)

    assert server.sent[0]["status"] == 400
