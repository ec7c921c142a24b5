"""
Granian, with settings that are safe where its own are generous.

What each setting is for was measured on Granian 2.8.7; see docs/running.md.
"""

from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from covet._extras import find_extra, require_extra
from covet.exceptions import ConfigurationError, MissingDependencyError
from covet.http.limits import MAX_HEADERS_SIZE
from covet.server.logs import server_log_config
from covet.server.options import SHUTDOWN_HOOKS_SECONDS, HTTPVersion, Interface, ServerOptions, StartMethod
from covet.server.worker import Job

DEFAULT_HEADER_TIMEOUT = 10.0

_HTTP_MODES: dict[HTTPVersion, str] = {"1": "http1", "2": "http2", "auto": "auto"}
_INTERFACES: dict[Interface, str] = {"rsgi": "RSGI", "asgi": "ASGI"}
_SPAWNERS: dict[Interface, str] = {"rsgi": "_spawn_rsgi_worker", "asgi": "_spawn_asgi_lifespan_worker"}


class Server(Protocol):
    """The part of Granian's server that is used."""

    def serve(self, *, spawn_target: object, target_loader: object, wrap_loader: bool) -> None:
        """Serve until a signal says stop."""


def serve(job: Job, options: ServerOptions, *, start_method: StartMethod) -> None:
    """
    Serve with Granian until a signal says stop.

    Raises:
        ConfigurationError: If an option is set that Granian has not.
        SystemExit: If the application could not be started, or its workers keep dying.
    """
    # Not at the top: every application imports this package, and most processes never serve.
    multiprocessing = import_module("multiprocessing")
    server = _make_server(job, options)
    context = multiprocessing.get_context(start_method)
    job.failed = None if options.reload else context.Lock()
    process_server = import_module("granian.server").MPServer
    spawn = _find_spawner(process_server, job.interface)
    previous = multiprocessing.get_start_method(allow_none=True)
    # Granian asks multiprocessing how to start its workers.
    multiprocessing.set_start_method(start_method, force=True)
    try:
        server.serve(spawn_target=partial(job.work, spawn), target_loader=job.load_for_granian, wrap_loader=False)
    finally:
        multiprocessing.set_start_method(previous, force=True)
    if job.failed is not None and not job.failed.acquire(block=False):
        raise SystemExit(1)


# Any: a function of Granian's own.
def _find_spawner(process_server: type, interface: Interface) -> Any:
    """Find the function that a worker runs; its name is Granian's own affair and may change."""
    spawn = getattr(process_server, _SPAWNERS[interface], None)
    if spawn is None:
        raise ConfigurationError(
            f"This version of Granian is not known: its workers have no {_SPAWNERS[interface]}().",
            hint='Install a known one: pip install "granian[reload]>=2.8.7,<3".',
        )
    return spawn


def _make_server(job: Job, options: ServerOptions) -> Server:
    require_extra("granian", extra="standard", needed_for="covet.server", library="Granian")
    constants = import_module("granian.constants")
    http = import_module("granian.http")
    header_timeout = options.header_timeout or DEFAULT_HEADER_TIMEOUT
    if options.keep_alive is not None and options.keep_alive != header_timeout:
        raise ConfigurationError(
            f"Granian closes an idle connection after header_timeout ({header_timeout:g} s); "
            f"keep_alive={options.keep_alive:g} cannot be different.",
            hint="Leave out keep_alive and set header_timeout, or use another server.",
        )
    if options.websocket_compression:
        raise ConfigurationError(
            "Granian does not compress the messages of WebSockets; websocket_compression=True cannot be met.",
            hint='Leave it out, or use server="uvicorn", which can.',
        )
    if options.reload and find_extra("watchfiles") is None:
        raise MissingDependencyError("watchfiles", extra="standard", needed_for="reload=True")
    # Granian's server has some fifty arguments, and its enumerations come from a module that may be absent.
    arguments: dict[str, Any] = {
        "target": str(job.target or "application"),
        "address": options.host,
        "port": options.port,
        "uds": Path(options.uds) if options.uds is not None else None,
        "interface": constants.Interfaces[_INTERFACES[job.interface]],
        "workers": options.workers,
        "loop": constants.Loops.uvloop if find_extra("uvloop") is not None else constants.Loops.asyncio,
        "http": constants.HTTPModes[_HTTP_MODES[options.http]],
        "websockets": options.websockets,
        "backlog": options.backlog,
        "backpressure": options.backpressure,
        "http1_settings": http.HTTP1Settings(
            header_read_timeout=round(header_timeout * 1000), max_buffer_size=MAX_HEADERS_SIZE
        ),
        "http2_settings": http.HTTP2Settings(
            max_headers_size=MAX_HEADERS_SIZE, keep_alive_interval=30_000, max_concurrent_streams=100
        ),
        "log_level": import_module("granian.log").LogLevels[
            "warning" if options.log_level == "info" else options.log_level
        ],
        "log_dictconfig": server_log_config(
            options.log_level, "_granian", access="granian.access", log_format=options.log_format, fixed=job.log_fixed
        ),
        "log_access": options.access_log,
        "ssl_cert": Path(options.tls_certificate) if options.tls_certificate is not None else None,
        "ssl_key": Path(options.tls_key) if options.tls_key is not None else None,
        "respawn_failed_workers": True,
        # Killed workers run no shutdown hooks: the drain ends before this strikes.
        "workers_kill_timeout": options.drain_timeout + SHUTDOWN_HOOKS_SECONDS,
        "reload": options.reload,
        # Granian's own filter takes any file for source: one that the application writes would restart it for ever.
        "reload_filter": import_module("watchfiles").PythonFilter if options.reload else None,
        "reload_paths": [Path(path) for path in options.reload_paths] or None,
        "reload_ignore_worker_failure": options.reload,
    }
    server: Server = import_module("granian.server").MPServer(**arguments)
    return server
