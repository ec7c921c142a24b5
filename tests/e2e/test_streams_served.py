"""
Streams that never wait, and bodies that do not end well, on every server.
"""

import contextlib
import fcntl
import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from covet.middleware.compressors import make_inflater
from tests.e2e.server_process import ServerProcess, serve
from tests.e2e.wire_client import WireClient, WireResponse

ROOT = Path(__file__).parents[2]
SERVERS = [("granian", "rsgi"), ("granian", "asgi"), ("uvicorn", "asgi"), ("hypercorn", "asgi")]
# What a kernel, a server and the framework hold together at most, by far: the pieces have 1,000 bytes.
MOST_MADE = 16_000
CHUNKED = "Host: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNK = '7\r\n{"a":1}\r\n'


@pytest.fixture(scope="module", params=SERVERS, ids=lambda value: "-".join(value))
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    """Serve the application in every way there is."""
    name, interface = request.param
    with serve("tests.e2e.stream_application:app", server=name, interface=interface, directory=ROOT) as server:
        yield server


@pytest.fixture(scope="module", params=["rsgi", "asgi"])
def granian(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    """Serve the application on Granian alone."""
    with serve("tests.e2e.stream_application:app", interface=request.param, directory=ROOT) as server:
        yield server


def count_made(server: ServerProcess) -> int:
    """Ask how many pieces were made; an answer at all shows that the worker is alive."""
    return int(httpx2.get(f"{server.url}/made", timeout=5).text)


def wait_until_held_back(server: ServerProcess) -> int:
    """Wait until no more pieces are made; return how many were."""
    before, deadline = -1, time.monotonic() + 20
    while time.monotonic() < deadline:
        made = count_made(server)
        if made == before:
            return made
        before = made
        time.sleep(0.5)
    raise AssertionError(f"Pieces are made without end: {before} so far.")


def send_and_read(server: ServerProcess, data: str, *, ending: str) -> bytes:
    """Send bytes, end the connection in some way, and read whatever comes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(data.encode())
        if ending == "half-closed":
            connection.shutdown(socket.SHUT_WR)
        try:
            return connection.recv(65_536)
        except ConnectionResetError:
            return b""


@pytest.mark.parametrize("path", ["/endless", "/mounted/"])
def test_stream_that_nobody_reads_is_held_back(
    server: ServerProcess, path: str, request: pytest.FixtureRequest
) -> None:
    """
    A generator that never waits makes what the network takes and little more, others are answered, and it ends.
    """
    if path == "/mounted/" and "rsgi" not in request.node.callspec.id:
        pytest.skip("a mounted application has the server's own send, which is not ours to slow down")
    before = count_made(server)
    with socket.socket() as connection:
        # A fixed size: the kernel would take more and more from a server that is read fast.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 262_144)
        connection.settimeout(5)
        connection.connect(("127.0.0.1", server.port))
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        connection.recv(1)
        held = wait_until_held_back(server) - before
        received = 0
        while received < 20_000_000:
            received += len(connection.recv(65_536))
        after = wait_until_held_back(server) - before

    assert held < MOST_MADE
    assert 20_000 - 1_000 < after < 20_000 + MOST_MADE
    assert httpx2.get(f"{server.url}/closed", timeout=15).text == "closed"


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_compressed_stream_arrives_piece_by_piece(server: ServerProcess, coding: str) -> None:
    """
    A piece can be read by the client before the next one exists.
    """
    inflater = make_inflater(coding)
    with (
        httpx2.Client(base_url=server.url, timeout=10) as client,
        client.stream("GET", "/compressed", headers={"Accept-Encoding": coding}) as response,
    ):
        pieces = response.iter_raw()
        seen = b""
        while seen != b"first":
            seen += inflater.inflate(next(pieces), 100)
        httpx2.post(f"{server.url}/tell", timeout=10)
        for piece in pieces:
            seen += inflater.inflate(piece, 100)

    assert seen == b"firstsecond"
    assert inflater.is_complete
    assert (response.headers["content-encoding"], response.headers["vary"]) == (coding, "Accept-Encoding")


def test_stream_over_http2_is_held_back_and_goes_on() -> None:
    """
    Its window is waited for, a client that reads on is given more, and one that leaves ends it.
    """
    with (
        serve("tests.e2e.stream_application:app", directory=ROOT, arguments=["--http", "2"]) as server,
        httpx2.Client(base_url=server.url, http1=False, http2=True, timeout=10) as other,
    ):
        with (
            httpx2.Client(base_url=server.url, http1=False, http2=True, timeout=10) as client,
            client.stream("GET", "/endless") as response,
        ):
            pieces = response.iter_raw()
            next(pieces)
            time.sleep(1)
            held = int(other.get("/made").text)
            received = 0
            while received < 20_000_000:
                received += len(next(pieces))
            time.sleep(1)
            after = int(other.get("/made").text)

        assert held < MOST_MADE
        # The client itself takes up to 16 MiB before they are read.
        assert 20_000 - 1_000 < after < 20_000 + 3 * MOST_MADE
        assert other.get("/closed").text == "closed"


def test_stream_ends_when_its_client_leaves_before_the_first_piece(server: ServerProcess) -> None:
    """
    A server that stops need not wait for it.
    """
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(b"GET /late HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(0.3)

    assert httpx2.get(f"{server.url}/closed", timeout=15).text == "closed"


def test_server_stops_while_a_client_reads_nothing() -> None:
    """
    SIGTERM ends a worker whose generator never waits, after the drain.
    """
    with (
        serve(
            "tests.e2e.stream_application:app", server="uvicorn", directory=ROOT, arguments=["--drain-timeout", "0.5"]
        ) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection,
    ):
        connection.sendall(b"GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
        connection.recv(1)

        assert server.stop(timeout=15) == 0


@pytest.mark.parametrize("size", [5, 100_000, 900_000])
def test_body_is_streamed_back_while_it_comes(server: ServerProcess, size: int) -> None:
    """
    Reader and watcher wait for the same message of the server, and each gets it.
    """
    with WireClient(server.port) as client:
        head = f"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n".encode()
        sender = threading.Thread(target=client.send, args=(head + b"a" * size,))
        sender.start()
        response = client.receive()
        sender.join()

    assert (response.status, response.is_whole) == (200, True)
    assert response.body == b"A" * size


@pytest.mark.parametrize("path", ["/whole", "/pieces", "/typed"])
@pytest.mark.parametrize(
    ("rest", "ending"),
    [
        pytest.param(CHUNK + "20\r\nwor", "half-closed", id="inside-a-chunk"),
        pytest.param(CHUNK, "half-closed", id="between-chunks"),
        pytest.param(CHUNK + "0\r\n", "half-closed", id="before-the-last-line"),
        pytest.param(CHUNK + "XX\r\nworld\r\n0\r\n\r\n", "open", id="no-size"),
        pytest.param("0x7\r\n{}\r\n0\r\n\r\n", "open", id="size-in-another-notation"),
        pytest.param('7\r\n{"a":1}XX0\r\n\r\n', "open", id="no-terminator"),
    ],
)
def test_row_092_chunked_body_that_is_not_whole_is_refused(
    granian: ServerProcess, path: str, rest: str, ending: str
) -> None:
    """
    A body that was cut off or is malformed never reaches a handler as a whole one: 400, and the connection ends.
    """
    answer = send_and_read(granian, f"POST {path} HTTP/1.1\r\n{CHUNKED}{rest}", ending=ending)

    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n"), answer
    # Over RSGI it could be something else as well, and whoever is still there is told.
    broken = b"The chunked body has trailers, is malformed, or did not come whole."
    assert any(b'"detail":"%b"' % detail in answer for detail in (b"The client left.", broken))


def test_row_092_chunked_body_that_is_reset_is_refused(granian: ServerProcess) -> None:
    """
    A connection that breaks off in the middle of a body is no end of it either.
    """
    with socket.create_connection(("127.0.0.1", granian.port), timeout=5) as connection:
        connection.sendall(f"POST /pieces HTTP/1.1\r\n{CHUNKED}{CHUNK}20\r\nwor".encode())
        time.sleep(0.2)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    outcomes = httpx2.get(f"{granian.url}/outcomes", timeout=10).json()

    assert outcomes[-1] in {"ClientDisconnectedError", "BrokenBodyError"}


@pytest.mark.parametrize("path", ["/whole", "/pieces", "/typed", "/mounted/"])
def test_chunked_body_that_is_whole_arrives(granian: ServerProcess, path: str) -> None:
    """
    Two requests with such bodies on one connection are answered.
    """
    with WireClient(granian.port) as client:
        answers = []
        for _ in range(2):
            client.send(f"POST {path} HTTP/1.1\r\n{CHUNKED}{CHUNK}0\r\n\r\n".encode())
            answers.append(client.receive())

    assert [answer.status for answer in answers] == [200, 200]
    assert {answer.body for answer in answers} <= {b"7", b"1", b"7 http.request"}


def test_trailers_are_refused_where_they_cannot_be_told_from_an_error() -> None:
    """
    RSGI shows both alike; the documentation says so.
    """
    with serve("tests.e2e.stream_application:app", directory=ROOT) as server:
        request = f"POST /whole HTTP/1.1\r\n{CHUNKED}{CHUNK}0\r\nx-checksum: 1\r\n\r\n"
        answer = send_and_read(server, request, ending="open")

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b'"detail":"The chunked body has trailers, is malformed, or did not come whole."' in answer


def test_mounted_application_learns_that_its_body_was_cut_off(granian: ServerProcess) -> None:
    """
    It is told as ASGI tells it.
    """
    answer = send_and_read(granian, f"POST /mounted/ HTTP/1.1\r\n{CHUNKED}{CHUNK}20\r\nwor", ending="half-closed")

    assert b"10 http.disconnect" in answer or b"7 http.disconnect" in answer


def ask_for_less(port: int) -> tuple[WireResponse, bool]:
    """Ask for a stream that is cut off; a server may drop with the connection what has not left yet, the head too."""
    for _ in range(10):
        with WireClient(port) as client, contextlib.suppress(EOFError):
            return client.ask("GET", "/short"), client.is_closed()
    raise EOFError("The server never sent the head.")


def test_length_that_was_declared_goes_out_and_is_kept(server: ServerProcess) -> None:
    """
    A stream may have a length; one that does not keep to it is cut off, never padded or overrun.
    """
    with WireClient(server.port) as client:
        whole = client.ask("GET", "/sized")
    cut, is_closed = ask_for_less(server.port)

    assert (whole.get("content-length"), len(whole.body), whole.is_whole) == ("8000000", 8_000_000, True)
    assert (cut.get("content-length"), cut.body, cut.is_whole, is_closed) == ("8", b"half", False, True)


@pytest.mark.parametrize("path", ["/short", "/sized"])
def test_locks_of_the_process_survive_streams(granian: ServerProcess, tmp_path: Path, path: str) -> None:
    """
    POSIX drops a process's locks on a file when any descriptor of it is closed: looking for connections closes none.
    """
    file = tmp_path / "database"
    # The connection stays open, so that the next one has a number behind the file's.
    with httpx2.Client(base_url=granian.url) as other:
        other.get("/lock", params={"path": str(file)}).raise_for_status()
        with WireClient(granian.port) as client, contextlib.suppress(EOFError):
            client.ask("GET", path)

    with file.open("ab") as mine, pytest.raises(BlockingIOError):
        fcntl.lockf(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_clients_port_is_a_number(server: ServerProcess) -> None:
    """
    Whatever the server makes of it.
    """
    assert httpx2.get(f"{server.url}/client").text == "int"


def test_header_of_a_mounted_application_leaves_as_it_came(server: ServerProcess) -> None:
    """
    Its bytes are the same on the wire over both protocols.
    """
    with WireClient(server.port) as client:
        client.send(b"POST /mounted/ HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
        response = client.receive()

    assert (response.get("x-name") or "").encode("latin-1") == b"caf\xc3\xa9"
