"""
Close frames that a server has no word for, written behind its back.

RSGI closes a WebSocket without a code (measured: Granian 2.8.7). So that a client learns whether it was done with,
refused, or asked to come back after a restart, the frame goes straight to the client's connection.
"""

import asyncio
from typing import Final

from covet.core.connections import ConnectionKey, make_connection_key, send_to_connections
from covet.core.rsgi_types import RSGIScope
from covet.threads import run_in_thread

# HTTP/2 carries several streams in one connection, and TLS encrypts it: a frame of ours would break either.
_PLAIN_SCHEMES: Final = frozenset({"http", "ws"})


class CloseFrames:
    """
    Write close frames, all that are wanted at one time together.

    Each look for connections reads the process's whole list of open files; ten thousand sockets that are closed at
    once take a few of them, not ten thousand.
    """

    def __init__(self) -> None:
        self._waiting: dict[ConnectionKey, tuple[bytes, asyncio.Future[bool]]] = {}
        self._task: asyncio.Task[None] | None = None

    async def write(self, scope: RSGIScope, frame: bytes) -> bool:
        """
        Write a frame to a connection to which the server is writing nothing.

        Args:
            scope: The head of the handshake.
            frame: The frame.

        Returns:
            Whether it was written. It cannot be over TLS, over HTTP/2, or over a Unix socket, whose peers have no
            address.
        """
        key = make_connection_key(scope.client, scope.server)
        if key is None or key in self._waiting or scope.http_version == "2" or scope.scheme not in _PLAIN_SCHEMES:
            return False
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting[key] = frame, future
        if self._task is None:
            self._task = asyncio.create_task(self._work(), name="covet-close-frames")
        return await future

    async def _work(self) -> None:
        try:
            while self._waiting:
                # Those that come meanwhile are the next ones.
                batch, self._waiting = self._waiting, {}
                sent: set[ConnectionKey] = set()
                try:
                    sent = await run_in_thread(send_to_connections, {key: frame for key, (frame, _) in batch.items()})
                finally:
                    for key, (_, future) in batch.items():
                        if not future.done():
                            future.set_result(key in sent)
        finally:
            self._task = None
