"""
The databases that are connected in an event loop, so that `transaction()` finds the one that is meant.
"""

import asyncio
from typing import Final, Protocol
from weakref import WeakKeyDictionary

from covet.database.dialect import Isolation
from covet.database.transaction import Transaction
from covet.exceptions import ConfigurationError


class TransactionalDatabase(Protocol):
    """What begins transactions: an adapter."""

    def transaction(self, *, isolation: Isolation | None = None, read_only: bool = False) -> Transaction:
        """Begin a transaction."""


# A loop's databases end with it.
_RUNNING: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, dict[TransactionalDatabase, str]]] = WeakKeyDictionary()


def add_running(database: TransactionalDatabase, name: str) -> None:
    """Note that a database is connected."""
    _RUNNING.setdefault(asyncio.get_running_loop(), {})[database] = name


def remove_running(database: TransactionalDatabase) -> None:
    """Note that a database is connected no more."""
    for databases in list(_RUNNING.values()):
        databases.pop(database, None)


def find_running(name: str = "default") -> TransactionalDatabase:
    """
    Find the connected database of a name; with one database alone, its name does not matter.

    Raises:
        ConfigurationError: If there is none, or more than one.
    """
    databases = _RUNNING.get(asyncio.get_running_loop(), {})
    named = [database for database, its_name in databases.items() if its_name == name]
    if not named and name == "default" and len(databases) == 1:
        named = list(databases)
    if len(named) == 1:
        return named[0]
    if named:
        raise ConfigurationError(
            f"{len(named)} databases are called {name!r} here.", hint="Say which one: database.transaction()."
        )
    others = ", ".join(sorted(set(databases.values())))
    raise ConfigurationError(
        f"No database called {name!r} is connected." + (f" There is: {others}." if others else ""),
        hint="Add DatabasePlugin() to the application, or await connect(url) of an adapter.",
    )


def transaction(
    database: TransactionalDatabase | str = "default", *, isolation: Isolation | None = None, read_only: bool = False
) -> Transaction:
    """
    Begin a transaction: what the task does in the `async with` block takes effect as a whole, or not at all.

    Args:
        database: The database, or the name of one that is connected; the only one by default.
        isolation: `"read_committed"`, `"repeatable_read"`, `"serializable"`; the database's default if `None`.
        read_only: Whether it only reads.

    Raises:
        ConfigurationError: If no database of that name is connected, or it has no such isolation.

    Example:
        >>> from covet.database import SQLiteAdapter
        >>> database = SQLiteAdapter()
        >>> await database.connect("sqlite://")
        >>> await database.execute("CREATE TABLE tea (name TEXT)")
        Result(rows_affected=0, last_id=None)
        >>> try:
        ...     async with transaction():
        ...         _ = await database.execute("INSERT INTO tea VALUES ($1)", "oolong")
        ...         raise LookupError("no more tea")
        ... except LookupError:
        ...     await database.fetch_val("SELECT count(*) FROM tea")
        0
        >>> await database.disconnect()
    """
    found = find_running(database) if isinstance(database, str) else database
    return found.transaction(isolation=isolation, read_only=read_only)
