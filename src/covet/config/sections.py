"""
The sections that every application has. Each field says what reads it, or what is to come that will.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, dataclass_transform

from covet.config.fields import Reloadable
from covet.config.masking import show
from covet.config.secret import MIN_KEY_BYTES, Secret
from covet.config.units import ByteSize, Duration
from covet.validation.constraints import Constraints

T = TypeVar("T")


@dataclass_transform(frozen_default=True, kw_only_default=True)
def section(cls: type[T]) -> type[T]:
    """
    Make a class a section of settings: a frozen dataclass with keyword arguments, which hides its secrets.

    A frozen dataclass of your own does as well; but for the `Secret`s in it, its representation shows everything.

    Example:
        >>> @section
        ... class Mail:
        ...     host: str = "localhost"
        ...     password: str = ""
        >>> Mail(password="hunter2")
        Mail(host='localhost', password=**********)
    """
    from dataclasses import dataclass, fields

    made: Any = dataclass(frozen=True, kw_only=True, repr=False)(cls)

    def represent(self: object) -> str:
        listed = (f"{item.name}={_show(getattr(self, item.name), item.name)}" for item in fields(made) if item.repr)
        return f"{type(self).__qualname__}({', '.join(listed)})"

    made.__repr__ = represent
    return made  # type: ignore[no-any-return]


def _show(value: object, name: str) -> str:
    # An inner section shows itself.
    return repr(value) if hasattr(value, "__dataclass_fields__") else show(value, name=name)


@section
class AppSettings:
    """
    What the application is.

    Attributes:
        name: Its name, the title of its API's description (read by `DebugPlugin`).
        version: Its own version, for the API's description (read by `DebugPlugin`).
    """

    name: str = "CovetPy application"
    version: str = "1.0.0"


@section
class ServerSettings:
    """
    How the application is served: the options of `app.run()` and `covet run` under the same names.

    What is given to them, on the command line too, wins over these. Under another server only `body_limit` counts.

    Attributes:
        host: The address to listen on; loopback only, unless asked otherwise (read by the server).
        port: The port to listen on; 0 takes a free one (read by the server).
        uds: A Unix socket's path, instead of host and port (read by the server).
        workers: How many processes serve (read by the server).
        reload: Restart when a Python file changes; for development (read by the server).
        http: The versions of HTTP: "1", "2" or "auto" (read by the server).
        websockets: Whether WebSocket upgrades are accepted (read by the server).
        websocket_compression: Whether their messages are compressed for clients that can (read by the server).
        access_log: Whether the server logs every request; on in development (read by the server).
        tls_certificate: A PEM file with the certificate chain; needs `tls_key` (read by the server).
        tls_key: A PEM file with the certificate's key (read by the server).
        backlog: How many connections may wait to be accepted (read by the server).
        backpressure: How many requests a worker handles at once (read by the server).
        drain_timeout: How long requests in flight get when the server stops (read by the server).
        header_timeout: How long a client may take to send a request's head (read by the server).
        keep_alive: How long an idle connection stays open (read by the server).
        body_limit: How large the body of a request may be: the option of `CovetPy` (read by the application).
    """

    host: Annotated[str, Constraints(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Constraints(ge=0, le=65_535)] = 8000
    uds: Path | None = None
    workers: Annotated[int, Constraints(ge=1, le=1024)] = 1
    reload: bool = False
    http: Literal["1", "2", "auto"] = "1"
    websockets: bool = True
    websocket_compression: bool = False
    access_log: bool = False
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    backlog: Annotated[int, Constraints(ge=128, le=65_535)] = 1024
    backpressure: Annotated[int, Constraints(ge=1, le=1_000_000)] | None = None
    drain_timeout: Annotated[Duration, Constraints(gt=0)] = 30.0
    header_timeout: Annotated[Duration, Constraints(gt=0)] | None = None
    keep_alive: Annotated[Duration, Constraints(gt=0)] | None = None
    body_limit: Annotated[ByteSize, Constraints(ge=0)] = 1024 * 1024


_Count = Annotated[int, Constraints(ge=0)]
_Size = Annotated[ByteSize, Constraints(ge=0)]


@section
class LimitSettings:
    """
    How much a request may bring, beside `server.body_limit`; routes may have other limits.

    What a form may have are the attributes of `FormLimits` (`covet.http.form_limits`).

    Attributes:
        handler_timeout: After how long a handler is given up; never unless it is set (read by `TimeoutMiddleware` of
            `create_app`).
        body_grace: How long a body may take before its rate counts (read by the application).
        body_min_rate: How many bytes of a body must come per second on average, after that; 0 for no limit (read by the
            application).
        form_max_fields: How many fields a form may have (read by the application).
        form_max_field_size: How large each of them may be (read by the application).
        form_max_fields_size: How large all of them may be together: they stand in memory (read by the application).
        form_max_files: How many files a form may have (read by the application).
        form_max_file_size: How large each of them may be; as large as the body unless it is set (read by the
            application).
        form_max_part_headers: How many headers a part of a form may have (read by the application).
        form_max_part_header_size: How large each of them may be (read by the application).
        form_memory: How much of the files of a form is kept in memory; the rest goes to disk (read by the application).
    """

    handler_timeout: Annotated[Duration, Constraints(gt=0)] | None = None
    body_grace: Annotated[Duration, Constraints(ge=0)] = 5.0
    body_min_rate: _Size = 240
    form_max_fields: _Count = 1000
    form_max_field_size: _Size = 1024 * 1024
    form_max_fields_size: _Size = 8 * 1024 * 1024
    form_max_files: _Count = 100
    form_max_file_size: _Size | None = None
    form_max_part_headers: _Count = 16
    form_max_part_header_size: _Size = 8 * 1024
    form_memory: _Size = 1024 * 1024


@section
class DatabaseSettings:
    """
    Where the database is, and how it is used.

    Attributes:
        url: Its address, such as `postgresql://user:password@localhost/shop`; the password is hidden wherever
            settings are shown (read by `DatabasePlugin` and `OrmPlugin`).
        pool_size: How many connections there are at most (read by `DatabasePlugin` and `OrmPlugin`).
        pool_timeout: How long to wait for a free connection (read by `DatabasePlugin` and `OrmPlugin`).
        connect_timeout: How long the opening of one may take (read by `DatabasePlugin` and `OrmPlugin`).
        query_timeout: How long a statement may take; no limit by default (read by `DatabasePlugin` and `OrmPlugin`).
        slow_query: From how long on a statement is logged as slow; never by default (read by
            `DatabasePlugin` and `OrmPlugin`).
        echo: Whether every statement is logged, without its values (read by `DatabasePlugin` and `OrmPlugin`).
    """

    url: str | None = None
    pool_size: Annotated[int, Constraints(ge=1, le=10_000)] = 10
    pool_timeout: Annotated[Duration, Constraints(gt=0)] = 30.0
    connect_timeout: Annotated[Duration, Constraints(gt=0)] = 10.0
    query_timeout: Annotated[Duration, Constraints(gt=0)] | None = None
    slow_query: Annotated[Duration, Constraints(ge=0)] | None = None
    echo: Reloadable[bool] = False


@section
class SecuritySettings:
    """
    Who may do what, and the keys that prove it.

    Attributes:
        secret_key: Signs what the application gives away and believes when it comes back (read by `make_key_ring`,
            for the middleware `session` and `csrf` of `create_app` among others).
        secret_key_fallbacks: The secret keys before that one, which are still believed, until what they signed has
            expired (read by `make_key_ring`).
        session_store: Where sessions are kept: `memory://`, `sqlite:///sessions.db`, `redis://…` or `cookie://`; its
            password is hidden wherever settings are shown (read by the middleware `session` of `create_app`).
        jwt_secret_key: Signs tokens (read by `JWTAuthProvider` where it is given no key).
        cors_allow_origins: The origins whose pages may read responses (read by `CORSMiddleware` of `create_app`).
        cors_allow_credentials: Whether those pages may send cookies (read by `CORSMiddleware` of `create_app`).
        cors_allow_methods: The methods that those pages may use; GET, HEAD, POST, PUT, PATCH and DELETE unless others
            are listed (read by `CORSMiddleware` of `create_app`).
        cors_allow_headers: The headers that those pages may send, such as `Authorization`, besides those that need no
            permission (read by `CORSMiddleware` of `create_app`).
        cors_expose_headers: The headers of responses that those pages may read, besides the usual ones (read by
            `CORSMiddleware` of `create_app`).
        allowed_hosts: The host names that requests may be for; any, if there is none (read by `TrustedHostMiddleware`
            of `create_app`).
        trusted_proxies: The networks of proxies whose forwarding headers are believed; none, if there is none (read by
            `ProxyHeadersMiddleware` of `create_app`).
        rate_limit_enabled: Whether clients are limited; on in staging and production (read by `RateLimitMiddleware` of
            `create_app`).
        rate_limit_requests: How many requests a client may make within the window (read by `RateLimitMiddleware` of
            `create_app`).
        rate_limit_window: The window that they are counted in (read by `RateLimitMiddleware` of `create_app`).
        rate_limit_store: Where they are counted: `memory://` of each worker, `sqlite:///path` for the workers of a
            machine, `redis://host:6379/0` for those of many; its password is hidden wherever settings are shown (read
            by `RateLimitMiddleware` of `create_app`).
    """

    secret_key: Annotated[Secret | None, Constraints(min_length=MIN_KEY_BYTES)] = None
    secret_key_fallbacks: tuple[Annotated[Secret, Constraints(min_length=MIN_KEY_BYTES)], ...] = ()
    session_store: str = "memory://"
    jwt_secret_key: Annotated[Secret | None, Constraints(min_length=MIN_KEY_BYTES)] = None
    cors_allow_origins: tuple[str, ...] = ()
    cors_allow_credentials: bool = False
    cors_allow_methods: tuple[str, ...] | None = None
    cors_allow_headers: tuple[str, ...] = ()
    cors_expose_headers: tuple[str, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    rate_limit_enabled: bool = False
    rate_limit_requests: Annotated[Reloadable[int], Constraints(ge=1)] = 100
    rate_limit_window: Annotated[Reloadable[Duration], Constraints(gt=0)] = 60.0
    rate_limit_store: Annotated[str, Constraints(min_length=1)] = "memory://"


@section
class CacheSettings:
    """
    Where results are kept.

    Attributes:
        backend: The name of a cache backend, such as `memory` or `redis` (read by `CachePlugin`, and by the middleware
            `cache` of `create_app`).
        url: The backend's address, if it has one; its password is hidden wherever settings are shown (read by
            `CachePlugin`, and by the middleware `cache` of `create_app`).
        default_ttl: How long an entry lives unless its writer says otherwise (read by `CachePlugin`).
        max_entries: How many entries the memory backend keeps (read by `CachePlugin`).
    """

    backend: Annotated[str, Constraints(min_length=1)] = "memory"
    url: str | None = None
    default_ttl: Annotated[Reloadable[Duration], Constraints(gt=0)] = 300.0
    max_entries: Annotated[int, Constraints(ge=1)] = 10_000


@section
class LoggingSettings:
    """
    What the framework and its servers log, and how; where the application sets logging up by itself, nothing of it.

    Attributes:
        level: The least severe entries that are written; `warning` in testing (read by the application and the server).
        format: `text` for people, `json` for programs; `json` in staging and production (read by the application and
            the server).
    """

    level: Reloadable[Literal["debug", "info", "warning", "error", "critical"]] = "info"
    format: Reloadable[Literal["text", "json"]] = "text"
