"""
What RSGI has no word for is an error that says so, or is made up for.
"""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from covet import CovetPy
from covet.core import rsgi_websocket
from covet.core.open_sockets import OpenSockets
from covet.core.rsgi_websocket import RSGITransport
from covet.http.websocket_errors import WebSocketDisconnect, WebSocketError


class Protocol:
    """
    A server's object that keeps what is asked of it.
    """

    def __init__(self, *messages: Any) -> None:
        self.closed: list[int | None] = []
        self.messages = list(messages)

    async def accept(self) -> Any:
        """Give the other one."""
        return SimpleNamespace(receive=self.receive, send_str=None, send_bytes=None)

    async def receive(self) -> Any:
        """Give a message, or fail as a connection does that is over."""
        if not self.messages:
            raise RuntimeError("RSGI transport is closed")
        return self.messages.pop(0)

    def close(self, status: int | None = None) -> None:
        """Keep the status."""
        self.closed.append(status)


def make_transport(protocol: Protocol, **scope: str) -> RSGITransport:
    """
    Make a transport whose client cannot be found.
    """
    shown = {"client": "192.0.2.1:1", "server": "127.0.0.1:1", "scheme": "http", "http_version": "1.1"}
    return RSGITransport(SimpleNamespace(**shown | scope), protocol, OpenSockets(CovetPy()))


@pytest.mark.parametrize(
    ("subprotocol", "headers", "message"),
    [
        ("chat", [], "The subprotocol 'chat' cannot be sent over RSGI, which has no word for it."),
        (None, [("x-a", "1")], "A header of accept() cannot be sent over RSGI, which has no word for it."),
    ],
)
async def test_what_cannot_be_sent_is_an_error(
    subprotocol: str | None, headers: list[tuple[str, str]], message: str
) -> None:
    """
    Rather than left out in silence.
    """
    with pytest.raises(WebSocketError) as caught:
        await make_transport(Protocol()).accept(subprotocol, headers)

    assert str(caught.value) == f'{message}\n  Serve with interface="asgi".'


async def test_messages_and_ends_are_read() -> None:
    """
    A close is 1005, since Granian does not tell, and a cut connection 1006.
    """
    protocol = Protocol(SimpleNamespace(kind=2, data="a"), SimpleNamespace(kind=1, data=b"b"), SimpleNamespace(kind=0))
    transport = make_transport(protocol)
    await transport.accept(None, [])

    assert [await transport.receive(), await transport.receive()] == ["a", b"b"]
    for code in (1005, 1006):
        with pytest.raises(WebSocketDisconnect) as caught:
            await transport.receive()
        assert caught.value.code == code


async def test_a_client_that_cannot_be_found_is_closed_without_a_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    And so is one to which something is still being sent.
    """
    monkeypatch.setattr(rsgi_websocket, "SEND_SECONDS", 0.01)
    protocol = Protocol()
    transport = make_transport(protocol)
    await transport.accept(None, [])

    await transport.close(1000, "", is_clear=lambda: True)
    await transport.close(1000, "", is_clear=lambda: False)
    await transport.linger()

    assert protocol.closed == [None, None]


async def test_the_connection_is_let_go() -> None:
    """
    Granian closes it when nobody holds its objects any more.
    """
    transport = make_transport(Protocol())
    await transport.accept(None, [])

    transport.release()
    transport.release()

    assert not hasattr(transport, "_receive")


async def test_a_close_is_read_while_the_handler_only_sends() -> None:
    """
    Granian answers it then; what is sent behind it is refused.
    """
    protocol = Protocol(SimpleNamespace(kind=2, data="kept"), SimpleNamespace(kind=0))
    transport = make_transport(protocol)
    await transport.accept(None, [])

    transport.read_ahead()
    for _ in range(10):
        await asyncio.sleep(0)

    with pytest.raises(WebSocketDisconnect, match="1005"):
        await transport.send_text("late")
    assert await transport.receive() == "kept"
    with pytest.raises(WebSocketDisconnect, match="1005"):
        await transport.receive()
    transport.release()
