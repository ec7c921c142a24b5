"""
What can be asked of a pool itself: a row, on a connection that is borrowed for it alone.
"""

from abc import ABC, abstractmethod
from contextlib import AbstractAsyncContextManager

from covet.database.connection import DatabaseConnection
from covet.database.driver import Row


class PoolQueries(ABC):
    """A question that needs no more than one connection for a moment; an adapter has the others."""

    @abstractmethod
    def acquire(self, timeout: float | None = None) -> AbstractAsyncContextManager[DatabaseConnection]:
        """Borrow a connection until the block ends."""

    async def fetch_one(self, query: str, /, *args: object, **kwargs: object) -> Row | None:
        """
        Borrow a connection, and fetch the first row on it.

        It is no part of a transaction that the task is in: ask its adapter, or its connection, there.

        Args:
            query: The statement.
            *args: The values of `$1`, `$2` and so on.
            **kwargs: Or the values of `:name`.

        Returns:
            The row, a dictionary by the names of its columns; `None` if there is none.

        Raises:
            PoolTimeoutError: If no connection became free in time.
            QueryError: If the database refuses the statement, or two columns have one name.
            DatabaseUnavailableError: If nobody answers.
        """
        async with self.acquire() as connection:
            return await connection.fetch_one(query, *args, **kwargs)
