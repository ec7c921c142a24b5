"""
What happens inside a worker process: load the application, watch for the stop, report a failed start.

Everything here can be pickled, since some platforms start their workers as fresh processes.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from types import FrameType
from typing import Final, Protocol

from covet.logs import LogFormat, LogLevel, configure_logging
from covet.server.drain import Drain, begin_drain
from covet.server.options import Interface
from covet.server.target import ImportTarget, choose_interface, explain

# Set by the supervising process while it runs; the underscore keeps it out of the settings' own names.
SUPERVISOR_VARIABLE = "_COVET_SERVER_PID"
START_FAILED = 1
# uvicorn's supervisor gives up at this status, and starts the worker again at any other.
UVICORN_START_FAILED = 3


_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_SECONDS_TO_BE_ENDED = 2.0


def _end_at_once_on_sigterm() -> None:
    """
    Let SIGTERM end this process until the application is loaded: there is nothing to drain yet.

    No handler of Python's: an exception that it raises is swallowed where one is ignored, as in a
    weak reference's callback, and the signal with it. SIGINT is left to the supervisor, which
    answers it with SIGTERM.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, lambda _number, _frame: None)


def _before_fork() -> None:
    # Between the fork and its own handlers, a worker has the supervisor's: they set a flag that nobody reads there.
    if _is_supervisor():
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)


def _after_fork() -> None:
    if _is_supervisor():
        _unblock_signals()


def _after_fork_in_worker() -> None:
    if is_worker():
        _end_at_once_on_sigterm()
        _unblock_signals()


def _unblock_signals() -> None:
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)


@contextmanager
def supervising() -> Iterator[None]:
    """Mark this process as the one whose children are workers."""
    _watch_forks()
    os.environ[SUPERVISOR_VARIABLE] = str(os.getpid())
    try:
        yield
    finally:
        os.environ.pop(SUPERVISOR_VARIABLE, None)


@cache
def _watch_forks() -> None:
    # Once per process: such hooks cannot be taken away.
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork_in_worker)


def _is_supervisor() -> bool:
    return os.environ.get(SUPERVISOR_VARIABLE) == str(os.getpid())


def is_worker() -> bool:
    """
    Tell whether this process is a worker: a fresh one imports the script again, `app.run()` included.

    The parent's number is compared, so that a program which a worker starts is none.
    """
    return os.environ.get(SUPERVISOR_VARIABLE) == str(os.getppid())


class Flag(Protocol):
    """A lock that processes share, used as a flag: who gets it is the first. It is never released."""

    def acquire(self, block: bool = True) -> bool:
        """Take it, if nobody has."""


# The name of the coroutine that runs each request of uvicorn.
_UVICORN_REQUEST: Final = "run_asgi"


class _TellFirst:
    """A signal handler that tells the application before the server."""

    def __init__(
        self,
        app: object,
        loop: asyncio.AbstractEventLoop,
        stop: Callable[[int, FrameType | None], object],
        timeout: float,
    ) -> None:
        self.app = app
        self.loop = loop
        self.stop = stop
        self.timeout = timeout

    def __call__(self, number: int, frame: FrameType | None) -> None:
        # The handler may interrupt anything; the application is told from its own loop.
        begin = partial(begin_drain, self.app, self.loop, request=_UVICORN_REQUEST, timeout=self.timeout)
        self.loop.call_soon_threadsafe(begin)
        self.stop(number, frame)


@dataclass(slots=True)
class Job:
    """
    What a worker has to do, as far as it is the same for every server.

    Attributes:
        app: The application, if the worker inherits it; else `target` is imported.
        target: Where to import the application.
        interface: What the server will speak to it.
        drain_timeout: Seconds that requests in flight get at the end.
        listening_on: The port, or the Unix socket's path.
        log_level: The least severe log entries that are written.
        log_format: How they are written.
        workers: How many workers there are.
        log_fixed: Which of the two were said to `run()`: the application's settings do not change them.
        failed: Taken by the first worker whose start fails, so that one error is reported, not one
            per worker; `None` while reloading, where a failed start waits for the next change.
    """

    app: object | None
    target: ImportTarget | None
    interface: Interface
    drain_timeout: float
    listening_on: int | str
    log_level: LogLevel
    log_format: LogFormat = "text"
    workers: int = 1
    log_fixed: tuple[str, ...] = ()
    failed: Flag | None = None
    drain: Drain | None = field(default=None, init=False)

    def load(self) -> object:
        """Get the application: inherited, or imported; it speaks the interface that is served."""
        configure_logging(self.log_level, self.log_format, fixed=self.log_fixed)
        app = self.app if self.app is not None or self.target is None else self.target.load()
        choose_interface(app, self.interface, rsgi_possible=True)
        if hasattr(app, "drain_timeout"):
            # What it defers counts as a request under way.
            app.drain_timeout = self.drain_timeout
        if hasattr(app, "worker_count"):
            # What each of them counts for itself counts as often.
            app.worker_count = self.workers
        return app

    def load_for_granian(self) -> object:
        """Load the application and watch for SIGTERM from the loop's first turn on."""
        app = self.load()
        loop = asyncio.get_event_loop()
        self.drain = Drain(app, loop, timeout=self.drain_timeout, listening_on=self.listening_on)
        self.drain.install_soon()
        return app

    def load_for_uvicorn(self) -> object:
        """Load the application inside uvicorn's running loop, and hear of its stop before it does."""
        app = self.load_or_exit()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            stop = signal.getsignal(number)
            if callable(stop):
                signal.signal(number, _TellFirst(app, loop, stop, self.drain_timeout))
        return app

    def load_or_exit(self) -> object:
        """Load the application, or report why not and end this process."""
        try:
            return self.load()
        except Exception as exc:
            raise self.report_failure(exc) from exc

    def report_failure(self, error: Exception) -> SystemExit:
        """Write why the application could not be started; returns what ends this process."""
        sys.stderr.write(f"{explain(error)}\ncovet: The application could not be started.\n")
        sys.stderr.flush()
        return SystemExit(UVICORN_START_FAILED)

    def work(self, serve: Callable[..., None], *arguments: object) -> None:
        """
        Run a worker's serving function; a failed start ends the whole server with one error.

        Without this the supervisor would start the worker again, for ever, if it fails slowly.
        """
        _end_at_once_on_sigterm()
        try:
            serve(*arguments)
        except BaseException as exc:  # noqa: BLE001 - a server that exits by SystemExit failed, too
            if self.drain is not None and self.drain.begun and not isinstance(exc, Exception):
                # Stopped while it started: that is no failure. CancelledError is no Exception.
                sys.exit(0)
            self._report(exc)
            sys.exit(START_FAILED)

    def _report(self, error: BaseException) -> None:
        stopping = self.drain is not None and self.drain.begun
        is_first = self.failed is None or self.failed.acquire(block=False)
        if is_first and not isinstance(error, SystemExit):
            what = "The application failed while it stopped." if stopping else "The application could not be started."
            sys.stderr.write(f"{explain(error)}\ncovet: {what}\n")
            sys.stderr.flush()
        if self.failed is None or stopping:
            return
        _end_at_once_on_sigterm()
        _unblock_signals()
        if is_first:
            os.kill(os.getppid(), signal.SIGTERM)
        # The supervisor ends its workers now; one that leaves before that is an unexpected exit to it.
        time.sleep(_SECONDS_TO_BE_ENDED)
