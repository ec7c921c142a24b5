"""
Databases.

::

    url.py errors.py            where a database is; what goes wrong with it
"""

from covet.database.errors import (
    CheckViolationError,
    ConnectionBusyError,
    ConnectionReleasedError,
    DatabaseError,
    DatabaseFullError,
    DatabaseUnavailableError,
    ForeignKeyViolationError,
    IntegrityError,
    NotNullViolationError,
    PoolTimeoutError,
    QueryError,
    RetryableTransactionError,
    TransactionError,
    UniqueViolationError,
)
from covet.database.url import DatabaseURL

__all__ = [
    "CheckViolationError",
    "ConnectionBusyError",
    "ConnectionReleasedError",
    "DatabaseError",
    "DatabaseFullError",
    "DatabaseURL",
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
