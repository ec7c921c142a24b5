"""
Getting at a client's connection where the server's protocol has no word for what is wanted.

RSGI ends a body that failed in the middle as if it were whole. A client can notice only that its connection
was cut, so that is done, from underneath the server. A stream that is held back is measured there, too.
"""

import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Final

from covet.core.rsgi_types import RSGIScope
from covet.threads import run_in_thread

# The peer's host and port, and the port that listens.
ConnectionKey = tuple[str, int, int]

# Windows has no such flags, and no list of open files either.
_DONT_WAIT: Final = getattr(socket, "MSG_DONTWAIT", 0)
_TYPE: Final = socket.SOCK_STREAM | getattr(socket, "SOCK_NONBLOCK", 0)
_FAMILIES: Final = frozenset({socket.AF_INET, socket.AF_INET6})


async def cut_client(scope: RSGIScope) -> None:
    """
    Cut the connection of a response that failed in the middle.

    With HTTP/2 other requests share the connection: it is left alone, and the body ends as if it were whole.

    Args:
        scope: The head of its request.
    """
    if scope.http_version != "2":
        await run_in_thread(cut_connection, scope.client, scope.server)


def cut_client_now(scope: RSGIScope) -> None:
    """
    Do what `cut_client` does, where nothing can be awaited: the coroutine that answers is closed.

    Args:
        scope: The head of its request.
    """
    if scope.http_version != "2":
        cut_connection(scope.client, scope.server)


def cut_connection(client: str, server: str) -> bool:
    """
    Shut a TCP connection of this process down, before its server can end a body in it.

    It reads the process's list of open files: call it in a thread.

    Args:
        client: The peer's address as the server shows it, such as `"127.0.0.1:50312"` or `"[::1]:50312"`.
        server: The address that listens; a connection of ours to elsewhere is left alone.

    Returns:
        Whether there was one. There is none over a Unix socket, whose peers have no address.

    Example:
        >>> cut_connection("192.0.2.1:50312", "192.0.2.2:8000")
        False
    """
    connection = find_connection(client, server)
    if connection is None:
        return False
    with connection:
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            # The client was faster.
            return False
    return True


def find_connection(client: str, server: str) -> socket.socket | None:
    """
    Find a TCP connection of this process.

    It reads the process's list of open files: call it in a thread.

    Args:
        client: The peer's address, as for `cut_connection`.
        server: The address that listens.

    Returns:
        A duplicate of its socket, to be closed: the server's own stays as it is. `None` if there is none.

    Example:
        >>> find_connection("192.0.2.1:50312", "192.0.2.2:8000")
    """
    key = make_connection_key(client, server)
    if key is None:
        return None
    return next(find_sockets(lambda connection: _read_key(connection) == key), None)


def send_to_connections(payloads: Mapping[ConnectionKey, bytes]) -> set[ConnectionKey]:
    """
    Write some bytes to each of several TCP connections of this process, behind what the server has written there.

    It reads the process's list of open files once, for all of them: call it in a thread.

    Args:
        payloads: What to write, by the keys of the connections.

    Returns:
        The keys of those that took it whole.

    Example:
        >>> send_to_connections({("192.0.2.1", 50312, 8000): b"bye"})
        set()
    """
    sent: set[ConnectionKey] = set()
    for connection in find_sockets(lambda connection: _read_key(connection) in payloads):
        with connection, suppress(OSError):
            key = _read_key(connection)
            if key is None:
                continue
            # A client that does not read has no room: it gets nothing, rather than a part.
            if connection.send(payloads[key], _DONT_WAIT) == len(payloads[key]):
                sent.add(key)
        if len(sent) == len(payloads):
            break
    return sent


def make_connection_key(client: str, server: str) -> ConnectionKey | None:
    """
    Tell a connection from all others of this process; `None` if it cannot be told.

    Args:
        client: The peer's address, as for `cut_connection`.
        server: The address that listens.

    Example:
        >>> make_connection_key("[::ffff:192.0.2.1]:50312", "127.0.0.1:8000")
        ('192.0.2.1', 50312, 8000)
    """
    (host, number), port = _split(client), _split(server)[1]
    return None if number is None or port is None else (host, number, port)


def find_sockets(is_wanted: Callable[[socket.socket], bool]) -> Iterator[socket.socket]:
    """
    Find sockets of this process, whoever opened them.

    It reads the process's list of open files: call it in a thread.

    Nothing that is no socket is duplicated: POSIX drops all locks that the process holds on a file when any
    descriptor of it is closed, and with them those of its databases.

    Args:
        is_wanted: Tells whether a socket is one of them. It gets the server's own, and neither keeps nor closes it;
            an `OSError` of it means no.

    Returns:
        Duplicates, each to be closed: the server's own stay as they are.

    Example:
        >>> with socket.create_server(("127.0.0.1", 0)) as listener:
        ...     for found in find_sockets(lambda found: found.getsockname() == listener.getsockname()):
        ...         with found:
        ...             print(found.fileno() == listener.fileno(), found.getsockname() == listener.getsockname())
        False True
    """
    # Where the platform has no such list, nothing can be found.
    try:
        numbers = [int(name) for name in os.listdir("/dev/fd")]  # noqa: PTH208 - names
    except OSError:
        return
    for number in numbers:
        found = _duplicate(number, is_wanted)
        if found is not None:
            yield found


def _duplicate(number: int, is_wanted: Callable[[socket.socket], bool]) -> socket.socket | None:
    """Duplicate a socket, if it is wanted."""
    try:
        borrowed = _open(number)
    except OSError:
        # It is no socket, or was closed meanwhile.
        return None
    try:
        is_found = _ask(is_wanted, borrowed)
    finally:
        # It is the server's, which closes it.
        borrowed.detach()
    if not is_found:
        return None
    try:
        duplicate = _open(os.dup(number))
    except OSError:
        # Should a file have taken the number, its duplicate stays open: closing it would drop the file's locks.
        return None
    if _ask(is_wanted, duplicate):
        return duplicate
    # Another connection has taken the number.
    duplicate.close()
    return None


def _ask(is_wanted: Callable[[socket.socket], bool], connection: socket.socket) -> bool:
    try:
        return is_wanted(connection)
    except OSError:
        return False


def _open(number: int) -> socket.socket:
    # The type is said so that no default timeout is applied: it would change the server's own, too.
    return socket.socket(type=_TYPE, fileno=number)


def _read_key(connection: socket.socket) -> ConnectionKey | None:
    """Tell a TCP connection from all others; `None` if it is none. What has no peer is an `OSError`."""
    kind = connection.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE)
    if connection.family not in _FAMILIES or kind != socket.SOCK_STREAM:
        return None
    host, peer_port = connection.getpeername()[:2]
    return _plain(host), peer_port, connection.getsockname()[1]


def _split(address: str) -> tuple[str, int | None]:
    host, _, port = address.rpartition(":")
    return _plain(host.strip("[]")), int(port) if port.isascii() and port.isdigit() else None


def _plain(host: str) -> str:
    # A socket for both families shows IPv4 as ::ffff:192.0.2.1.
    return host.removeprefix("::ffff:")
