"""
Streams without an end, of every kind, on every server: they see that their client left, and that the server stops.
"""

import contextlib
import socket
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.server_process import ServerProcess, serve

ROOT = Path(__file__).parents[2]
SERVERS = [("granian", "rsgi"), ("granian", "asgi"), ("uvicorn", "asgi"), ("hypercorn", "asgi")]
KINDS = ["yielded", "silent", "blocking", "response", "compressed", "lines", "events", "typed"]
# Half of the drain that nobody must wait for: a bound for a machine with other things to do.
LONG = 15

every_server = pytest.mark.parametrize(("name", "interface"), SERVERS, ids=["-".join(server) for server in SERVERS])


@contextlib.contextmanager
def serve_endless(name: str, interface: str, record: Path, drain: str) -> Iterator[ServerProcess]:
    """Serve the application, which notes what happens to its streams."""
    record.touch()
    arguments = ["--drain-timeout", drain]
    with serve(
        "tests.e2e.endless_application:app",
        server=name,
        interface=interface,
        env={"RECORD": str(record)},
        directory=ROOT,
        arguments=arguments,
    ) as server:
        yield server


def open_all(server: ServerProcess, stack: contextlib.ExitStack) -> None:
    """Ask for every stream, on connections of their own, and read where each begins."""
    for kind in KINDS:
        connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))
        head = f"GET /{kind} HTTP/1.1\r\nHost: test\r\nAccept-Encoding: gzip\r\n\r\n"
        connection.sendall(head.encode())
        assert connection.recv(1) == b"H"


def count(record: Path, word: str) -> Counter[str]:
    """Count for each kind of stream how often something was noted about it."""
    lines = (line.split() for line in record.read_text().splitlines())
    return Counter(line[1] for line in lines if line[0] == word and len(line) == 2)


def wait_for_all(record: Path, word: str) -> Counter[str]:
    """Wait until something was noted about every kind, or give up."""
    deadline = time.monotonic() + LONG
    while time.monotonic() < deadline and len(count(record, word)) < len(KINDS):
        time.sleep(0.05)
    return count(record, word)


@every_server
def test_every_stream_sees_that_its_client_left(name: str, interface: str, tmp_path: Path) -> None:
    """
    The `finally` of its source runs, once, while the server goes on.
    """
    record = tmp_path / "record.txt"
    with serve_endless(name, interface, record, "30") as server:
        with contextlib.ExitStack() as stack:
            open_all(server, stack)
            begun = wait_for_all(record, "begun")
        closed = wait_for_all(record, "closed")

        assert begun == closed == Counter(KINDS)
        assert "Traceback" not in server.log()


@every_server
def test_every_stream_ends_within_the_drain(name: str, interface: str, tmp_path: Path) -> None:
    """
    Though it does not look: at the deadline it is cancelled, its `finally` runs, and the application stops in order.
    """
    record = tmp_path / "record.txt"
    with serve_endless(name, interface, record, "1") as server, contextlib.ExitStack() as stack:
        open_all(server, stack)
        begun = wait_for_all(record, "begun")
        before = time.monotonic()

        status = server.stop(timeout=LONG)

        took = time.monotonic() - before
        assert begun == count(record, "closed") == Counter(KINDS)
        assert record.read_text().splitlines()[-1] == "stopped"
        assert (status, took < LONG) == (0, True)
