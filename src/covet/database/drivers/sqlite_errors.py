"""
What SQLite says, in the words of `covet.database.errors`: by the names of its codes, and without the values it quotes.
"""

import re
import sqlite3
from collections.abc import Mapping
from typing import Final

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

# https://www.sqlite.org/rescode.html
_VIOLATIONS: Final[Mapping[str, type[IntegrityError]]] = {
    "SQLITE_CONSTRAINT_UNIQUE": UniqueViolationError,
    "SQLITE_CONSTRAINT_PRIMARYKEY": UniqueViolationError,
    "SQLITE_CONSTRAINT_ROWID": UniqueViolationError,
    "SQLITE_CONSTRAINT_FOREIGNKEY": ForeignKeyViolationError,
    "SQLITE_CONSTRAINT_NOTNULL": NotNullViolationError,
    "SQLITE_CONSTRAINT_CHECK": CheckViolationError,
    "SQLITE_CONSTRAINT_DATATYPE": CheckViolationError,
}
_MISFITS: Final = frozenset({"SQLITE_TOOBIG", "SQLITE_MISMATCH"})
_BUSY: Final = ("SQLITE_BUSY", "SQLITE_LOCKED")
_CLOSED: Final = ("SQLITE_CANTOPEN", "SQLITE_NOTADB", "SQLITE_CORRUPT")
_BROKEN: Final = (*_CLOSED, "SQLITE_IOERR", "SQLITE_PROTOCOL")
_HINT: Final = "See that its folder is there, that both may be written, and that it is a database."
# What quotes a value: of a path in JSON, of what is searched for with MATCH.
_QUOTES: Final = re.compile(r"(JSON path|fts5: |no such column: ).*", re.DOTALL)


def translate(exc: BaseException, query: str | None = None) -> DatabaseError | None:
    """
    Make CovetPy's error of one of SQLite's; `None` if it is none.

    Args:
        exc: The error.
        query: The statement, as it was written.
    """
    if isinstance(exc, OSError):
        return DatabaseUnavailableError(f"The file of the database cannot be used: {exc.strerror}.")
    if isinstance(exc, OverflowError):
        return DataError("A number is too large for SQLite, whose integers have 64 bits.", query=query)
    if isinstance(exc, UnicodeEncodeError):
        return DataError("A text cannot be written as UTF-8.", query=query)
    if not isinstance(exc, sqlite3.Error | sqlite3.Warning):
        return None
    name = getattr(exc, "sqlite_errorname", None) or ""
    if name.startswith(_BUSY):
        return RetryableTransactionError(
            f"Another connection writes to the database: {exc}.",
            hint="Make transactions shorter, or let them wait longer: ?busy_timeout=10 behind the URL.",
        )
    if name == "SQLITE_FULL":
        return DatabaseFullError(f"The database cannot grow: {exc}.", hint="Make room on its disk.")
    if name.startswith(_BROKEN):
        return DatabaseUnavailableError(f"The file of the database cannot be used: {exc}.", hint=_HINT)
    if isinstance(exc, sqlite3.IntegrityError):
        violation = _VIOLATIONS.get(name, IntegrityError)
        # What stands behind the colon is the constraint, or its columns.
        return violation(f"{exc}.", query=query, constraint=str(exc).partition(": ")[2] or None)
    kind = DataError if name in _MISFITS else QueryError
    return kind(f"SQLite refuses the statement: {_hide_values(str(exc), query)}.", query=query)


def translate_refusal(exc: Exception, url: DatabaseURL, *, is_read_only: bool = False) -> DatabaseError | None:
    """
    Make CovetPy's error of one with which a file was not opened; it names the file. `None` if it is none of SQLite's.

    Args:
        exc: The error.
        url: Where the file should be.
        is_read_only: Whether it was to be read alone: a file that somebody else makes may yet come.
    """
    translated = translate(exc)
    if type(translated) is not DatabaseUnavailableError:
        return translated
    text = f"The file of the database cannot be used: {url.database!r}: "
    text += f"{exc.strerror}." if isinstance(exc, OSError) else f"{exc}."
    name = getattr(exc, "sqlite_errorname", None) or ""
    is_awaited = is_read_only and isinstance(exc, FileNotFoundError)
    is_closed = isinstance(exc, FileNotFoundError | NotADirectoryError | IsADirectoryError | PermissionError)
    if (is_closed or name.startswith(_CLOSED)) and not is_awaited:
        return DatabaseAccessError(text, hint=_HINT)
    return DatabaseUnavailableError(text, hint=_HINT)


def _hide_values(text: str, query: str | None) -> str:
    # APPSEC: what the statement itself does not say came from a value.
    match = _QUOTES.search(text)
    if match is None or match[0].removeprefix("no such column: ") in (query or ""):
        return text.rstrip(".")
    return text[: match.end(1)].rstrip(": ") + " …"


__all__ = ["translate", "translate_refusal"]
