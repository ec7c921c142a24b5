"""
`covet run module:app`: serve an application.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import click

from covet.cli.application import NamedApplication, takes_application
from covet.server.options import RunOptions, ServerOptions
from covet.server.running import serve

Command = TypeVar("Command", bound=Callable[..., object] | click.Command)

_DEFAULTS = ServerOptions()


# Any: click's own arguments.
def _option(*names: str, **attributes: Any) -> Callable[[Command], Command]:
    """
    Make an option that is left to the application's settings unless it is given.

    What holds without settings is shown as its default.
    """
    value = getattr(_DEFAULTS, names[0].partition("/")[0].removeprefix("--").replace("-", "_"))
    shown = {"True": "on", "False": "off"}.get(str(value), str(value))
    return click.option(*names, default=None, show_default=False if value is None else shown, **attributes)


@click.command()
@takes_application
@_option("--host", help="The address to listen on.")
@_option("--port", "-p", type=click.IntRange(0, 65535), help="The port; 0: any.")
@_option("--uds", type=click.Path(path_type=Path), help="Listen on a Unix socket instead.")
@_option("--workers", "-w", type=click.IntRange(1), help="How many processes serve.")
@_option("--reload/--no-reload", help="Restart when a Python file changes; for development.")
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
@_option("--http", type=click.Choice(["1", "2", "auto"]), help="The versions of HTTP.")
@_option("--websockets/--no-websockets", help="Accept WebSocket upgrades.")
@_option("--websocket-compression/--no-websocket-compression", help="Compress their messages; uvicorn only.")
@_option(
    "--log-level",
    type=click.Choice(["debug", "info", "warning", "error", "critical"]),
    help="The least severe entries to write.",
)
@_option("--log-format", type=click.Choice(["text", "json"]), help="For people, or for programs.")
@_option("--access-log/--no-access-log", help="Log every request.")
@click.option("--tls-certificate", type=click.Path(path_type=Path, exists=True), help="A PEM file; needs --tls-key.")
@click.option("--tls-key", type=click.Path(path_type=Path, exists=True), help="The certificate's key, as PEM.")
@_option("--backlog", type=click.IntRange(128), help="Connections that may wait.")
@click.option("--backpressure", type=click.IntRange(1), help="Requests that a worker handles at once.")
@_option("--drain-timeout", type=float, help="Seconds for requests in flight.")
@click.option("--header-timeout", type=float, help="Seconds to send a request's head; 10 by default on Granian.")
@click.option("--keep-alive", type=float, help="Seconds that an idle connection stays open.")
@click.option("--start-method", type=click.Choice(["fork", "spawn"]), help="How workers start.")
def run(application: NamedApplication, **options: Any) -> None:
    """
    Serve the application found at MODULE:APP, such as main:app.

    What is not given is what the application's settings say, or else the default. The current directory is
    importable. Stop with Ctrl+C or SIGTERM: requests in flight are answered first.
    """
    given = {name: value for name, value in options.items() if value is not None and value != ()}
    if application.factory:
        given["factory"] = True
    serve(application.target, cast("RunOptions", given))
