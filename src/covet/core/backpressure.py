"""
Holding a stream back for a client that reads slowly, where the server's protocol does not.

RSGI takes whatever it is given and keeps in memory what the network does not take. How much the network took can be
seen from underneath the server only: the kernel counts what was written to the client's connection. It is asked once a
stream is large; a small one costs nothing.
"""

import asyncio
import select
import socket
import struct
import sys
from types import TracebackType
from typing import Final, Self

from covet.core.connections import find_connection
from covet.core.disconnects import PIECES_PER_TURN
from covet.core.rsgi_types import RSGIScope, RSGIStream
from covet.threads import run_in_thread

if sys.platform == "linux":
    import fcntl
    import termios

# How much a server is given at most that the kernel did not take yet; twice that, together with what it is given
# before the connection is looked for.
MAX_HELD: Final = 1024 * 1024
# Seconds between two looks at the connection while nothing more may be given.
_SHORTEST: Final = 0.001
_LONGEST: Final = 0.1
# Looks at an idle connection after which the server is taken to have nothing left to write.
_IDLE_LOOKS: Final = 3
# Where `tcpi_bytes_acked` stands in Linux's `struct tcp_info`, since 4.1.
_ACKED: Final = struct.Struct("@120xQ")


class Backpressure:
    """
    The account of one stream: what was given to the server, less what the kernel took. `with` ends it.

    Where the connection cannot be found (a Unix socket, a platform without /dev/fd) nothing can be held back.

    Args:
        scope: The head of the stream's request.
        is_framed: Whether the body goes out in chunks, as one of unknown length does over HTTP/1.1.

    Attributes:
        is_framed: The same, until the first piece is counted.
    """

    __slots__ = ("_connection", "_held", "_idle", "_is_sought", "_pieces", "_scope", "_written", "is_framed")

    def __init__(self, scope: RSGIScope, *, is_framed: bool) -> None:
        self._scope = scope
        self.is_framed = is_framed and scope.http_version == "1.1"
        self._connection: socket.socket | None = None
        self._is_sought = False
        self._held = self._pieces = self._written = self._idle = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the account."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def is_due(self, size: int) -> bool:
        """
        Count a piece that was given to the server, and tell whether to `wait()` before the next one.

        Args:
            size: Its size in bytes.
        """
        self._pieces += 1
        self._held += size
        if self.is_framed:
            # Its size in hexadecimal and two line ends (RFC 9112 §7.1).
            self._held += (size.bit_length() + 3) // 4 + 4
        return self._held >= MAX_HELD or self._pieces >= PIECES_PER_TURN

    async def wait(self, stream: RSGIStream) -> None:
        """
        Give the event loop a turn; wait for as long as the server holds too much.

        Args:
            stream: The stream.

        Raises:
            RuntimeError: If the server says that the client has left.
        """
        self._pieces = 0
        await asyncio.sleep(0)
        if self._held < MAX_HELD:
            return
        if not self._is_sought:
            await self._seek()
        connection, delay = self._connection, _SHORTEST
        if connection is None:
            self._held = 0
            return
        self._idle = 0
        self._look(connection)
        while self._held >= MAX_HELD:
            await asyncio.sleep(delay)
            delay = min(delay * 2, _LONGEST)
            self._look(connection)
            if self._scope.http_version == "2":
                # The connection outlives the stream: that its client gave it up shows only when something is sent.
                await stream.send_bytes(b"")

    async def _seek(self) -> None:
        self._is_sought = True
        self._connection = connection = await run_in_thread(find_connection, self._scope.client, self._scope.server)
        # How much of what was given so far was written already cannot be known: the account begins here.
        self._held = 0
        if connection is not None:
            self._written = count_written(connection) or 0

    def _look(self, connection: socket.socket) -> None:
        written = count_written(connection)
        has_room = is_writable(connection)
        if written is None:
            # Nobody counts here: a connection that takes something is the best there is to know.
            self._held = 0 if has_room else self._held
            return
        taken = written - self._written
        self._written = written
        self._held = max(0, self._held - taken)
        # The account cannot be exact to the byte; a connection on which nothing happens puts it right. With HTTP/2
        # the stream alone may wait, and the account errs on the other side.
        self._idle = self._idle + 1 if has_room and not taken and self._scope.http_version != "2" else 0
        if self._idle >= _IDLE_LOOKS:
            self._held = 0


def count_written(connection: socket.socket) -> int | None:
    """
    Count the bytes that were ever written to a TCP connection; `None` where the kernel does not say.

    Example:
        >>> left, right = socket.socketpair()
        >>> with left, right:
        ...     print(count_written(left))
        None
    """
    if sys.platform != "linux":
        return None
    try:
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        acknowledged: int = _ACKED.unpack_from(info)[0]
        # SIOCOUTQ by its other name: what is not acknowledged yet.
        queued: int = struct.unpack("@i", fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)))[0]
    except (OSError, struct.error):
        return None
    return acknowledged + queued


def is_writable(connection: socket.socket) -> bool:
    """
    Tell whether the kernel would take something for a connection, or would say that it is broken.

    Example:
        >>> left, right = socket.socketpair()
        >>> with left, right:
        ...     print(is_writable(left))
        True
    """
    if not hasattr(select, "poll"):
        return bool(select.select([], [connection], [], 0)[1])
    # Unlike select() it takes descriptors above 1,023.
    poll = select.poll()
    poll.register(connection, select.POLLOUT)
    return bool(poll.poll(0))
