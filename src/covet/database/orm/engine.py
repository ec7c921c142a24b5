"""
Engines: where connections come from, with what makes each database behave.
"""

from functools import partial
from typing import Any, Final, Literal

from sqlalchemy import event
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import TimeoutError as PoolTimedOutError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry, PoolProxiedConnection

from covet._extras import require_extra
from covet.database.errors import DatabaseUnavailableError, PoolTimeoutError
from covet.database.orm.driver_errors import translate
from covet.database.url import DatabaseURL
from covet.exceptions import ConfigurationError
from covet.options import refuse_unknown

Begin = Literal["deferred", "immediate"]

_CONNECT_SECONDS: Final = 10
_BUSY_MILLISECONDS: Final = 5_000
# The option of a driver that bounds the wait for a server to answer.
_CONNECT_OPTIONS: Final = {"postgresql": "timeout", "mysql": "connect_timeout"}


class _Pool(AsyncAdaptedQueuePool):
    """A pool whose end of patience is one of our errors."""

    def _do_get(self) -> ConnectionPoolEntry:
        try:
            return super()._do_get()
        except PoolTimedOutError as exc:
            raise PoolTimeoutError(
                f"None of the {self.size()} connections became free within {self._timeout} seconds.",
                hint="Commit earlier, keep sessions short, or raise pool_size=.",
            ) from exc


@refuse_unknown
def create_engine(
    url: str | DatabaseURL,
    *,
    pool_size: int = 10,
    pool_timeout: float = 30.0,
    echo: bool = False,
    sqlite_begin: Begin = "deferred",
) -> AsyncEngine:
    """
    Make an engine of SQLAlchemy's for a database; it connects when it is first used.

    Errors of the drivers come out as those of `covet.database`. A connection that its server has closed is noticed
    before it is used. SQLite checks foreign keys, writes ahead (WAL), waits five seconds for a lock, and begins its
    transactions where SQLAlchemy does. A database in memory has one connection, so a second session waits for the
    first.

    Args:
        url: Where it is; see `DatabaseURL`.
        pool_size: How many connections are open at most.
        pool_timeout: Seconds to wait for one.
        echo: Whether every statement is logged. Values are not.
        sqlite_begin: How SQLite begins: `"immediate"` takes the lock for writing at once, so that a transaction that
            reads first and writes later never fails in between, at the price of one transaction at a time.

    Raises:
        ConfigurationError: If the URL is none, or of a database that nothing is known about.
        MissingDependencyError: If the driver is not installed.
    """
    where = DatabaseURL.parse(url) if isinstance(url, str) else url
    if where.scheme not in {"sqlite", "postgresql", "mysql"}:
        raise ConfigurationError(
            f"The ORM knows no database of the kind {where.scheme!r}.", hint="It knows sqlite, postgresql and mysql."
        )
    if sqlite_begin not in ("deferred", "immediate"):
        raise ConfigurationError(f"sqlite_begin={sqlite_begin!r} is neither 'deferred' nor 'immediate'.")
    _require_driver(where.scheme)
    is_sqlite = where.scheme == "sqlite"
    option = _CONNECT_OPTIONS.get(where.scheme)
    engine = create_async_engine(
        where.render_for_sqlalchemy(),
        poolclass=_Pool,
        # One connection is the whole database: a second one would see another, empty one.
        pool_size=1 if where.is_in_memory else pool_size,
        max_overflow=0,
        pool_timeout=pool_timeout,
        pool_pre_ping=not is_sqlite,
        echo=echo,
        # APPSEC: values may be secret, and neither logs nor errors need them.
        hide_parameters=True,
        connect_args={} if option is None or option in where.options else {option: _CONNECT_SECONDS},
    )
    _listen(engine, where, sqlite_begin)
    return engine


def _require_driver(scheme: str) -> None:
    needed_for = "covet.database.orm"
    if scheme == "sqlite":
        require_extra("aiosqlite", extra="orm", needed_for=needed_for)
    elif scheme == "postgresql":
        require_extra("asyncpg", extra="postgres", needed_for=needed_for)
    else:
        require_extra("asyncmy", extra="mysql", needed_for=needed_for)


def _listen(engine: AsyncEngine, where: DatabaseURL, begin: Begin) -> None:
    sync = engine.sync_engine

    # Any: what a driver is called with.
    def connect(dialect: Dialect, _entry: object, args: tuple[Any, ...], options: dict[str, Any]) -> DBAPIConnection:
        try:
            return dialect.connect(*args, **options)
        except Exception as exc:
            raise DatabaseUnavailableError(
                f"{where} cannot be reached: {str(exc) or type(exc).__name__}.",
                hint="See that it runs, and who may log in.",
            ) from exc

    event.listen(sync, "handle_error", translate)
    event.listen(sync, "do_connect", connect)
    if where.scheme != "sqlite":
        return

    def prepare(connection: DBAPIConnection, _entry: object) -> None:
        # The driver would begin by itself, late and not for SELECT.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MILLISECONDS}")
        if not where.is_in_memory:
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.close()

    def start(dbapi_connection: PoolProxiedConnection) -> None:
        driver: Any = dbapi_connection.driver_connection
        queue = getattr(driver, "_tx", None)
        if begin == "deferred" and queue is not None:
            # PERF: it takes no lock, so it cannot fail, and the thread runs it before the next statement: not to wait
            # for it saves a quarter of a read (benchmarks/orm.py).
            queue.put_nowait((None, partial(driver._conn.execute, "BEGIN")))  # noqa: SLF001
            return
        cursor = dbapi_connection.cursor()
        try:
            cursor.execute(f"BEGIN {begin.upper()}")
        finally:
            cursor.close()

    event.listen(sync, "connect", prepare)
    # PERF: with a listener to the engine's "begin", every connection would ask for listeners at each of seven steps
    # (benchmarks/orm.py).
    sync.dialect.do_begin = start  # type: ignore[method-assign]


__all__ = ["Begin", "create_engine"]
