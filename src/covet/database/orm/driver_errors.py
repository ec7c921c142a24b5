"""
What drivers say, in the words of `covet.database.errors`: by the codes of the databases, never by their texts.
"""

import re
from collections.abc import Mapping
from typing import Final

from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import SQLAlchemyError

from covet.database.errors import (
    CheckViolationError,
    DatabaseError,
    DatabaseFullError,
    DatabaseUnavailableError,
    DataError,
    ForeignKeyViolationError,
    IntegrityError,
    NotNullViolationError,
    QueryError,
    RetryableTransactionError,
    UniqueViolationError,
)
from covet.exceptions import CovetError

_Kinds = Mapping[int | str, type[DatabaseError]]

# https://www.postgresql.org/docs/current/errcodes-appendix.html; a class of two characters stands for all its codes.
_POSTGRESQL: Final[_Kinds] = {
    "22": DataError,
    # A value is too long for an index.
    "54000": DataError,
    "23": IntegrityError,
    "23502": NotNullViolationError,
    "23503": ForeignKeyViolationError,
    "23505": UniqueViolationError,
    "23514": CheckViolationError,
    "40001": RetryableTransactionError,
    "40P01": RetryableTransactionError,
    "55P03": RetryableTransactionError,
    "08": DatabaseUnavailableError,
    "53": DatabaseUnavailableError,
    "53100": DatabaseFullError,
    "57P01": DatabaseUnavailableError,
    "57P02": DatabaseUnavailableError,
    "57P03": DatabaseUnavailableError,
}
_MYSQL: Final[_Kinds] = {
    **dict.fromkeys((1264, 1265, 1292, 1366, 1406), DataError),
    **dict.fromkeys((1022, 1062, 1169, 1586), UniqueViolationError),
    **dict.fromkeys((1216, 1217, 1451, 1452, 1701), ForeignKeyViolationError),
    **dict.fromkeys((1048, 1364), NotNullViolationError),
    **dict.fromkeys((3819, 4025), CheckViolationError),
    # The wait for a lock, a deadlock, and in MariaDB a row that changed since the snapshot.
    **dict.fromkeys((1205, 1213, 1020), RetryableTransactionError),
    **dict.fromkeys((1021, 1114), DatabaseFullError),
    **dict.fromkeys((1040, 1053, 1080, 1152, 1203, 1927, 2002, 2003, 2006, 2013, 2055, 4031), DatabaseUnavailableError),
}
# https://www.sqlite.org/rescode.html; the extended codes first, whose lowest byte is the primary one.
_SQLITE: Final[_Kinds] = {
    **dict.fromkeys((18, 20), DataError),
    **dict.fromkeys((1555, 2067, 2579), UniqueViolationError),
    787: ForeignKeyViolationError,
    1299: NotNullViolationError,
    **dict.fromkeys((275, 3091), CheckViolationError),
    19: IntegrityError,
    **dict.fromkeys((5, 6), RetryableTransactionError),
    13: DatabaseFullError,
    **dict.fromkeys((10, 14), DatabaseUnavailableError),
}

# What Python says of a value on its way, and asyncpg; the others are mistakes in a program.
_MISFITS: Final = (ArithmeticError, LookupError, ValueError)

_SQLITE_NAME: Final = re.compile(r"constraint failed: (\S.*)")
_MYSQL_NAME: Final = re.compile(r"for key '([^']+)'|CONSTRAINT [`'\"]([^`'\"]+)")


def translate(context: ExceptionContext) -> BaseException | None:
    """
    Name an error of a driver: for SQLAlchemy's event `handle_error`.

    Returns:
        What is raised in its place; `None` if it is none of a driver's.
    """
    error = context.original_exception
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
    if context.sqlalchemy_exception is None and not isinstance(error, _MISFITS):
        return None
    made = name_error(error, context.dialect.name, statement=context.statement, is_disconnect=context.is_disconnect)
    made.__cause__ = error
    return made


def name_error(
    error: BaseException, dialect: str, *, statement: str | None = None, is_disconnect: bool = False
) -> DatabaseError:
    """
    Make the error that says in our words what one of a driver says.

    Args:
        error: The driver's.
        dialect: The kind of database: `"sqlite"`, `"postgresql"`, `"mysql"` or `"mariadb"`.
        statement: What was refused, with placeholders.
        is_disconnect: Whether the connection is gone.

    Example:
        >>> import sqlite3
        >>> connection = sqlite3.connect(":memory:")
        >>> try:
        ...     connection.executescript("CREATE TABLE teas (name UNIQUE); INSERT INTO teas VALUES (1), (1)")
        ... except sqlite3.Error as exc:
        ...     error = name_error(exc, "sqlite")
        >>> type(error).__name__, error.constraint
        ('UniqueViolationError', 'teas.name')
        >>> connection.close()
    """
    message = str(error) or type(error).__name__
    if isinstance(error, _MISFITS) or isinstance(error.__cause__, _MISFITS):
        # It did not even get to the database.
        return DataError(message, query=statement)
    kind = DatabaseUnavailableError if is_disconnect else _find_kind(error, dialect)
    if issubclass(kind, IntegrityError):
        return kind(message, query=statement, constraint=_find_constraint(error, dialect, message))
    if issubclass(kind, QueryError):
        return kind(message, query=statement)
    return kind(message)


def _find_kind(error: BaseException, dialect: str) -> type[DatabaseError]:
    if dialect == "postgresql":
        state = getattr(error, "sqlstate", None)
        if not isinstance(state, str):
            return QueryError
        return _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2], QueryError)
    if dialect in {"mysql", "mariadb"}:
        code = error.args[0] if error.args else None
        return _MYSQL.get(code, QueryError) if isinstance(code, int) else QueryError
    code = getattr(error, "sqlite_errorcode", None)
    if not isinstance(code, int):
        return QueryError
    return _SQLITE.get(code) or _SQLITE.get(code & 0xFF, QueryError)


def _find_constraint(error: BaseException, dialect: str, message: str) -> str | None:
    """Find the name; where the database has no field for it, its text says it at a place of its own."""
    if dialect == "postgresql":
        name = getattr(error.__cause__, "constraint_name", None) or getattr(error, "constraint_name", None)
        return name if isinstance(name, str) else None
    if dialect in {"mysql", "mariadb"}:
        match = _MYSQL_NAME.search(message)
        return None if match is None else match[1] or match[2]
    match = _SQLITE_NAME.search(message)
    return None if match is None else match[1]


__all__ = ["name_error", "translate"]
