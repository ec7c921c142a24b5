"""
What goes wrong with a database. What the database says of it, statements included, never leaves the process.

::

    DatabaseError                          500  a database failed
    ├── QueryError                              it refuses a statement; `query` is its text, without values
    │   ├── DataError                      422  a value does not fit where it goes
    │   └── IntegrityError                 409  a constraint would be broken; `constraint` names it where it is told
    │       ├── UniqueViolationError       409
    │       ├── ForeignKeyViolationError   409
    │       ├── CheckViolationError        409
    │       └── NotNullViolationError      500  the application left something out
    ├── TransactionError                        a transaction is used in a way that cannot work
    │   └── RetryableTransactionError      503  it lost against another one: running it again may succeed; Retry-After
    ├── ConnectionReleasedError                 a connection is used after it was given back
    ├── ConnectionBusyError                     a connection is used by two tasks at once
    ├── DatabaseUnavailableError           503  nobody answers; Retry-After
    │   ├── DatabaseAccessError            503  it does not let the application in; Retry-After
    │   └── PoolTimeoutError               503  no connection became free in time; Retry-After
    └── DatabaseFullError                  507  there is no room to write
"""

from typing import Final

from covet.exceptions import CovetError, DatabaseError, HTTPError

RETRY_AFTER: Final = 1
"""Seconds after which a client may try again; a database that was restarted mostly answers by then."""


class _AnsweredError(DatabaseError, HTTPError):
    """An error with an answer of its own. The client is told no more than `detail`; the text is for the log."""

    detail: str | None = None

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        headers = {"retry-after": str(RETRY_AFTER)} if self.status_code == 503 else None
        HTTPError.__init__(self, type(self).detail, headers=headers)
        CovetError.__init__(self, message, hint=hint)

    __str__ = CovetError.__str__


class QueryError(DatabaseError):
    """
    A database refuses a statement.

    Args:
        message: What it says.
        query: The statement, with placeholders in the place of values.
        hint: What to do.

    Attributes:
        query: The statement.
    """

    def __init__(self, message: str, *, query: str | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.query = query


class DataError(QueryError, _AnsweredError):
    """
    422: a value does not fit where it goes: a text is too long, a number too large, or it is of another kind.

    What a `DTO` or a query reads was checked before. This is the answer to what comes to the database another way.
    """

    status_code = 422
    detail = "A value does not fit where it is to be kept or looked for."


class IntegrityError(QueryError, _AnsweredError):
    """
    409: a statement would break a constraint, and was not carried out.

    Args:
        message: What the database says.
        query: The statement, with placeholders in the place of values.
        constraint: The constraint, where the database names it.

    Attributes:
        constraint: The constraint; `None` if the database does not name it.
    """

    status_code = 409
    detail: str | None = "It conflicts with what is there."

    def __init__(self, message: str, *, query: str | None = None, constraint: str | None = None) -> None:
        super().__init__(message, query=query)
        self.constraint = constraint


class UniqueViolationError(IntegrityError):
    """409: there is such a row already."""

    detail = "There is one like it already."


class ForeignKeyViolationError(IntegrityError):
    """409: a row that is referred to is not there, or one that is referred to would go."""

    detail = "It refers to what is not there, or others refer to it."


class NotNullViolationError(IntegrityError):
    """A column that needs a value would have none: the application left it out, and its log says so."""

    status_code = 500
    detail = None


class CheckViolationError(IntegrityError):
    """409: a value does not fit what its table asks for."""

    detail = "A value is none of those that are allowed."


class TransactionError(DatabaseError):
    """A transaction is used in a way that cannot work."""


class ConnectionReleasedError(DatabaseError):
    """A connection is used after it was given back to the pool: somebody else may have it."""


class ConnectionBusyError(DatabaseError):
    """A connection is used by two tasks at once."""


class RetryableTransactionError(TransactionError, _AnsweredError):
    """503: a transaction lost against another one, in a deadlock or over the same rows: running it again helps."""

    status_code = 503
    detail = "The database is too busy at the moment."


class DatabaseUnavailableError(_AnsweredError):
    """
    503: nobody answers where the database should be.

    Example:
        >>> error = DatabaseUnavailableError("Nobody answers at db.example:5432.", hint="See that it runs.")
        >>> error.status_code, error.detail, error.headers
        (503, 'The database cannot be reached at the moment.', {'retry-after': '1'})
        >>> print(error)
        Nobody answers at db.example:5432.
          See that it runs.
    """

    status_code = 503
    detail = "The database cannot be reached at the moment."


class DatabaseAccessError(DatabaseUnavailableError):
    """
    503: the database does not let the application in: a password is wrong, a file cannot be opened.

    Waiting does not mend it, so the start of an application fails at once. While one runs, it is a 503 like any other:
    somebody may be about to mend it.
    """


class PoolTimeoutError(DatabaseUnavailableError):
    """
    503: no connection became free in time.

    Args:
        message: How many there are, and how long was waited.
        holders: Who has them: a line each.
        hint: What to do.

    Attributes:
        holders: Who has them.
    """

    detail = "The database is too busy at the moment."

    def __init__(self, message: str, *, holders: tuple[str, ...] = (), hint: str | None = None) -> None:
        self.holders = holders
        listed = "".join(f"\n  held by {holder}" for holder in holders)
        super().__init__(message + listed, hint=hint)


class DatabaseFullError(_AnsweredError):
    """507: the database has no room to write."""

    status_code = 507
    detail = "There is no room to keep this."


__all__ = [
    "RETRY_AFTER",
    "CheckViolationError",
    "ConnectionBusyError",
    "ConnectionReleasedError",
    "DataError",
    "DatabaseAccessError",
    "DatabaseError",
    "DatabaseFullError",
    "DatabaseUnavailableError",
    "ForeignKeyViolationError",
    "IntegrityError",
    "NotNullViolationError",
    "PoolTimeoutError",
    "QueryError",
    "RetryableTransactionError",
    "TransactionError",
    "UniqueViolationError",
]
