"""
Tests of cutting a client's connection from underneath the server, with real sockets.
"""

import fcntl
import os
import socket
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from covet.core.connections import cut_client, cut_connection, find_connection, find_sockets, send_to_connections


@pytest.fixture(params=["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def pair(request: pytest.FixtureRequest) -> Iterator[tuple[socket.socket, socket.socket]]:
    """
    Connect a client to a listening socket of this process; yield both ends, the server's first.
    """
    host: str = request.param
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener, socket.socket(family) as client:
        if host == "::ffff:127.0.0.1":
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        try:
            listener.bind((host, 0))
        except OSError as exc:
            pytest.skip(f"this machine has no {host}: {exc}")
        listener.listen()
        client.connect(listener.getsockname())
        server, _ = listener.accept()
        with server:
            client.settimeout(5)
            yield server, client


def address(name: tuple[Any, ...]) -> str:
    """
    Write an address as a server shows it.
    """
    host, port = name[:2]
    plain = host.removeprefix("::ffff:")
    return f"[{plain}]:{port}" if ":" in plain else f"{plain}:{port}"


def test_the_client_reads_the_end_at_once(pair: tuple[socket.socket, socket.socket]) -> None:
    """
    The connection is shut down while the server's own socket stays open and its descriptor valid.
    """
    server, client = pair

    was_cut = cut_connection(address(server.getpeername()), address(server.getsockname()))

    assert was_cut
    assert client.recv(1) == b""
    assert server.fileno() >= 0
    assert os.fstat(server.fileno())


@pytest.mark.parametrize("other", ["192.0.2.7:1", "127.0.0.1:1", "unix:", "", "127.0.0.1:none", "127.0.0.1:²"])
def test_another_clients_connection_is_left_alone(pair: tuple[socket.socket, socket.socket], other: str) -> None:
    """
    Who is not named, or has no address at all, loses nothing.
    """
    server, client = pair

    was_cut = cut_connection(other, address(server.getsockname()))

    assert not was_cut
    client.sendall(b"still here")
    assert server.recv(64) == b"still here"


def test_a_connection_of_ours_to_elsewhere_is_left_alone(pair: tuple[socket.socket, socket.socket]) -> None:
    """
    Of a process that is client and server at once, such as a proxy, only the server's end is cut.
    """
    server, client = pair

    was_cut = cut_connection(address(client.getpeername()), address(client.getpeername()))

    assert not was_cut
    server.sendall(b"still here")
    assert client.recv(64) == b"still here"


def test_other_kinds_of_files_are_passed_over() -> None:
    """
    Pipes, Unix sockets, datagram sockets and sockets without a peer stand in the same list.
    """
    left, right = socket.socketpair()
    reading, writing = os.pipe()
    with left, right, socket.socket(type=socket.SOCK_DGRAM) as datagram, socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        datagram.bind(("127.0.0.1", 0))
        try:
            was_cut = cut_connection("192.0.2.7:1", address(listener.getsockname()))
        finally:
            os.close(reading)
            os.close(writing)

        left.sendall(b"a")
        assert right.recv(1) == b"a"
    assert not was_cut


def test_a_platform_without_a_list_of_files_cuts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    It is no error there: the body ends as if it were whole.
    """

    def listdir(_path: str) -> list[str]:
        raise FileNotFoundError("/dev/fd")

    monkeypatch.setattr(os, "listdir", listdir)

    assert not cut_connection("192.0.2.7:1", "192.0.2.8:2")


def test_a_descriptor_that_was_closed_meanwhile_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, pair: tuple[socket.socket, socket.socket]
) -> None:
    """
    The list is a moment old: the search goes on behind a number that is free again.
    """
    server, client = pair
    monkeypatch.setattr(os, "listdir", lambda _path: ["1000000", str(server.fileno())])

    was_cut = cut_connection(address(server.getpeername()), address(server.getsockname()))

    assert was_cut
    assert client.recv(1) == b""


@pytest.mark.parametrize(("version", "is_cut"), [("1.1", True), ("1", True), ("2", False)])
async def test_http_2_is_left_alone(pair: tuple[socket.socket, socket.socket], version: str, *, is_cut: bool) -> None:
    """
    With HTTP/2 other requests share the connection.
    """
    server, client = pair
    scope = types.SimpleNamespace(
        http_version=version, client=address(server.getpeername()), server=address(server.getsockname())
    )

    await cut_client(cast("Any", scope))

    client.setblocking(False)
    if is_cut:
        assert client.recv(1) == b""
        return
    with pytest.raises(BlockingIOError):
        client.recv(1)


def test_a_connection_that_is_found_is_a_duplicate(pair: tuple[socket.socket, socket.socket]) -> None:
    """
    It is the same connection, and closing it leaves the server's own open.
    """
    server, client = pair

    found = find_connection(address(server.getpeername()), address(server.getsockname()))

    assert found is not None
    assert (found.getpeername(), found.fileno() != server.fileno()) == (server.getpeername(), True)
    found.close()
    server.sendall(b"still here")
    assert client.recv(64) == b"still here"


def test_a_connection_that_is_gone_already_cannot_be_cut(
    monkeypatch: pytest.MonkeyPatch, pair: tuple[socket.socket, socket.socket]
) -> None:
    """
    The client was faster: no error.
    """
    server, _ = pair

    def shutdown(_connection: socket.socket, _how: int) -> None:
        raise OSError("Transport endpoint is not connected")

    monkeypatch.setattr(socket.socket, "shutdown", shutdown)

    assert not cut_connection(address(server.getpeername()), address(server.getsockname()))


# Another process sees a lock; the one that holds it does not.
ASK = """
import fcntl, sys
with open(sys.argv[1], "ab") as file:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit(0)
sys.exit("the lock is gone")
"""


def assert_locked(file: Path) -> None:
    """
    Check that another process cannot lock a file.
    """
    subprocess.run([sys.executable, "-c", ASK, str(file)], check=True)


@pytest.mark.parametrize(
    "look",
    [
        pytest.param(lambda: cut_connection("192.0.2.7:1", "192.0.2.8:2"), id="cut"),
        pytest.param(lambda: find_connection("192.0.2.7:1", "192.0.2.8:2"), id="find"),
        pytest.param(lambda: send_to_connections({("192.0.2.7", 1, 2): b"bye"}), id="send"),
    ],
)
def test_locks_of_the_process_survive_a_search(tmp_path: Path, look: Callable[[], object]) -> None:
    """
    POSIX drops a process's locks on a file when any descriptor of it is closed: the search closes none.
    """
    with (tmp_path / "database").open("ab") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)

        look()

        assert_locked(tmp_path / "database")


def test_a_file_that_has_taken_the_number_of_a_socket_keeps_its_locks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """
    Between the look at a socket and its duplicate the server may close it, and a file may be opened.
    """
    duplicates = []
    with (tmp_path / "database").open("ab") as file, socket.create_server(("127.0.0.1", 0)) as listener:
        fcntl.lockf(file, fcntl.LOCK_EX)

        def duplicate(_number: int, dup: Callable[[int], int] = os.dup) -> int:
            duplicates.append(dup(file.fileno()))
            return duplicates[-1]

        monkeypatch.setattr(os, "dup", duplicate)
        found = list(find_sockets(lambda found: found.getsockname() == listener.getsockname()))

        assert_locked(tmp_path / "database")
        assert found == []
        os.close(duplicates[0])


def test_a_connection_that_has_taken_the_number_of_another_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    What was meant for one client never reaches another.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setattr(os, "dup", lambda _number, dup=os.dup: dup(other.fileno()))

        found = list(find_sockets(lambda found: found.getsockname() == listener.getsockname()))

    assert found == []


def test_a_default_timeout_changes_no_socket_of_another_library() -> None:
    """
    Whether a socket blocks is kept with the connection, which its duplicates share.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        socket.setdefaulttimeout(5)
        try:
            for found in find_sockets(lambda found: found.getsockname() == listener.getsockname()):
                found.close()
        finally:
            socket.setdefaulttimeout(None)

        assert os.get_blocking(listener.fileno())
