"""
What PostgreSQL and asyncpg say, in the words of `covet.database.errors`: by codes, and without the values they quote.
"""

import asyncio
import re
import ssl
from collections.abc import Mapping
from typing import Any, Final

from covet.database.errors import (
    CheckViolationError,
    DatabaseAccessError,
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
from covet.database.url import DatabaseURL

# SQLSTATE (PostgreSQL, Appendix A): the whole code first, then its class.
_KINDS: Final[Mapping[str, type[DatabaseError]]] = {
    "23505": UniqueViolationError,
    "23503": ForeignKeyViolationError,
    "23502": NotNullViolationError,
    "23514": CheckViolationError,
    "23P01": UniqueViolationError,
    "23": IntegrityError,
    "40001": RetryableTransactionError,
    "40P01": RetryableTransactionError,
    "55P03": RetryableTransactionError,
    "53100": DatabaseFullError,
    "53": DatabaseUnavailableError,
    "57P01": DatabaseUnavailableError,
    "57P02": DatabaseUnavailableError,
    "57P03": DatabaseUnavailableError,
    "08": DatabaseUnavailableError,
}
# What a value is, or how long it is for an index.
_MISFITS: Final = ("22", "54000")
_ARGUMENT: Final = re.compile(r"invalid input for query argument (\$\d+)")


# Any: the library, and errors of it.
def translate(library: Any, exc: BaseException, query: str | None = None) -> DatabaseError | None:
    """
    Make CovetPy's error of one of asyncpg's; `None` if it is none of the library's.

    Args:
        library: asyncpg.
        exc: The error.
        query: The statement, as it was written.
    """
    if isinstance(exc, library.PostgresError):
        return _translate_code(exc, query)
    if isinstance(exc, OSError | ssl.SSLError | library.InternalClientError | asyncio.IncompleteReadError):
        return DatabaseUnavailableError(f"The connection to PostgreSQL was lost: {type(exc).__name__}: {exc}.")
    if isinstance(exc, library.InterfaceError):
        if isinstance(exc, ValueError):
            return _explain_value(exc, query)
        if "closed" in str(exc):
            return DatabaseUnavailableError(f"The connection to PostgreSQL was lost: {exc}.")
        return QueryError(f"asyncpg refuses the statement: {exc}.", query=query)
    return None


# Any: as above.
def _translate_code(exc: Any, query: str | None) -> DatabaseError:
    code = exc.sqlstate or ""
    kind = _KINDS.get(code) or _KINDS.get(code[:2], QueryError)
    if code.startswith(_MISFITS):
        return _explain_value(exc, query)
    # APPSEC: `detail` quotes the values of the row, and is left out.
    text = f"{exc.args[0] if exc.args else code}."
    if issubclass(kind, IntegrityError):
        return kind(text, query=query, constraint=exc.constraint_name or exc.column_name)
    if issubclass(kind, QueryError):
        # It knows the names that were probably meant, and which cast is missing.
        return kind(f"PostgreSQL refuses the statement: {text}", query=query, hint=exc.hint)
    return kind(f"PostgreSQL: {text}")


# Any: as above.
def translate_refusal(library: Any, exc: Exception, url: DatabaseURL) -> DatabaseError | None:
    """
    Make CovetPy's error of one with which a connection was not opened; `None` if it is none of the library's.

    Args:
        library: asyncpg.
        exc: The error.
        url: Where the database should be.
    """
    if isinstance(exc, library.PostgresError) and not (exc.sqlstate or "").startswith(("08", "53", "57")):
        hint = "See that the user, the password and the name of the database in the URL are right."
        return DatabaseAccessError(f"PostgreSQL at {url} refuses the connection: {exc}.", hint=hint)
    translated = translate(library, exc)
    if isinstance(translated, DatabaseUnavailableError):
        hint = "See that it runs, and that host and port of the URL are right."
        return DatabaseUnavailableError(f"Nobody answers as PostgreSQL at {url}: {exc}.", hint=hint)
    return translated


def _explain_value(exc: BaseException, query: str | None) -> DataError:
    # APPSEC: the text quotes the value.
    match = _ARGUMENT.match(str(exc))
    what = "A value" if match is None else f"The value of {match[1]}"
    name = type(exc).__name__.removesuffix("Error")
    why = "" if match is not None or name == "Data" else f": {name} ({getattr(exc, 'sqlstate', '')})"
    return DataError(
        f"{what} does not fit what the statement wants{why}.",
        query=query,
        hint="PostgreSQL says by the column or a cast, $1::integer, which type a value has to have.",
    )


__all__ = ["translate", "translate_refusal"]
