"""
`run()`: from an application to a listening server.

It must never import an application's class: whatever speaks RSGI or ASGI can be served.
"""

import asyncio
import errno
import logging
import os
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Unpack

from covet._extras import find_extra
from covet.exceptions import ConfigurationError, MissingDependencyError
from covet.logs import configure_logging
from covet.server import granian_driver, hypercorn_driver, uvicorn_driver
from covet.server.defaults import UnknownDefaultsError, ask_target, read_defaults
from covet.server.options import RunOptions, ServerName, ServerOptions, StartMethod, make_options
from covet.server.target import (
    ImportTarget,
    TargetError,
    choose_interface,
    explain,
    find_target,
    is_application,
    is_loading,
)
from covet.server.worker import Job, is_worker, supervising

logger = logging.getLogger("covet.server")

_SERVERS: tuple[ServerName, ...] = ("granian", "uvicorn", "hypercorn")
_TITLES: dict[ServerName, str] = {"granian": "Granian", "uvicorn": "uvicorn", "hypercorn": "Hypercorn"}
_EXTRAS: dict[ServerName, str] = {"granian": "standard", "uvicorn": "uvicorn", "hypercorn": "hypercorn"}
_DRIVERS: dict[ServerName, Callable[..., None]] = {
    "granian": granian_driver.serve,
    "uvicorn": uvicorn_driver.serve,
    "hypercorn": hypercorn_driver.serve,
}


def run(target: object, **options: Unpack[RunOptions]) -> None:
    """
    Serve an application until SIGINT or SIGTERM, then drain and return.

    Within a worker, or while a target is imported, it returns at once: a script may therefore call
    it without a `__main__` guard.

    What is not given is what the application says in `server_defaults`, as one with settings does, or else the
    default.

    Args:
        target: The application, or an import string such as `"shop.main:app"`.
        options: What `ServerOptions` lists.

    Raises:
        ConfigurationError: If an option is unknown or wrong, or if the application cannot be
            served that way.
        MissingDependencyError: If no server is installed.
        SystemExit: With status 1 if the address is in use or the application could not be started.

    Example:
        >>> run(object(), port=8000)
        Traceback (most recent call last):
            ...
        covet.server.target.TargetError: 'object' is no kind of application: it neither can be called nor has __rsgi__.
    """
    # One frame is ours; a method such as `CovetPy.run()` above it is skipped by `find_target` on its own.
    serve(target, options, caller=sys._getframe(1))  # noqa: SLF001 - the documented way to the caller


def serve(target: object, given: RunOptions, *, caller: FrameType | None = None) -> None:
    """Do what `run()` does, for whoever has the options as a mapping."""
    # What is wrong by itself is said before anything is imported.
    factory = make_options(given).factory
    if is_worker() or is_loading():
        return
    server = find_server(given.get("server"))
    _check_place()
    if not isinstance(target, str):
        target = _make_application(target, factory=factory)
    options = make_options(given, _find_defaults(target, given))
    job, start_method = _make_job(target, options, server, caller)
    job.log_fixed = tuple(name for name in ("log_level", "log_format") if name in given)
    options = replace(options, port=_claim_address(options))
    job.listening_on = str(options.uds) if options.uds is not None else options.port
    configure_logging(options.log_level, options.log_format, fixed=job.log_fixed)
    workers = "1 worker" if options.workers == 1 else f"{options.workers} workers"
    # Not "serving": nobody knows yet whether the application can be started.
    logger.info(
        "Starting on %s with %s over %s, %s (process %d). Stop with Ctrl+C.",
        options.address,
        _TITLES[server],
        job.interface.upper(),
        workers,
        os.getpid(),
    )
    with supervising():
        _DRIVERS[server](job, options, start_method=start_method)
    logger.info("Stopped.")


def find_server(asked: ServerName | None) -> ServerName:
    """
    Choose the server: the one asked for, or the first that is installed.

    Raises:
        MissingDependencyError: If it, or any, is not installed; the text says how to install it.
    """
    for name in _SERVERS if asked is None else (asked,):
        if find_extra(name) is not None:
            return name
    name = asked or "granian"
    library = _TITLES[name] if asked is not None else "A server (Granian, uvicorn or Hypercorn)"
    raise MissingDependencyError(library, extra=_EXTRAS[name], needed_for="run()")


def _check_place() -> None:
    if threading.current_thread() is not threading.main_thread():
        raise ConfigurationError(
            "run() serves from the main thread only: it handles the process's signals.",
            hint="Call it from the main thread, or serve from a process of its own.",
        )
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise ConfigurationError(
        "run() was called inside a running event loop, which it would block.",
        hint="Call it from ordinary code: it makes the loops it needs.",
    )


def _make_job(
    target: object, options: ServerOptions, server: ServerName, caller: FrameType | None
) -> tuple[Job, StartMethod]:
    rsgi_possible = server == "granian"
    if options.interface == "rsgi" and not rsgi_possible:
        raise ConfigurationError(f"{_TITLES[server]} speaks ASGI, not RSGI.", hint='Use server="granian".')
    app: object | None = None
    place: ImportTarget | None
    if isinstance(target, str):
        place = ImportTarget.parse(target, factory=options.factory)
        interface = options.interface or ("rsgi" if rsgi_possible else "asgi")
        start_method = options.start_method or _platform_start_method()
    else:
        app = target
        interface = choose_interface(app, options.interface, rsgi_possible=rsgi_possible)
        place = None if options.factory else find_target(app, caller)
        start_method = options.start_method or ("spawn" if options.reload else _platform_start_method())
        inherits = server == "granian" and start_method == "fork" and not options.reload
        alone = server != "granian" and options.workers == 1 and not options.reload
        if inherits or alone:
            place = None
        elif place is None:
            raise TargetError(
                f"{_why_fresh(options, start_method)} each import the application, but it has no name to import it by.",
                hint='Keep it in a module-level variable, or pass an import string: run("module:app"), '
                'or run("module:create_app", factory=True).',
            )
        else:
            app = None
    return (
        Job(
            app=app,
            target=place,
            interface=interface,
            drain_timeout=options.drain_timeout,
            listening_on=0,
            log_level=options.log_level,
            log_format=options.log_format,
            workers=options.workers,
        ),
        start_method,
    )


def _find_defaults(target: object, given: RunOptions) -> RunOptions:
    if not isinstance(target, str):
        return read_defaults(target)
    try:
        return ask_target(ImportTarget.parse(target, factory=given.get("factory", False)))
    except UnknownDefaultsError as exc:
        if given.get("reload"):
            # A change of the source may mend it: the workers say what is wrong, and wait for one.
            return {}
        sys.stderr.write(f"{exc.text}\ncovet: The application could not be started.\n")
        raise SystemExit(1) from None


def _make_application(target: object, *, factory: bool) -> object:
    made = target() if factory and callable(target) else target
    if not is_application(made):
        raise TargetError(
            f"{type(made).__name__!r} is no kind of application: it neither can be called nor has __rsgi__."
        )
    return made


def _why_fresh(options: ServerOptions, start_method: StartMethod) -> str:
    if options.reload:
        return "With reload=True the workers"
    if options.workers > 1:
        return f"With workers={options.workers} the workers"
    return f"Workers that start by {start_method!r}"


def _platform_start_method() -> StartMethod:
    # Forking is unsafe with Apple's frameworks, and Windows has none. Linux keeps it on 3.14 too,
    # where it is no longer the default: a worker that inherits the application needs no import string.
    return "fork" if sys.platform not in {"darwin", "win32"} else "spawn"


def _claim_address(options: ServerOptions) -> int:
    """
    Make sure that nobody listens there, and find the port if any will do.

    Granian's workers share a port (SO_REUSEPORT), so a second server would start without a word
    and take half of the first one's requests.
    """
    if options.uds is not None:
        _claim_path(Path(options.uds))
        return options.port
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            options.host, options.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            if sys.platform != "win32":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            port: int = probe.getsockname()[1]
            return port
    except OSError as exc:
        raise _refuse(f"{options.address} cannot be listened on: {_reason(exc)}.") from None


def _claim_path(path: Path) -> None:
    if not path.is_socket():
        if path.exists():
            raise _refuse(f"unix:{path} cannot be listened on: there is a file of that name.")
    elif _is_answered(path):
        raise _refuse(f"unix:{path} cannot be listened on: another server uses it.")
    else:
        # Left behind by a server that was killed.
        path.unlink()
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.bind(str(path))
        path.unlink()
    except OSError as exc:
        # Such as a directory that does not exist: Granian would end in a backtrace of Rust.
        raise _refuse(f"unix:{path} cannot be listened on: {exc.strerror or exc}.") from None


def _is_answered(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _reason(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "another program uses that port"
    if error.errno == errno.EACCES:
        return "ports below 1024 need a privilege"
    return error.strerror or str(error)


def _refuse(message: str) -> SystemExit:
    sys.stderr.write(f"covet: {message}\n")
    return SystemExit(1)


def explain_and_exit(error: ConfigurationError) -> SystemExit:
    """Write an error as one readable text, for a command line; returns what ends the process."""
    sys.stderr.write(f"{explain(error)}\n")
    return SystemExit(1)
