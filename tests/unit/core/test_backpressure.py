"""
Tests of holding a stream back, with real connections.
"""

import asyncio
import socket
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from covet.core import backpressure
from covet.core.backpressure import MAX_HELD, Backpressure, count_written, is_writable
from covet.core.disconnects import PIECES_PER_TURN

linux = pytest.mark.skipif(sys.platform != "linux", reason="no other kernel is asked how much it took")


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Connect a client to a listening socket of this process; yield both ends, the server's first."""
    with socket.socket() as listener, socket.socket() as client:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        client.connect(listener.getsockname())
        server, _ = listener.accept()
        with server:
            server.setblocking(False)
            client.settimeout(5)
            yield server, client


class Stream:
    """A stream that takes everything, until its client has left."""

    def __init__(self, *, has_left: bool = False) -> None:
        self.has_left = has_left

    async def send_bytes(self, data: bytes) -> None:
        """Take an empty piece, the only one that is sent here."""
        assert data == b""
        if self.has_left:
            raise RuntimeError("RSGI transport is closed")


STREAM = Stream()


def make_scope(server: socket.socket, version: str = "1.1") -> Any:
    """Describe a connection as Granian does."""
    client, listening = server.getpeername(), server.getsockname()
    return SimpleNamespace(
        http_version=version, client=f"{client[0]}:{client[1]}", server=f"{listening[0]}:{listening[1]}"
    )


def fill(connection: socket.socket) -> int:
    """Write until the kernel takes no more; return how much it took."""
    size = 0
    try:
        while True:
            size += connection.send(bytes(65_536))
    except BlockingIOError:
        return size


async def is_held(pressure: Backpressure, seconds: float = 0.2) -> bool:
    """Tell whether a stream is held back, and is still after a while."""
    try:
        await asyncio.wait_for(pressure.wait(STREAM), seconds)
    except TimeoutError:
        return True
    return False


def test_small_pieces_are_only_counted() -> None:
    """The loop gets a turn after some; the connection is not looked for."""
    with Backpressure(SimpleNamespace(http_version="1.1"), is_framed=True) as pressure:
        due = [pressure.is_due(10) for _ in range(PIECES_PER_TURN)]

    assert due == [*[False] * (PIECES_PER_TURN - 1), True]


async def test_a_turn_is_given_without_a_connection() -> None:
    """Nothing is held back before a stream is large."""
    turns: list[str] = []
    asyncio.get_running_loop().call_soon(turns.append, "another")
    with Backpressure(SimpleNamespace(http_version="1.1"), is_framed=True) as pressure:
        pressure.is_due(10)

        await pressure.wait(STREAM)

    assert turns == ["another"]


@linux
async def test_what_the_kernel_does_not_take_is_waited_for(pair: tuple[socket.socket, socket.socket]) -> None:
    """A client that reads nothing holds its stream back; one that reads on sets it free, by as much as it reads."""
    server, client = pair
    with Backpressure(make_scope(server), is_framed=False) as pressure:
        # The server has written as much as the kernel takes, and keeps more.
        assert pressure.is_due(MAX_HELD)
        fill(server)
        assert not await is_held(pressure)
        assert pressure.is_due(MAX_HELD)
        held_at_first = await is_held(pressure)

        received = 0
        while received < MAX_HELD:
            received += len(client.recv(65_536))
        await asyncio.sleep(0.05)
        server.send(bytes(4096))
        held_at_last = await is_held(pressure, 5)

    assert (held_at_first, held_at_last) == (True, False)


@linux
@pytest.mark.parametrize(("version", "is_held_back"), [("1.1", False), ("2", True)])
async def test_an_idle_connection_shows_that_nothing_is_kept(
    pair: tuple[socket.socket, socket.socket], version: str, *, is_held_back: bool
) -> None:
    """Then the account was wrong, and is put right; with HTTP/2 idleness may be the stream's alone."""
    server, _ = pair
    with Backpressure(make_scope(server, version), is_framed=False) as pressure:
        pressure.is_due(MAX_HELD)
        await pressure.wait(STREAM)
        pressure.is_due(MAX_HELD)

        assert await is_held(pressure, 0.5) is is_held_back


@linux
async def test_a_client_that_gives_up_its_stream_is_noticed_over_http2(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    """Its connection goes on."""
    server, _ = pair
    with Backpressure(make_scope(server, "2"), is_framed=False) as pressure:
        pressure.is_due(MAX_HELD)
        await pressure.wait(STREAM)
        pressure.is_due(MAX_HELD)

        with pytest.raises(RuntimeError, match=r"RSGI transport is closed"):
            await asyncio.wait_for(pressure.wait(Stream(has_left=True)), 5)


async def test_a_connection_that_cannot_be_found_holds_nothing_back() -> None:
    """There is none over a Unix socket."""
    scope: Any = SimpleNamespace(http_version="1.1", client="unix:", server="unix:/run/a.sock")
    with Backpressure(scope, is_framed=True) as pressure:
        for _ in range(3):
            assert pressure.is_due(MAX_HELD)
            await asyncio.wait_for(pressure.wait(STREAM), 5)


async def test_a_kernel_that_does_not_count_is_asked_whether_it_takes_more(
    pair: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that reads nothing is noticed all the same."""
    server, client = pair
    monkeypatch.setattr(backpressure, "count_written", lambda _connection: None)
    with Backpressure(make_scope(server), is_framed=False) as pressure:
        pressure.is_due(MAX_HELD)
        free = not await is_held(pressure, 5)
        fill(server)
        pressure.is_due(MAX_HELD)
        held = await is_held(pressure)
        client.settimeout(0.2)
        with pytest.raises(TimeoutError):
            while True:
                client.recv(65_536)

        assert (free, held, await is_held(pressure, 5)) == (True, True, False)


@pytest.mark.parametrize(("version", "is_framed", "framing"), [("1.1", True, 7), ("1.1", False, 0), ("1", True, 0)])
def test_framing_counts_as_what_it_is(version: str, *, is_framed: bool, framing: int) -> None:
    """A chunk of 255 bytes has two digits and two line ends around it; HTTP/1.0 has no chunks."""
    pieces = MAX_HELD // (255 + framing)
    scope: Any = SimpleNamespace(http_version=version)
    with Backpressure(scope, is_framed=is_framed) as pressure:
        pressure.is_due(255 * (pieces - PIECES_PER_TURN))

        assert pressure.is_framed is bool(framing)


@linux
def test_everything_that_was_written_is_counted(pair: tuple[socket.socket, socket.socket]) -> None:
    """Whether the client has read it or not."""
    server, client = pair
    before = count_written(server) or 0
    size = fill(server)
    after_writing = count_written(server) or 0
    has_room = is_writable(server)
    client.recv(100_000)

    assert after_writing - before == size
    assert ((count_written(server) or 0) - before, has_room) == (size, False)
