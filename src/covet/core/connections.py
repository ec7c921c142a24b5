"""
Getting at a client's connection where the server's protocol has no word for what is wanted.

RSGI ends a body that failed in the middle as if it were whole. A client can notice only that its connection
was cut, so that is done, from underneath the server. A stream that is held back is measured there, too.
"""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Final

from covet.core.rsgi_types import RSGIScope
from covet.threads import run_in_thread

# The peer's host and port, and the port that listens.
ConnectionKey = tuple[str, int, int]

# Windows has no such flag, and no list of open files either.
_DONT_WAIT: Final = getattr(socket, "MSG_DONTWAIT", 0)


async def cut_client(scope: RSGIScope) -> None:
    """
    Cut the connection of a response that failed in the middle.

    With HTTP/2 other requests share the connection: it is left alone, and the body ends as if it were whole.

    Args:
        scope: The head of its request.
    """
    if scope.http_version != "2":
        await run_in_thread(cut_connection, scope.client, scope.server)


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
    for found, connection in _list_connections():
        if found == key:
            return connection
        connection.close()
    return None


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
    for key, connection in _list_connections():
        with connection:
            payload = payloads.get(key)
            if payload is None:
                continue
            # A client that does not read has no room: it gets nothing, rather than a part.
            with suppress(OSError):
                if connection.send(payload, _DONT_WAIT) == len(payload):
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


def _list_connections() -> Iterator[tuple[ConnectionKey, socket.socket]]:
    """Give duplicates of the TCP connections of this process, to be closed: the server's own stay as they are."""
    # What fails was closed meanwhile, or the platform has no such list: then nothing can be found.
    try:
        numbers = [int(name) for name in os.listdir("/dev/fd")]  # noqa: PTH208 - names
    except OSError:
        return
    for number in numbers:
        connection = _duplicate(number)
        if connection is None:
            continue
        try:
            host, peer_port = connection.getpeername()[:2]
            key = (_plain(host), peer_port, connection.getsockname()[1])
        except (OSError, IndexError, TypeError, ValueError):
            # No connection, or one of another family.
            connection.close()
            continue
        yield key, connection


def _duplicate(number: int) -> socket.socket | None:
    try:
        # Closing a duplicate leaves the server's own alone.
        duplicate = os.dup(number)
    except OSError:
        return None
    try:
        connection = socket.socket(fileno=duplicate)
    except OSError:
        os.close(duplicate)
        return None
    if connection.type == socket.SOCK_STREAM:
        return connection
    connection.close()
    return None


def _split(address: str) -> tuple[str, int | None]:
    host, _, port = address.rpartition(":")
    return _plain(host.strip("[]")), int(port) if port.isascii() and port.isdigit() else None


def _plain(host: str) -> str:
    # A socket for both families shows IPv4 as ::ffff:192.0.2.1.
    return host.removeprefix("::ffff:")
