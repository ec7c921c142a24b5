"""
What can be asked of a database: the same of a database, of a connection, and within a transaction.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any

from covet.database.driver import Result, Row, Values
from covet.database.table_writes import TableConnection, delete_row, insert_row, update_row


class Queries(ABC):
    """
    Statements, with `$1`, `$2` for values in order, or `:name` for values by name, on every database.

    Values never become text of a statement.
    """

    __slots__ = ()

    # Any: what a statement gives.
    @abstractmethod
    def run(self, kind: str, query: str, args: tuple[object, ...], kwargs: Mapping[str, object]) -> Awaitable[Any]:
        """Run a statement in one of the ways that a driver has; what `execute` and the others are made of."""

    @abstractmethod
    async def execute_many(self, query: str, rows: Sequence[Values | Mapping[str, object]], /) -> Result:
        """
        Run a statement once for each row of values, all or none of them.

        Args:
            query: The statement, with `$1`, `$2` for the values of a row, or `:name`.
            rows: The rows; mappings, where values have names.
        """

    @abstractmethod
    def stream(
        self, query: str, /, *args: object, batch_size: int = 1000, **kwargs: object
    ) -> AsyncGenerator[Row, None]:
        """
        Give rows one by one, however many there are; one batch of them is in memory.

        A connection is kept until the end: iterate to the end, or use `cursor`, which gives it back wherever the loop
        ends.

        Args:
            query: The statement.
            *args: The values of `$1`, `$2` and so on.
            batch_size: How many rows are fetched at once.
            **kwargs: Or the values of `:name`.

        Raises:
            ValueError: If `batch_size` is less than 1.
        """

    def cursor(
        self, query: str, /, *args: object, batch_size: int = 1000, **kwargs: object
    ) -> AbstractAsyncContextManager[AsyncGenerator[Row, None]]:
        """
        Give rows one by one within a block, at whose end the connection is given back, whether all were read or not.

        Args:
            query: The statement.
            *args: The values of `$1`, `$2` and so on.
            batch_size: How many rows are fetched at once.
            **kwargs: Or the values of `:name`.

        Example:
            >>> from covet.database import get_adapter_registry
            >>> database = get_adapter_registry().get_or_fail("sqlite")()
            >>> await database.connect("sqlite://")
            >>> async with database.cursor("SELECT 1 AS one UNION SELECT 2") as rows:
            ...     async for row in rows:
            ...         print(row)
            {'one': 1}
            {'one': 2}
            >>> await database.disconnect()
        """
        return aclosing(self.stream(query, *args, batch_size=batch_size, **kwargs))

    @abstractmethod
    def borrow(self) -> AbstractAsyncContextManager[TableConnection]:
        """Give one connection for what needs several statements on it."""

    async def execute(self, query: str, /, *args: object, **kwargs: object) -> Result:
        """
        Run a statement whose rows nobody wants.

        Args:
            query: The statement.
            *args: The values of `$1`, `$2` and so on.
            **kwargs: Or the values of `:name`.

        Returns:
            How many rows it changed, and the number of a new row where the database tells it.

        Raises:
            QueryError: If the database refuses the statement, or values and placeholders do not fit together.
            IntegrityError: If it would break a constraint.
            DatabaseUnavailableError: If nobody answers.
        """
        result: Result = await self.run("execute", query, args, kwargs)
        return result

    async def fetch_one(self, query: str, /, *args: object, **kwargs: object) -> Row | None:
        """
        Fetch the first row.

        Args:
            query: The statement.
            *args: The values of `$1`, `$2` and so on.
            **kwargs: Or the values of `:name`.

        Returns:
            The row, a dictionary by the names of its columns; `None` if there is none.

        Raises:
            QueryError: As `execute`, or if two columns have one name.
            DatabaseUnavailableError: If nobody answers.
        """
        row: Row | None = await self.run("fetch_one", query, args, kwargs)
        return row

    async def fetch_all(self, query: str, /, *args: object, **kwargs: object) -> list[Row]:
        """
        Fetch all rows.

        Args:
            query: The statement.
            *args: The values of `$1`, `$2` and so on.
            **kwargs: Or the values of `:name`.

        Raises:
            QueryError: As `fetch_one`.
            DatabaseUnavailableError: If nobody answers.
        """
        rows: list[Row] = await self.run("fetch_all", query, args, kwargs)
        return rows

    # Any: a column holds what its database knows.
    async def fetch_val(self, query: str, /, *args: object, **kwargs: object) -> Any:
        """
        Fetch the first column of the first row; `None` if there is no row.

        Args:
            query: The statement.
            *args: The values of `$1`, `$2` and so on.
            **kwargs: Or the values of `:name`.

        Raises:
            QueryError: As `fetch_one`.
            DatabaseUnavailableError: If nobody answers.
        """
        row = await self.run("fetch_one", query, args, kwargs)
        return None if row is None else next(iter(row.values()))

    # ── Rows by the names of tables ──────────────────────────────────────────

    # Any: the key has the type of its column.
    async def insert(self, table: str, values: Mapping[str, object]) -> Any:
        """
        Put a row in.

        Args:
            table: The table.
            values: The values by their columns; what is left out has its default.

        Returns:
            The value of its primary key; a mapping if that has several columns, `None` if there is none. MySQL, other
            than MariaDB, tells no key that a default has made, but for `AUTO_INCREMENT`: that is `None`, too.

        Raises:
            QueryError: If there is no such table or column.
            DataError: If the key is a text where there are numbers, or the other way round.
            IntegrityError: If it would break a constraint.
        """
        async with self.borrow() as connection:
            return await insert_row(connection, table, values)

    async def update(self, table: str, key: Any, values: Mapping[str, object]) -> bool:
        """
        Change a row.

        Args:
            table: The table.
            key: The value of its primary key; a mapping if that has several columns.
            values: The new values by their columns.

        Returns:
            Whether there is such a row.

        Raises:
            QueryError: If there is no such table or column.
            DataError: If the key is a text where there are numbers, or the other way round.
            IntegrityError: If it would break a constraint.
        """
        async with self.borrow() as connection:
            return await update_row(connection, table, key, values)

    async def delete(self, table: str, key: Any) -> bool:
        """
        Delete a row.

        Args:
            table: The table.
            key: The value of its primary key; a mapping if that has several columns.

        Returns:
            Whether there was such a row.

        Raises:
            QueryError: If there is no such table.
            DataError: If the key is a text where there are numbers, or the other way round.
            IntegrityError: If other rows refer to it.
        """
        async with self.borrow() as connection:
            return await delete_row(connection, table, key)


def check_batch_size(batch_size: int) -> None:
    """
    Refuse batches that would never get anywhere.

    Raises:
        ValueError: If they have less than one row.
    """
    check_count("batch_size", batch_size, least=1)


def check_count(name: str, value: object, *, least: int) -> None:
    """
    Refuse a number of rows that cannot be one.

    Args:
        name: What it is called.
        value: The number.
        least: The least that it may be.

    Raises:
        ValueError: If it is less, or no integer.

    Example:
        >>> check_count("limit", -1, least=0)
        Traceback (most recent call last):
            ...
        ValueError: limit must be at least 0, got -1.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ValueError(f"{name} must be at least {least}, got {value!r}.")


__all__ = ["Queries", "check_batch_size", "check_count"]
