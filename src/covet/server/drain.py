"""
Stopping without losing a request: what a worker does between SIGTERM and its end.

Granian stops accepting and waits for its connections by itself, but for as long as they like. What
it does not know is added here: the application is told, so that it ends its streams; whoever
outlives the deadline is cut off, so that the shutdown hooks run before the worker is killed.
"""

import asyncio
import logging
import os
import signal
import socket

logger = logging.getLogger("covet.server")

# Between cancelling the handlers and cutting their connections: time to send the last bytes.
LAST_BYTES_SECONDS = 1.0
START_POLL_SECONDS = 0.02


class Drain:
    """
    Watch for SIGTERM on a worker's loop, and bring the worker to its end.

    Nothing here runs per request: the handler is installed once and costs nothing until the signal.

    Args:
        app: The application; its `begin_drain()` is called, if it has one.
        loop: The loop that serves.
        timeout: Seconds that requests in flight get.
        listening_on: The port or the Unix socket's path whose connections are cut in the end.
    """

    def __init__(
        self, app: object, loop: asyncio.AbstractEventLoop, *, timeout: float, listening_on: int | str
    ) -> None:
        self.app = app
        self.loop = loop
        self.timeout = timeout
        self.listening_on = listening_on
        self.begun = False

    def install_soon(self) -> None:
        """
        Take SIGTERM over on the loop's first turn, when the server has installed its own handlers.

        Until then the signal waits in the kernel: uvloop forgets a signal that arrives while it
        does not run, and a server that missed its SIGTERM is killed half a minute later.
        """
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        self.loop.call_soon(self._install)

    def _install(self) -> None:
        # Not the loop's own handler: it would be lost between two runs of uvloop, start and service.
        signal.signal(signal.SIGTERM, lambda _number, _frame: self.loop.call_soon_threadsafe(self.begin))
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})

    def begin(self) -> None:
        """Tell the application, let the server stop accepting, and set the deadline; once."""
        if self.begun:
            return
        self.begun = True
        if not self._is_serving():
            # Nothing was accepted, so nothing is lost by giving the start up.
            for task in asyncio.all_tasks(self.loop):
                task.cancel("the server was stopped while it started")
        self._stop_serving()

    def _is_serving(self) -> bool:
        return not _SERVING.isdisjoint(map(_coroutine_name, asyncio.all_tasks(self.loop)))

    def _stop_serving(self) -> None:
        if not self._is_serving():
            # The start may just have come to its end, with nothing left to cancel: service follows.
            self.loop.call_later(START_POLL_SECONDS, self._stop_serving)
            return
        tell_application(self.app)
        self.loop.call_later(self.timeout, self._cancel_requests)
        # The server listens to SIGINT, too: it is how it learns of a signal that only we have seen.
        signal.raise_signal(signal.SIGINT)

    def _cancel_requests(self) -> None:
        late = [task for task in asyncio.all_tasks(self.loop) if _coroutine_name(task) == _REQUEST]
        if late:
            logger.warning("%d request(s) did not finish within %g s and are cancelled.", len(late), self.timeout)
        for task in late:
            task.cancel("the server stops and the drain timeout is over")
        # In a thread, since it reads the kernel's list of our open files.
        self.loop.call_later(LAST_BYTES_SECONDS, self.loop.run_in_executor, None, self._cut_connections)

    def _cut_connections(self) -> None:
        cut = sum(1 for number in _open_files() if _cut_if_client(number, self.listening_on))
        if cut:
            logger.warning("%d connection(s) were still open and are cut.", cut)


def tell_application(app: object) -> None:
    """Tell an application that the server stops, if it wants to know: it ends its streams."""
    begin_drain = getattr(app, "begin_drain", None)
    if begin_drain is None:
        return
    try:
        begin_drain()
    except Exception:
        # The stop goes on: a broken drain must not become a server that cannot be stopped.
        logger.exception("begin_drain() of the application failed.")


# The names of Granian's coroutines: one waits for the end of the worker, one runs each request.
_SERVING = frozenset({"_main"})
_REQUEST = "future_watcher"


def _coroutine_name(task: "asyncio.Task[object]") -> str:
    return getattr(task.get_coro(), "__name__", "")


def _open_files() -> list[int]:
    try:
        return [int(name) for name in os.listdir("/dev/fd")]  # noqa: PTH208 - names, not paths
    except OSError:
        return []


def _cut_if_client(number: int, listening_on: int | str) -> bool:
    """Shut a file down if it is a connection that a client opened to our address."""
    try:
        duplicate = os.dup(number)
    except OSError:
        return False
    try:
        connection = socket.socket(fileno=duplicate)
    except OSError:
        os.close(duplicate)
        return False
    with connection:
        try:
            if connection.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
                return False
            local = connection.getsockname()
            connection.getpeername()
            if (local[1] if isinstance(local, tuple) and len(local) > 1 else local) != listening_on:
                return False
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return False
    return True
