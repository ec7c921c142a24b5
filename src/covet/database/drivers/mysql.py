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
from covet.database.drivers.mysql_session import READ_ONLY, SESSION, reset_session
from covet.database.drivers.mysql_values import adapt_values
from covet.database.errors import (
    CheckViolationError,
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

_KINDS: Final[Mapping[int, type[DatabaseError]]] = {
    1022: UniqueViolationError,
    1062: UniqueViolationError,
    1216: ForeignKeyViolationError,
    1217: ForeignKeyViolationError,
    1451: ForeignKeyViolationError,
    1452: ForeignKeyViolationError,
    1048: NotNullViolationError,
    1364: NotNullViolationError,
    3819: CheckViolationError,
    4025: CheckViolationError,
    1205: RetryableTransactionError,
    1213: RetryableTransactionError,
    1020: RetryableTransactionError,
    1021: DatabaseFullError,
    1114: DatabaseFullError,
    1040: DatabaseUnavailableError,
    1053: DatabaseUnavailableError,
    1927: DatabaseUnavailableError,
    2003: DatabaseUnavailableError,
    2006: DatabaseUnavailableError,
    2013: DatabaseUnavailableError,
    2014: DatabaseUnavailableError,
}
# What the server says of a value quotes it; these are what each of them means.
_VALUE_ERRORS: Final = {
    1264: "a number is out of its range",
    1265: "it would be cut off",
    1292: "it is no such time or number",
    1366: "it is none of the column's type",
    1526: "no partition takes it",
    1406: "it is too long",
}
# Those with which the server undoes a whole transaction.
_UNDOING: Final = frozenset({1020, 1213})
_REFUSALS: Final = frozenset({1044, 1045, 1049, 1130, 1698})
_KILL_SECONDS: Final = 0.5
_GOODBYE_SECONDS: Final = 2.0
_JSON: Final = 245
_FOUND_ROWS: Final = 1 << 1
_MULTI_STATEMENTS: Final = 1 << 16
# Their texts quote names alone: of columns, tables, databases, functions, keys and constraints.
_NAMING: Final = frozenset(
    {1046, 1048, 1049, 1050, 1051, 1052, 1054, 1060, 1061, 1064, 1072, 1091, 1099, 1100, 1109, 1110, 1136, 1142, 1143}
    | {1146, 1176, 1222, 1241, 1242, 1305, 1318, 1347, 1364, 1370, 1451, 1452, 1792, 3819, 4025}
)
_QUOTED: Final = re.compile("['\"].*['\"]", re.DOTALL)


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
        try:
            raw = await self._open(url, options)
        except Exception as exc:
            refusal = self._translate_refusal(exc, url)
            if refusal is None:
                raise
            raise refusal from exc
        connection = MySQLConnection(raw, self, url, options)
        if options.get("read_only"):
            try:
                await connection.control(READ_ONLY)
            except BaseException:
                connection.terminate()
                raise
        return connection

    # Any: asyncmy's connection.
    async def _open(self, url: DatabaseURL, options: Mapping[str, Any]) -> Any:
        connection = self.connection(
            host=url.host or "127.0.0.1",
            port=url.port or 3306,
            user=url.user,
            password=url.password or "",
            database=url.database or None,
            unix_socket=options.get("unix_socket"),
            charset="utf8mb4",
            autocommit=True,
            # A row that an UPDATE finds counts, also if it was like that before: as in the other databases.
            client_flag=_FOUND_ROWS,
            init_command=SESSION,
        )
        # APPSEC: the library asks for it, whatever it is told. Without it the server runs no second statement.
        connection._client_flag &= ~_MULTI_STATEMENTS  # noqa: SLF001
        await connection.connect()
        return connection

    def _translate_refusal(self, exc: Exception, url: DatabaseURL) -> DatabaseError | None:
        number = _read_number(exc)
        if isinstance(exc, self.errors.MySQLError) and number in _REFUSALS:
            hint = "See that the user, the password and the name of the database in the URL are right."
            return DatabaseError(f"MySQL at {url} refuses the connection: {_read_text(exc)}.", hint=hint)
        translated = self.translate(exc)
        if isinstance(translated, DatabaseUnavailableError):
            hint = "See that it runs, and that host and port of the URL are right."
            return DatabaseUnavailableError(f"Nobody answers as MySQL at {url}: {_read_text(exc)}.", hint=hint)
        return translated

    def translate(self, exc: Exception, query: str | None = None) -> DatabaseError | None:
        """Make CovetPy's error of one of asyncmy's."""
        if isinstance(exc, OSError | asyncio.IncompleteReadError | EOFError):
            return DatabaseUnavailableError(f"The connection to MySQL was lost: {type(exc).__name__}: {exc}.")
        if not isinstance(exc, self.errors.MySQLError):
            return None
        number, text = _read_number(exc), _read_text(exc)
        # APPSEC: what stands near a mistake may be a value, and so may what is quoted.
        plain = text.partition(" near ")[0] if number in _NAMING else _QUOTED.sub("…", text)
        if number in _VALUE_ERRORS:
            # APPSEC: the text quotes the value.
            return DataError(f"A value does not fit its column: {_VALUE_ERRORS[number]} ({number}).", query=query)
        kind = _KINDS.get(number) or (IntegrityError if isinstance(exc, self.errors.IntegrityError) else None)
        if kind is UniqueViolationError:
            # APPSEC: "Duplicate entry 'ada@example.com' for key 'users.email'": the value is left out.
            constraint = text.rpartition(" for key ")[2].strip("'")
            return UniqueViolationError(
                f"There is such a row already: {constraint}.", query=query, constraint=constraint
            )
        if kind is not None and issubclass(kind, IntegrityError):
            return kind(f"{plain}.", query=query)
        if kind is not None:
            return kind(f"MySQL: {plain}.")
        if isinstance(exc, self.errors.InterfaceError):
            return DatabaseUnavailableError(f"The connection to MySQL was lost: {plain}.")
        return QueryError(f"MySQL refuses the statement: {plain} ({number}).", query=query)

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


def _read_number(exc: Exception) -> int:
    return exc.args[0] if exc.args and isinstance(exc.args[0], int) else 0


def _read_text(exc: Exception) -> str:
    return str(exc.args[1] if len(exc.args) > 1 else exc).rstrip(".")


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
            " WHEN character_set_name IS NOT NULL THEN 'text' END AS kind FROM information_schema.columns WHERE table_schema = database() AND CAST(table_name AS BINARY) = CAST(%s AS BINARY)"
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
            self._was_undone = self._was_undone or _read_number(exc) in _UNDOING
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
