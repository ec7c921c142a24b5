"""
MySQL and MariaDB, by asyncmy.
"""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Any, ClassVar, Final

from covet._extras import require_extra
from covet.database.dialect import MYSQL, Dialect
from covet.database.driver import Driver, DriverConnection, Result, Row, Values, read_flag
from covet.database.drivers.mysql_bulk import run_for_each
from covet.database.drivers.mysql_errors import read_number, translate, translate_refusal
from covet.database.drivers.mysql_session import READ_ONLY, SESSION, reset_session
from covet.database.drivers.mysql_values import adapt_values
from covet.database.errors import DatabaseError, DatabaseUnavailableError, QueryError
from covet.database.url import DatabaseURL

# Those with which the server undoes a whole transaction.
_UNDOING: Final = frozenset({1020, 1213})
_KILL_SECONDS: Final = 0.5
_GOODBYE_SECONDS: Final = 2.0
_JSON: Final = 245
_FOUND_ROWS: Final = 1 << 1
_MULTI_STATEMENTS: Final = 1 << 16


class MySQLDriver(Driver):
    """
    Connections to MySQL or MariaDB, in UTF-8 and strict mode, with times in UTC.

    `unix_socket` is the path of a socket of this machine; with `read_only` the server refuses to write.
    """

    dialect: ClassVar[Dialect] = MYSQL
    option_types: ClassVar[Mapping[str, Any]] = MappingProxyType({"unix_socket": str, "read_only": read_flag})

    def __init__(self) -> None:
        # Any: a library of its own types.
        library: Any = require_extra(
            "asyncmy.connection", extra="mysql", needed_for="databases of MySQL and MariaDB", library="asyncmy"
        )
        self.connection: Any = library.Connection
        self.errors: Any = require_extra("asyncmy.errors", extra="mysql", needed_for="databases of MySQL and MariaDB")
        cursors: Any = require_extra("asyncmy.cursors", extra="mysql", needed_for="databases of MySQL and MariaDB")
        # APPSEC: the library asks for warnings and logs them, which quote values.
        self.cursor: Any = type("QuietCursor", (cursors.Cursor,), {"_show_warnings": _show_nothing})
        self.bulk: re.Pattern[str] = cursors.RE_INSERT_VALUES
        # It leaves rows with the server until they are asked for.
        self.streaming_cursor: Any = cursors.SSCursor

    async def connect(self, url: DatabaseURL, options: Mapping[str, Any]) -> "MySQLConnection":
        """Open a connection."""
        return MySQLConnection(await self._open(url, options), self, url, options)

    # Any: asyncmy's connection.
    async def open_for_engine(self, url: DatabaseURL, options: Mapping[str, Any]) -> Any:
        """Open a connection of asyncmy's, on which a transaction begins with each statement."""
        return await self._open(url, options, is_committing=False)

    # Any: as above.
    async def stop_for_engine(self, raw: Any, url: DatabaseURL, options: Mapping[str, Any]) -> bool:
        """Let the server end it, and close the connection: its answer would be taken for that of the next statement."""
        number = raw.thread_id()
        raw.close()
        await self.kill(url, options, number)
        return False

    # Any: as above.
    def has_undone(self, raw: Any, exc: BaseException) -> bool:  # noqa: ARG002
        """Tell whether the transaction is no more: a deadlock ends it, and what is done next would begin another."""
        return read_number(exc) in _UNDOING

    # Any: as above.
    async def _open(self, url: DatabaseURL, options: Mapping[str, Any], *, is_committing: bool = True) -> Any:
        try:
            return await self._connect(url, options, is_committing=is_committing)
        except Exception as exc:
            refusal = translate_refusal(self.errors, exc, url)
            if refusal is None:
                raise
            raise refusal from exc

    # Any: as above.
    async def _connect(self, url: DatabaseURL, options: Mapping[str, Any], *, is_committing: bool) -> Any:
        connection = self.connection(
            host=url.host or "127.0.0.1",
            port=url.port or 3306,
            user=url.user,
            password=url.password or "",
            database=url.database or None,
            unix_socket=options.get("unix_socket"),
            charset="utf8mb4",
            autocommit=is_committing,
            cursor_cls=self.cursor,
            # A row that an UPDATE finds counts, also if it was like that before: as in the other databases.
            client_flag=_FOUND_ROWS,
            init_command=SESSION,
        )
        # APPSEC: the library asks for it, whatever it is told. Without it the server runs no second statement.
        connection._client_flag &= ~_MULTI_STATEMENTS  # noqa: SLF001
        await connection.connect()
        if options.get("read_only"):
            try:
                await connection.query(READ_ONLY)
            except BaseException:
                connection.close()
                raise
        return connection

    def translate(self, exc: Exception, query: str | None = None) -> DatabaseError | None:
        """Make CovetPy's error of one of asyncmy's."""
        return translate(self.errors, exc, query)

    def is_error(self, exc: BaseException) -> bool:
        """Tell whether an error is what the server says of a statement; the connection is as it was."""
        return isinstance(exc, self.errors.MySQLError) and not isinstance(self.translate(exc), DatabaseUnavailableError)

    async def kill(self, url: DatabaseURL, options: Mapping[str, Any], number: int) -> bool:
        """Let the server end what runs on a connection, and tell whether it answered."""
        is_there = False
        with suppress(Exception):
            async with asyncio.timeout(_KILL_SECONDS):
                raw = await self._open(url, options)
                is_there = True
                try:
                    # It may have ended by itself meanwhile, which is an error.
                    async with raw.cursor() as cursor:
                        await cursor.execute(f"KILL {number:d}")
                finally:
                    raw.close()
        return is_there


# Any: asyncmy's cursor and connection.
async def _show_nothing(cursor: Any, connection: Any) -> None:
    """Leave the warnings of a statement with the server."""


class MySQLConnection(DriverConnection):
    """
    A connection to MySQL or MariaDB.

    Args:
        raw: asyncmy's connection.
        driver: What opened it.
        url: Where the database is.
        options: The options of the connection.
    """

    __slots__ = ("_driver", "_is_closed", "_options", "_raw", "_url", "_was_stopped", "_was_undone")

    # Any: asyncmy's.
    def __init__(self, raw: Any, driver: MySQLDriver, url: DatabaseURL, options: Mapping[str, Any]) -> None:
        self._raw = raw
        self._driver = driver
        self._url = url
        self._options = options
        self._is_closed = False
        self._was_stopped: bool | None = None
        self._was_undone = False

    @property
    def is_closed(self) -> bool:
        """Whether it was closed, here or there."""
        return self._is_closed or not self._raw.connected

    @property
    def is_in_transaction(self) -> bool:
        """Whether a transaction is open, or would be with the next statement, as the server said last."""
        return bool(self._raw.get_transaction_status() or not self._raw.get_autocommit()) and not self._was_undone

    @property
    def was_stopped(self) -> bool | None:
        """Whether the server has ended what was cancelled."""
        return self._was_stopped

    async def execute(self, text: str, values: Values) -> Result:
        """Run a statement whose rows nobody wants."""
        result: Result = await self._call(self._execute, text, values)
        return result

    async def execute_many(self, text: str, rows: Sequence[Values]) -> Result:
        """Run a statement once for each row of values."""
        result: Result = await self._call(self._execute_many, text, rows)
        return result

    async def fetch_one(self, text: str, values: Values) -> Row | None:
        """Run a statement and give its first row."""
        rows = await self._call(self._fetch, text, values, 1)
        return rows[0] if rows else None

    async def fetch_all(self, text: str, values: Values) -> list[Row]:
        """Run a statement and give all of its rows."""
        rows: list[Row] = await self._call(self._fetch, text, values, None)
        return rows

    async def stream(self, text: str, values: Values, *, batch_size: int) -> AsyncGenerator[list[Row], None]:
        """Run a statement and give its rows in batches."""
        cursor = self._raw.cursor(self._driver.streaming_cursor)
        is_done = False
        try:
            await self._call(cursor.execute, text, adapt_values(values) or None)
            while rows := await self._call(cursor.fetchmany, batch_size):
                yield _make_rows(cursor.description, rows)
            is_done = True
        except Exception as exc:
            is_done = self._driver.is_error(exc)
            raise
        finally:
            await self._end_stream(cursor, is_done=is_done)

    # Any: asyncmy's.
    async def _end_stream(self, cursor: Any, *, is_done: bool) -> None:
        """Let nothing of a stream be left: what the server still wants to send stands before every other answer."""
        if self.is_closed:
            return
        # A transaction would be lost with its connection: the rest is read, if that can be done in a moment.
        if is_done or self.is_in_transaction:
            with suppress(Exception):
                async with asyncio.timeout(_GOODBYE_SECONDS):
                    await cursor.close()
                return
        self.terminate()

    async def control(self, statement: str) -> None:
        """Run a statement of the framework's own."""
        await self._call(self._execute, statement, ())
        self._was_undone = False

    async def reset(self) -> None:
        """End what the last user left in the session, and set what CovetPy relies on."""
        await self._call(reset_session, self._raw)
        database = self._url.database
        back = [f"USE {MYSQL.quote_identifier(database)}"] if database else []
        for statement in (SESSION, *back, *([READ_ONLY] if self._options.get("read_only") else [])):
            await self.control(statement)

    async def close(self) -> None:
        """Say goodbye and close it."""
        if not self.is_closed:
            self._is_closed = True
            await self._raw.ensure_closed()

    def terminate(self) -> None:
        """Close it at once."""
        if not self._is_closed:
            self._is_closed = True
            self._raw.close()

    def describe_table(self, table: str) -> tuple[str, Values]:
        """Make the statement that lists a table's columns."""
        text = (
            "SELECT column_name AS `name`, column_key = 'PRI' AS is_key,"
            " LOCATE('auto_increment', extra) > 0 AS is_counted, LOCATE('MariaDB', version()) > 0 AS is_returned,"
            " CASE WHEN numeric_precision IS NOT NULL THEN 'number'"
            " WHEN character_set_name IS NOT NULL THEN 'text' END AS kind FROM information_schema.columns"
            " WHERE table_schema = database() AND CAST(table_name AS BINARY) = CAST(%s AS BINARY)"
            " ORDER BY ordinal_position"
        )
        return text, (table,)

    async def _execute(self, text: str, values: Values) -> Result:
        async with self._raw.cursor(self._driver.cursor) as cursor:
            await cursor.execute(text, adapt_values(values) or None)
            # Of several rows the server tells the first one's number, of one that was changed its own.
            return Result(max(cursor.rowcount, 0), (cursor.lastrowid or None) if cursor.rowcount == 1 else None)

    async def _execute_many(self, text: str, rows: Sequence[Values]) -> Result:
        # The library sends several statements: all of them take effect, or none.
        own = not self.is_in_transaction
        adapted = [adapt_values(row) or None for row in rows]
        async with self._raw.cursor(self._driver.cursor) as cursor:
            if own:
                await cursor.execute("START TRANSACTION")
            try:
                result = Result(await run_for_each(cursor, text, adapted, self._driver.bulk))
                if own:
                    await cursor.execute("COMMIT")
            except Exception:
                if own and not self.is_closed:
                    await cursor.execute("ROLLBACK")
                raise
            return result

    async def _fetch(self, text: str, values: Values, limit: int | None) -> list[Row]:
        async with self._raw.cursor(self._driver.cursor) as cursor:
            await cursor.execute(text, adapt_values(values) or None)
            rows = await cursor.fetchall()
            return _make_rows(cursor.description, rows if limit is None else rows[:limit])

    # Any: what is called.
    async def _call(self, function: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        try:
            return await function(*args)
        except self._driver.errors.MySQLError as exc:
            # An error says nothing of the transaction.
            self._was_undone = self._was_undone or read_number(exc) in _UNDOING
            raise
        except asyncio.CancelledError:
            # The answer of the server would be taken for that of the next statement.
            number = self._raw.thread_id()
            self.terminate()
            self._was_stopped = await asyncio.shield(self._driver.kill(self._url, self._options, number))
            raise


# Any: the description of columns, as PEP 249 has it, and their values.
def _make_rows(description: Sequence[Sequence[Any]] | None, rows: Sequence[Sequence[Any]]) -> list[Row]:
    columns = description or ()
    names = [column[0] for column in columns]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise QueryError(f"Two columns are called {twice!r}.", hint="Give one of them another name: AS.")
    found = [dict(zip(names, row, strict=True)) for row in rows]
    for name in [column[0] for column in columns if column[1] == _JSON]:
        for row in found:
            if isinstance(row[name], str):
                row[name] = json.loads(row[name])
    return found


__all__ = ["MySQLConnection", "MySQLDriver"]
