"""
Stopping without losing a request: what a worker does between SIGTERM and its end.

Granian stops accepting and waits for its connections by itself, but for as long as they like. What
it does not know is added here: the application is told, so that it ends its streams; whoever
outlives the deadline is cut off, so that the shutdown hooks run before the worker is killed.
"""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable
from functools import partial
from typing import Any

from covet.core.connections import find_sockets
from covet.deadlines import DRAIN_IS_OVER

logger = logging.getLogger("covet.server")

# Between cancelling the handlers and cutting their connections: time to send the last bytes.
LAST_BYTES_SECONDS = 1.0
# How long the server goes on for those who close WebSockets.
CONNECTIONS_SECONDS = 2.0
START_POLL_SECONDS = 0.02
# How long a stop waits for the service that follows a start, before the server is stopped all the same.
START_POLL_LIMIT_SECONDS = 2.0


class Drain:
    """
    Watch for SIGTERM and SIGINT on a worker's loop, and bring the worker to its end.

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
        self._waiting: asyncio.Task[None] | None = None
        self._stop_server: Callable[[], object] | None = None

    def install_soon(self) -> None:
        """
        Take the signals over: now from what the server is about to install, then on the loop's first turn.

        Granian 2.8.7 deadlocks when it is told to stop twice, as Ctrl+C does: the terminal signals
        the workers, and so does their supervisor. It is therefore told by us, once. Until the first
        turn the signals wait in the kernel, since uvloop forgets what arrives while it does not run.
        """
        # An attribute of this loop alone, until it turns.
        self.loop.add_signal_handler = self._keep_handler  # type: ignore[method-assign, assignment]
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        self.loop.call_soon(self._install)

    def _keep_handler(self, _number: int, callback: Callable[..., object], *arguments: object) -> None:
        self._stop_server = partial(callback, *arguments)

    def _install(self) -> None:
        del self.loop.add_signal_handler
        try:
            if self._stop_server is None:
                logger.warning("The server handles its signals in an unknown way: streams are not told when it stops.")
                return
            for number in _SIGNALS:
                # The first wakes the loop out of its sleep; the second hears what arrives between two runs of uvloop.
                self.loop.add_signal_handler(number, self.begin)
                signal.signal(number, lambda _number, _frame: self.loop.call_soon_threadsafe(self.begin))
        finally:
            if hasattr(signal, "pthread_sigmask"):
                signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    def begin(self) -> None:
        """Tell the application, let the server stop accepting, and set the deadline; once."""
        if self.begun:
            return
        self.begun = True
        # An application that says it is ready has started, by whatever names the server's coroutines go.
        if not self._is_serving() and getattr(self.app, "is_ready", False) is not True:
            # Nothing was accepted, so nothing is lost by giving the start up.
            for task in asyncio.all_tasks(self.loop):
                task.cancel("the server was stopped while it started")
        self._stop_serving(self.loop.time() + START_POLL_LIMIT_SECONDS)

    def _is_serving(self) -> bool:
        return not _SERVING.isdisjoint(map(_coroutine_name, asyncio.all_tasks(self.loop)))

    def _stop_serving(self, limit: float) -> None:
        if not self._is_serving():
            if self.loop.time() < limit:
                # The start may just have come to its end, with nothing left to cancel: service follows.
                self.loop.call_later(START_POLL_SECONDS, self._stop_serving, limit)
                return
            logger.warning(
                "No service of the server was found; it is stopped all the same. "
                "Requests beyond the drain timeout may be cut off without being cancelled."
            )
        tell_application(self.app)
        self.loop.call_later(self.timeout, self._cancel_requests)
        if getattr(self.app, "has_connections", False) is True:
            # Granian forgets its WebSockets as soon as it is told to stop: the close would not leave any more.
            self._waiting = self.loop.create_task(self._stop_after_connections())
        elif self._stop_server is not None:
            self._stop_server()

    async def _stop_after_connections(self) -> None:
        try:
            async with asyncio.timeout(min(self.timeout, CONNECTIONS_SECONDS)):
                # Any: the application, which need not be one of ours.
                app: Any = self.app
                await app.wait_connections()
        except TimeoutError:
            # Their handlers have something to clean up; the connections are closed.
            pass
        finally:
            if self._stop_server is not None:
                self._stop_server()

    def _cancel_requests(self) -> None:
        cancel_late(self.loop, _REQUEST, self.timeout)
        # In a thread, since it reads the kernel's list of our open files.
        self.loop.call_later(LAST_BYTES_SECONDS, self.loop.run_in_executor, None, self._cut_connections)

    def _cut_connections(self) -> None:
        listening_on = self.listening_on
        cut = sum(_cut(found) for found in find_sockets(lambda connection: _is_clients(connection, listening_on)))
        if cut:
            logger.warning("%d connection(s) were still open and are cut.", cut)


def begin_drain(app: object, loop: asyncio.AbstractEventLoop, *, request: str, timeout: float) -> None:
    """
    Tell an application that the server stops, and cancel what is late before the server does.

    A server's own cancellation does not say why: it would be answered as a fault, with 500, and logged as one.

    Args:
        app: The application.
        loop: The loop that serves.
        request: The name of the coroutine in whose task the server runs a request.
        timeout: Seconds that requests get.
    """
    tell_application(app)
    loop.call_later(timeout, cancel_late, loop, request, timeout)


def cancel_late(loop: asyncio.AbstractEventLoop, request: str, timeout: float) -> None:
    """
    Cancel the requests that the drain has not ended; they are answered with 503.

    Args:
        loop: The loop that serves.
        request: The name of the coroutine in whose task the server runs a request.
        timeout: Seconds that they had.
    """
    late = [task for task in asyncio.all_tasks(loop) if _coroutine_name(task) == request]
    if late:
        logger.warning("%d request(s) did not finish within %g s and are cancelled.", len(late), timeout)
    for task in late:
        task.cancel(DRAIN_IS_OVER)


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


_SIGNALS = (signal.SIGINT, signal.SIGTERM)

# The names of Granian's coroutines: one waits for the end of the worker, one runs each request.
_SERVING = frozenset({"_main"})
_REQUEST = "future_watcher"


def _coroutine_name(task: "asyncio.Task[object]") -> str:
    return getattr(task.get_coro(), "__name__", "")


def _is_clients(connection: socket.socket, listening_on: int | str) -> bool:
    """Tell whether a socket is a connection that a client opened to our address."""
    if connection.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        return False
    local = connection.getsockname()
    # What has no peer is an OSError, which means no.
    connection.getpeername()
    return bool((local[1] if isinstance(local, tuple) and len(local) > 1 else local) == listening_on)


def _cut(connection: socket.socket) -> bool:
    with connection:
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            # The client was faster.
            return False
    return True
