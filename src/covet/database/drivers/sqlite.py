"""
SQLite, by the standard library. Each connection has a thread of its own.
"""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping, Sequence
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from time import monotonic, sleep
from types import MappingProxyType
from typing import Any, ClassVar, Final, TypeVar
from urllib.parse import quote

from covet._extras import require_extra
from covet.database.dialect import SQLITE, Dialect
from covet.database.driver import Driver, DriverConnection, Result, Row, Values, Words, read_flag
from covet.database.drivers.sqlite_errors import translate, translate_refusal
from covet.database.drivers.sqlite_ids import LastId
from covet.database.drivers.sqlite_locks import LockPatience
from covet.database.drivers.sqlite_thread import ConnectionThread
from covet.database.drivers.sqlite_values import adapt_values
from covet.database.errors import DatabaseError, QueryError
from covet.database.url import DatabaseURL

T = TypeVar("T")

_SESSION: Final = ("PRAGMA foreign_keys = ON", "PRAGMA query_only = OFF")
_BUSY_TIMEOUT: Final = 5.0
_STOP_SECONDS: Final = 0.3
# https://www.sqlite.org/lang_transaction.html#response_to_errors_within_a_transaction
_UNDOING: Final = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_NOMEM")


class SQLiteDriver(Driver):
    """
    Connections to a file of SQLite, or to a database in memory.

    Foreign keys are enforced, and readers do not wait for writers (write-ahead log). `busy_timeout` says for how many
    seconds a writer waits for another one, `synchronous` (`normal`, `full`, `off`) what survives a loss of power. With
    `read_only` the file has to be there, and nothing is written.
    """

    dialect: ClassVar[Dialect] = SQLITE
    option_types: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {
            "busy_timeout": float,
            "synchronous": Words({"off": "OFF", "normal": "NORMAL", "full": "FULL"}),
            "read_only": read_flag,
        }
    )

    async def connect(self, url: DatabaseURL, options: Mapping[str, Any]) -> "SQLiteConnection":
        """Open a connection; the file is made if it is not there, for its owner alone."""
        connection, thread = await self._open(url, options, waits_by_itself=False)
        return SQLiteConnection(connection, thread, options.get("busy_timeout", _BUSY_TIMEOUT))

    async def _open(
        self, url: DatabaseURL, options: Mapping[str, Any], *, waits_by_itself: bool
    ) -> tuple[sqlite3.Connection, ConnectionThread]:
        thread = ConnectionThread(asyncio.get_running_loop(), f"sqlite {Path(url.database).name or 'in memory'}")
        # Whoever stops to wait for it has no use for it: then it closes itself.
        opening = thread.call(partial(open_database, url, options, waits_by_itself=waits_by_itself))
        try:
            return await asyncio.shield(opening), thread
        except asyncio.CancelledError:
            opening.add_done_callback(lambda done: thread.stop(None if done.exception() else done.result().close))
            raise
        except Exception as exc:
            thread.stop()
            raise translate_refusal(exc, url, is_read_only=bool(options.get("read_only"))) or exc from exc

    # Any: aiosqlite's connection.
    async def open_for_engine(self, url: DatabaseURL, options: Mapping[str, Any]) -> Any:
        """Open a connection of aiosqlite's; SQLite waits for locks by itself."""
        library: Any = require_extra("aiosqlite", extra="orm", needed_for="engines of SQLAlchemy on SQLite")
        # Opened here: the thread of one that could not be opened would speak to a loop that may have ended.
        connection, thread = await self._open(url, options, waits_by_itself=True)
        thread.stop()
        raw = library.Connection(lambda: connection, iter_chunk_size=64)
        # Nothing is lost with the process: what was not committed then is rolled back.
        raw._thread.daemon = True  # noqa: SLF001 - it has no other way to say so
        try:
            return await raw
        except BaseException:
            connection.close()
            raise

    # Any: as above.
    async def stop_for_engine(self, raw: Any, url: DatabaseURL, options: Mapping[str, Any]) -> bool:  # noqa: ARG002
        """Interrupt what runs in the connection's thread, and wait for its end, if that is not long in coming."""
        connection: sqlite3.Connection = raw._conn  # noqa: SLF001 - a call of the library's would wait in the queue
        was_inside = connection.in_transaction
        done = asyncio.get_running_loop().create_future()
        raw._tx.put_nowait((done, lambda: None))  # noqa: SLF001 - as above
        end = monotonic() + _STOP_SECONDS
        while not done.done():
            connection.interrupt()
            await asyncio.wait((done,), timeout=0.02)
            if monotonic() > end and not done.done():
                # SQLite does not hear it while it waits for a lock. Then the thread closes the connection by itself,
                # and who closes it meanwhile finds none.
                raw._connection = None  # noqa: SLF001 - as above
                for last in (connection.close, raw.stop):
                    raw._tx.put_nowait((None, last))  # noqa: SLF001 - as above
                return False
        # SQLite undoes a transaction in which it is interrupted while it writes.
        return connection.in_transaction is was_inside

    # Any: as above.
    def has_undone(self, raw: Any, exc: BaseException) -> bool:
        """Tell whether the transaction is no more: a full disk may end it, and one that fails."""
        name = getattr(exc, "sqlite_errorname", "")
        return name.startswith(_UNDOING) and not raw._conn.in_transaction  # noqa: SLF001 - as above

    def translate(self, exc: Exception, query: str | None = None) -> DatabaseError | None:
        """Make CovetPy's error of one of SQLite's."""
        return translate(exc, query)

    def limit_pool(self, url: DatabaseURL) -> int | None:
        """Tell that a database in memory is its connection."""
        return 1 if url.is_in_memory else None


# Any: as the options are.
def open_database(url: DatabaseURL, options: Mapping[str, Any], *, waits_by_itself: bool = True) -> sqlite3.Connection:
    """
    Open a file, which is made for its owner alone if it is not there, or a database in memory; not on an event loop.

    Args:
        url: Where it is.
        options: Checked options of the connection.
        waits_by_itself: Whether SQLite waits for locks, which cannot be interrupted.

    Raises:
        OSError: If the file cannot be made, or is not there and would only be read.
        sqlite3.Error: If SQLite cannot use it.

    Example:
        >>> connection = open_database(DatabaseURL.parse("sqlite://"), {})
        >>> connection.execute("PRAGMA foreign_keys").fetchone()
        (1,)
        >>> connection.close()
    """
    database, busy_timeout = url.database, options.get("busy_timeout", _BUSY_TIMEOUT)
    is_read_only = options.get("read_only", False)
    if is_read_only and database:
        Path(database).stat()
    elif database:
        # SQLite gives its other files that mode.
        with suppress(FileExistsError):
            Path(database).touch(0o600, exist_ok=False)
    target = f"file:{quote(database)}{'?mode=ro' if is_read_only else ''}" if database else ":memory:"
    connection = sqlite3.connect(
        target,
        timeout=busy_timeout,
        isolation_level=None,
        check_same_thread=False,
        uri=bool(database),
        cached_statements=256,
    )
    try:
        if database:
            _write_ahead(connection, busy_timeout)
        connection.execute(f"PRAGMA synchronous = {options.get('synchronous', 'NORMAL')}")
        if not waits_by_itself:
            # From now on it is waited for locks here: see sqlite_locks.
            connection.execute("PRAGMA busy_timeout = 0")
        _reset(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _write_ahead(connection: sqlite3.Connection, seconds: float) -> None:
    """Let readers and a writer not wait for each other; a file that may only be read stays as it is."""
    [(mode,)] = connection.execute("PRAGMA journal_mode")
    if mode == "wal":
        return
    end = monotonic() + seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorname.startswith("SQLITE_READONLY"):
                return
            # SQLite does not wait here: of two that change the mode at once, one is refused on the spot.
            if exc.sqlite_errorname != "SQLITE_BUSY" or monotonic() >= end:
                raise
            sleep(0.01)
        else:
            return


class SQLiteConnection(DriverConnection):
    """
    A connection of SQLite, and the thread that it lives in.

    Args:
        connection: The standard library's connection.
        thread: Its thread.
        patience: Seconds to wait for another connection that writes.
    """

    __slots__ = ("_connection", "_is_closed", "_patience", "_thread")

    def __init__(self, connection: sqlite3.Connection, thread: ConnectionThread, patience: float = 0) -> None:
        self._connection = connection
        self._thread = thread
        self._patience = LockPatience(patience)
        self._is_closed = False

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return self._is_closed

    @property
    def is_in_transaction(self) -> bool:
        """Whether a transaction is open: SQLite may undo it when a statement fails or is interrupted."""
        return self._connection.in_transaction

    @property
    def was_stopped(self) -> bool:
        """Whether what was cancelled has ended: it is waited for."""
        return True

    async def execute(self, text: str, values: Values) -> Result:
        """Run a statement whose rows nobody wants."""
        return await self._ask(_execute, text, values)

    async def execute_many(self, text: str, rows: Sequence[Values]) -> Result:
        """Run a statement once for each row of values, in one transaction."""
        return await self._ask(_execute_many, text, rows)

    async def fetch_one(self, text: str, values: Values) -> Row | None:
        """Run a statement and give its first row."""
        return await self._ask(_fetch_one, text, values)

    async def fetch_all(self, text: str, values: Values) -> list[Row]:
        """Run a statement and give all of its rows."""
        return await self._ask(_fetch_all, text, values)

    async def stream(self, text: str, values: Values, *, batch_size: int) -> AsyncGenerator[list[Row], None]:
        """Run a statement and give its rows in batches."""
        cursor = await self._ask(_begin_stream, text, values)
        try:
            names = _read_names(cursor)
            while rows := await self._call(cursor.fetchmany, batch_size):
                yield [dict(zip(names, row, strict=True)) for row in rows]
        finally:
            # Nothing is awaited: the generator may be closed by whoever collects garbage.
            self._thread.call(cursor.close)

    async def control(self, statement: str) -> None:
        """Run a statement of the framework's own, to its end: half a COMMIT is of no use to anybody."""
        if statement == "ROLLBACK" and not self._connection.in_transaction:
            return
        future = self._thread.call(self._patience.call, _run, self._connection, statement)
        try:
            await future
        except asyncio.CancelledError:
            await self._give_up()
            raise

    async def reset(self) -> None:
        """Roll back what was left open, and set what CovetPy relies on."""
        await self._ask(_reset)

    async def close(self) -> None:
        """Close it, when what runs in it is done."""
        if not self._is_closed:
            self._is_closed = True
            closed = self._thread.call(self._connection.close)
            self._thread.stop()
            await asyncio.shield(closed)

    def terminate(self) -> None:
        """Close it, without waiting for that."""
        if not self._is_closed:
            self._is_closed = True
            self._patience.give_up()
            self._connection.interrupt()
            self._thread.stop(self._connection.close)

    def __del__(self) -> None:
        # Whoever forgot it keeps no thread for it.
        if not getattr(self, "_is_closed", True):
            self._is_closed = True
            self._thread.stop(self._connection.close)

    def describe_table(self, table: str) -> tuple[str, Values]:
        """Make the statement that lists a table's columns."""
        # https://www.sqlite.org/datatype3.html#determination_of_column_affinity
        text = (
            "SELECT name, pk > 0 AS is_key, CASE WHEN type LIKE '%INT%' THEN 'number'"
            " WHEN type LIKE '%CHAR%' OR type LIKE '%CLOB%' OR type LIKE '%TEXT%' THEN 'text'"
            " WHEN type LIKE '%REAL%' OR type LIKE '%FLOA%' OR type LIKE '%DOUB%' THEN 'number' END AS kind"
            " FROM pragma_table_info(?1) ORDER BY cid"
        )
        return text, (table,)

    # Any: as above.
    def _ask(self, function: Callable[..., T], *args: Any) -> Coroutine[Any, Any, T]:
        """Let a function ask the database, which may have to wait for another connection's end."""
        return self._call(self._patience.call, function, self._connection, *args)

    # Any: as above.
    async def _call(self, function: Callable[..., T], *args: Any) -> T:
        future = self._thread.call(function, *args)
        try:
            return await future
        except asyncio.CancelledError:
            await self._give_up(self._connection.interrupt)
            raise

    async def _give_up(self, nudge: Callable[[], None] | None = None) -> None:
        """Wait until what was left alone has ended; for no lock any more."""
        self._patience.give_up()
        try:
            await self._thread.finish(nudge)
        finally:
            if not self._is_closed:
                self._patience.renew()


def _read_names(cursor: sqlite3.Cursor) -> list[str]:
    """Read what the columns are called; two of one name would be one value in a row."""
    names = [column[0] for column in cursor.description or ()]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise QueryError(f"Two columns are called {twice!r}.", hint="Give one of them another name: AS.")
    return names


def _execute(connection: sqlite3.Connection, text: str, values: Values) -> Result:
    last_id = LastId(connection, text)
    with closing(connection.execute(text, adapt_values(values))) as cursor:
        if cursor.description is not None:
            # A statement with RETURNING has changed no more than the rows that were taken.
            cursor.fetchall()
        return Result(max(cursor.rowcount, 0), last_id.read(cursor.rowcount))


def _execute_many(connection: sqlite3.Connection, text: str, rows: Sequence[Values]) -> Result:
    own = not connection.in_transaction
    if own:
        connection.execute("BEGIN IMMEDIATE")
    try:
        with closing(connection.executemany(text, map(adapt_values, rows))) as cursor:
            result = Result(max(cursor.rowcount, 0))
        if own:
            connection.execute("COMMIT")
    except BaseException:
        if own and connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return result


def _fetch_one(connection: sqlite3.Connection, text: str, values: Values) -> Row | None:
    cursor = connection.execute(text, adapt_values(values))
    try:
        row = cursor.fetchone()
        if row is None:
            return None
        found = dict(zip([column[0] for column in cursor.description], row, strict=True))
        if len(found) != len(row):
            _read_names(cursor)
        return found
    finally:
        cursor.close()


def _begin_stream(connection: sqlite3.Connection, text: str, values: Values) -> sqlite3.Cursor:
    return connection.execute(text, adapt_values(values))


def _fetch_all(connection: sqlite3.Connection, text: str, values: Values) -> list[Row]:
    with closing(connection.execute(text, adapt_values(values))) as cursor:
        names = _read_names(cursor)
        return [dict(zip(names, row, strict=True)) for row in cursor]


def _run(connection: sqlite3.Connection, statement: str) -> None:
    connection.execute(statement).close()


def _reset(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        _run(connection, "ROLLBACK")
    for statement in _SESSION:
        _run(connection, statement)


__all__ = ["SQLiteConnection", "SQLiteDriver", "open_database"]
