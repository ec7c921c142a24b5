"""
Copies of a database that only answer: asked in turn, and left out while they do not answer.

Nothing is sent there by itself, and nothing at all that writes. Whoever asks knows that a copy may be moments behind.
"""

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from time import monotonic
from typing import Any, Final

from covet.database.connection import DatabaseConnection
from covet.database.driver import Result, Row, Values
from covet.database.errors import DatabaseUnavailableError, QueryError
from covet.database.queries import Queries
from covet.database.sql_adapter import SQLAdapter
from covet.database.transaction import find_transaction

logger = logging.getLogger("covet.database")

_PAUSE: Final = 5.0


class ReadReplicas(Queries):
    """
    The copies of a database, and the database itself where none of them answers.

    Args:
        primary: The database.
        replicas: Its copies.

    Example:
        >>> from covet.database import SQLiteAdapter
        >>> primary = SQLiteAdapter()
        >>> await primary.connect("sqlite://")
        >>> await ReadReplicas(primary, []).fetch_val("SELECT 1 AS one")
        1
        >>> await ReadReplicas(primary, []).execute("DELETE FROM tea")
        Traceback (most recent call last):
            ...
        covet.database.errors.QueryError: Copies of a database only answer.
          Write into the database itself.
        >>> await primary.disconnect()
    """

    def __init__(self, primary: SQLAdapter, replicas: Sequence[SQLAdapter]) -> None:
        self._primary = primary
        self._replicas = list(replicas)
        self._next = 0
        # Those that did not answer are left alone until then.
        self._until: dict[SQLAdapter, float] = {}

    # Any: what a statement gives.
    async def run(self, kind: str, query: str, args: tuple[object, ...], kwargs: Mapping[str, object]) -> Any:
        """Ask a copy, and another one if it does not answer."""
        self._refuse_writing(kind, query, args, kwargs)
        for replica in self._list_good():
            try:
                result = await replica.run(kind, query, args, kwargs)
            except DatabaseUnavailableError as exc:
                self._leave_out(replica, exc)
            else:
                self._until.pop(replica, None)
                return result
        async with self._borrow_primary() as connection:
            return await connection.run(kind, query, args, kwargs)

    async def execute_many(self, query: str, rows: Sequence[Values | Mapping[str, object]], /) -> Result:  # noqa: ARG002
        """Refuse to write."""
        raise _make_refusal()

    async def stream(
        self, query: str, /, *args: object, batch_size: int = 1000, **kwargs: object
    ) -> AsyncGenerator[Row, None]:
        """Give the rows of a copy one by one."""
        self._refuse_writing("stream", query, args, kwargs)
        async with (
            self.borrow() as connection,
            aclosing(connection.stream(query, *args, batch_size=batch_size, **kwargs)) as rows,
        ):
            async for row in rows:
                yield row

    @asynccontextmanager
    async def borrow(self) -> AsyncIterator[DatabaseConnection]:
        """Give a connection of a copy, in a transaction that only reads; that of the task's transaction otherwise."""
        for replica in self._list_good():
            if await replica.is_healthy():
                self._until.pop(replica, None)
                async with replica.transaction(read_only=True) as transaction:
                    yield transaction.connection
                return
            self._leave_out(replica, None)
        async with self._borrow_primary() as connection:
            yield connection

    @asynccontextmanager
    async def _borrow_primary(self) -> AsyncIterator[DatabaseConnection]:
        if find_transaction(self._primary.pool) is not None:
            # What the task has written there is to be seen, and a transaction within cannot be of another kind.
            async with self._primary.acquire() as connection:
                yield connection
            return
        async with self._primary.transaction(read_only=True) as transaction:
            yield transaction.connection

    # Any: as above.
    async def insert(self, table: str, values: Mapping[str, object]) -> Any:  # noqa: ARG002
        """Refuse to write."""
        raise _make_refusal()

    # Any: as above.
    async def update(self, table: str, key: Any, values: Mapping[str, object]) -> bool:  # noqa: ARG002
        """Refuse to write."""
        raise _make_refusal()

    # Any: as above.
    async def delete(self, table: str, key: Any) -> bool:  # noqa: ARG002
        """Refuse to write."""
        raise _make_refusal()

    def _list_good(self) -> list[SQLAdapter]:
        """List the copies that may answer, beginning with another one each time."""
        now = monotonic()
        good = [replica for replica in self._replicas if self._until.get(replica, 0) <= now]
        self._next += 1
        start = self._next % len(good) if good else 0
        return good[start:] + good[:start]

    def _leave_out(self, replica: SQLAdapter, exc: DatabaseUnavailableError | None) -> None:
        if replica not in self._until:
            # Once, and not again for each time that it is asked in vain.
            name = replica.pool.name if replica.is_connected else "copy"
            logger.warning("The database %r does not answer: others are asked in its place%s", name, _explain(exc))
        self._until[replica] = monotonic() + _PAUSE

    def _refuse_writing(self, kind: str, query: str, args: tuple[object, ...], kwargs: Mapping[str, object]) -> None:
        # What a function writes behind a SELECT is refused by the session of the copy.
        if kind == "execute" or self._primary.pool.statements.bind(query, args, kwargs)[0].kind.writes:
            raise _make_refusal()


def _explain(exc: DatabaseUnavailableError | None) -> str:
    return "" if exc is None else f": {exc.message}"


def _make_refusal() -> QueryError:
    return QueryError("Copies of a database only answer.", hint="Write into the database itself.")
