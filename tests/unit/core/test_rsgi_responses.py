"""
Tests of responses over RSGI, against stand-ins that behave as Granian was measured to.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Coroutine, Iterator
from typing import Any

import pytest

from covet import CovetPy, Response
from covet.responses import ServerSentEvent
from covet.testing import TestClient
from covet.testing.request import ClientRequest, Origin
from covet.testing.rsgi_fakes import RSGIScope


async def call(app: CovetPy, method: str, path: str, **options: Any) -> Any:
    """Send one request over RSGI."""
    async with TestClient(app, protocol="rsgi", raise_app_exceptions=False) as client:
        return await client.request(method, path, **options)


@pytest.mark.parametrize("status", [204, 304])
async def test_a_status_without_a_body_has_none(status: int) -> None:
    """Granian would send what it is given."""
    app = CovetPy()
    app.add_route("/", lambda: Response("ignored", status, {"x-a": "1"}))

    response = await call(app, "GET", "/")

    assert (response.content, dict(response.headers)) == (b"", {"x-a": "1"})


async def test_head_has_the_length_of_get() -> None:
    """For text, JSON and a response."""
    app = CovetPy()
    app.add_route("/text", lambda: "text", name="text")
    app.add_route("/json", lambda: {"a": 1}, name="json")
    app.add_route("/response", lambda: Response(b"12345"), name="response")

    lengths = [(await call(app, "HEAD", path)).headers["content-length"] for path in ("/text", "/json", "/response")]

    assert lengths == ["4", "7", "5"]


@pytest.mark.row(45)
async def test_what_granian_would_drop_is_a_500() -> None:
    """An invalid header vanishes there without a word."""
    app = CovetPy()
    app.add_route("/", lambda: Response("", headers={"a\r\nb": "c"}))

    response = await call(app, "GET", "/")

    assert response.status_code == 500


class Protocol:
    """The exchange of a request without a body, on a connection that stays; it counts the pieces."""

    def __init__(self) -> None:
        self.pieces = 0

    def response_stream(self, status: int, headers: list[tuple[str, str]]) -> "Protocol":
        """Begin."""
        return self

    async def send_bytes(self, data: bytes) -> None:
        """Take a piece."""
        self.pieces += 1

    async def client_disconnect(self) -> None:
        """Never leave."""
        await asyncio.Event().wait()


class ConnectedScope(RSGIScope):
    """The head of a request that came over a real connection of this process."""

    def __init__(self, path: str, connection: socket.socket) -> None:
        port = connection.getsockname()[1]
        request = ClientRequest("GET", Origin("http", f"127.0.0.1:{port}"), path, "", ((b"host", b"a"),), b"")
        super().__init__(request, connection.getpeername()[:2])


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Connect a client to a listening socket; yield both ends, the server's first."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as client:
        server, _ = listener.accept()
        with server:
            client.settimeout(5)
            yield server, client


async def forward(scope: Any, receive: Any, send: Any) -> None:
    """Stream without an end, as an ASGI application."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"x", "more_body": True})
    await asyncio.Event().wait()


async def give_bytes() -> AsyncIterator[bytes]:
    """Stream bytes without an end."""
    yield b"x"
    await asyncio.Event().wait()


async def give_events() -> AsyncIterator[ServerSentEvent]:
    """Stream events without an end."""
    yield ServerSentEvent("x")
    await asyncio.Event().wait()


@pytest.mark.parametrize("is_loop_gone", [False, True])
@pytest.mark.parametrize("path", ["/bytes", "/events", "/asgi"])
def test_nothing_is_awaited_where_the_coroutine_of_a_stream_is_closed(
    path: str, is_loop_gone: bool, pair: tuple[socket.socket, socket.socket]
) -> None:
    """Python refuses it; the connection is cut all the same, so that nobody takes the body for whole."""
    server, client = pair
    app = CovetPy()
    app.add_route("/bytes", give_bytes, name="bytes")
    app.add_route("/events", give_events, name="events")
    app.mount("/asgi", forward)
    protocol = Protocol()

    async def begin() -> Coroutine[Any, Any, None]:
        await app.startup()
        # Any: a stand-in.
        step: Any = app.__rsgi__(ConnectedScope(path, server), protocol)  # type: ignore[arg-type]
        while not protocol.pieces:
            waiting = step.send(None)
            if waiting is not None:
                # What a task does with what its coroutine waits for, as far as it is needed here.
                waiting._asyncio_future_blocking = False
            await asyncio.sleep(0)
        coroutine: Coroutine[Any, Any, None] = step
        return coroutine

    loop = asyncio.new_event_loop()
    coroutine = loop.run_until_complete(begin())
    if is_loop_gone:
        loop.close()
    coroutine.close()

    assert client.recv(1) == b""
    if not is_loop_gone:
        loop.run_until_complete(app.shutdown())
        loop.close()
