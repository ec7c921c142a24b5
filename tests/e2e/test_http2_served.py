"""
HTTP/2: nobody gets it who did not ask for it, and where it is on, floods of frames end their own connection at most.
"""

import re
import socket
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from itertools import repeat
from pathlib import Path

import pytest

from covet.server.options import ServerOptions
from tests.e2e.server_process import ServerProcess, serve
from tests.e2e.wire_client import WireClient

ROOT = Path(__file__).parents[2]
APP = "tests.e2e.framing_application:app"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
# RFC 9113 §6, §7.
DATA, HEADERS, RESET, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS = 1, 4
CANCEL = (8).to_bytes(4)
# RFC 7541 §6: GET, http, the authority "a", and a path without an index.
GET = b"\x82\x86\x41\x01a\x04\x09/number/7"
POST = b"\x83\x86\x41\x01a\x04\x05/take"
# A literal header "x: aaaa…" without an index.
HEADER = b"\x00\x01x\x64" + b"a" * 100


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """Write a frame."""
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


class Connection:
    """A connection that has greeted the server; `with` closes it."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.send(PREFACE + frame(SETTINGS, 0, 0))

    def __enter__(self) -> "Connection":  # noqa: PYI034 - it is final
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self._socket.sendall(data)

    def send_all(self, frames: Iterable[bytes]) -> bool:
        """Send frames until the server closes the connection; returns whether it did."""
        try:
            for item in frames:
                self._socket.sendall(item)
        except OSError:
            return True
        return False

    def receive(self) -> tuple[int, int, bytes]:
        """Receive a frame: its kind, its stream and what is in it."""
        head = self._read(9)
        return head[3], int.from_bytes(head[5:]), self._read(int.from_bytes(head[:3]))

    def wait_for(self, *kinds: int) -> int:
        """Wait for a frame of some kinds, or the end of the connection, which counts as `GOAWAY`."""
        try:
            while (kind := self.receive()[0]) not in kinds:
                pass
        except OSError:
            return GOAWAY
        return kind

    def _read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = self._socket.recv(size - len(data))
            if not piece:
                raise ConnectionResetError
            data += piece
        return data


@pytest.fixture(scope="module", params=["rsgi", "asgi"])
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    """Serve HTTP/2 alone, on Granian."""
    with serve(APP, interface=request.param, directory=ROOT, arguments=["--http", "2"]) as server:
        yield server


def assert_alive(server: ServerProcess, workers: list[int]) -> None:
    """Check that others are answered, by the same worker."""
    with Connection(server.port) as other:
        other.send(frame(HEADERS, END_STREAM | END_HEADERS, 1, GET))
        assert other.wait_for(DATA) == DATA
    assert server.worker_pids() == workers
    assert "Traceback" not in server.log()
    assert "panicked" not in server.log()


@pytest.mark.row(94)
def test_row_094_http2_is_for_those_who_ask() -> None:
    """Without an option there is HTTP/1 alone: who greets in HTTP/2 is answered with the end of the connection."""
    assert ServerOptions().http == "1"
    for interface in ("rsgi", "asgi"):
        with serve(APP, interface=interface, directory=ROOT) as server, WireClient(server.port) as client:
            client.send(PREFACE + frame(SETTINGS, 0, 0) + frame(HEADERS, END_STREAM | END_HEADERS, 1, GET))
            with pytest.raises(EOFError):
                client.receive()


@pytest.mark.row(94)
def test_row_094_the_server_is_new_enough() -> None:
    """The oldest Granian that is taken, and the one that is here, have what was mended in what they are made of."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [line for lines in project["optional-dependencies"].values() for line in lines if "granian" in line]
    floors = [re.search(r">=([0-9.]+)", line) for line in wanted]

    assert wanted
    for found in [*(floor[1] if floor else "" for floor in floors), version("granian")]:
        assert tuple(map(int, found.split("."))) >= (2, 8, 7)


@pytest.mark.row(94)
def test_row_094_requests_are_answered_over_http2(server: ServerProcess) -> None:
    """The floods below do reach a server that would answer."""
    assert_alive(server, server.worker_pids())


@pytest.mark.row(94)
@pytest.mark.parametrize(
    ("what", "frames", "ends"),
    [
        (
            "streams that are reset at once",
            [
                frame(HEADERS, END_STREAM | END_HEADERS, number, GET) + frame(RESET, 0, number, CANCEL)
                for number in range(1, 40_001, 2)
            ],
            True,
        ),
        (
            "headers without an end",
            [*[frame(HEADERS, END_STREAM, 1, GET)], *repeat(frame(CONTINUATION, 0, 1, HEADER * 100), 2000)],
            True,
        ),
        ("empty continuations", [*[frame(HEADERS, 0, 1, GET)], *repeat(frame(CONTINUATION, 0, 1), 100_000)], True),
        ("empty data", [*[frame(HEADERS, END_HEADERS, 1, POST)], *repeat(frame(DATA, 0, 1), 100_000)], False),
        ("settings", [frame(SETTINGS, 0, 0, b"\x00\x04\x00\x00\xff\xff")] * 50_000, False),
        ("pings", [frame(PING, 0, 0, bytes(8))] * 50_000, False),
        ("a window that overflows", [frame(WINDOW_UPDATE, 0, 0, b"\x7f\xff\xff\xff")] * 2, True),
        ("a frame on a stream that was never opened", [frame(DATA, 0, 5, b"a")], True),
        ("a stream of the server's", [frame(HEADERS, END_STREAM | END_HEADERS, 2, GET)], True),
        ("a frame that is too large", [frame(HEADERS, END_HEADERS, 1, b"a" * 20_000)], True),
        ("an index that there is not", [frame(HEADERS, END_STREAM | END_HEADERS, 1, b"\xff\xff\xff\x7f")], True),
    ],
    ids=lambda value: value.replace(" ", "-") if isinstance(value, str) else "",
)
def test_row_094_floods_end_their_own_connection(
    server: ServerProcess, what: str, frames: list[bytes], ends: bool
) -> None:
    """Whatever it is: others are answered by the same worker, and what breaks the rules is closed."""
    workers = server.worker_pids()

    with Connection(server.port) as client:
        was_closed = client.send_all(frames) or not ends
        if not was_closed:
            assert client.wait_for(GOAWAY, RESET) in {GOAWAY, RESET}
        assert_alive(server, workers)
