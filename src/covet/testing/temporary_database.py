"""
A database of a test's own: made for it, emptied between tests or rolled back, and dropped at the end.
"""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, ClassVar, Final, Self

from covet.database import DatabaseError, DatabasePool, DatabaseURL, QueryError, SQLAdapter, TransactionError
from covet.exceptions import ConfigurationError
from covet.testing.database_servers import DatabaseServer, find_server
from covet.testing.factory import Factory
from covet.testing.rolled_back import RolledBackDriver

Schema = Iterable[str] | Callable[["TemporaryDatabase"], Awaitable[object]]
"""The tables of a test's database: statements, or a function that makes them."""

VARIABLE: Final = "COVET_TEST_DATABASE_URL"
"""The environment variable that says where databases for tests are made."""
KEPT: Final = ("alembic_version",)
"""The tables that are not emptied: what migrations know of themselves."""


class TemporaryDatabase(SQLAdapter):
    """
    A database that was made for tests: an adapter like others, which can be emptied, rolled back and dropped.

    Made by `create_test_database()`. An application may be given it, `DatabasePlugin(adapter=database,
    url=database.url)`: that it connects and disconnects then, changes nothing.
    """

    def __init__(self, server: DatabaseServer, url: DatabaseURL, options: Mapping[str, Any]) -> None:
        super().__init__()
        self._server = server
        self._url = url
        self._options = options
        self._is_rolled_back = False

    @property
    def url(self) -> str:
        """Where it is, with the password in it."""
        return self._url.render(hide_password=False)

    # ── Opening and closing ──────────────────────────────────────────────────

    async def open(self) -> Self:
        """Connect to it, in the event loop that runs now."""
        if not self.is_connected:
            await super().connect(self.url, **self._options)
        return self

    async def close(self) -> None:
        """Close its connections; it can be opened again, in another event loop, too."""
        await super().disconnect()

    async def drop(self) -> None:
        """Drop it, whoever is connected to it."""
        await self.close()
        await self._server.drop(self._url)

    # Any: as SQLAdapter.connect.
    async def connect(self, url: str, **options: Any) -> None:  # noqa: ARG002 - it has options of its own
        """
        Let an application use it.

        Raises:
            ConfigurationError: If the application means another database.
        """
        if DatabaseURL.parse(url) != self._url:
            raise ConfigurationError(
                f"The database of this test is at {self._url}, got {DatabaseURL.parse(url)}.",
                hint="Give the application its URL, too: DatabasePlugin(adapter=database, url=database.url).",
            )
        await self.open()

    async def disconnect(self) -> None:
        """Let an application go; the database stays connected for the test, up to `close()` or `drop()`."""
        self._bus = None
        if self.is_connected:
            self.pool.observation.unfollow()

    # ── Between tests ────────────────────────────────────────────────────────

    async def truncate_all_tables(self, *, keep: Collection[str] = KEPT) -> None:
        """
        Delete all rows, and let the numbers of new ones begin anew.

        Args:
            keep: Tables that keep their rows.

        Raises:
            TransactionError: Within `rollback()`, which does it better.
        """
        if self._is_rolled_back:
            raise TransactionError("Within rollback() all rows are taken back at the end.")
        await self._server.empty(self, keep)

    @asynccontextmanager
    async def rollback(self) -> AsyncIterator[Self]:
        """
        Undo at the end of the block what was done in it, by whatever task, and in transactions of its own as well.

        There is one connection for all: tasks that need two at once, or wait for each other's commit, are to be tested
        with `truncate_all_tables()`.

        Raises:
            TransactionError: If a statement has committed, as `CREATE TABLE` does in MySQL; all tables are emptied.
        """
        outer = self.pool
        if self._is_rolled_back:
            raise TransactionError("rollback() is for one block after the other.")
        async with outer.acquire() as connection:
            pooled = connection.pooled
            if pooled is None:
                raise TransactionError("The connection was given back.")
            raw = pooled.raw
            await raw.control(self.dialect.begin.format(options=""))
            options = outer.options
            inner = DatabasePool(
                outer.url,
                driver=RolledBackDriver(outer.driver, raw),
                name=outer.name,
                max_size=1,
                timeout=options.timeout,
                query_timeout=options.query_timeout,
                recycle=None,
                idle_timeout=None,
                observation=outer.observation,
            )
            await inner.connect()
            self._pool, self._is_rolled_back = inner, True
            try:
                yield self
            finally:
                self._pool, self._is_rolled_back = outer, False
                await inner.disconnect()
                has_committed = not raw.is_closed and not raw.is_in_transaction
                if not raw.is_closed and not has_committed:
                    await raw.control("ROLLBACK")
        if has_committed:
            await self.truncate_all_tables()
            raise TransactionError(
                "A statement has ended the transaction of the test, and nothing could be rolled back.",
                hint="Make tables where the database is made: in MySQL, CREATE and the like commit.",
            )

    # Any: values are what columns take.
    def factory(self, table: str, **defaults: Any) -> Factory[dict[str, Any]]:
        """
        Make a factory of rows; what it creates has all columns, as the database has filled them.

        Args:
            table: The table.
            **defaults: The values by their columns; a function is called with the number of the row, from 1 on.
        """

        async def save(values: dict[str, Any]) -> dict[str, Any]:
            key = await self.insert(table, values)
            async with self.borrow() as connection:
                shape = await connection.shapes.find(connection, table)
                if key is None:
                    return values
                condition = " AND ".join(
                    f"{self.dialect.quote_identifier(name)} = ${number}" for number, name in enumerate(shape.key, 1)
                )
                # APPSEC: names are those of the database's own columns, quoted.
                query = f"SELECT * FROM {self.dialect.quote_identifier(table)} WHERE {condition}"  # noqa: S608
                row = await connection.fetch_one(query, *shape.read_key(key).values())
            if row is None:
                raise QueryError(f"The row that was put into {table!r} is not there.")
            return row

        return Factory(dict, save=save, **defaults)


class _TemporarySQLite(TemporaryDatabase):
    scheme: ClassVar[str] = "sqlite"


class _TemporaryPostgreSQL(TemporaryDatabase):
    scheme: ClassVar[str] = "postgresql"


class _TemporaryMySQL(TemporaryDatabase):
    scheme: ClassVar[str] = "mysql"


_KINDS: Final = {kind.scheme: kind for kind in (_TemporarySQLite, _TemporaryPostgreSQL, _TemporaryMySQL)}


# Any: as SQLAdapter.connect.
async def make_temporary_database(
    url: str | None, schema: Schema | None, options: Mapping[str, Any]
) -> TemporaryDatabase:
    """
    Make a database for tests; `create_test_database()` says the rest.

    Args:
        url: Where.
        schema: Its tables.
        options: The options of its pool and its connections.
    """
    server = find_server(DatabaseURL.parse(url or os.environ.get(VARIABLE) or "sqlite:///covet.db"))
    database = _KINDS[server.url.scheme](server, await server.create(), options)
    try:
        await database.open()
        if callable(schema):
            await schema(database)
        else:
            for statement in schema or ():
                await database.execute(statement)
    except BaseException:
        try:
            await database.drop()
        except DatabaseError:
            # What went wrong first is to be told.
            await database.close()
        raise
    return database


__all__ = ["KEPT", "VARIABLE", "Schema", "TemporaryDatabase", "make_temporary_database"]
