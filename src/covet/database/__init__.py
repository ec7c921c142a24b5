"""
Databases.

::

    url.py errors.py dialect.py      where a database is, what goes wrong with it, what kinds differ in
    placeholders.py                  $1 and :name, on every database
        statement_words.py           what a statement does, and which ones are refused
    driver.py drivers/               what a library has to do; those that are at hand
    queries.py                       what can be asked: of a database, of a connection
        table_shapes.py table_writes.py
    connection.py                    a connection that was lent, and who is told of its statements: observation.py
    pool.py                          lends them; pool_options.py pool_stats.py pool_errors.py
        waiters.py lent_connections.py idle.py callers.py raw_connections.py silence.py answering.py
    transaction.py                   all or nothing; default_database.py finds the database that is meant
    engines.py                       the same connections for SQLAlchemy: orm/ migrations/
        engine_errors.py engine_statements.py
    start.py                         waits for a database that does not answer yet
    adapter.py sql_adapter.py        the contract, and what fulfils it for SQL: adapters.py
    adapter_registry.py              adapters by their names
    plugin.py replicas.py            the databases of an application
    migrations/                      from one version of the models to the next
"""

from covet.database.adapter import DatabaseAdapter
from covet.database.adapter_registry import get_adapter_registry
from covet.database.adapters import MySQLAdapter, PostgreSQLAdapter, SQLiteAdapter
from covet.database.connection import DatabaseConnection
from covet.database.default_database import transaction
from covet.database.dialect import FEATURES, Isolation
from covet.database.driver import Driver, DriverConnection, Result, Row
from covet.database.errors import (
    CheckViolationError,
    ConnectionBusyError,
    ConnectionReleasedError,
    DatabaseAccessError,
    DatabaseError,
    DatabaseFullError,
    DatabaseUnavailableError,
    DataError,
    ForeignKeyViolationError,
    IntegrityError,
    NotNullViolationError,
    PoolTimeoutError,
    QueryError,
    RetryableTransactionError,
    TransactionError,
    UniqueViolationError,
)
from covet.database.plugin import DatabasePlugin
from covet.database.pool import DatabasePool
from covet.database.pool_stats import PoolStats
from covet.database.replicas import ReadReplicas
from covet.database.sql_adapter import SQLAdapter
from covet.database.transaction import Transaction
from covet.database.url import DatabaseURL

__all__ = [
    "FEATURES",
    "CheckViolationError",
    "ConnectionBusyError",
    "ConnectionReleasedError",
    "DataError",
    "DatabaseAccessError",
    "DatabaseAdapter",
    "DatabaseConnection",
    "DatabaseError",
    "DatabaseFullError",
    "DatabasePlugin",
    "DatabasePool",
    "DatabaseURL",
    "DatabaseUnavailableError",
    "Driver",
    "DriverConnection",
    "ForeignKeyViolationError",
    "IntegrityError",
    "Isolation",
    "MySQLAdapter",
    "NotNullViolationError",
    "PoolStats",
    "PoolTimeoutError",
    "PostgreSQLAdapter",
    "QueryError",
    "ReadReplicas",
    "Result",
    "RetryableTransactionError",
    "Row",
    "SQLAdapter",
    "SQLiteAdapter",
    "Transaction",
    "TransactionError",
    "UniqueViolationError",
    "get_adapter_registry",
    "transaction",
]
