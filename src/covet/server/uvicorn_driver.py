"""
uvicorn over ASGI, held to the same limits where it has them.

What it has not (HTTP/2, a time limit for a request's head) is refused when it is asked for.
"""

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from math import ceil
from types import FrameType
from typing import Any

from covet._extras import require_extra
from covet.exceptions import ConfigurationError
from covet.http.limits import MAX_HEADERS_SIZE
from covet.server.logs import server_log_config
from covet.server.options import ServerOptions, StartMethod
from covet.server.uvicorn_sockets import choose_sockets
from covet.server.worker import Job

DEFAULT_KEEP_ALIVE = 30.0


def serve(job: Job, options: ServerOptions, *, start_method: StartMethod) -> None:
    """
    Serve with uvicorn until a signal says stop; several workers are always fresh processes.

    Raises:
        ConfigurationError: If an option is set that uvicorn has not.
        SystemExit: If the application could not be started.
    """
    uvicorn = require_extra("uvicorn", extra="uvicorn", needed_for="covet.server")
    _refuse_unsupported(options, start_method)
    # uvicorn's classes are imported only here, so they have no type in this module.
    arguments: dict[str, Any] = {
        # A string, for now: uvicorn watches files only for an application that it can name.
        "app": str(job.target or "application:app"),
        "host": options.host,
        "port": options.port,
        "uds": str(options.uds) if options.uds is not None else None,
        "ws": choose_sockets(is_wanted=options.websockets),
        # APPSEC: docs/security.md, row 71: a small message can become a large one.
        "ws_per_message_deflate": options.websocket_compression,
        "interface": "asgi3",
        "factory": True,
        "workers": options.workers,
        "reload": options.reload,
        "reload_dirs": [str(path) for path in options.reload_paths] or None,
        "log_config": _log_config(job, options),
        "access_log": options.access_log,
        # Whom to believe about the client's address is the application's decision, the same on every server.
        "proxy_headers": False,
        "server_header": False,
        "backlog": options.backlog,
        "timeout_keep_alive": round(options.keep_alive or DEFAULT_KEEP_ALIVE),
        "timeout_graceful_shutdown": max(1, ceil(options.drain_timeout)),
        "h11_max_incomplete_event_size": MAX_HEADERS_SIZE,
        "ssl_certfile": options.tls_certificate,
        "ssl_keyfile": options.tls_key,
    }
    config = uvicorn.Config(**arguments)
    config.app = job.load_for_uvicorn
    server = uvicorn.Server(config)
    if options.reload:
        supervisors = import_module("uvicorn.supervisors")
        supervisors.ChangeReload(config, target=server.run, sockets=[config.bind_socket()]).run()
    elif options.workers > 1:
        supervisor = import_module("uvicorn.supervisors").Multiprocess(config, [config.bind_socket()])
        supervisor.run()
        if any(process.exitcode == import_module("uvicorn.config").STARTUP_FAILURE for process in supervisor.processes):
            raise SystemExit(1)
    else:
        _serve_here(server)


def _serve_here(server: Any) -> None:
    with _signals_spent():
        try:
            server.run()
        except SystemExit:
            raise SystemExit(1) from None
    if not server.started:
        raise SystemExit(1)


@contextmanager
def _signals_spent() -> Iterator[None]:
    """Keep uvicorn from raising the signal once more after a graceful stop, which would kill the process."""

    def spent(_number: int, _frame: FrameType | None) -> None:
        return None

    previous = {number: signal.signal(number, spent) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


class _TrueErrors(logging.Filter):
    """
    Leave out an error of uvicorn's that is none.

    It takes every handshake of a WebSocket that was refused with a response for one that was not answered (measured:
    0.54). A handshake that an application leaves without an answer is told by us.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is written."""
        return record.msg != "ASGI callable returned without completing handshake."


def _log_config(job: Job, options: ServerOptions) -> dict[str, Any]:
    # Any: what logging.config takes.
    config: dict[str, Any] = server_log_config(
        options.log_level,
        "uvicorn.error",
        "uvicorn.asgi",
        access="uvicorn.access",
        log_format=options.log_format,
        fixed=job.log_fixed,
    )
    config["filters"] = {"true": {"()": f"{_TrueErrors.__module__}.{_TrueErrors.__name__}"}}
    config["loggers"]["uvicorn.error"]["filters"] = ["true"]
    return config


def _refuse_unsupported(options: ServerOptions, start_method: StartMethod) -> None:
    if options.websocket_compression:
        # APPSEC: of the two that uvicorn can use, wsproto inflates what came before it looks at the size.
        require_extra("websockets", extra="uvicorn", needed_for="websocket_compression=True")
    several = options.workers > 1
    refused = {
        f"http={options.http!r}": options.http != "1",
        f"header_timeout={options.header_timeout}": options.header_timeout is not None,
        f"backpressure={options.backpressure}": options.backpressure is not None,
        "start_method='fork'": several and options.start_method == "fork" and start_method == "fork",
    }
    for option, is_refused in refused.items():
        if is_refused:
            raise ConfigurationError(
                f"uvicorn cannot do {option}.", hint='Leave it out, or use server="granian", which can.'
            )
