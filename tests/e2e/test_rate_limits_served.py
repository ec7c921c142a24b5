"""
Limits that two workers of a real server count together: exactly, whatever comes at once.
"""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.e2e.server_process import ServerProcess, serve

ROOT = Path(__file__).parents[2]
APPLICATION = "tests.e2e.limited_application:app"
LIMIT = 100


@pytest.fixture(params=["sqlite", "redis"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a store that is empty, or has keys of its own."""
    if request.param == "redis":
        # A machine that does much else takes its time, and a limit that refuses then would be no limit that is wrong.
        yield f"{request.getfixturevalue('redis_url')}?socket_timeout=60&socket_connect_timeout=60"
    else:
        yield f"sqlite:///{tmp_path}/limits.db"


def serve_limited(store: str, name: str, *, interface: str = "rsgi") -> ServerProcess:
    """Serve the application with two workers."""
    env = {"LIMIT_STORE": store, "LIMIT_NAME": name}
    return serve(APPLICATION, server="granian", interface=interface, workers=2, env=env, directory=ROOT)


async def send(port: int, path: str, count: int) -> list[tuple[int, bytes]]:
    """Send requests one after the other over one connection, and list statuses and bodies."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answers: list[tuple[int, bytes]] = []
    try:
        for _ in range(count):
            writer.write(b"GET %s HTTP/1.1\r\nhost: localhost\r\n\r\n" % path.encode())
            head = await reader.readuntil(b"\r\n\r\n")
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if line)
            body = await reader.readexactly(int(fields[b"content-length"]))
            answers.append((int(head.split(b" ", 2)[1]), body))
    finally:
        writer.close()
        await writer.wait_closed()
    return answers


async def send_at_once(port: int, path: str, connections: int, count: int) -> list[tuple[int, bytes]]:
    """Send requests over many connections at once."""
    sent = await asyncio.gather(*(send(port, path, count) for _ in range(connections)))
    return [answer for answers in sent for answer in answers]


async def wait_for_workers(server: ServerProcess) -> None:
    """Wait until both workers answer: the server listens as soon as one does."""
    async with asyncio.timeout(100):
        while len({body for _, body in await send_at_once(server.port, "/process", 20, 1)}) < 2:
            await asyncio.sleep(0.05)


async def count_statuses(server: ServerProcess, connections: int, count: int) -> Counter[int]:
    """Count the statuses of many requests to both workers."""
    await wait_for_workers(server)
    answers = await send_at_once(server.port, "/limited", connections, count)
    return Counter(status for status, _ in answers)


@pytest.mark.timeout(240)
async def test_a_thousand_requests_at_once_are_counted_exactly(store: str) -> None:
    """Of both workers together, as many as may are answered: not one more, not one less."""
    async with serve_limited(store, uuid4().hex) as server:
        statuses = await count_statuses(server, 100, 10)

    assert statuses == {200: LIMIT, 429: 1000 - LIMIT}


@pytest.mark.campaign
@pytest.mark.timeout(900)
@pytest.mark.parametrize("interface", ["rsgi", "asgi"])
async def test_ten_thousand_requests_at_once_are_counted_exactly(store: str, interface: str) -> None:
    """Over both protocols."""
    async with serve_limited(store, uuid4().hex, interface=interface) as server:
        statuses = await count_statuses(server, 400, 25)

    assert statuses == {200: LIMIT, 429: 10_000 - LIMIT}


@pytest.mark.timeout(240)
def test_workers_that_count_for_themselves_say_so() -> None:
    """Each of them, when it starts."""
    options: dict[str, Any] = {"env": {"LIMIT_NAME": "mine"}, "directory": ROOT}
    with serve(APPLICATION, server="granian", interface="rsgi", workers=2, **options) as server:
        asyncio.run(wait_for_workers(server))
        server.stop()
        log = server.log()

    assert log.count("'mine' counts in the memory of each of 2 workers: a client may have up to 2 times") == 2
