"""
`covet run module:app`: serve an application.
"""

from pathlib import Path

import click

from covet.cli.application import NamedApplication, takes_application
from covet.server.options import (
    HTTPVersion,
    Interface,
    LogLevel,
    RunOptions,
    ServerName,
    ServerOptions,
    StartMethod,
    make_options,
)
from covet.server.running import serve

_DEFAULTS = ServerOptions()


@click.command(context_settings={"show_default": True})
@takes_application
@click.option("--host", default=_DEFAULTS.host, help="The address to listen on.")
@click.option("--port", "-p", type=click.IntRange(0, 65535), default=_DEFAULTS.port, help="The port; 0: any.")
@click.option("--uds", type=click.Path(path_type=Path), help="Listen on a Unix socket instead.")
@click.option("--workers", "-w", type=click.IntRange(1), default=_DEFAULTS.workers, help="How many processes serve.")
@click.option("--reload", is_flag=True, help="Restart when a Python file changes; for development.")
@click.option(
    "--reload-path",
    "reload_paths",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A directory to watch; the current one by default.",
)
@click.option(
    "--server", type=click.Choice(["granian", "uvicorn", "hypercorn"]), help="By default the first installed."
)
@click.option("--interface", type=click.Choice(["rsgi", "asgi"]), help="RSGI on Granian by default.")
@click.option("--http", type=click.Choice(["1", "2", "auto"]), default=_DEFAULTS.http, help="The versions of HTTP.")
@click.option("--websockets/--no-websockets", default=_DEFAULTS.websockets, help="Accept WebSocket upgrades.")
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error", "critical"]),
    default=_DEFAULTS.log_level,
    help="The least severe entries to write.",
)
@click.option("--access-log/--no-access-log", default=_DEFAULTS.access_log, help="Log every request.")
@click.option("--tls-certificate", type=click.Path(path_type=Path, exists=True), help="A PEM file; needs --tls-key.")
@click.option("--tls-key", type=click.Path(path_type=Path, exists=True), help="The certificate's key, as PEM.")
@click.option("--backlog", type=click.IntRange(128), default=_DEFAULTS.backlog, help="Connections that may wait.")
@click.option("--backpressure", type=click.IntRange(1), help="Requests that a worker handles at once.")
@click.option("--drain-timeout", type=float, default=_DEFAULTS.drain_timeout, help="Seconds for requests in flight.")
@click.option("--header-timeout", type=float, help="Seconds to send a request's head; 10 by default on Granian.")
@click.option("--keep-alive", type=float, help="Seconds that an idle connection stays open.")
@click.option("--start-method", type=click.Choice(["fork", "spawn"]), help="How workers start.")
def run(
    application: NamedApplication,
    *,
    host: str,
    port: int,
    uds: Path | None,
    workers: int,
    reload: bool,
    reload_paths: tuple[Path, ...],
    server: ServerName | None,
    interface: Interface | None,
    http: HTTPVersion,
    websockets: bool,
    log_level: LogLevel,
    access_log: bool,
    tls_certificate: Path | None,
    tls_key: Path | None,
    backlog: int,
    backpressure: int | None,
    drain_timeout: float,
    header_timeout: float | None,
    keep_alive: float | None,
    start_method: StartMethod | None,
) -> None:
    """
    Serve the application found at MODULE:APP, such as main:app.

    The current directory is importable. Stop with Ctrl+C or SIGTERM: requests in flight are answered first.
    """
    options: RunOptions = {
        "host": host,
        "port": port,
        "uds": uds,
        "workers": workers,
        "reload": reload,
        "reload_paths": reload_paths,
        "server": server,
        "interface": interface,
        "factory": application.factory,
        "http": http,
        "websockets": websockets,
        "log_level": log_level,
        "access_log": access_log,
        "tls_certificate": tls_certificate,
        "tls_key": tls_key,
        "backlog": backlog,
        "backpressure": backpressure,
        "drain_timeout": drain_timeout,
        "header_timeout": header_timeout,
        "keep_alive": keep_alive,
        "start_method": start_method,
    }
    serve(application.target, make_options(options))
