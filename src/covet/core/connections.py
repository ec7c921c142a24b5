"""
Getting at a client's connection where the server's protocol has no word for what is wanted.

RSGI ends a body that failed in the middle as if it were whole. A client can notice only that its connection
was cut, so that is done, from underneath the server. A stream that is held back is measured there, too.
"""

import os
import socket
from contextlib import suppress

from covet.core.rsgi_types import RSGIScope
from covet.threads import run_in_thread


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
    peer, port = _split(client), _split(server)[1]
    if peer[1] is None or port is None:
        return None
    # What fails was closed meanwhile, or the platform has no such list: then nothing can be found.
    with suppress(OSError):
        for number in os.listdir("/dev/fd"):  # noqa: PTH208 - names
            connection = _duplicate_if(int(number), peer, port)
            if connection is not None:
                return connection
    return None


def _duplicate_if(number: int, peer: tuple[str, int | None], port: int) -> socket.socket | None:
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
    try:
        if connection.type == socket.SOCK_STREAM and connection.getsockname()[1] == port:
            host, number = connection.getpeername()[:2]
            if (_plain(host), number) == peer:
                return connection
    except (OSError, IndexError, TypeError, ValueError):
        # No connection, or one of another family.
        pass
    connection.close()
    return None


def _split(address: str) -> tuple[str, int | None]:
    host, _, port = address.rpartition(":")
    return _plain(host.strip("[]")), int(port) if port.isascii() and port.isdigit() else None


def _plain(host: str) -> str:
    # A socket for both families shows IPv4 as ::ffff:192.0.2.1.
    return host.removeprefix("::ffff:")
