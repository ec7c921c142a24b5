"""
What goes wrong in an engine of SQLAlchemy's, in the words of `covet.database.errors`: those of the drivers' own tables.
"""

import asyncio
from typing import Any, Final, NoReturn

from sqlalchemy.engine import Connection, ExceptionContext
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.util import await_only

from covet.database.driver import Driver
from covet.database.errors import DatabaseError, DatabaseUnavailableError, DataError, QueryError
from covet.database.url import DatabaseURL
from covet.exceptions import CovetError

# What Python says of a value on its way; it quotes it.
_MISFITS: Final = (ArithmeticError, LookupError, ValueError)
# What it says of types alone.
_PLAIN: Final = (AttributeError, TypeError)


class LateStatementError(DatabaseUnavailableError):
    """
    503: a statement took longer than it may.

    Args:
        seconds: How long it may take.

    Example:
        >>> print(LateStatementError(1.5))
        The database did not answer within 1.5 s.
          Give it more time: query_timeout, or find out why it takes so long.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"The database did not answer within {seconds:g} s.",
            hint="Give it more time: query_timeout, or find out why it takes so long.",
        )


class QuietConnection(Connection):
    """A connection of SQLAlchemy's whose errors have no driver's behind them."""

    # Any: as SQLAlchemy has it.
    def _handle_dbapi_exception(self, *args: Any, **kwargs: Any) -> NoReturn:
        try:
            super()._handle_dbapi_exception(*args, **kwargs)
        except DatabaseError as exc:
            # APPSEC: the driver's text quotes values, and a traceback shows causes.
            raise exc from None


class ErrorTranslator:
    """
    The listener to SQLAlchemy's event `handle_error`: it names errors, and ends what nobody waits for any more.

    Args:
        driver: What opened the connections.
        url: Where the database is.
        options: The options of its connections.
    """

    # Any: options have types of their own.
    def __init__(self, driver: Driver, url: DatabaseURL, options: Any) -> None:
        self._driver = driver
        self._url = url
        self._options = options

    def __call__(self, context: ExceptionContext) -> BaseException | None:
        """
        Name an error.

        Args:
            context: What SQLAlchemy knows of it.

        Returns:
            What is raised in its place; `None` if it stays what it is.
        """
        error = context.original_exception
        if isinstance(error, asyncio.CancelledError | LateStatementError):
            self._stop(context)
        if isinstance(error, CovetError | SQLAlchemyError):
            # Of a column type, or of SQLAlchemy's own, such as MissingGreenlet: it says already what it is.
            return error
        if context.is_pre_ping and context.is_disconnect:
            # SQLAlchemy looks whether a connection lives, and makes a new one then.
            return None
        running = context.execution_context
        if running is not None and running.execution_options.get("skip_user_error_events", False):
            # SQLAlchemy asks for something by an error that it expects, such as whether MariaDB has a table.
            return None
        if not isinstance(error, Exception):
            return None
        is_lost = context.is_disconnect
        self._give_up_undone(context)
        made = name_error(self._driver, error, context.statement)
        if is_lost and not isinstance(made, DatabaseUnavailableError):
            return DatabaseUnavailableError(f"The connection to {self._driver.dialect.name} was lost.")
        if made is None and context.sqlalchemy_exception is not None:
            why = f"{type(error).__name__}: {error}" if isinstance(error, _PLAIN) else type(error).__name__
            return QueryError(f"The statement cannot be sent: {why}.", query=context.statement)
        return made

    def _give_up_undone(self, context: ExceptionContext) -> None:
        """Let nothing take effect without what stood before it: SQLAlchemy refuses it until somebody rolls back."""
        connection = context.connection
        if connection is None or connection.closed or connection.invalidated:
            return
        if self._driver.has_undone(connection.connection.driver_connection, context.original_exception):
            context.is_disconnect, context.invalidate_pool_on_disconnect = True, False

    def _stop(self, context: ExceptionContext) -> None:
        """End what runs on the connection; SQLAlchemy gives it up unless it is as it was."""
        context.is_disconnect, context.invalidate_pool_on_disconnect = True, False
        connection = context.connection
        if connection is None or connection.closed or connection.invalidated:
            return
        raw = connection.connection.driver_connection
        # It goes on if its task is cancelled again.
        stopped = asyncio.shield(self._driver.stop_for_engine(raw, self._url, self._options))
        context.is_disconnect = not await_only(stopped)


def name_error(driver: Driver, error: Exception, statement: str | None = None) -> DatabaseError | None:
    """
    Make our error of one that came out of a driver, or on the way there; `None` if it is neither.

    Args:
        driver: The driver.
        error: The error; SQLAlchemy's own of a dialect has the driver's as its cause.
        statement: What was refused, with placeholders.

    Example:
        >>> import sqlite3
        >>> from covet.database.drivers import make_driver
        >>> connection = sqlite3.connect(":memory:")
        >>> try:
        ...     connection.executescript("CREATE TABLE teas (name UNIQUE); INSERT INTO teas VALUES (1), (1)")
        ... except sqlite3.Error as exc:
        ...     error = name_error(make_driver("sqlite"), exc)
        >>> type(error).__name__, error.constraint
        ('UniqueViolationError', 'teas.name')
        >>> connection.close()
    """
    for each in (error.__cause__, error):
        made = driver.translate(each, statement) if isinstance(each, Exception) else None
        if made is not None:
            return made
    if isinstance(error, _MISFITS) or isinstance(error.__cause__, _MISFITS):
        # APPSEC: its text quotes the value.
        return DataError("A value does not fit what the statement wants.", query=statement)
    return None


__all__ = ["ErrorTranslator", "LateStatementError", "QuietConnection", "name_error"]
