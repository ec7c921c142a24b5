"""
Connections as applications have them: lent by a pool, and of no use once they are given back.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import AbstractContextManager, aclosing, asynccontextmanager, nullcontext, suppress
from time import monotonic
from typing import Any, Final

from covet.database.answering import limit_answer
from covet.database.dialect import Dialect
from covet.database.driver import Driver, DriverConnection, Result, Row, Values
from covet.database.errors import (
    ConnectionBusyError,
    ConnectionReleasedError,
    DatabaseError,
    DatabaseUnavailableError,
    QueryError,
    TransactionError,
)
from covet.database.observation import Observation
from covet.database.placeholders import Statement, StatementCache
from covet.database.queries import Queries, check_batch_size
from covet.database.table_shapes import TableShapes
from covet.deadlines import Deadline

GRACE_SECONDS: Final = 0.5
"""Seconds that a database has to confirm that it stopped a statement; one that does not, does not answer at all."""


_LONGEST: Final = 80
_MANY: Final = "covet_many"


class PooledConnection:
    """
    A connection of a pool, and what the pool knows of it.

    Attributes:
        raw: The driver's connection.
        is_undone: Whether its database has ended that transaction by itself.
        opened_at: When it was opened, in seconds of the monotonic clock.
        used_at: When it was given back last.
        epoch: The pool's epoch when it was last known to be good.
        holder: Who has it: a statement, or a place in the code; empty while nobody has it.
        lent_at: When it was lent.
        is_inside: Whether a transaction is open on it, of which its driver can tell.
        is_altered: Whether a statement may have left something in its session.
        is_late: Whether a statement was given up on it, and may run on.
        count: How many statements were begun on it.
        is_running: Whether a statement runs on it.
        is_silent: Whether its database did not answer what can be answered at once.
        was_warned_about: Whether somebody was told that it has been out for long.
    """

    __slots__ = (
        "count",
        "epoch",
        "holder",
        "is_altered",
        "is_inside",
        "is_late",
        "is_running",
        "is_silent",
        "is_undone",
        "lent_at",
        "opened_at",
        "raw",
        "used_at",
        "was_warned_about",
    )

    def __init__(self, raw: DriverConnection, epoch: int) -> None:
        self.raw = raw
        self.opened_at = self.used_at = self.lent_at = monotonic()
        self.epoch = epoch
        self.count = 0
        self.holder = ""
        self.is_altered = self.is_inside = self.is_undone = False
        self.is_late = self.is_running = self.is_silent = False
        self.was_warned_about = False


class DatabaseConnection(Queries):
    """
    A connection that was lent, until the block ends that it was lent for.

    Made by `DatabaseAdapter.acquire()` and `DatabasePool.acquire()`. It is for one task at a time.

    Args:
        pooled: The connection.
        driver: What opened it.
        statements: The statements of its database.
        shapes: The tables of its database.
        observation: Who is told of statements.
        timeout: Seconds that a statement may take.

    Attributes:
        pooled: What the pool knows of it; `None` once it was given back.
    """

    __slots__ = ("_driver", "_observation", "_shapes", "_statements", "_timeout", "pooled")

    def __init__(
        self,
        pooled: PooledConnection,
        driver: Driver,
        statements: StatementCache,
        shapes: TableShapes,
        observation: Observation,
        timeout: float | None,
    ) -> None:
        self.pooled: PooledConnection | None = pooled
        self._driver = driver
        self._statements = statements
        self._shapes = shapes
        self._observation = observation
        self._timeout = timeout

    @property
    def is_released(self) -> bool:
        """Whether it was given back."""
        return self.pooled is None

    def release(self) -> None:
        """Let nobody use it any more; the pool calls this."""
        self.pooled = None

    # Any: what a statement gives.
    def run(self, kind: str, query: str, args: tuple[object, ...], kwargs: Mapping[str, object]) -> Awaitable[Any]:
        """Run a statement in one of the ways that a driver has."""
        # PERF: a coroutine function would be one more coroutine around the other (benchmarks/database.py).
        statement, values = self._statements.bind(query, args, kwargs)
        return self._run(kind, statement, values)

    async def execute_many(self, query: str, rows: Sequence[Values | Mapping[str, object]], /) -> Result:
        """Run a statement for many rows; see `Queries.execute_many`."""
        if self.pooled is None or not self.pooled.raw.is_in_transaction:
            return await self.run_many(query, rows)
        # Whoever catches the error may go on, and commit what stood before.
        await self.control(f"SAVEPOINT {_MANY}")
        try:
            result = await self.run_many(query, rows)
        except BaseException:
            with suppress(DatabaseError):
                await self.control(f"ROLLBACK TO SAVEPOINT {_MANY}")
                await self.control(f"RELEASE SAVEPOINT {_MANY}")
            raise
        await self.control(f"RELEASE SAVEPOINT {_MANY}")
        return result

    async def run_many(self, query: str, rows: Sequence[Values | Mapping[str, object]]) -> Result:
        """Run a statement for many rows, without undoing some of them within a transaction if others fail."""
        statement, checked = self._statements.bind_many(query, rows)
        result: Result = await self._run("execute_many", statement, checked)
        return result

    async def stream(
        self, query: str, /, *args: object, batch_size: int = 1000, **kwargs: object
    ) -> AsyncGenerator[Row, None]:
        """Give the rows one by one; see `Queries.stream`."""
        check_batch_size(batch_size)
        if not args and ":batch_size" in query:
            self._statements.refuse_name(query, "batch_size", taken_by="stream()")
        statement, values = self._statements.bind(query, args, kwargs)
        pooled = self._begin("stream")
        spent, count = 0.0, 0
        try:
            _refuse_commit(pooled, statement, self.dialect)
            pooled.is_altered |= statement.kind.is_lasting
            async with aclosing(pooled.raw.stream(statement.text, values, batch_size=batch_size)) as batches:
                while True:
                    # What the application does with a row is none of the statement's time.
                    started = monotonic()
                    try:
                        rows = await self._next(batches, query)
                    finally:
                        spent += monotonic() - started
                    if rows is None:
                        break
                    count += len(rows)
                    for row in rows:
                        yield row
            _notice_end(pooled, statement)
        finally:
            pooled.is_running = False
            if self._observation.is_wanted:
                self._observation.tell(query, monotonic() - spent, count)

    async def _next(self, batches: AsyncGenerator[list[Row], None], query: str) -> list[Row] | None:
        # What the application raises while it has a row is its own, and does not come by here.
        try:
            with _limit(self._timeout):
                return await anext(batches, None)
        except asyncio.CancelledError:
            self._give_up()
            raise
        except Exception as exc:  # noqa: BLE001 - it is raised again
            error = self._explain(exc, query)
            raise error from error.__cause__

    async def describe_table(self, table: str) -> list[Row]:
        """List the columns of a table: `name`, and whether it `is_key`."""
        pooled = self._begin("describe a table")
        try:
            with _limit(self._timeout):
                rows: list[Row] = await pooled.raw.fetch_all(*pooled.raw.describe_table(table))
        except asyncio.CancelledError:
            self._give_up()
            raise
        except Exception as exc:  # noqa: BLE001 - it is raised again
            error = self._explain(exc, None)
            raise error from error.__cause__
        finally:
            pooled.is_running = False
        return rows

    async def control(self, statement: str) -> None:
        """Run a statement of the framework's own."""
        pooled = self._begin(statement)
        try:
            if pooled.is_late:
                # It has not yet said that it stopped: it had its time.
                async with limit_answer(GRACE_SECONDS):
                    await pooled.raw.control(statement)
            else:
                with _limit(self._timeout):
                    await pooled.raw.control(statement)
            pooled.is_late = pooled.is_undone = False
            if pooled.is_altered:
                self._shapes.forget()
        except asyncio.CancelledError:
            self._give_up()
            raise
        except Exception as exc:  # noqa: BLE001 - it is raised again
            error = self._explain(exc, statement)
            pooled.is_silent = isinstance(exc, TimeoutError) and not pooled.raw.was_stopped
            raise error from error.__cause__
        finally:
            pooled.is_running = False

    @property
    def dialect(self) -> Dialect:
        """What kind of database it is."""
        return self._statements.dialect

    @property
    def shapes(self) -> TableShapes:
        """The tables of its database."""
        return self._shapes

    @asynccontextmanager
    async def borrow(self) -> AsyncIterator["DatabaseConnection"]:
        """Give this very connection: what needs several statements on one has it already."""
        yield self

    # Any: as above.
    async def _run(self, kind: str, statement: Statement, values: Any) -> Any:
        query, text = statement.query, statement.text
        pooled = self._begin(query)
        observation = self._observation
        started = monotonic() if observation.is_wanted else 0.0
        try:
            if pooled.is_inside:
                _refuse_commit(pooled, statement, self.dialect)
            if statement.kind.is_lasting:
                pooled.is_altered = True
            if self._timeout is None:
                result = await getattr(pooled.raw, kind)(text, values)
            else:
                with Deadline(self._timeout):
                    result = await getattr(pooled.raw, kind)(text, values)
        except asyncio.CancelledError:
            self._give_up()
            raise
        except Exception as exc:  # noqa: BLE001 - it is raised again
            if observation.is_wanted:
                # Those that take longest are those that are given up.
                observation.tell(query, started, 0)
            error = self._explain(exc, query)
            raise error from error.__cause__
        finally:
            pooled.is_running = False
        if observation.is_wanted:
            observation.tell(query, started, _count_rows(result))
        if statement.kind.is_defining:
            self._shapes.forget()
            # Its end may take it back, and until then others ask about the table as it was.
            pooled.is_altered |= pooled.is_inside
        if pooled.is_inside:
            _notice_end(pooled, statement)
        return result

    def _begin(self, what: str) -> PooledConnection:
        pooled = self.pooled
        if pooled is None:
            raise ConnectionReleasedError(
                "This connection was given back to the pool.", hint="Use it within the block that it was lent for."
            )
        if pooled.is_running:
            raise ConnectionBusyError(
                "This connection runs a statement of another task, or a stream that was not closed.",
                hint="Let each task acquire a connection of its own; end a stream with aclosing() before the next one.",
            )
        if pooled.raw.is_closed:
            raise DatabaseUnavailableError(f"The connection is closed, so {what[:40]!r} cannot run.")
        if pooled.is_undone and not what.startswith("ROLLBACK"):
            raise TransactionError(
                "The database has ended the transaction, so that nothing more can be done in it.",
                hint="Let the error that was raised first leave the block.",
            )
        pooled.is_running = True
        pooled.count += 1
        return pooled

    def _give_up(self) -> None:
        """Take note that a statement was left alone."""
        if self.pooled is not None:
            self.pooled.is_late = self.pooled.raw.was_stopped is None
            self.pooled.is_silent = self.pooled.raw.was_stopped is False
            self._note_undoing(self.pooled)

    @staticmethod
    def _note_undoing(pooled: PooledConnection) -> None:
        """Take note of a transaction that is no more: what came after it would take effect without it."""
        if pooled.is_inside and not pooled.raw.is_closed and not pooled.raw.is_in_transaction:
            pooled.is_undone = True

    def _explain(self, exc: Exception, query: str | None) -> Exception:
        """Make CovetPy's error of a driver's; others stay what they are."""
        # APPSEC: the driver's is not its cause, since its text quotes values, and a traceback shows causes.
        translated: Exception | None
        if isinstance(exc, TimeoutError) and self._timeout is not None:
            self._give_up()
            translated = DatabaseUnavailableError(
                f"The database did not answer within {self._timeout:g} s.",
                hint="Give it more time: query_timeout, or find out why it takes so long.",
            )
        else:
            translated = self._driver.translate(exc, query)
            if self.pooled is not None:
                self._note_undoing(self.pooled)
        if translated is not None:
            return translated
        if isinstance(exc, QueryError) and exc.query is None:
            exc.query = query
        return exc


def _refuse_commit(pooled: PooledConnection, statement: Statement, dialect: Dialect) -> None:
    """Let no statement commit half a transaction."""
    if pooled.is_inside and statement.kind.is_committing:
        raise TransactionError(
            f"{dialect.name} commits what stands before such a statement: {_shorten(statement.query)!r}.",
            hint="Run it before the transaction, or after it.",
        )


def _notice_end(pooled: PooledConnection, statement: Statement) -> None:
    """Let nothing more be done in a transaction that a statement has ended, such as a procedure that commits."""
    if pooled.is_inside and not pooled.raw.is_closed and not pooled.raw.is_in_transaction:
        pooled.is_undone = True
        raise TransactionError(
            f"A statement has ended the transaction that it was run in: {_shorten(statement.query)!r}.",
            hint="What stood before it may have been committed. Run it before the transaction, or after it.",
        )


def _shorten(query: str) -> str:
    line = " ".join(query.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def _limit(seconds: float | None) -> AbstractContextManager[object]:
    return nullcontext() if seconds is None else Deadline(seconds)


# Any: as above.
def _count_rows(result: Any) -> int:
    if isinstance(result, Result):
        return result.rows_affected
    if isinstance(result, list):
        return len(result)
    return 0 if result is None else 1


__all__ = ["GRACE_SECONDS", "DatabaseConnection", "PooledConnection"]
