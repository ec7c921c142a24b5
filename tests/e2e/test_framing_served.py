"""
One connection, two readings: nobody gets a second request out of the body of a first one, nor more than is answered.
"""

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.canary import MIB, Canary, WorkerMemory
from tests.e2e.framing_cases import SMUGGLED, Head, list_heads
from tests.e2e.server_process import ServerProcess, serve
from tests.e2e.wire_client import WireClient, WireResponse

ROOT = Path(__file__).parents[2]
HEADS = list(list_heads())


@pytest.fixture(scope="module", params=["rsgi", "asgi"])
def server(request: pytest.FixtureRequest) -> Iterator[ServerProcess]:
    """Serve the application on Granian."""
    with serve("tests.e2e.framing_application:app", interface=request.param, directory=ROOT) as server:
        yield server


def read_all(port: int, data: bytes, *, timeout: float = 0.4) -> tuple[bytes, bool]:
    """Send bytes; return what comes until nothing more does, and whether the server closed the connection."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        connection.sendall(data)
        try:
            while piece := connection.recv(65_536):
                received += piece
        except TimeoutError:
            return received, False
        except ConnectionResetError:
            pass
    return received, True


def ask_seen(server: ServerProcess) -> list[str]:
    """Ask which requests came since the last time."""
    with WireClient(server.port) as client:
        found: list[str] = json.loads(client.ask("GET", "/seen").body)
    return found


def test_there_are_enough_cases() -> None:
    """As many as the probes of others have, each of them another one, and nearly all of them refused."""
    assert len({head.headers for head in HEADS}) == len(HEADS) >= 87
    assert sum(head.reading == "refused" for head in HEADS) >= 80


@pytest.mark.row(91)
@pytest.mark.parametrize("head", HEADS, ids=lambda head: head.what)
def test_row_091_no_body_is_another_request(server: ServerProcess, head: Head) -> None:
    """A head with two readings is 400 and the end of its connection, and what follows is nobody's request."""
    request = f"POST /take HTTP/1.1\r\nHost: a\r\n{head.headers}\r\n0\r\n\r\n{SMUGGLED}"

    answer, is_closed = read_all(server.port, request.encode("latin-1"))

    seen = ask_seen(server)
    if head.reading == "refused":
        assert (answer[:12], answer.count(b"HTTP/1.1 "), is_closed, seen) == (b"HTTP/1.1 400", 1, True, [])
    else:
        assert (answer[:12], answer.count(b"HTTP/1.1 "), is_closed, seen) == (b"HTTP/1.1 200", 1, True, ["/take"])


@pytest.mark.row(91)
@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE"])
def test_row_091_a_body_that_nobody_reads_is_refused_as_well(server: ServerProcess, method: str) -> None:
    """What stands behind it would be the next request for whoever forwards it."""
    request = f"{method} /smuggled HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: x, chunked\r\n\r\n0\r\n\r\n{SMUGGLED}"

    # The first request of a host goes another way than the next ones.
    for _ in range(2):
        answer, is_closed = read_all(server.port, request.encode())
        assert (answer[:12], answer.count(b"HTTP/1.1 "), is_closed) == (b"HTTP/1.1 400", 1, True)
    assert ask_seen(server) == []


def test_a_chunked_body_is_read(server: ServerProcess) -> None:
    """And its connection goes on, however the word is spelled."""
    for coding in ("chunked", "Chunked", " \tCHUNKED "):
        head = f"POST /take HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: {coding}\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
        answer, is_closed = read_all(server.port, (head * 2).encode())
        assert (answer.count(b"HTTP/1.1 200"), answer.count(b"\r\n\r\n2"), is_closed) == (2, 2, False)
    assert ask_seen(server) == ["/take"] * 6


@pytest.mark.row(93)
def test_row_093_requests_that_wait_on_one_connection_are_bounded(server: ServerProcess) -> None:
    """10,000 at once are answered one after the other, in order; others are not held up, and the memory is not."""
    count = 10_000
    requests = b"".join(b"GET /number/%d HTTP/1.1\r\nHost: a\r\n\r\n" % number for number in range(count))
    memory = WorkerMemory(server)
    answers: list[WireResponse] = []

    with Canary(server, "/number/0") as canary, WireClient(server.port, timeout=30) as client:
        sender = threading.Thread(target=client.send, args=(requests,))
        sender.start()
        answers += (client.receive() for _ in range(count))
        sender.join()

    assert [int(answer.body) for answer in answers] == list(range(count))
    canary.assert_served()
    assert memory.measure_peak() <= 16 * MIB


@pytest.mark.row(93)
@pytest.mark.parametrize("count", [100_000, pytest.param(1_000_000, marks=pytest.mark.campaign)])
@pytest.mark.timeout(180)
def test_row_093_a_body_of_tiny_chunks_is_bounded(server: ServerProcess, count: int) -> None:
    """A million chunks of a byte are one body, within its limits: others are answered, the memory is not filled."""
    head = b"POST /take HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b"1\r\na\r\n" * count + b"0\r\n\r\n"
    memory = WorkerMemory(server)

    with Canary(server, "/number/0") as canary, WireClient(server.port, timeout=150) as client:
        sender = threading.Thread(target=client.send, args=(head + body,))
        sender.start()
        answer = client.receive()
        sender.join()

    assert (answer.status, answer.body) == (200, b"%d" % count)
    canary.assert_served()
    # The limit of a body is 1 MiB.
    assert memory.measure_peak() <= 2 * MIB + 16 * MIB


@pytest.mark.row(93)
@pytest.mark.parametrize(
    "broken",
    [
        "GET /number/canary-secret HTTP/1.1\r\nHost: a b canary-secret\r\n\r\n",
        "GET /number/1 HTTP/1.1\r\nHost: a\r\ncanary-secret\r\n\r\n",
        "POST /take HTTP/1.1\r\nHost: a\r\nContent-Length: canary-secret\r\n\r\n",
        "POST /take HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\ncanary-secret\r\n",
        "canary-secret\r\n\r\n",
    ],
)
def test_row_093_an_error_shows_nothing_of_what_came(server: ServerProcess, broken: str) -> None:
    """Neither of the request that is wrong nor of the one behind it, to nobody and in no log."""
    following = "GET /number/7 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer next-secret\r\n\r\n"

    answer, is_closed = read_all(server.port, (broken + following).encode())

    assert answer.startswith(b"HTTP/1.1 4")
    assert b"-secret" not in answer
    assert "-secret" not in server.log()
    assert is_closed or answer.count(b"HTTP/1.1 ") == 2
