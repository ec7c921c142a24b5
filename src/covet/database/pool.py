"""
A pool of connections: opened when they are needed, lent one at a time, looked after, and given up when they are bad.
"""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from math import inf
from time import monotonic
from typing import Final

from covet.database.answering import limit_answer
from covet.database.callers import describe_caller
from covet.database.connection import GRACE_SECONDS, DatabaseConnection, PooledConnection
from covet.database.driver import Driver
from covet.database.drivers import make_driver
from covet.database.idle import IdleWatch
from covet.database.lent_connections import LentConnections
from covet.database.observation import Observation
from covet.database.placeholders import StatementCache
from covet.database.pool_errors import make_closed_error, make_silence_error, make_timeout_error
from covet.database.pool_options import PoolOptions, read_options
from covet.database.pool_queries import PoolQueries
from covet.database.pool_stats import PoolStats
from covet.database.raw_connections import (
    abandon_connections,
    close_connection,
    is_known,
    is_old,
    needs_a_look,
    ping_connection,
    reset_connection,
)
from covet.database.silence import Silence
from covet.database.table_shapes import TableShapes
from covet.database.url import DatabaseURL
from covet.database.waiters import Waiters
from covet.options import refuse_unknown

_CLOSE_SECONDS: Final = 5.0


class DatabasePool(PoolQueries):
    """
    Lend the connections of a database.

    A connection is opened when somebody needs one and none is free. It is looked at before it is lent if it was not
    used for `check_after` seconds, or if another one has failed since; it is replaced when it is older than `recycle`.
    While the database does not answer at all, one task at a time tries, for a moment, and the others are refused.
    In a process that was forked the pool begins anew, and leaves the connections of its parent alone.

    Args:
        url: Where the database is.
        driver: What opens connections; the one for the URL's scheme by default.
        name: What the database is called, in errors and in the log.
        min_size: How many are opened at the start, and kept while nobody needs them; one given up is not replaced.
        max_size: How many there are at most.
        timeout: Seconds to wait for a free one.
        connect_timeout: Seconds that the opening of one may take.
        query_timeout: Seconds that a statement may take; `None` for no limit.
        recycle: Seconds after which a connection is replaced; `None` for never.
        idle_timeout: Seconds after which a connection is closed that nobody needs; `None` for never.
        check_after: Seconds without use after which a connection is looked at before it is lent.
        leak_after: Seconds after which the log names who still has a connection; `None` for never.
        observation: Who is told of statements.
        options: Further options of the driver; those of the URL's query are known as well.

    Raises:
        ConfigurationError: If there is no driver for the URL, or an option cannot be.
        MissingDependencyError: If a library is not installed.

    Example:
        >>> pool = DatabasePool("sqlite://")
        >>> await pool.connect()
        >>> await pool.fetch_one("SELECT 1 AS one")
        {'one': 1}
        >>> pool.stats.idle
        1
        >>> await pool.disconnect()
    """

    @refuse_unknown
    def __init__(
        self,
        url: str | DatabaseURL,
        *,
        driver: Driver | None = None,
        name: str = "default",
        min_size: int = 0,
        max_size: int = 10,
        timeout: float = 30.0,
        connect_timeout: float = 10.0,
        query_timeout: float | None = None,
        recycle: float | None = 3600.0,
        idle_timeout: float | None = 600.0,
        check_after: float = 30.0,
        leak_after: float | None = 60.0,
        observation: Observation | None = None,
        options: Mapping[str, object] | None = None,
    ) -> None:
        self.url = url if isinstance(url, DatabaseURL) else DatabaseURL.parse(url)
        self.name = name
        self.driver = driver or make_driver(self.url.scheme)
        limit = self.driver.limit_pool(self.url)
        self.options = PoolOptions(
            min_size=min_size,
            max_size=max_size if limit is None else min(limit, max_size),
            timeout=timeout,
            connect_timeout=connect_timeout,
            query_timeout=query_timeout,
            # A database in memory goes with its connection.
            recycle=None if limit else recycle,
            idle_timeout=None if limit else idle_timeout,
            check_after=inf if limit else check_after,
            leak_after=leak_after,
        )
        self.statements = StatementCache(self.driver.dialect)
        self.observation = observation or Observation(name)
        self.shapes = TableShapes()
        self._driver_options = read_options(self.driver, self.url, options or {})
        self._forget()

    def _forget(self) -> None:
        """Begin anew."""
        self._process = os.getpid()
        self._free: list[PooledConnection] = []
        self._lent = LentConnections(self.name, self.options.leak_after)
        self._size = 0
        self._waiters = Waiters()
        self._idle = IdleWatch(self.options.idle_timeout, self._close_idle)
        self._is_open = False
        self._epoch = 0
        self._silence = Silence[PooledConnection](self._pass_on)
        self._opened = self._closed = self._timeouts = 0

    @property
    def is_open(self) -> bool:
        """Whether it lends connections."""
        return self._is_open

    @property
    def stats(self) -> PoolStats:
        """How it does."""
        return PoolStats(self._size, len(self._free), len(self._waiters), self._opened, self._closed, self._timeouts)

    async def connect(self) -> None:
        """
        Open the first connections; with `min_size` 0, none.

        Raises:
            DatabaseUnavailableError: If nobody answers.
            DatabaseError: If the database refuses.
        """
        if self._is_open:
            return
        self._is_open = True
        try:
            while self._size < self.options.min_size:
                self._size += 1
                self._free.append(await self._open())
            # Whatever was closed and is opened again has no watch any more.
            self._idle = IdleWatch(self.options.idle_timeout, self._close_idle)
        except BaseException:
            await self.disconnect()
            raise

    async def disconnect(self) -> None:
        """Close all connections. Those that are lent are closed when they are given back; nobody gets another one."""
        self._is_open = False
        self._lent.stop()
        await self._idle.stop()
        await self._silence.stop()
        self._waiters.fail(partial(make_closed_error, self.name))
        free, self._free = self._free, []
        for pooled in free:
            await self._close(pooled, _CLOSE_SECONDS)

    @asynccontextmanager
    async def acquire(self, timeout: float | None = None) -> AsyncIterator[DatabaseConnection]:  # noqa: ASYNC109
        """
        Borrow a connection until the block ends.

        Args:
            timeout: Seconds to wait for a free one; `None` uses the pool's own limit.

        Raises:
            PoolTimeoutError: If none became free in time. The error lists who holds them.
            DatabaseUnavailableError: If nobody answers.
        """
        connection = await self.lend(describe_caller(), timeout)
        try:
            yield connection
        finally:
            await self.take_back(connection)

    async def lend(self, holder: str, timeout: float | None = None) -> DatabaseConnection:  # noqa: ASYNC109
        """
        Lend a connection; whoever gets it gives it back with `take_back`.

        Args:
            holder: Who wants it, for whoever waits in vain.
            timeout: As for `acquire`.
        """
        return self.lend_free(holder) or self._hand_out(await self._find(timeout), holder)

    def lend_free(self, holder: str) -> DatabaseConnection | None:
        """Lend a connection that is free and known to be good; if there is none, `lend` finds one."""
        if self._process != os.getpid():
            # APPSEC: a connection that came through a fork would mix the answers to two processes.
            self._forget_parent()
        free = self._free
        if not free or needs_a_look(free[-1], self.options, self._epoch):
            return None
        return self._hand_out(free.pop(), holder)

    def _hand_out(self, pooled: PooledConnection, holder: str) -> DatabaseConnection:
        self._lent.add(pooled, holder)
        return DatabaseConnection(
            pooled, self.driver, self.statements, self.shapes, self.observation, self.options.query_timeout
        )

    async def take_back(self, connection: DatabaseConnection, *, is_clean: bool = False) -> None:
        """
        Take a connection back.

        Args:
            connection: The connection.
            is_clean: Whether nothing can be left open on it.
        """
        pooled = connection.pooled
        if pooled is None or (is_clean and self.keep(connection)):
            return
        connection.release()
        self._lent.discard(pooled)
        is_running = pooled.is_running
        # What still runs is of a task that was left behind.
        is_kept = self._is_open and not pooled.raw.is_closed and (not is_running or self.url.is_in_memory)
        try:
            if is_kept:
                await reset_connection(pooled)
        finally:
            # While it was reset, the pool may have been closed.
            if is_kept and self._is_open and not pooled.raw.is_closed:
                pooled.is_running = False
                self._give(pooled)
            else:
                self._drop(pooled)

    def keep(self, connection: DatabaseConnection) -> bool:
        """Take a connection back if nothing was left open on it; if that is not so, `take_back` ends it."""
        pooled = connection.pooled
        if pooled is None or pooled.is_altered or pooled.is_running or not self._is_open:
            return False
        if pooled.raw.is_closed or pooled.raw.is_in_transaction:
            return False
        connection.release()
        self._lent.discard(pooled)
        self._give(pooled)
        return True

    def terminate(self, connection: DatabaseConnection) -> None:
        """Close a connection at once: what was begun on it is undone by the database."""
        pooled = connection.pooled
        # A database in memory would go with it; it is rolled back when it is given back.
        if pooled is not None and not self.url.is_in_memory:
            pooled.raw.terminate()

    # ── Inside ───────────────────────────────────────────────────────────────

    def _give(self, pooled: PooledConnection) -> None:
        """Hand a connection to whoever waits first, or keep it."""
        pooled.used_at = monotonic()
        pooled.holder = ""
        pooled.is_inside = pooled.is_undone = False
        if not self._waiters.give(pooled):
            self._free.append(pooled)
            self._idle.watch()

    def _pass_on(self, given: PooledConnection | None) -> None:
        """Give the next one what came when whoever wanted it had gone."""
        if given is None:
            self._waiters.give(None)
        elif self._is_open:
            self._give(given)
        else:
            self._drop(given, is_old=True)

    def _fall_silent(self) -> None:
        self._silence.begin()
        # They would wait in vain.
        self._waiters.fail(partial(make_silence_error, self.name, self.url))

    def _drop(self, pooled: PooledConnection, *, is_old: bool = False) -> None:
        """Give up a connection; if not for its age, the others may be as bad."""
        self._epoch += not is_old
        self._size -= 1
        self._closed += 1
        if pooled.is_silent:
            self._fall_silent()
        self._waiters.give(None)
        pooled.raw.terminate()

    async def _close(self, pooled: PooledConnection, seconds: float = GRACE_SECONDS) -> None:
        try:
            # Of a silent one nobody would hear a farewell.
            if not self._silence.is_on and not pooled.raw.is_closed:
                await close_connection(pooled, seconds)
        finally:
            self._drop(pooled, is_old=True)

    async def _close_idle(self, seconds: float) -> bool:
        # The first has been there for longest: the last that was given back is the first to be lent.
        free, least = self._free, self.options.min_size
        while free and self._size > least and monotonic() - free[0].used_at >= seconds:
            await self._close(free.pop(0))
        return bool(free) and self._size > least

    async def _find(self, timeout: float | None) -> PooledConnection:  # noqa: ASYNC109
        """Find a good connection: one that was free, a new one, or the next that is given back."""
        if not self._is_open or not self._silence.may_ask():
            raise make_silence_error(self.name, self.url) if self._is_open else make_closed_error(self.name)
        limit = self.options.timeout if timeout is None else timeout
        if not self._silence.is_on:
            return await self._search(limit)
        if (found := await self._silence.ask(self._search(limit))) is None:
            raise make_silence_error(self.name, self.url)
        return found

    async def _search(self, limit: float) -> PooledConnection:
        end, has_waited = monotonic() + limit, False
        while self._is_open:
            if self._free:
                pooled = self._free.pop()
                if await self._is_good(pooled):
                    return pooled
                continue
            if self._size < self.options.max_size:
                self._size += 1
                try:
                    return await self._open()
                except BaseException:
                    self._size -= 1
                    self._waiters.give(None)
                    raise
            if self._silence.is_on:
                raise make_silence_error(self.name, self.url)
            try:
                given = await self._waiters.wait(end - monotonic(), self._pass_on, is_first=has_waited)
                has_waited = True
            except TimeoutError:
                self._timeouts += 1
                raise make_timeout_error(self.name, limit, self._lent) from None
            if given is not None:
                return given
        raise make_closed_error(self.name)

    async def _is_good(self, pooled: PooledConnection) -> bool:
        """Look at a connection that was free, and close it if it is of no use any more."""
        epoch, is_good = self._epoch, False
        was_old, was_known = is_old(pooled, self.options), is_known(pooled, self.options, epoch)
        try:
            if not pooled.raw.is_closed and not was_old:
                is_good = was_known or await ping_connection(pooled)
        except BaseException:
            self._drop(pooled)
            raise
        if is_good:
            pooled.epoch = epoch
            if not was_known:
                self._silence.end()
            return True
        await self._close(pooled) if was_old else self._drop(pooled)
        if pooled.is_silent:
            # The others would not answer either, and whoever waits wants to know soon.
            raise make_silence_error(self.name, self.url)
        return False

    async def _open(self) -> PooledConnection:
        try:
            async with limit_answer(self.options.connect_timeout):
                raw = await self.driver.connect(self.url, self._driver_options)
        except TimeoutError as exc:
            self._fall_silent()
            raise make_silence_error(self.name, self.url, self.options.connect_timeout) from exc
        self._silence.end()
        if not self._is_open:
            raw.terminate()
            raise make_closed_error(self.name)
        self._opened += 1
        return PooledConnection(raw, self._epoch)

    def _forget_parent(self) -> None:
        was_open = self._is_open
        abandon_connections((*self._free, *self._lent))
        self._forget()
        self._is_open = was_open


__all__ = ["DatabasePool"]
