"""
Engines of SQLAlchemy's on the connections of our drivers: the same options, sessions and errors as everywhere else.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from covet._extras import require_extra
from covet.database.drivers import make_driver
from covet.database.engine_errors import ErrorTranslator, QuietConnection
from covet.database.errors import DatabaseUnavailableError
from covet.database.pool_options import read_options
from covet.database.url import SQLALCHEMY_DRIVERS, DatabaseURL

_NO_OPTIONS: Final[Mapping[str, Any]] = MappingProxyType({})


# Any: options have types of their own; the driver checks its own, SQLAlchemy the others.
def make_engine(
    url: DatabaseURL,
    *,
    needed_for: str,
    connect_timeout: float = 10.0,
    options: Mapping[str, Any] = _NO_OPTIONS,
    **engine_options: Any,
) -> AsyncEngine:
    """
    Make an engine; it connects when it is first used.

    Its connections are opened by the driver that `DatabasePlugin` has for the URL, with the options of the URL and the
    session that these have there. What goes wrong is an error of `covet.database`, without the driver's behind it.

    Args:
        url: Where the database is: of SQLite, PostgreSQL or MySQL.
        needed_for: What wants the engine, for the error of a library that is not installed.
        connect_timeout: Seconds that the opening of a connection may take.
        options: Options of the driver, which count more than those of the URL.
        **engine_options: Further options of SQLAlchemy's `create_async_engine`.

    Raises:
        ConfigurationError: If the URL or an option cannot be.
        MissingDependencyError: If the driver is not installed.

    Example:
        >>> from sqlalchemy import text
        >>> engine = make_engine(DatabaseURL.parse("sqlite://?synchronous=full"), needed_for="the example")
        >>> async with engine.connect() as connection:
        ...     (await connection.execute(text("PRAGMA synchronous"))).scalar_one()
        2
        >>> await engine.dispose()
        >>> make_engine(DatabaseURL.parse("sqlite://?sync=full"), needed_for="the example")
        Traceback (most recent call last):
            ...
        covet.exceptions.ConfigurationError: A connection of SQLite has no option 'sync'.
          Did you mean 'synchronous'? Available: busy_timeout, read_only, synchronous.
    """
    library, extra = SQLALCHEMY_DRIVERS[url.scheme]
    require_extra(library, extra=extra, needed_for=needed_for)
    driver = make_driver(url.scheme)
    chosen = read_options(driver, url, options)
    # APPSEC: values may be secret, and neither logs nor errors need them.
    plain = replace(url, options=_NO_OPTIONS).render_for_sqlalchemy()
    engine = create_async_engine(plain, hide_parameters=True, **engine_options)

    async def open_connection() -> Any:
        try:
            async with asyncio.timeout(connect_timeout):
                return await driver.open_for_engine(url, chosen)
        except TimeoutError:
            raise DatabaseUnavailableError(
                f"The database at {url} did not answer within {connect_timeout:g} s.",
                hint="See that it runs, and that nothing between here and there keeps it from answering.",
            ) from None

    # Any: what a driver would be called with.
    def connect(dialect: Dialect, _entry: object, _args: Any, _options: Any) -> DBAPIConnection:
        return dialect.connect(async_creator_fn=open_connection, **driver.read_engine_options(chosen))

    sync = engine.sync_engine
    sync._connection_cls = QuietConnection  # noqa: SLF001 - what an error is behind it is decided nowhere else
    event.listen(sync, "do_connect", connect)
    event.listen(sync, "handle_error", ErrorTranslator(driver, url, chosen))
    return engine


__all__ = ["make_engine"]
