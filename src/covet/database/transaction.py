"""
Transactions: all of what stands in a block, or nothing of it.

A transaction is its task's: what the task asks of the database inside the block belongs to it, wherever the code
stands. A task that is started inside has no part in it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from contextvars import ContextVar, Token
from inspect import isawaitable
from types import TracebackType
from typing import Any, Final, Self

from covet.database.callers import describe_caller
from covet.database.connection import DatabaseConnection
from covet.database.dialect import Isolation
from covet.database.errors import DatabaseUnavailableError, TransactionError
from covet.database.pool import DatabasePool
from covet.database.raw_connections import reset_connection
from covet.events.held_events import HeldEvents

logger = logging.getLogger("covet.database")

Hook = Callable[[], object | Awaitable[object]]

INNERMOST: Final[ContextVar["Transaction | None"]] = ContextVar("covet_transaction", default=None)
"""The transaction in whose block the code runs, or was started, of whatever database; it may have ended."""

# How long a cancelled task waits for a COMMIT that is on its way: whether it came through would never be known.
_FINISH_SECONDS: Final = 5.0
# How long nothing is done in a block until it counts as waiting for a task that waits for it.
_IDLE_SECONDS: Final = 0.5


class Transaction:
    """
    A block of statements of which all take effect, or none.

    Made by `transaction()` of an adapter or a connection. Inside another one of the same database it is a savepoint:
    what it did can be undone alone. Events that are published inside are delivered after the commit.

    Args:
        pool: Where its connection comes from.
        isolation: How much it sees of others; the database's own default if `None`.
        read_only: Whether it only reads.
        connection: The connection that it is for; one is borrowed otherwise.

    Attributes:
        depth: How many transactions are around it.
        inner: How many are open within it.
        hooks: What is called after the commit.
        is_read_only: Whether it only reads.

    Raises:
        ConfigurationError: If the database has no such isolation.
        TransactionError: If it is entered twice, or a savepoint asks for an isolation of its own.
    """

    def __init__(
        self,
        pool: DatabasePool,
        *,
        isolation: Isolation | None = None,
        read_only: bool = False,
        connection: DatabaseConnection | None = None,
    ) -> None:
        self._pool = pool
        self._begin = pool.driver.dialect.begin_statements(isolation, read_only=read_only)
        self._has_options = isolation is not None or read_only
        self.is_read_only = read_only
        self._given = connection
        self._connection: DatabaseConnection | None = None
        self._outer: Transaction | None = None
        self._task: asyncio.Task[object] | None = None
        self._token: Token[Transaction | None] | None = None
        self._held: HeldEvents | None = None
        self._end_event: asyncio.Event | None = None
        self.hooks: list[Hook] = []
        self.depth = 0
        self.inner = 0

    @property
    def connection(self) -> DatabaseConnection:
        """
        The connection that it runs on.

        Raises:
            TransactionError: If it is not open.
        """
        if self._connection is None:
            raise TransactionError("The transaction is not open.", hint="Use it within its async with block.")
        return self._connection

    @property
    def pool(self) -> DatabasePool:
        """The pool of its database."""
        return self._pool

    @property
    def former(self) -> "Transaction | None":
        """The transaction in whose block it was entered, of whatever database."""
        old = None if self._token is None else self._token.old_value
        return old if isinstance(old, Transaction) else None

    @property
    def is_open(self) -> bool:
        """Whether it was entered, and has not ended."""
        return self._connection is not None

    async def let_child_wait(self, *, writes: bool) -> None:
        """
        Let a task that was started in the block wait for its end, if the transaction holds what that task needs.

        Args:
            writes: Whether the task is about to write.

        Raises:
            TransactionError: If nothing is done in the block meanwhile: by all appearances it waits for the task, and
                neither would ever go on.
        """
        options, dialect = self._pool.options, self._pool.driver.dialect
        if options.max_size > 1 and not (writes and dialect.has_one_writer and not self.is_read_only):
            return
        if self._end_event is None:
            self._end_event = asyncio.Event()
        end, seen = asyncio.get_running_loop().time() + options.timeout, -1
        while self._connection is not None and (pooled := self._connection.pooled) is not None:
            is_idle = pooled.count == seen and not pooled.is_running
            if is_idle or asyncio.get_running_loop().time() >= end:
                raise TransactionError(
                    f"What this task needs is held by {pooled.holder}, in whose block it was started.",
                    hint="Await it in the block itself, or start it after the block: on_commit().",
                )
            seen = pooled.count
            with suppress(TimeoutError):
                async with asyncio.timeout(_IDLE_SECONDS):
                    await self._end_event.wait()

    def belongs_to(self, pool: DatabasePool, task: "asyncio.Task[object] | None") -> bool:
        """Tell whether it is an open transaction of a database and a task."""
        return self._pool is pool and self._task is task and self._connection is not None

    def on_commit(self, hook: Hook) -> None:
        """
        Call a function after the commit; never, if the transaction or the savepoint is rolled back.

        Args:
            hook: A function without parameters, which may be a coroutine function. If it fails, that is logged: what
                was committed stays committed.
        """
        _ = self.connection
        self.hooks.append(hook)

    async def __aenter__(self) -> Self:
        if self._token is not None:
            raise TransactionError("A transaction is for one block.", hint="Call transaction() again for another one.")
        outer = find_transaction(self._pool)
        # A connection of one's own may have begun further out, with a transaction of another one between.
        while outer is not None and self._given not in (None, outer.connection):
            outer = _find_open(outer.former, self._pool)
        if outer is not None:
            await self._save(outer)
        else:
            await self._start()
        self._task = asyncio.current_task()
        bus = self._pool.observation.bus
        if bus is not None:
            self._held = bus.hold_events()
            await self._held.__aenter__()
        self._token = INNERMOST.set(self)
        return self

    async def _save(self, outer: "Transaction") -> None:
        if self._has_options:
            raise TransactionError(
                "A transaction within another one shares its isolation.",
                hint="Give isolation and read_only to the outermost one.",
            )
        self._outer = outer
        self.depth = outer.depth + 1
        await outer.connection.control(f"SAVEPOINT covet_{self.depth}")
        self._connection = outer.connection
        outer.inner += 1

    async def _start(self) -> None:
        holder = f"the transaction of {describe_caller()}"
        if self._given is None and (parent := find_parent(self._pool)) is not None:
            await parent.let_child_wait(writes=not self.is_read_only)
        connection = self._given or await self._pool.lend(holder)
        try:
            for statement in self._begin:
                await connection.control(statement)
        except BaseException as exc:
            # Whether it has begun is not known.
            await self._undo(connection, exc)
            raise
        self._connection = connection
        if connection.pooled is not None:
            connection.pooled.is_inside = connection.pooled.raw.is_in_transaction

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._token is not None:
            # A generator may be closed in another context, where nothing is to be reset.
            with suppress(ValueError):
                INNERMOST.reset(self._token)
        failure: BaseException | None = exc
        cancelled: asyncio.CancelledError | None = None
        try:
            if failure is None and self.inner:
                failure = TransactionError("A transaction ended while one within it was open.")
            cancelled = await self._end(is_good=failure is None)
        except BaseException as ended:
            failure = ended
            raise
        finally:
            hooks, self.hooks = self.hooks, []
            self._connection = None
            if self._end_event is not None:
                self._end_event.set()
            if self._held is not None and failure is not None:
                await self._held.__aexit__(type(failure), failure, None)
        if failure is not None:
            if cancelled is not None and not isinstance(exc, asyncio.CancelledError):
                # Whoever catches the failure would run on, and nobody knew that the task was cancelled.
                raise cancelled from failure
            if exc is None:
                raise failure
            return
        try:
            if self._held is not None:
                await self._held.__aexit__(None, None, None)
        finally:
            # It was committed, whatever becomes of the events.
            await self._tell(hooks)
        if cancelled is not None:
            raise cancelled

    async def _end(self, *, is_good: bool) -> asyncio.CancelledError | None:
        outer, connection = self._outer, self.connection
        pooled = connection.pooled
        if outer is not None:
            outer.inner -= 1
            name = f"covet_{self.depth}"
            statements = [f"RELEASE SAVEPOINT {name}"]
            if not is_good:
                statements.insert(0, f"ROLLBACK TO SAVEPOINT {name}")
        else:
            statements = ["COMMIT" if is_good else "ROLLBACK"]
            statements += self._pool.driver.dialect.end_read_only if self.is_read_only else ()
        try:
            return await _finish(self._control(connection, statements))
        except BaseException as exc:
            await self._undo(connection, exc)
            if is_good:
                raise
            # What went wrong inside of the block is to be told.
            return exc if isinstance(exc, asyncio.CancelledError) else None
        finally:
            if outer is None and self._given is None:
                await self._pool.take_back(connection, is_clean=True)
            elif outer is None and pooled is not None:
                pooled.is_inside = pooled.is_undone = False

    async def _undo(self, connection: DatabaseConnection, exc: BaseException) -> None:
        """Leave nothing open where a statement of the transaction's own failed: what became of it is not known."""
        if self._outer is not None or isinstance(exc, DatabaseUnavailableError):
            # Closed, it is rolled back by the database.
            self._pool.terminate(connection)
        if self._outer is None:
            if self._given is None:
                await self._pool.take_back(connection)
            elif connection.pooled is not None:
                await reset_connection(connection.pooled)

    @staticmethod
    async def _control(connection: DatabaseConnection, statements: list[str]) -> None:
        pooled = connection.pooled
        if pooled is None or pooled.raw.is_closed:
            if statements[0].startswith("ROLLBACK"):
                return
            raise DatabaseUnavailableError("The connection was lost, and its transaction with it.")
        for statement in statements:
            await connection.control(statement)

    async def _tell(self, hooks: list[Hook]) -> None:
        if self._outer is not None:
            self._outer.hooks += hooks
            return
        for hook in hooks:
            try:
                result = hook()
                if isawaitable(result):
                    await result
            except Exception:
                logger.exception("A function that was to be called after a commit failed: %r", hook)


# Any: what a coroutine passes to its loop is its own.
async def _finish(work: Coroutine[Any, Any, None]) -> asyncio.CancelledError | None:
    """Do what must not stop in the middle; give the cancellation that came meanwhile."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            done, _ = await asyncio.wait((task,), timeout=None if cancelled is None else _FINISH_SECONDS)
        except asyncio.CancelledError as exc:
            if cancelled is not None:
                task.cancel()
            cancelled = exc
        else:
            if not done:
                task.cancel()
    if task.cancelled():
        raise cancelled or asyncio.CancelledError
    task.result()
    return cancelled


def find_transaction(pool: DatabasePool) -> Transaction | None:
    """
    Find the innermost open transaction of a database in this task.

    Args:
        pool: The database's pool.
    """
    return _find_open(INNERMOST.get(), pool)


def _find_open(found: Transaction | None, pool: DatabasePool) -> Transaction | None:
    if found is None:
        return None
    task = asyncio.current_task()
    while found is not None and not found.belongs_to(pool, task):
        found = found.former
    return found


def find_parent(pool: DatabasePool) -> Transaction | None:
    """
    Find the outermost open transaction of a database in whose block this task was started.

    Args:
        pool: The database's pool.
    """
    found, parent = INNERMOST.get(), None
    while found is not None:
        if found.pool is pool and found.is_open:
            parent = found
        found = found.former
    return parent


__all__ = ["INNERMOST", "Hook", "Transaction", "find_parent", "find_transaction"]
