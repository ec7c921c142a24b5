"""
Databases that speak SQL: a driver, a pool, and transactions that find their statements.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from random import uniform
from typing import Any, ClassVar, Concatenate, Final, ParamSpec, TypeVar

from covet.database.adapter import DatabaseAdapter
from covet.database.answering import limit_answer
from covet.database.connection import DatabaseConnection
from covet.database.default_database import add_running, remove_running
from covet.database.dialect import FEATURES, Dialect, Isolation
from covet.database.driver import Result, Row, Values
from covet.database.drivers import make_driver
from covet.database.errors import DatabaseError, DatabaseUnavailableError, RetryableTransactionError, TransactionError
from covet.database.observation import Observation
from covet.database.pool import DatabasePool
from covet.database.pool_stats import PoolStats
from covet.database.queries import Queries
from covet.database.transaction import INNERMOST, Hook, Transaction, find_parent, find_transaction
from covet.database.url import DatabaseURL
from covet.events import EventBus
from covet.exceptions import ConfigurationError, suggest

P = ParamSpec("P")
T = TypeVar("T")

_POOL_OPTIONS: Final = frozenset(
    {
        "min_size",
        "max_size",
        "timeout",
        "connect_timeout",
        "query_timeout",
        "recycle",
        "idle_timeout",
        "check_after",
        "leak_after",
    }
)
_OWN_OPTIONS: Final = frozenset({"name", "echo", "slow_query", "is_eager"})
_HEALTH_SECONDS: Final = 2.0


class SQLAdapter(Queries, DatabaseAdapter):
    """
    A database that speaks SQL.

    Statements have `$1`, `$2` for values in order, or `:name` for values by name, on every database. Each takes a
    connection of the pool for as long as it runs; inside `transaction()` all of the task's run on that one's.

    Attributes:
        scheme: The scheme of the URLs that it is for.
    """

    scheme: ClassVar[str]

    def __init__(self) -> None:
        self._driver = make_driver(self.scheme)
        self._pool: DatabasePool | None = None
        self._is_connecting = False
        self._bus: EventBus | None = None

    # Any: options have types of their own; the pool and the driver check them.
    async def connect(self, url: str, **options: Any) -> None:
        """
        Open the database.

        Args:
            url: Where it is.
            **options: `name`, `echo` and `slow_query` for the log, those of a `DatabasePool`, and the driver's own.
                With `is_eager=False` nobody has to answer before something is asked.

        Raises:
            ConfigurationError: If the URL or an option cannot be.
            DatabaseUnavailableError: If nobody answers.
            DatabaseError: If it refuses.
        """
        if self._pool is not None or self._is_connecting:
            raise ConfigurationError("The database is connected already.", hint="Call disconnect() first.")
        parsed = DatabaseURL.parse(url)
        if parsed.scheme != self.scheme:
            raise ConfigurationError(f"{type(self).__name__} is for {self.scheme}://, got {parsed.scheme}://.")
        known = _POOL_OPTIONS | _OWN_OPTIONS | set(self._driver.option_types)
        for option in options:
            if option not in known:
                raise ConfigurationError(f"connect() has no option {option!r}.", hint=suggest(option, sorted(known)))
        name, is_eager = options.get("name", "default"), options.get("is_eager", True)
        if not is_eager:
            options["min_size"] = 0
        pool = DatabasePool(
            parsed,
            driver=self._driver,
            name=name,
            observation=Observation(name, echo=options.get("echo", False), slow_query=options.get("slow_query")),
            options={key: options[key] for key in self._driver.option_types if key in options},
            **{key: options[key] for key in _POOL_OPTIONS if key in options},
        )
        if self._bus is not None:
            pool.observation.follow(self._bus)
        self._is_connecting = True
        try:
            await pool.connect()
            if is_eager:
                # One statement, so that a wrong password is an error of the start and not of the first request.
                async with pool.acquire() as connection:
                    await connection.fetch_val("SELECT 1 AS one")
        except BaseException:
            pool.observation.unfollow()
            await pool.disconnect()
            raise
        finally:
            self._is_connecting = False
        self._pool = pool
        add_running(self, name)

    async def disconnect(self) -> None:
        """Close all connections; those that are in use are closed when they are given back."""
        pool, self._pool = self._pool, None
        if pool is not None:
            remove_running(self)
            pool.observation.unfollow()
            await pool.disconnect()

    def follow(self, bus: EventBus) -> None:
        """
        Publish `DatabaseQueryEvent`s on a bus, and hold what is published there during transactions until the commit.

        Args:
            bus: The bus.
        """
        self._bus = bus
        if self._pool is not None:
            self._pool.observation.follow(bus)

    @property
    def pool(self) -> DatabasePool:
        """
        The pool of its connections.

        Raises:
            DatabaseUnavailableError: If it is not connected.
        """
        if self._pool is None:
            raise DatabaseUnavailableError(
                "The database is not connected.",
                hint="Await connect(url) first; a plugin does so when the application starts.",
            )
        return self._pool

    @property
    def connection_options(self) -> Collection[str]:
        """The options that `connect()` hands to each connection."""
        return self._driver.option_types.keys()

    @property
    def dialect(self) -> Dialect:
        """What kind of database it is."""
        return self._driver.dialect

    @property
    def is_connected(self) -> bool:
        """Whether it was connected, and not disconnected since."""
        return self._pool is not None

    @property
    def stats(self) -> PoolStats:
        """How its pool does."""
        return self.pool.stats

    async def is_healthy(self) -> bool:
        """Tell whether it answers within two seconds; one in memory does for as long as it is connected."""
        if self._pool is None or self._pool.url.is_in_memory:
            # Its one connection may be lent, to this very task.
            return self._pool is not None
        try:
            async with limit_answer(_HEALTH_SECONDS), self._pool.acquire(_HEALTH_SECONDS) as connection:
                await connection.fetch_val("SELECT 1 AS one")
        except (DatabaseError, TimeoutError):
            return False
        return True

    def supports_feature(self, feature: str) -> bool:
        """
        Tell whether the database can do something.

        Args:
            feature: One of `covet.database.FEATURES`; anything else it cannot do.
        """
        return feature in FEATURES and feature in self._driver.dialect.features

    # ── Statements ───────────────────────────────────────────────────────────

    # Any: what a statement gives.
    async def run(self, kind: str, query: str, args: tuple[object, ...], kwargs: Mapping[str, object]) -> Any:
        """Run a statement on the connection of the task's transaction, or on one that is free."""
        pool = self._pool or self.pool
        # PERF: one look where no transaction is anywhere around (benchmarks/database.py).
        if INNERMOST.get() is not None:
            if (inside := find_transaction(pool)) is not None:
                return await inside.connection.run(kind, query, args, kwargs)
            if (parent := find_parent(pool)) is not None:
                await parent.let_child_wait(writes=pool.statements.bind(query, args, kwargs)[0].kind.writes)
        # PERF: no context manager, and no coroutine unless there is something to wait for (benchmarks/database.py).
        connection = pool.lend_free(query) or await pool.lend(query)
        is_clean = False
        try:
            result = await connection.run(kind, query, args, kwargs)
            is_clean = True
            return result
        finally:
            if not (is_clean and pool.keep(connection)):
                await pool.take_back(connection, is_clean=is_clean)

    async def execute_many(self, query: str, rows: Sequence[Values | Mapping[str, object]], /) -> Result:
        """Run a statement for many rows; see `Queries.execute_many`."""
        async with self.transaction() as transaction:
            return await transaction.connection.run_many(query, rows)

    async def stream(
        self, query: str, /, *args: object, batch_size: int = 1000, **kwargs: object
    ) -> AsyncGenerator[Row, None]:
        """Give the rows one by one; see `Queries.stream`."""
        async with (
            self.acquire() as connection,
            aclosing(connection.stream(query, *args, batch_size=batch_size, **kwargs)) as rows,
        ):
            async for row in rows:
                yield row

    @asynccontextmanager
    async def borrow(self) -> AsyncIterator[DatabaseConnection]:
        """Give the connection of the task's transaction, or one that is free; something is written on it."""
        if find_transaction(self.pool) is None and (parent := find_parent(self.pool)) is not None:
            await parent.let_child_wait(writes=True)
        async with self.acquire() as connection:
            yield connection

    @asynccontextmanager
    async def acquire(self, timeout: float | None = None) -> AsyncIterator[DatabaseConnection]:  # noqa: ASYNC109
        """
        Borrow a connection until the block ends; inside a transaction, its connection.

        Args:
            timeout: Seconds to wait for a free one; `None` uses the pool's own limit.

        Raises:
            PoolTimeoutError: If none became free in time. The error lists who holds them.
        """
        inside = find_transaction(self.pool)
        if inside is not None:
            yield inside.connection
            return
        if (parent := find_parent(self.pool)) is not None:
            await parent.let_child_wait(writes=False)
        async with self.pool.acquire(timeout) as connection:
            yield connection

    # ── Transactions ─────────────────────────────────────────────────────────

    def transaction(
        self,
        *,
        isolation: Isolation | None = None,
        read_only: bool = False,
        connection: DatabaseConnection | None = None,
    ) -> Transaction:
        """
        Begin a transaction with an `async with` block; inside another one, a savepoint.

        Args:
            isolation: `"read_committed"`, `"repeatable_read"`, `"serializable"`; the database's default if `None`.
            read_only: Whether it only reads.
            connection: The connection that it is for, from `acquire()`; one is borrowed otherwise.
        """
        return Transaction(self.pool, isolation=isolation, read_only=read_only, connection=connection)

    def on_commit(self, hook: Hook) -> None:
        """
        Call a function after the commit of the task's transaction.

        Args:
            hook: A function without parameters, which may be a coroutine function.

        Raises:
            TransactionError: If there is no transaction.
        """
        inside = find_transaction(self.pool)
        if inside is None:
            raise TransactionError("No transaction is open here.", hint="Call on_commit() inside of its block.")
        inside.on_commit(hook)

    async def run_in_transaction(
        self,
        function: Callable[Concatenate[DatabaseConnection, P], Awaitable[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """
        Call a function in a transaction, again if it loses against another one: up to five times, later each time.

        Args:
            function: A coroutine function of the connection. It may be called several times, so that it does nothing
                that a rollback would not undo.
            *args: Its further arguments.
            **kwargs: Its further arguments by name; `isolation=` is the transaction's.

        Raises:
            RetryableTransactionError: If it lost each time.
            TransactionError: Inside another transaction, which alone could be run again.
        """
        if find_transaction(self.pool) is not None:
            raise TransactionError(
                "A transaction within another one cannot be run again alone.", hint="Run the outermost one like this."
            )
        isolation: Any = kwargs.pop("isolation", None)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                async with self.transaction(isolation=isolation) as transaction:
                    return await function(transaction.connection, *args, **kwargs)
            except RetryableTransactionError:
                if attempt == _ATTEMPTS:
                    raise
            await asyncio.sleep(uniform(0.5, 1) * _BACK_OFF * 2**attempt)  # noqa: S311 - no secret
        raise AssertionError


_ATTEMPTS: Final = 5
_BACK_OFF: Final = 0.01


__all__ = ["SQLAdapter"]
