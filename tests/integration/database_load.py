"""
An application with a database, and clients that ask it without pause and look at each answer.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from covet import CovetPy, Response, create_app
from covet.database import DatabasePlugin, SQLAdapter, transaction
from covet.testing import TestClient

ROWS = 200
ACCOUNTS = 8
BALANCE = 1000


def make_app(url: str) -> CovetPy:
    """Make an application that reads rows, moves money between accounts, and says whether it is healthy."""
    seconds = "1s"
    app = create_app(
        plugins=[DatabasePlugin],
        database={
            "url": url,
            "pool_size": 4,
            "pool_timeout": seconds,
            "connect_timeout": seconds,
            "query_timeout": seconds,
        },
    )

    @app.get("/rows/{number:int}")
    async def show(database: SQLAdapter, number: int) -> dict[str, Any] | None:
        return await database.fetch_one("SELECT id, twin FROM numbered WHERE id = $1", number)

    @app.get("/ranges/{first:int}")
    async def show_range(database: SQLAdapter, first: int) -> list[dict[str, Any]]:
        async with database.acquire() as connection:
            query = "SELECT id, twin FROM numbered WHERE id >= $1 ORDER BY id LIMIT 20"
            return [row async for row in connection.stream(query, first, batch_size=5)]

    @app.post("/transfers/{number:int}")
    async def move(database: SQLAdapter, number: int, source: int, target: int) -> dict[str, int]:
        # In one order, so that two of them do not wait for each other.
        changes = sorted([(source, -1), (target, 1)])
        async with transaction():
            for account, amount in changes:
                await database.execute("UPDATE account SET balance = balance + $1 WHERE id = $2", amount, account)
            await database.execute("INSERT INTO transfer (number) VALUES ($1)", number)
        return {"number": number}

    @app.get("/health")
    async def tell_health() -> Response:
        reports = await app.plugin_manager.check_health()
        return Response(status_code=200 if all(report.is_healthy for report in reports.values()) else 503)

    return app


async def lay_tables(database: SQLAdapter) -> None:
    """Make the tables of the application, and fill them."""
    for table in (
        "numbered (id INTEGER PRIMARY KEY, twin INTEGER NOT NULL)",
        "account (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL)",
        "transfer (number INTEGER PRIMARY KEY)",
    ):
        await database.execute(f"CREATE TABLE {table}")
    numbers = [(number, number) for number in range(ROWS)]
    await database.execute_many("INSERT INTO numbered (id, twin) VALUES ($1, $2)", numbers)
    accounts = [(number, BALANCE) for number in range(ACCOUNTS)]
    await database.execute_many("INSERT INTO account (id, balance) VALUES ($1, $2)", accounts)


@dataclass
class Answer:
    """An answer: what for, when it was asked and answered, and its status; `wrong` says what should not be."""

    path: str
    asked: float
    answered: float
    status: int
    wrong: str = ""


@dataclass
class Load:
    """
    Clients of an application, and what they were answered.

    Attributes:
        stall: The longest time for which the event loop itself got no turn from the machine.
    """

    client: TestClient
    answers: list[Answer] = field(default_factory=list)
    confirmed: set[int] = field(default_factory=set)
    stall: float = 0.0
    _numbers: int = 0

    @asynccontextmanager
    async def running(self, clients: int) -> AsyncIterator[None]:
        """Ask without pause within the block."""
        is_over = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch(is_over))
            for seed in range(clients):
                group.create_task(self._ask_on(Random(seed), is_over))
            try:
                yield
            finally:
                is_over.set()

    async def _watch(self, is_over: asyncio.Event) -> None:
        while not is_over.is_set():
            begun = time.monotonic()
            await asyncio.sleep(0.02)
            self.stall = max(self.stall, time.monotonic() - begun - 0.02)

    async def _ask_on(self, random: Random, is_over: asyncio.Event) -> None:
        while not is_over.is_set():
            await random.choice((self._read, self._read_range, self._transfer))(random)
            await asyncio.sleep(0.01)

    async def _read(self, random: Random) -> None:
        number = random.randrange(ROWS)
        body = await self._ask("GET", f"/rows/{number}")
        self._expect(body is None or body == {"id": number, "twin": number}, f"{number} became {body}")

    async def _read_range(self, random: Random) -> None:
        first = random.randrange(ROWS - 20)
        body = await self._ask("GET", f"/ranges/{first}")
        expected = [{"id": number, "twin": number} for number in range(first, first + 20)]
        self._expect(body is None or body == expected, f"{first} became {body}")

    async def _transfer(self, random: Random) -> None:
        self._numbers += 1
        number = self._numbers
        source, target = random.sample(range(ACCOUNTS), 2)
        body = await self._ask("POST", f"/transfers/{number}", {"source": source, "target": target})
        if body is not None:
            self._expect(body == {"number": number}, f"{number} became {body}")
            self.confirmed.add(number)

    # Any: what a response says.
    async def _ask(self, method: str, path: str, params: dict[str, int] | None = None) -> Any:
        asked = time.monotonic()
        response = await self.client.request(method, path, params=params or {})
        answer = Answer(path, asked, time.monotonic(), response.status_code)
        self.answers.append(answer)
        if response.status_code == 200:
            return response.json()
        if response.status_code != 503 or response.headers.get("retry-after") != "1":
            answer.wrong = f"{response.status_code} {dict(response.headers)} {response.text}"
        return None

    def _expect(self, is_so: bool, otherwise: str) -> None:
        if not is_so:
            self.answers[-1].wrong = otherwise
