"""
What MySQL, MariaDB and asyncmy say, in the words of `covet.database.errors`: by numbers, without the values they quote.
"""

import asyncio
import re
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

# https://mariadb.com/kb/en/mariadb-error-code-reference/
_KINDS: Final[Mapping[int, type[DatabaseError]]] = {
    **dict.fromkeys((1022, 1062, 1169, 1586), UniqueViolationError),
    **dict.fromkeys((1216, 1217, 1451, 1452, 1701), ForeignKeyViolationError),
    **dict.fromkeys((1048, 1364), NotNullViolationError),
    **dict.fromkeys((3819, 4025), CheckViolationError),
    # The wait for a lock, a deadlock, and in MariaDB a row that changed since the snapshot.
    **dict.fromkeys((1205, 1213, 1020), RetryableTransactionError),
    **dict.fromkeys((1021, 1114), DatabaseFullError),
    **dict.fromkeys((1040, 1053, 1080, 1152, 1203, 1927), DatabaseUnavailableError),
    **dict.fromkeys((2002, 2003, 2006, 2013, 2014, 2055, 4031), DatabaseUnavailableError),
}
# What the server says of a value quotes it; these are what each of them means.
_VALUE_ERRORS: Final = {
    1264: "a number is out of its range",
    1265: "it would be cut off",
    1292: "it is no such time or number",
    1366: "it is none of the column's type",
    1526: "no partition takes it",
    1406: "it is too long",
}
_REFUSALS: Final = frozenset({1044, 1045, 1049, 1130, 1698})
# Their texts quote names alone: of columns, tables, databases, functions, keys and constraints.
_NAMING: Final = frozenset(
    {1046, 1048, 1049, 1050, 1051, 1052, 1054, 1060, 1061, 1064, 1072, 1091, 1099, 1100, 1109, 1110, 1136, 1142, 1143}
    | {1146, 1176, 1222, 1241, 1242, 1305, 1318, 1347, 1364, 1370, 1451, 1452, 1792, 3819, 4025}
)
_QUOTED: Final = re.compile("['\"].*['\"]", re.DOTALL)
_CONSTRAINT: Final = re.compile("(?:constraint|column|field) [`'\"]([^`'\"]+)[`'\"]", re.IGNORECASE)


# Any: the library's errors.
def translate(errors: Any, exc: BaseException, query: str | None = None) -> DatabaseError | None:
    """
    Make CovetPy's error of one of asyncmy's; `None` if it is none of the library's.

    Args:
        errors: The module `asyncmy.errors`.
        exc: The error.
        query: The statement, as it was written.
    """
    if isinstance(exc, OSError | asyncio.IncompleteReadError | EOFError):
        return DatabaseUnavailableError(f"The connection to MySQL was lost: {type(exc).__name__}: {exc}.")
    if not isinstance(exc, errors.MySQLError):
        return None
    number, text = read_number(exc), _read_text(exc)
    # APPSEC: what stands near a mistake may be a value, and so may what is quoted.
    plain = text.partition(" near ")[0] if number in _NAMING else _QUOTED.sub("…", text)
    if number in _VALUE_ERRORS:
        # APPSEC: the text quotes the value.
        return DataError(f"A value does not fit its column: {_VALUE_ERRORS[number]} ({number}).", query=query)
    kind = _KINDS.get(number) or (IntegrityError if isinstance(exc, errors.IntegrityError) else None)
    if kind is UniqueViolationError:
        # APPSEC: "Duplicate entry 'ada@example.com' for key 'users.email'": the value is left out.
        _, found, name = text.rpartition(" for key ")
        constraint = name.strip("'") if found else None
        text = "There is such a row already" + (f": {constraint}." if found else ".")
        return UniqueViolationError(text, query=query, constraint=constraint)
    if kind is not None and issubclass(kind, IntegrityError):
        match = _CONSTRAINT.search(plain)
        return kind(f"{plain}.", query=query, constraint=None if match is None else match[1])
    if kind is not None:
        return kind(f"MySQL: {plain}.")
    if isinstance(exc, errors.InterfaceError):
        return DatabaseUnavailableError(f"The connection to MySQL was lost: {plain}.")
    return QueryError(f"MySQL refuses the statement: {plain} ({number}).", query=query)


# Any: as above.
def translate_refusal(errors: Any, exc: Exception, url: DatabaseURL) -> DatabaseError | None:
    """
    Make CovetPy's error of one with which a connection was not opened; `None` if it is none of the library's.

    Args:
        errors: The module `asyncmy.errors`.
        exc: The error.
        url: Where the database should be.
    """
    if isinstance(exc, errors.MySQLError) and read_number(exc) in _REFUSALS:
        hint = "See that the user, the password and the name of the database in the URL are right."
        return DatabaseAccessError(f"MySQL at {url} refuses the connection: {_read_text(exc)}.", hint=hint)
    translated = translate(errors, exc)
    if isinstance(translated, DatabaseUnavailableError):
        hint = "See that it runs, and that host and port of the URL are right."
        return DatabaseUnavailableError(f"Nobody answers as MySQL at {url}: {_read_text(exc)}.", hint=hint)
    return translated


def read_number(exc: BaseException) -> int:
    """Read the number of an error; 0 if it has none."""
    return exc.args[0] if exc.args and isinstance(exc.args[0], int) else 0


def _read_text(exc: BaseException) -> str:
    return str(exc.args[1] if len(exc.args) > 1 else exc).rstrip(".")


__all__ = ["read_number", "translate", "translate_refusal"]
