"""
PostgreSQL, by asyncpg.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType
from typing import Any, ClassVar, Final

from covet._extras import require_extra
from covet.database.dialect import POSTGRESQL, Dialect
from covet.database.driver import Driver, DriverConnection, Result, Row, Values, Words, read_flag
from covet.database.drivers.postgresql_errors import translate, translate_refusal
from covet.database.drivers.postgresql_values import adapt_values
from covet.database.errors import DatabaseError, QueryError, TransactionError
from covet.database.url import DatabaseURL
from covet.serialization import encode_json

_GOODBYE_SECONDS: Final = 0.5
_STATEMENTS: Final = 100
_SSL: Final = Words({mode: mode for mode in ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")})
_DESCRIBE: Final = """
SELECT a.attname AS name, coalesce(a.attnum = ANY (i.indkey), false) AS is_key,
  CASE t.typcategory WHEN 'N' THEN 'number' WHEN 'S' THEN 'text' END AS kind
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
WHERE a.attrelid = to_regclass(quote_ident($1)) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum
"""


class PostgreSQLDriver(Driver):
    """
    Connections to PostgreSQL.

    `application_name` is what the server shows of them; `statement_cache_size` says how many prepared statements each
    keeps (0 behind a pooler such as PgBouncer in transaction mode); `sslmode`, or `ssl`, is `disable`, `allow`,
    `prefer`, `require`, `verify-ca` or `verify-full`; with `read_only` the server refuses to write.
    """

    dialect: ClassVar[Dialect] = POSTGRESQL
    option_types: ClassVar[Mapping[str, Any]] = MappingProxyType(
        {
            "application_name": str,
            "statement_cache_size": int,
            "ssl": _SSL,
            "sslmode": _SSL,
            "read_only": read_flag,
        }
    )

    def __init__(self) -> None:
        # Any: a library of its own types.
        self._library: Any = require_extra(
            "asyncpg", extra="postgres", needed_for="databases of PostgreSQL", library="asyncpg"
        )

    async def connect(self, url: DatabaseURL, options: Mapping[str, Any]) -> "PostgreSQLConnection":
        """Open a connection."""
        raw = await self.open_for_engine(url, options)
        try:
            for name in ("json", "jsonb"):
                await raw.set_type_codec(name, schema="pg_catalog", encoder=_write_json, decoder=json.loads)
        except BaseException:
            raw.terminate()
            raise
        return PostgreSQLConnection(raw, (self._library.PostgresError, self._library.InterfaceError))

    # Any: asyncpg's connection.
    async def open_for_engine(self, url: DatabaseURL, options: Mapping[str, Any]) -> Any:
        """Open a connection of asyncpg's."""
        try:
            return await self._library.connect(
                host=url.host or None,
                port=url.port,
                user=url.user,
                # Without one the library would read a file of the user's, in the event loop.
                password=url.password or "",
                database=url.database or None,
                ssl=options.get("sslmode") or options.get("ssl") or _choose_ssl(url),
                # The pool has a limit of its own.
                timeout=None,
                statement_cache_size=options.get("statement_cache_size", _STATEMENTS),
                server_settings={
                    "application_name": options.get("application_name", "covet"),
                    # The reading of statements relies on it.
                    "standard_conforming_strings": "on",
                    **({"default_transaction_read_only": "on"} if options.get("read_only") else {}),
                },
            )
        except Exception as exc:
            refusal = translate_refusal(self._library, exc, url)
            if refusal is None:
                raise
            raise refusal from exc

    # Any: as above.
    async def stop_for_engine(self, raw: Any, url: DatabaseURL, options: Mapping[str, Any]) -> bool:  # noqa: ARG002
        """Wait until the server has ended what the library, being cancelled, asked it to end."""
        try:
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await raw.execute("SELECT 1")
        except self._library.PostgresError:
            # In a transaction that failed the server refuses it, and so has answered.
            return not raw.is_closed()
        except Exception:  # noqa: BLE001 - it is of no use, whatever is wrong with it
            raw.terminate()
            return False
        return True

    def read_engine_options(self, options: Mapping[str, Any]) -> Mapping[str, Any]:
        """Tell how many prepared statements are kept; SQLAlchemy keeps them itself, and without any gives no names."""
        size = options.get("statement_cache_size", _STATEMENTS)
        named: Mapping[str, Any] = {} if size else {"prepared_statement_name_func": str}
        return {"prepared_statement_cache_size": size, **named}

    def translate(self, exc: Exception, query: str | None = None) -> DatabaseError | None:
        """Make CovetPy's error of one of asyncpg's."""
        return translate(self._library, exc, query)


def _choose_ssl(url: DatabaseURL) -> str:
    """Encrypt what leaves this machine, if the server can."""
    is_near = url.host in {"", "localhost", "127.0.0.1", "::1"} or url.host.startswith("/")
    return "disable" if is_near else "prefer"


def _write_json(value: object) -> str:
    return encode_json(value).decode()


class PostgreSQLConnection(DriverConnection):
    """
    A connection to PostgreSQL.

    Args:
        raw: asyncpg's connection.
        errors: asyncpg's errors.
    """

    __slots__ = ("_errors", "_raw", "_was_stopped")

    # Any: asyncpg's.
    def __init__(self, raw: Any, errors: tuple[type[Exception], ...] = ()) -> None:
        self._raw = raw
        self._errors = errors
        self._was_stopped: bool | None = None

    @property
    def is_closed(self) -> bool:
        """Whether it was closed, here or there."""
        is_closed: bool = self._raw.is_closed()
        return is_closed

    @property
    def is_in_transaction(self) -> bool:
        """Whether a transaction is open."""
        is_inside: bool = self._raw.is_in_transaction()
        return is_inside

    @property
    def was_stopped(self) -> bool | None:
        """Whether the server has ended what was cancelled; that is known of streams."""
        return self._was_stopped

    async def execute(self, text: str, values: Values) -> Result:
        """Run a statement whose rows nobody wants."""
        if not values and ";" in text:
            # APPSEC: a text without values would be run as it is, however many statements it has; prepared, it has one.
            prepared = await self._raw.prepare(text, name="")
            await prepared.fetch()
            return _read_status(prepared.get_statusmsg())
        return _read_status(await self._raw.execute(text, *adapt_values(values)))

    async def execute_many(self, text: str, rows: Sequence[Values]) -> Result:
        """Run a statement once for each row of values."""
        await self._raw.executemany(text, [adapt_values(row) for row in rows])
        return Result(len(rows))

    async def fetch_one(self, text: str, values: Values) -> Row | None:
        """Run a statement and give its first row."""
        record = await self._raw.fetchrow(text, *adapt_values(values))
        if record is None:
            return None
        # PERF: from pairs; a record is no dictionary, and would be asked for each of its keys (benchmarks/database.py).
        row = dict(record.items())
        if len(row) != len(record):
            raise _refuse_twins(record)
        return row

    async def fetch_all(self, text: str, values: Values) -> list[Row]:
        """Run a statement and give all of its rows."""
        return _read_rows(await self._raw.fetch(text, *adapt_values(values)))

    async def stream(self, text: str, values: Values, *, batch_size: int) -> AsyncGenerator[list[Row], None]:
        """Run a statement and give its rows in batches; it needs a transaction, and has one of its own otherwise."""
        own = None if self._raw.is_in_transaction() else self._raw.transaction(readonly=False)
        if own is not None:
            await own.start()
        try:
            cursor = await self._raw.cursor(text, *adapt_values(values))
            while records := await cursor.fetch(batch_size):
                yield _read_rows(records)
        except BaseException:
            if own is not None and not self._raw.is_closed():
                await self._undo(own)
            raise
        if own is not None:
            await own.commit()

    # Any: asyncpg's transaction.
    async def _undo(self, own: Any) -> None:
        """Roll back what a stream began; a server that does not answer does so when it sees the connection closed."""
        try:
            # A connection that was lost meanwhile has rolled it back.
            with suppress(*self._errors):
                async with asyncio.timeout(_GOODBYE_SECONDS):
                    await own.rollback()
        except BaseException as exc:
            self._was_stopped = False if isinstance(exc, TimeoutError) else None
            self.terminate()
            if not isinstance(exc, Exception):
                raise

    async def control(self, statement: str) -> None:
        """Run a statement of the framework's own."""
        status = await self._raw.execute(statement)
        if statement == "COMMIT" and status == "ROLLBACK":
            # PostgreSQL calls this no error.
            raise TransactionError(
                "A statement of the transaction failed, and PostgreSQL has rolled all of it back.",
                hint="Let the error end the block, or run what may fail in a transaction of its own within.",
            )

    async def reset(self) -> None:
        """End what the last user left open."""
        if self._raw.is_in_transaction():
            await self._raw.execute("ROLLBACK")
        await self._raw.reset()
        # APPSEC: RESET ALL, which the library sends, leaves these.
        await self._raw.execute("RESET ROLE; RESET SESSION AUTHORIZATION; DISCARD TEMP")

    async def close(self) -> None:
        """Say goodbye and close it."""
        await self._raw.close()

    def terminate(self) -> None:
        """Close it at once."""
        self._raw.terminate()

    def describe_table(self, table: str) -> tuple[str, Values]:
        """Make the statement that lists a table's columns, as the search path finds it."""
        return _DESCRIBE, (table,)


# Any: as above.
def _read_rows(records: list[Any]) -> list[Row]:
    rows = [dict(record.items()) for record in records]
    if rows and len(rows[0]) != len(records[0]):
        raise _refuse_twins(records[0])
    return rows


# Any: as above.
def _refuse_twins(record: Any) -> QueryError:
    names = list(record.keys())
    twice = next((name for name in names if names.count(name) > 1), "")
    return QueryError(f"Two columns are called {twice!r}.", hint="Give one of them another name: AS.")


def _read_status(status: str) -> Result:
    """Read what PostgreSQL says when a statement is done: `INSERT 0 3`, `UPDATE 3`, `CREATE TABLE`."""
    number = status.rpartition(" ")[2]
    return Result(int(number) if number.isdigit() else 0)


__all__ = ["PostgreSQLConnection", "PostgreSQLDriver"]
