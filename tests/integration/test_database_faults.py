"""
A database that is killed or stands still under load: nobody waits for long, nothing is mixed up, nothing is lost.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from covet.database import SQLAdapter
from covet.testing import TestClient
from tests.integration.database_load import ACCOUNTS, BALANCE, Load, lay_tables, make_app
from tests.integration.database_servers import DatabaseServer

CLIENTS = 10


@pytest.fixture(scope="module", params=["postgresql", "mysql"])
def server(request: pytest.FixtureRequest) -> Iterator[DatabaseServer]:
    """A server that may be killed."""
    with DatabaseServer(request.param) as server:
        asyncio.run(server.create_database())
        yield server


@dataclass
class Measured:
    """
    What the clients saw of a fault: the longest wait for a 503, how many there were, and when all was well again.

    `stall` is for how long the machine itself let everybody wait.
    """

    longest: float
    refused: int
    healthy_after: float
    stall: float


@asynccontextmanager
async def make_load(server: DatabaseServer) -> AsyncIterator[tuple[Load, SQLAdapter]]:
    """Start an application with fresh tables, and check at the end that nothing was lost and nothing is half."""
    app = make_app(server.url)
    async with TestClient(app, raise_app_exceptions=False) as client:
        database = await app.container.resolve(SQLAdapter)
        for table in ("numbered", "account", "transfer"):
            await database.execute(f"DROP TABLE IF EXISTS {table}")
        await lay_tables(database)
        load = Load(client)
        yield load, database
        wrong = [answer for answer in load.answers if answer.wrong]
        assert not wrong, wrong[:5]
        rows = await database.fetch_all("SELECT number FROM transfer")
        assert load.confirmed <= {row["number"] for row in rows}
        assert load.confirmed
        assert await database.fetch_val("SELECT sum(balance) FROM account") == ACCOUNTS * BALANCE
        stats = database.stats
        assert stats.idle == stats.size <= 4
        assert stats.waiting == 0


async def suffer(server: DatabaseServer, load: Load, fault: str, seconds: float) -> Measured:
    """Let a fault happen in the middle of the load, wait until all is well again, and measure."""
    await asyncio.sleep(0.3)
    load.stall = 0.0
    begun = time.monotonic()
    if fault == "frozen":
        with server.frozen():
            await asyncio.sleep(seconds / 2)
            health = await load.client.get("/health")
            await asyncio.sleep(seconds / 2)
    else:
        server.kill()
        await asyncio.sleep(0.1)
        health = await load.client.get("/health")
        await asyncio.to_thread(server.start)
    ended = time.monotonic()
    assert health.status_code == 503
    while (await load.client.get("/health")).status_code != 200:
        assert time.monotonic() - ended < 30
        await asyncio.sleep(0.02)
    # Requests that were asked before it was well may still be refused.
    await asyncio.sleep(2)
    refused = [answer for answer in load.answers if answer.status == 503 and answer.answered > begun]
    longest = max((answer.answered - answer.asked for answer in refused), default=0.0)
    last = max((answer.answered for answer in refused), default=ended)
    assert len([answer for answer in load.answers if answer.asked > last and answer.status == 200]) > CLIENTS
    return Measured(longest, len(refused), max(last - ended, 0.0), load.stall)


@pytest.mark.parametrize("fault", ["killed", "frozen"])
async def test_a_fault_is_told_soon_and_passes(
    server: DatabaseServer, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    """With 503 and Retry-After; afterwards all is as it was, by itself."""
    caplog.set_level(logging.CRITICAL)

    async with make_load(server) as (load, _), load.running(CLIENTS):
        measured = await suffer(server, load, fault, 3.0)

    assert measured.refused
    # Twice what is promised: here other tests run meanwhile.
    assert measured.longest < 4
    assert measured.healthy_after < 10


@pytest.mark.campaign
@pytest.mark.parametrize("fault", ["killed", "frozen"])
async def test_twenty_faults_in_a_row(
    server: DatabaseServer, fault: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each 503 within two seconds, each time well again within five, with the connections that the pool may have."""
    caplog.set_level(logging.CRITICAL)
    times = 20

    async with make_load(server) as (load, database), load.running(CLIENTS):
        measured = []
        for _ in range(times):
            measured.append(await suffer(server, load, fault, 10.0))
            assert database.stats.size <= 4

    longest = max(each.longest for each in measured)
    undisturbed = max(each.longest - each.stall for each in measured)
    healthy_after = max(each.healthy_after for each in measured)
    with capsys.disabled():
        print(  # noqa: T201 - the figures are what it is for
            f"\n{fault} {times} times, {len(load.answers)} answers, {sum(each.refused for each in measured)} refused,"
            f" the longest after {longest:.2f} s ({undisturbed:.2f} s of them the framework's),"
            f" well again at most {healthy_after:.2f} s later"
        )
    assert undisturbed < 2
    assert healthy_after < 5
