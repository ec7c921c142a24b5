"""
What can be chosen about a server: one frozen record, the same for every driver.

It must never import a server: an option that one server cannot honour is refused by that
server's driver, not swallowed.
"""

import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final, Literal, TypedDict, get_args

from covet.exceptions import ConfigurationError, suggest
from covet.logs import LogFormat, LogLevel

ServerName = Literal["granian", "uvicorn", "hypercorn"]
Interface = Literal["rsgi", "asgi"]
HTTPVersion = Literal["1", "2", "auto"]
StartMethod = Literal["fork", "spawn"]

# The worker needs this long after the drain to run the application's shutdown hooks before it is killed.
SHUTDOWN_HOOKS_SECONDS = 5.0


class RunOptions(TypedDict, total=False):
    """The keyword arguments of `run()`; `ServerOptions` says what each means."""

    host: str
    port: int
    uds: str | Path | None
    workers: int
    reload: bool
    reload_paths: tuple[str | Path, ...]
    server: ServerName | None
    interface: Interface | None
    factory: bool
    http: HTTPVersion
    websockets: bool
    websocket_compression: bool
    log_level: LogLevel
    log_format: LogFormat
    access_log: bool
    tls_certificate: str | Path | None
    tls_key: str | Path | None
    backlog: int
    backpressure: int | None
    drain_timeout: float
    header_timeout: float | None
    keep_alive: float | None
    start_method: StartMethod | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerOptions:
    """
    Everything that can be said about how an application is served.

    Attributes:
        host: The address to listen on; loopback only, unless asked otherwise.
        port: The port to listen on; 0 takes a free one and logs it.
        uds: A Unix socket's path, instead of host and port; not both.
        workers: How many processes serve.
        reload: Restart the workers when a Python file changes; for development.
        reload_paths: Which directories to watch; the current one by default. Needs `reload`.
        server: Granian, uvicorn or Hypercorn; the first that is installed by default.
        interface: RSGI or ASGI; RSGI on Granian when the application speaks it.
        factory: Whether the target is a function that makes the application.
        http: HTTP/1 only, HTTP/2 only, or both.
        websockets: Whether WebSocket upgrades are accepted.
        websocket_compression: Whether their messages are compressed for clients that can (RFC 7692).
        log_level: The least severe log entries that are written.
        log_format: `text` for people, `json` for programs.
        access_log: Whether every request is logged by the server.
        tls_certificate: A PEM file with the certificate chain; needs `tls_key`.
        tls_key: A PEM file with the certificate's key.
        backlog: How many connections may wait to be accepted.
        backpressure: How many requests a worker handles at once; by default what the server takes.
        drain_timeout: Seconds that requests in flight get when the server stops.
        header_timeout: Seconds a client has to send a request's head; 10 where the server has such a limit.
        keep_alive: Seconds an idle connection stays open; 30 where the server can tell it from `header_timeout`.
        start_method: How workers start; by default what suits the platform and the target.

    Example:
        >>> ServerOptions(port=0).host
        '127.0.0.1'
        >>> ServerOptions(port=70000)
        Traceback (most recent call last):
            ...
        covet.exceptions.ConfigurationError: port must be an integer from 0 to 65535, got 70000.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    uds: str | Path | None = None
    workers: int = 1
    reload: bool = False
    reload_paths: tuple[str | Path, ...] = ()
    server: ServerName | None = None
    interface: Interface | None = None
    factory: bool = False
    http: HTTPVersion = "1"
    websockets: bool = True
    websocket_compression: bool = False
    log_level: LogLevel = "info"
    log_format: LogFormat = "text"
    access_log: bool = False
    tls_certificate: str | Path | None = None
    tls_key: str | Path | None = None
    backlog: int = 1024
    backpressure: int | None = None
    drain_timeout: float = 30.0
    header_timeout: float | None = None
    keep_alive: float | None = None
    start_method: StartMethod | None = None

    def __post_init__(self) -> None:
        _check_integer("port", self.port, 0, 65535)
        _check_integer("workers", self.workers, 1, 1024)
        _check_integer("backlog", self.backlog, 128, 65535)
        if self.backpressure is not None:
            _check_integer("backpressure", self.backpressure, 1, 1_000_000)
        for name in ("drain_timeout", "header_timeout", "keep_alive"):
            _check_seconds(name, getattr(self, name))
        _check_choice("server", self.server, (*get_args(ServerName), None))
        _check_choice("interface", self.interface, (*get_args(Interface), None))
        _check_choice("http", self.http, get_args(HTTPVersion))
        _check_choice("log_level", self.log_level, get_args(LogLevel))
        _check_choice("log_format", self.log_format, get_args(LogFormat))
        _check_choice("start_method", self.start_method, (*get_args(StartMethod), None))
        for name in ("reload", "factory", "websockets", "websocket_compression", "access_log"):
            if not isinstance(getattr(self, name), bool):
                raise ConfigurationError(f"{name} must be True or False, got {getattr(self, name)!r}.")
        if not isinstance(self.host, str) or not self.host:
            raise ConfigurationError(f"host must be an address or a name, got {self.host!r}.")
        for name in ("uds", "tls_certificate", "tls_key"):
            _check_path(name, getattr(self, name))
        if self.websocket_compression and not self.websockets:
            raise ConfigurationError(
                "websocket_compression=True compresses what websockets=False refuses.", hint="Leave one of them out."
            )
        self._check_socket()
        self._check_reload()
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ConfigurationError(
                "TLS needs both tls_certificate and tls_key, but only one is given.",
                hint="Give two PEM files, or neither.",
            )

    def _check_socket(self) -> None:
        names = [name for name in ("host", "port") if getattr(self, name) != _find_default(name)]
        if self.uds is not None and names:
            raise ConfigurationError(
                f"uds={str(self.uds)!r} is listened on instead of a port, but {' and '.join(names)} is given, too.",
                hint=f"Leave out {' and '.join(names)}, or uds.",
            )

    def _check_reload(self) -> None:
        if not isinstance(self.reload_paths, tuple | list):
            raise ConfigurationError(
                f"reload_paths must be a list of directories, got {self.reload_paths!r}.",
                hint=f"Write [{self.reload_paths!r}]." if isinstance(self.reload_paths, str) else None,
            )
        for path in self.reload_paths:
            _check_path("reload_paths", path)
        if self.reload_paths and not self.reload:
            raise ConfigurationError(
                "reload_paths says what reload=True watches, but reload is off.",
                hint="Set reload=True, or leave out reload_paths.",
            )
        if self.reload and self.workers > 1:
            raise ConfigurationError(
                f"reload=True serves with one worker, got workers={self.workers}.",
                hint="Leave out workers while developing, or reload in production.",
            )

    @property
    def address(self) -> str:
        """Where the server listens, as a URL."""
        if self.uds is not None:
            return f"unix:{self.uds}"
        scheme = "https" if self.tls_certificate is not None else "http"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{self.port}"


# What is given takes these from the application's own defaults: both together would contradict each other.
_DISPLACES: Final[dict[str, tuple[str, ...]]] = {
    "uds": ("host", "port"),
    "host": ("uds",),
    "port": ("uds",),
    "tls_certificate": ("tls_key",),
    "tls_key": ("tls_certificate",),
}


def make_options(given: RunOptions, defaults: RunOptions | None = None) -> ServerOptions:
    """
    Check the keyword arguments of `run()` and fill in the rest.

    Args:
        given: What was said to `run()`; it wins.
        defaults: What the application says about itself.

    Raises:
        ConfigurationError: If an option is unknown or has a value that cannot be.

    Example:
        >>> make_options({"wrokers": 4})
        Traceback (most recent call last):
            ...
        covet.exceptions.ConfigurationError: run() has no option 'wrokers'.
          Did you mean 'workers'? Available: access_log, backlog, ...
    """
    known = [field.name for field in fields(ServerOptions)]
    for name in given:
        if name not in known:
            raise ConfigurationError(f"run() has no option {name!r}.", hint=suggest(name, known))
    displaced = {other for name in given for other in _DISPLACES.get(name, ())}
    # One reloading worker, or several: what is given decides, even if it does not say so.
    if given.get("reload"):
        displaced.add("workers")
    if given.get("workers", 1) != 1:
        displaced.add("reload")
    kept: Any = {name: value for name, value in (defaults or {}).items() if name not in displaced}
    return ServerOptions(**{**kept, **given})


def _check_integer(name: str, value: object, least: int, most: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise ConfigurationError(f"{name} must be an integer from {least} to {most}, got {value!r}.")


def _check_seconds(name: str, value: object) -> None:
    if value is None and name != "drain_timeout":
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value <= 0:
        raise ConfigurationError(f"{name} must be a number of seconds above 0, got {value!r}.")


def _find_default(name: str) -> object:
    return next(field.default for field in fields(ServerOptions) if field.name == name)


def _check_path(name: str, value: object) -> None:
    if value is not None and (not isinstance(value, str | Path) or value == ""):
        raise ConfigurationError(f"{name} must be a path, got {value!r}.")


def _check_choice(name: str, value: object, choices: tuple[object, ...]) -> None:
    if value not in choices:
        words = [choice for choice in choices if isinstance(choice, str)]
        raise ConfigurationError(f"{name} cannot be {value!r}.", hint=suggest(str(value), words))
