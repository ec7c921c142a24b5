"""
Copies of a database that only answer: asked in turn, and left out while they do not answer.

Nothing is sent there by itself. Whoever asks for it knows that a copy may be some moments behind.
"""

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
        if kind == "execute":
            raise _refuse_writing()
        for replica in self._list_good():
            try:
                return await replica.run(kind, query, args, kwargs)
            except DatabaseUnavailableError:
                self._until[replica] = monotonic() + _PAUSE
        return await self._primary.run(kind, query, args, kwargs)

    async def execute_many(self, query: str, rows: Sequence[Values | Mapping[str, object]], /) -> Result:  # noqa: ARG002
        """Refuse to write."""
        raise _refuse_writing()

    async def stream(
        self, query: str, /, *args: object, batch_size: int = 1000, **kwargs: object
    ) -> AsyncGenerator[Row, None]:
        """Give the rows of a copy one by one."""
        async with (
            self.borrow() as connection,
            aclosing(connection.stream(query, *args, batch_size=batch_size, **kwargs)) as rows,
        ):
            async for row in rows:
                yield row

    @asynccontextmanager
    async def borrow(self) -> AsyncIterator[DatabaseConnection]:
        """Give a connection of a copy, in a transaction that only reads; that of the task's transaction otherwise."""
        database = self._primary
        for replica in self._list_good():
            if await replica.is_healthy():
                database = replica
                break
            self._until[replica] = monotonic() + _PAUSE
        if database is self._primary and find_transaction(database.pool) is not None:
            # What the task has written there is to be seen, and a transaction within cannot be of another kind.
            async with database.acquire() as connection:
                yield connection
            return
        async with database.transaction(read_only=True) as transaction:
            yield transaction.connection

    # Any: as above.
    async def insert(self, table: str, values: Mapping[str, object]) -> Any:  # noqa: ARG002
        """Refuse to write."""
        raise _refuse_writing()

    # Any: as above.
    async def update(self, table: str, key: Any, values: Mapping[str, object]) -> bool:  # noqa: ARG002
        """Refuse to write."""
        raise _refuse_writing()

    # Any: as above.
    async def delete(self, table: str, key: Any) -> bool:  # noqa: ARG002
        """Refuse to write."""
        raise _refuse_writing()

    def _list_good(self) -> list[SQLAdapter]:
        """List the copies that may answer, beginning with another one each time."""
        now = monotonic()
        good = [replica for replica in self._replicas if self._until.get(replica, 0) <= now]
        self._next += 1
        start = self._next % len(good) if good else 0
        return good[start:] + good[:start]


def _refuse_writing() -> QueryError:
    return QueryError("Copies of a database only answer.", hint="Write into the database itself.")
