"""
A connection inside of a transaction that nobody commits: what a test does is undone, transactions of its own included.

Code under test begins, commits and rolls back as ever. What it begins is a savepoint here.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final, TypeVar

from covet.database import DatabaseUnavailableError, Driver, DriverConnection, Result, Row
from covet.database.dialect import Dialect
from covet.database.driver import Values
from covet.database.errors import DatabaseError
from covet.database.url import DatabaseURL

T = TypeVar("T")

_SAVEPOINT: Final = "covet_of_a_test"
_STATEMENT: Final = "covet_of_a_statement"
_BEGINNINGS: Final = frozenset({"BEGIN", "START"})
_ENDS: Final = frozenset({"COMMIT", "END"})


class RolledBackDriver(Driver):
    """
    A driver whose only connection is one that is in a transaction already.

    Args:
        driver: The driver of the database.
        raw: Its connection.

    Attributes:
        is_open: Whether code under test has begun a transaction.
    """

    def __init__(self, driver: Driver, raw: DriverConnection) -> None:
        self._driver = driver
        self.raw = raw
        self.is_open = False

    @property
    def dialect(self) -> Dialect:  # type: ignore[override]
        """What the database understands."""
        return self._driver.dialect

    @property
    def option_types(self) -> Mapping[str, Any]:  # type: ignore[override]
        """The options of a connection."""
        return self._driver.option_types

    async def connect(self, url: DatabaseURL, options: Mapping[str, object]) -> DriverConnection:  # noqa: ARG002
        """Give the connection, with nothing begun."""
        if self.raw.is_closed:
            raise DatabaseUnavailableError("The connection of the test was lost, and with it what the test did.")
        connection = RolledBackConnection(self)
        await connection.reset()
        return connection

    def translate(self, exc: Exception, query: str | None = None) -> DatabaseError | None:
        """As the database's own driver."""
        return self._driver.translate(exc, query)


class RolledBackConnection(DriverConnection):
    """
    The connection, as a pool lends it.

    Args:
        driver: What gives it.
    """

    __slots__ = ("_driver", "_is_closed", "_raw")

    def __init__(self, driver: RolledBackDriver) -> None:
        self._driver = driver
        self._raw = driver.raw
        self._is_closed = False

    @property
    def is_closed(self) -> bool:
        """Whether it was given up."""
        return self._is_closed or self._raw.is_closed

    @property
    def is_in_transaction(self) -> bool:
        """Whether code under test has begun a transaction."""
        return self._driver.is_open

    async def execute(self, text: str, values: Values) -> Result:
        """Run a statement whose rows nobody wants."""
        return await self._run(self._raw.execute, text, values)

    async def execute_many(self, text: str, rows: Sequence[Values]) -> Result:
        """Run a statement once for each row, all or none of them."""
        return await self._run(self._raw.execute_many, text, rows, is_alone=not self._driver.is_open)

    async def fetch_one(self, text: str, values: Values) -> Row | None:
        """Run a statement and give its first row."""
        return await self._run(self._raw.fetch_one, text, values)

    async def fetch_all(self, text: str, values: Values) -> list[Row]:
        """Run a statement and give its rows."""
        return await self._run(self._raw.fetch_all, text, values)

    async def stream(self, text: str, values: Values, *, batch_size: int) -> AsyncGenerator[list[Row], None]:
        """Run a statement and give its rows in batches."""
        is_alone = self._is_alone
        if is_alone:
            await self._raw.control(f"SAVEPOINT {_STATEMENT}")
        try:
            async with aclosing(self._raw.stream(text, values, batch_size=batch_size)) as batches:
                async for rows in batches:
                    yield rows
        except BaseException:
            await self._undo(_STATEMENT if is_alone else None)
            raise
        if is_alone:
            await self._raw.control(f"RELEASE SAVEPOINT {_STATEMENT}")

    async def control(self, statement: str) -> None:
        """Begin or end a savepoint in the place of a transaction."""
        word = _read_word(statement)
        if word in _BEGINNINGS:
            if not self._driver.is_open:
                await self._raw.control(f"SAVEPOINT {_SAVEPOINT}")
                self._driver.is_open = True
            if "READ ONLY" in statement and self._driver.dialect.begin_before is None:
                await self._raw.control("SET TRANSACTION READ ONLY")
        elif word in _ENDS:
            if self._driver.is_open:
                self._driver.is_open = False
                try:
                    await self._raw.control(f"RELEASE SAVEPOINT {_SAVEPOINT}")
                except BaseException:
                    await self._undo(_SAVEPOINT)
                    raise
        elif word == "ROLLBACK" and " TO " not in statement.upper():
            if self._driver.is_open:
                self._driver.is_open = False
                await self._undo(_SAVEPOINT)
        elif not statement.startswith("SET TRANSACTION"):
            # An isolation cannot be chosen any more: the test's transaction has begun.
            await self._raw.control(statement)

    async def reset(self) -> None:
        """Roll back what code under test left open."""
        if self._driver.is_open:
            self._driver.is_open = False
            await self._undo(_SAVEPOINT)
        for statement in self._driver.dialect.end_read_only:
            await self._raw.control(statement)

    async def close(self) -> None:
        """Give it up; the test's transaction goes on."""
        self._is_closed = True

    def terminate(self) -> None:
        """Give it up; the test's transaction goes on."""
        self._is_closed = True

    def describe_table(self, table: str) -> tuple[str, Values]:
        """As the database's own connection."""
        return self._raw.describe_table(table)

    @property
    def _is_alone(self) -> bool:
        # PostgreSQL refuses all that comes after an error: a statement of no transaction may fail alone.
        return not self._driver.is_open and self._driver.dialect.has_dollar_quotes

    async def _run(
        self, function: Callable[..., Awaitable[T]], text: str, values: object, *, is_alone: bool | None = None
    ) -> T:
        if not (self._is_alone if is_alone is None else is_alone):
            return await function(text, values)
        await self._raw.control(f"SAVEPOINT {_STATEMENT}")
        try:
            result = await function(text, values)
        except BaseException:
            await self._undo(_STATEMENT)
            raise
        await self._raw.control(f"RELEASE SAVEPOINT {_STATEMENT}")
        return result

    async def _undo(self, savepoint: str | None) -> None:
        if savepoint is not None and not self._raw.is_closed:
            await self._raw.control(f"ROLLBACK TO SAVEPOINT {savepoint}")
            await self._raw.control(f"RELEASE SAVEPOINT {savepoint}")


def _read_word(statement: str) -> str:
    return statement.lstrip().partition(" ")[0].rstrip(";").upper()


__all__ = ["RolledBackConnection", "RolledBackDriver"]
