"""
Databases that are made for tests and dropped afterwards, of each kind that there are servers of.

What a URL names is never touched: it says where the server is, and a database of another name is made there.
"""

import asyncio
import os
import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final
from uuid import uuid4

from covet.database import DatabaseError, DatabaseURL, SQLAdapter, get_adapter_registry
from covet.database.dialect import MYSQL, POSTGRESQL
from covet.exceptions import ConfigurationError

_ATTEMPTS: Final = 20


def make_name(base: str) -> str:
    """
    Make a name that no other database has: each run, and each worker of pytest-xdist, has databases of its own.

    Args:
        base: What it begins with.

    Example:
        >>> make_name("shop").startswith("shop_test_")
        True
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    return f"{base[:24] or 'covet'}_test_{worker[:12]}_{uuid4().hex[:12]}"


class DatabaseServer(ABC):
    """
    Where databases of a kind are made.

    Args:
        url: Where it is.
    """

    def __init__(self, url: DatabaseURL) -> None:
        self.url = url

    @abstractmethod
    async def create(self) -> DatabaseURL:
        """Make a database, and say where it is."""

    @abstractmethod
    async def drop(self, url: DatabaseURL) -> None:
        """Drop a database, whoever is connected to it; nothing happens if it is gone."""

    @abstractmethod
    async def empty(self, database: SQLAdapter, keep: Collection[str]) -> None:
        """
        Delete all rows of all tables, and let numbers begin anew.

        Args:
            database: The database.
            keep: Tables that keep theirs.
        """


class SQLiteFolder(DatabaseServer):
    """A folder for the files of SQLite; a database in memory needs none."""

    async def create(self) -> DatabaseURL:
        """Make a folder for a file."""
        if self.url.is_in_memory:
            return self.url
        folder = await asyncio.to_thread(tempfile.mkdtemp, prefix="covet_test_")
        return replace(self.url, database=str(Path(folder, f"{make_name(Path(self.url.database).stem)}.db")))

    async def drop(self, url: DatabaseURL) -> None:
        """Delete the folder."""
        if not url.is_in_memory:
            await asyncio.to_thread(shutil.rmtree, Path(url.database).parent, ignore_errors=True)

    async def empty(self, database: SQLAdapter, keep: Collection[str]) -> None:
        """Delete all rows."""
        quote = database.dialect.quote_identifier
        async with database.acquire() as connection:
            # Tables whose names begin so are SQLite's own; those behind a virtual table are that one's.
            rows = await connection.fetch_all(
                "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual')"
                " AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
            )
            # Giving the connection back sets it again.
            await connection.execute("PRAGMA foreign_keys = OFF")
            async with database.transaction(connection=connection):
                for name in [row["name"] for row in rows if row["name"] not in keep]:
                    await connection.execute(f"DELETE FROM {quote(name)}")  # noqa: S608 - the database's own names
                if await connection.fetch_one("SELECT name FROM sqlite_master WHERE name = 'sqlite_sequence'"):
                    await connection.execute("DELETE FROM sqlite_sequence")


class PostgreSQLServer(DatabaseServer):
    """A server of PostgreSQL, whose user may create databases."""

    async def create(self) -> DatabaseURL:
        """Create a database."""
        made = replace(self.url, database=make_name(self.url.database))
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                await _execute_there(self.url, f"CREATE DATABASE {POSTGRESQL.quote_identifier(made.database)}")
            except DatabaseError as exc:
                # Two that are created at once get in each other's way at the template.
                if attempt == _ATTEMPTS or "being accessed by other users" not in str(exc):
                    raise
                await asyncio.sleep(0.05 * attempt)
            else:
                break
        return made

    async def drop(self, url: DatabaseURL) -> None:
        """Drop it."""
        name = POSTGRESQL.quote_identifier(url.database)
        await _execute_there(self.url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    async def empty(self, database: SQLAdapter, keep: Collection[str]) -> None:
        """Truncate all tables at once."""
        quote = database.dialect.quote_identifier
        rows = await database.fetch_all(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        names = [
            f"{quote(row['schemaname'])}.{quote(row['tablename'])}" for row in rows if row["tablename"] not in keep
        ]
        if names:
            await database.execute(f"TRUNCATE {', '.join(names)} RESTART IDENTITY CASCADE")


class MySQLServer(DatabaseServer):
    """A server of MySQL or MariaDB, whose user may create databases."""

    async def create(self) -> DatabaseURL:
        """Create a database."""
        made = replace(self.url, database=make_name(self.url.database))
        await _execute_there(self.url, f"CREATE DATABASE {MYSQL.quote_identifier(made.database)} CHARACTER SET utf8mb4")
        return made

    async def drop(self, url: DatabaseURL) -> None:
        """Drop it."""
        await _execute_there(self.url, f"DROP DATABASE IF EXISTS {MYSQL.quote_identifier(url.database)}")

    async def empty(self, database: SQLAdapter, keep: Collection[str]) -> None:
        """Truncate one table after the other."""
        quote = database.dialect.quote_identifier
        async with database.acquire() as connection:
            rows = await connection.fetch_all(
                "SELECT table_name AS name FROM information_schema.tables"
                " WHERE table_schema = database() AND table_type = 'BASE TABLE'"
            )
            # Giving the connection back sets it again.
            await connection.execute("SET SESSION foreign_key_checks = 0")
            for name in [row["name"] for row in rows if row["name"] not in keep]:
                await connection.execute(f"TRUNCATE TABLE {quote(name)}")


_SERVERS: Final[Mapping[str, type[DatabaseServer]]] = {
    "sqlite": SQLiteFolder,
    "postgresql": PostgreSQLServer,
    "mysql": MySQLServer,
}


def find_server(url: DatabaseURL) -> DatabaseServer:
    """
    Find where databases of a URL's kind are made.

    Args:
        url: The URL.

    Raises:
        ConfigurationError: If it is of no kind that is known.

    Example:
        >>> type(find_server(DatabaseURL.parse("sqlite://"))).__name__
        'SQLiteFolder'
    """
    kind = _SERVERS.get(url.scheme)
    if kind is None:
        raise ConfigurationError(
            f"No database for tests can be made of {url.scheme}://.",
            hint=f"These are known: {', '.join(_SERVERS)}.",
        )
    return kind(url)


async def _execute_there(url: DatabaseURL, statement: str) -> None:
    adapter = get_adapter_registry().get_or_fail(url.scheme)()
    await adapter.connect(url.render(hide_password=False), name="server of tests")
    try:
        await adapter.execute(statement)
    finally:
        await adapter.disconnect()


__all__ = ["DatabaseServer", "MySQLServer", "PostgreSQLServer", "SQLiteFolder", "find_server", "make_name"]
