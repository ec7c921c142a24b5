"""
Close frames go straight to the client's connection, all that are wanted at once together.
"""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest

from covet.core import close_frames
from covet.core.close_frames import CloseFrames
from covet.core.connections import send_to_connections

FRAME = b"\x88\x02\x03\xf4"


@pytest.fixture
def pairs() -> Iterator[list[tuple[socket.socket, Any]]]:
    """
    Make some connections; each is the client's end, and the scope that a server would show.
    """
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        made = []
        for _ in range(5):
            client = stack.enter_context(socket.create_connection(listener.getsockname()))
            client.settimeout(5)
            stack.enter_context(listener.accept()[0])
            made.append((client, make_scope(client)))
        yield made


def make_scope(connection: socket.socket, /, **others: str) -> Any:
    """
    Show a connection as Granian does.
    """
    (host, port), (own, own_port) = connection.getsockname(), connection.getpeername()
    shown = {"client": f"{host}:{port}", "server": f"{own}:{own_port}", "scheme": "http", "http_version": "1.1"}
    return SimpleNamespace(**shown | others)


async def test_frames_arrive_at_their_own_clients(
    pairs: list[tuple[socket.socket, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    One look for connections serves all who ask meanwhile.
    """
    looks = []

    def count(payloads: Any) -> Any:
        looks.append(len(payloads))
        return send_to_connections(payloads)

    monkeypatch.setattr(close_frames, "send_to_connections", count)
    frames = CloseFrames()

    written = await asyncio.gather(*(frames.write(scope, FRAME + bytes([n])) for n, (_, scope) in enumerate(pairs)))

    assert written == [True] * 5
    assert [client.recv(10) for client, _ in pairs] == [FRAME + bytes([n]) for n in range(5)]
    assert looks == [5]


@pytest.mark.parametrize(
    "other", [{"scheme": "https"}, {"http_version": "2"}, {"client": "unix:"}, {"client": "192.0.2.1:1"}]
)
async def test_what_a_frame_would_break_is_left_alone(
    pairs: list[tuple[socket.socket, Any]], other: dict[str, str]
) -> None:
    """
    TLS, a connection of several streams, and one that cannot be found.
    """
    client, _ = pairs[0]
    client.setblocking(False)

    assert await CloseFrames().write(make_scope(client, **other), FRAME) is False
    with pytest.raises(BlockingIOError):
        client.recv(10)


async def test_nothing_is_left_behind(pairs: list[tuple[socket.socket, Any]]) -> None:
    """
    The task that wrote is over, and a later frame gets one of its own.
    """
    frames = CloseFrames()

    for _, scope in pairs[:2]:
        assert await frames.write(scope, FRAME)
        await asyncio.sleep(0)

    assert frames._task is None
    assert frames._waiting == {}
