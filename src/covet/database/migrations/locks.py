"""
The lock that lets one process at a time migrate a database.

SQLite needs none of these: its migrations run in one transaction, which writes alone from its first statement on.
"""

import asyncio
import hashlib
import logging
from typing import Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from covet.database.migrations.errors import MigrationLockError
from covet.database.url import DatabaseURL

__all__ = ["limit_locks", "take_lock"]

_PAUSE: Final = 0.1
# A server that executes a long statement looks for its client no earlier than at the end, unless it is told to.
_WATCH: Final = (
    "SELECT set_config(name, '1000', false) FROM pg_settings WHERE name = 'client_connection_check_interval'"
)
_LOGGER: Final = logging.getLogger("covet.database.migrations")


async def limit_locks(connection: AsyncConnection, url: DatabaseURL, *, seconds: float) -> None:
    """
    Limit how long a statement waits for what another transaction holds; without it, MySQL would for a day.

    Args:
        connection: The connection that migrates.
        url: The database.
        seconds: How long.
    """
    statement = {
        "postgresql": f"SET lock_timeout = {max(1, round(seconds * 1000))}",
        "mysql": f"SET lock_wait_timeout = {(whole := max(1, round(seconds)))}, innodb_lock_wait_timeout = {whole}",
    }.get(url.scheme)
    if statement is not None:
        await connection.exec_driver_sql(statement)
        await connection.commit()


async def take_lock(connection: AsyncConnection, url: DatabaseURL, version_table: str, *, seconds: float) -> None:
    """
    Take the lock; it is held until the connection is closed, whatever becomes of its process.

    Args:
        connection: The connection that migrates.
        url: The database.
        version_table: Migrations with another table are others, and have another lock.
        seconds: How long to wait for a process that has it.

    Raises:
        MigrationLockError: If it did not end in time.
    """
    # PostgreSQL has locks for each database, MySQL for the whole server: the name of the database makes them the same.
    digest = hashlib.sha256(f"{url.database}/{version_table}".encode()).digest()
    statement = {
        "postgresql": f"SELECT pg_try_advisory_lock({int.from_bytes(digest[:8], 'big', signed=True)})",
        "mysql": f"SELECT GET_LOCK('covet_migrations_{digest.hex()[:24]}', 0)",
    }.get(url.scheme)
    if statement is None:
        return
    if url.scheme == "postgresql":
        # Older ones than 14 do not have it, and some systems cannot.
        try:
            await connection.exec_driver_sql(_WATCH)
            await connection.commit()
        except DBAPIError:
            await connection.rollback()
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    is_told = False
    while True:
        is_taken = (await connection.exec_driver_sql(statement)).scalar()
        # Asked again and again, between transactions: an index that is created concurrently waits for all who
        # wait within one, and this lock would be waited for by both.
        await connection.commit()
        if is_taken:
            return
        if loop.time() >= end:
            raise MigrationLockError(seconds)
        if not is_told:
            _LOGGER.info("Another process migrates this database; waiting for it.")
            is_told = True
        await asyncio.sleep(_PAUSE)
