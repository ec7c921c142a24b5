"""
The databases that are at hand.
"""

from covet.database.sql_adapter import SQLAdapter


class SQLiteAdapter(SQLAdapter):
    """
    SQLite, by the standard library: nothing to install, nothing to start.

    Example:
        >>> database = SQLiteAdapter()
        >>> await database.connect("sqlite://")
        >>> await database.execute("CREATE TABLE tea (id INTEGER PRIMARY KEY, name TEXT)")
        Result(rows_affected=0, last_id=None)
        >>> await database.insert("tea", {"name": "oolong"})
        1
        >>> await database.fetch_one("SELECT * FROM tea WHERE id = $1", 1)
        {'id': 1, 'name': 'oolong'}
        >>> await database.disconnect()
    """

    scheme = "sqlite"


class PostgreSQLAdapter(SQLAdapter):
    """PostgreSQL, by asyncpg: `pip install "covetpy[postgres]"`."""

    scheme = "postgresql"


class MySQLAdapter(SQLAdapter):
    """MySQL and MariaDB, by asyncmy: `pip install "covetpy[mysql]"`."""

    scheme = "mysql"


__all__ = ["MySQLAdapter", "PostgreSQLAdapter", "SQLiteAdapter"]
