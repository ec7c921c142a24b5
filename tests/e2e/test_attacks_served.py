"""
Bodies that cost one client's request what they may, and nobody else anything: others are answered meanwhile, by the
same worker, whose memory stays bounded. Over both protocols.
"""

import socket
from collections.abc import Iterable, Iterator
from itertools import repeat
from pathlib import Path

import pytest

from tests.e2e.canary import MIB, Canary, WorkerMemory
from tests.e2e.server_process import ServerProcess, serve
from tests.e2e.wire_client import WireClient

ROOT = Path(__file__).parents[2]
MULTIPART = "multipart/form-data; boundary=b"
URLENCODED = "application/x-www-form-urlencoded"
FIELD = b'--b\r\ncontent-disposition: form-data; name="a"\r\n\r\n'
FILE = b'--b\r\ncontent-disposition: form-data; name="a"; filename="a"\r\n\r\n'
END = b"\r\n--b--\r\n"
PIECE = 65_536


@pytest.fixture(scope="module", params=["rsgi", "asgi"])
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    """Serve the application on Granian."""
    with serve("tests.e2e.attacked_application:app", interface=request.param, directory=ROOT) as server:
        with WireClient(server.port) as client:
            client.ask("GET", "/ok")
        yield server


def repeat_bytes(unit: bytes, size: int) -> Iterator[bytes]:
    """Make so many bytes of a unit, in pieces."""
    piece = unit * (PIECE // len(unit))
    return repeat(piece, size // len(piece))


def surround(*parts: bytes | Iterable[bytes]) -> Iterator[bytes]:
    """Put pieces together."""
    for part in parts:
        if isinstance(part, bytes):
            yield part
        else:
            yield from part


def send(server: ServerProcess, path: str, content_type: str, pieces: Iterable[bytes]) -> int:
    """Send a body of no declared length, as far as the server takes it, and return the status."""
    with WireClient(server.port, timeout=60) as client:
        head = f"POST {path} HTTP/1.1\r\nhost: a\r\ncontent-type: {content_type}\r\ntransfer-encoding: chunked\r\n\r\n"
        try:
            client.send(head.encode("latin-1"))
            for piece in pieces:
                client.send(b"%x\r\n%b\r\n" % (len(piece), piece))
            client.send(b"0\r\n\r\n")
        except (BrokenPipeError, ConnectionResetError):
            # The answer came before the end of the body, and is there to be read.
            pass
        return client.receive().status


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("path", "content_type", "make", "statuses", "limit"),
    [
        pytest.param(
            *("/form", MULTIPART, lambda: surround(repeat_bytes(FIELD + b"1\r\n", 20_000 * 55), END), {413}, MIB),
            marks=pytest.mark.row(1),
            id="20,000 parts",
        ),
        pytest.param(
            *("/form", MULTIPART, lambda: surround(FIELD, repeat_bytes(b"x", 50 * MIB), END), {413}, MIB),
            marks=pytest.mark.row(2),
            id="a field of 50 MiB",
        ),
        pytest.param(
            *("/form", URLENCODED, lambda: repeat_bytes(b"f0=v&", 7 * MIB), {413}, 8 * MIB),
            marks=pytest.mark.row(3),
            id="a million urlencoded fields",
        ),
        pytest.param(
            *("/form", URLENCODED, lambda: surround(b"f=", repeat_bytes(b"x", 50 * MIB)), {413}, 8 * MIB),
            marks=pytest.mark.row(3),
            id="an urlencoded field of 50 MiB",
        ),
        pytest.param(
            *("/limited", "a/b", lambda: repeat_bytes(b"x", 60 * MIB), {413}, MIB),
            marks=pytest.mark.row(5),
            id="a body of no length",
        ),
        pytest.param(
            *("/form", f'{MULTIPART}; a="' + '\\"' * 29_000, lambda: surround(FIELD, b"1", END), {400, 413, 415}, MIB),
            marks=pytest.mark.row(7),
            id="a type of escapes",
        ),
        pytest.param(
            *("/form", MULTIPART, lambda: surround(repeat_bytes(b"\r\n", 10 * MIB), FIELD, b"1", END), {200}, MIB),
            marks=pytest.mark.row(9),
            id="a preamble",
        ),
        pytest.param(
            *("/form", MULTIPART, lambda: surround(FILE, repeat_bytes(b"\r\n--", 20 * MIB), END), {200}, MIB),
            marks=pytest.mark.row(10),
            id="nothing but beginnings of boundaries",
        ),
        pytest.param(
            *("/lines", "application/x-ndjson", lambda: repeat_bytes(b"\n", 8 * MIB), {200}, MIB),
            marks=pytest.mark.row(23),
            id="nothing but lines",
        ),
    ],
)
def test_a_body_costs_nobody_else_anything(
    server: ServerProcess, path: str, content_type: str, make: object, statuses: set[int], limit: int
) -> None:
    """Answered with what it deserves, within its limit; whoever asks meanwhile is answered as ever."""
    assert callable(make)
    memory = WorkerMemory(server)

    with Canary(server, "/ok") as canary:
        found = {send(server, path, content_type, make()) for _ in range(3)}

    assert found == statuses or found < statuses
    canary.assert_served()
    memory.assert_bounded(limit)


def test_the_canary_sees_a_loop_that_is_blocked(server: ServerProcess) -> None:
    """Whoever never sends the end of a head holds nobody up."""
    with socket.create_connection(("127.0.0.1", server.port)) as slow:
        slow.sendall(b"GET /ok HTTP/1.1\r\nhost: a\r\n")
        with Canary(server, "/ok") as canary:
            slow.sendall(b"x: y\r\n" * 20)
    canary.assert_served()
