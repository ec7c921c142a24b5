"""
Engines: where connections come from, with what makes each database behave.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

from sqlalchemy.exc import TimeoutError as PoolTimedOutError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry, PoolProxiedConnection

from covet.database.engine_statements import watch_statements
from covet.database.engines import make_engine
from covet.database.errors import PoolTimeoutError
from covet.database.observation import Observation
from covet.database.url import SQLALCHEMY_DRIVERS, DatabaseURL
from covet.exceptions import ConfigurationError, suggest
from covet.options import refuse_unknown

Begin = Literal["deferred", "immediate"]


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
    connect_timeout: float = 10.0,
    query_timeout: float | None = None,
    echo: bool = False,
    sqlite_begin: Begin = "deferred",
    options: Mapping[str, Any] | None = None,  # Any: each driver has its own
    observation: Observation | None = None,
) -> AsyncEngine:
    """
    Make an engine of SQLAlchemy's for a database; it connects when it is first used.

    Its connections are those of the adapters: the options behind the URL are the same, and so are the sessions (SQLite
    checks foreign keys, writes ahead and waits five seconds for a lock; MySQL is strict and in UTC). Errors come out as
    those of `covet.database`. A connection that its server has closed is noticed before it is used. SQLite begins its
    transactions where SQLAlchemy does. A database in memory has one connection, so a second session waits for the
    first.

    Args:
        url: Where it is; see `DatabaseURL`.
        pool_size: How many connections are open at most.
        pool_timeout: Seconds to wait for one.
        connect_timeout: Seconds that the opening of one may take.
        query_timeout: Seconds that a statement may take; `None` for no limit. One that takes longer is ended, and is a
            `DatabaseUnavailableError`. Rows that are streamed are awaited without a limit, once the first are there.
        echo: Whether SQLAlchemy logs every statement. Values are not.
        sqlite_begin: How SQLite begins: `"immediate"` takes the lock for writing at once, so that a transaction that
            reads first and writes later never fails in between, at the price of one transaction at a time.
        options: Further options of connections, such as `busy_timeout` of SQLite; they count more than those behind
            the URL.
        observation: Who is told of statements: subscribers of `DatabaseQueryEvent`, and the log.

    Raises:
        ConfigurationError: If the URL is none, or of a database that nothing is known about, or an option is unknown.
        MissingDependencyError: If the driver is not installed.
    """
    where = DatabaseURL.parse(url) if isinstance(url, str) else url
    if where.scheme not in SQLALCHEMY_DRIVERS:
        raise ConfigurationError(
            f"The ORM knows no database of the kind {where.scheme!r}.",
            hint=suggest(where.scheme, tuple(SQLALCHEMY_DRIVERS)),
        )
    if sqlite_begin not in ("deferred", "immediate"):
        raise ConfigurationError(f"sqlite_begin={sqlite_begin!r} is neither 'deferred' nor 'immediate'.")
    is_sqlite = where.scheme == "sqlite"
    engine = make_engine(
        where,
        needed_for="covet.database.orm",
        connect_timeout=connect_timeout,
        options=options or {},
        poolclass=_Pool,
        # One connection is the whole database: a second one would see another, empty one.
        pool_size=1 if where.is_in_memory else pool_size,
        max_overflow=0,
        pool_timeout=pool_timeout,
        pool_pre_ping=not is_sqlite,
        echo=echo,
    )
    if is_sqlite:
        # PERF: with a listener to the engine's "begin", every connection would ask for listeners at each of seven steps
        # (benchmarks/orm.py).
        engine.sync_engine.dialect.do_begin = partial(_begin, sqlite_begin)  # type: ignore[method-assign]
    watch_statements(engine, query_timeout=query_timeout, observation=observation)
    return engine


def _begin(begin: Begin, dbapi_connection: PoolProxiedConnection) -> None:
    driver: Any = dbapi_connection.driver_connection
    queue = getattr(driver, "_tx", None)
    if begin == "deferred" and queue is not None:
        # PERF: it takes no lock, so it cannot fail, and the thread runs it before the next statement: not to wait for
        # it saves a quarter of a read (benchmarks/orm.py).
        queue.put_nowait((None, partial(driver._conn.execute, "BEGIN")))  # noqa: SLF001
        return
    cursor = dbapi_connection.cursor()
    try:
        cursor.execute(f"BEGIN {begin.upper()}")
    finally:
        cursor.close()


__all__ = ["Begin", "create_engine"]
