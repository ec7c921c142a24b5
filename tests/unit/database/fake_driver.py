"""
A driver without a database, whose connections do what a test says.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Any, ClassVar

from covet.database import Driver, DriverConnection, Result, Row
from covet.database.dialect import POSTGRESQL, Dialect
from covet.database.errors import DatabaseError, DatabaseUnavailableError
from covet.database.url import DatabaseURL


class FakeConnection(DriverConnection):
    """A connection that notes what was asked of it; what stands in `hooks` is awaited first."""

    def __init__(self, driver: "FakeDriver", number: int) -> None:
        self.driver = driver
        self.number = number
        self.said: list[str] = []
        self.closed = ""
        self.is_begun = False

    @property
    def is_closed(self) -> bool:
        return bool(self.closed)

    @property
    def is_in_transaction(self) -> bool:
        return self.is_begun

    async def _say(self, word: str) -> None:
        self.said.append(word)
        hook = self.driver.hooks.get(word)
        if hook is not None:
            await hook()

    async def execute(self, text: str, values: Sequence[object]) -> Result:
        await self._say(text)
        return Result(1)

    async def execute_many(self, text: str, rows: Sequence[Sequence[object]]) -> Result:
        await self._say(text)
        return Result(len(rows))

    async def fetch_one(self, text: str, values: Sequence[object]) -> Row | None:
        await self._say(text)
        return {"number": self.number}

    async def fetch_all(self, text: str, values: Sequence[object]) -> list[Row]:
        await self._say(text)
        return [{"number": self.number}]

    async def stream(self, text: str, values: Sequence[object], *, batch_size: int) -> AsyncGenerator[list[Row], None]:
        await self._say(text)
        yield [{"number": self.number}]

    async def control(self, statement: str) -> None:
        await self._say(statement)

    async def reset(self) -> None:
        await self._say("reset")
        self.is_begun = False

    async def close(self) -> None:
        await self._say("close")
        self.closed = self.closed or "closed"

    def terminate(self) -> None:
        self.closed = self.closed or "terminated"


class FakeDriver(Driver):
    """
    A driver that opens such connections.

    Attributes:
        hooks: What is awaited before something is done, by its word; `"connect"` for opening.
        connections: All that were opened.
    """

    dialect: ClassVar[Dialect] = POSTGRESQL

    def __init__(self) -> None:
        self.hooks: dict[str, Callable[[], Any]] = {}
        self.connections: list[FakeConnection] = []

    async def connect(self, url: DatabaseURL, options: Mapping[str, object]) -> FakeConnection:
        hook = self.hooks.get("connect")
        if hook is not None:
            await hook()
        connection = FakeConnection(self, len(self.connections) + 1)
        self.connections.append(connection)
        return connection

    def translate(self, exc: Exception, query: str | None = None) -> DatabaseError | None:
        return DatabaseUnavailableError("lost") if isinstance(exc, OSError) else None


async def never() -> None:
    """Take for ever."""
    await asyncio.Event().wait()


async def fail() -> None:
    """Lose the connection."""
    raise OSError("canary")
