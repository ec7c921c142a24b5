"""
How much of a client may be under way at once.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from covet import CovetPy
from covet.exceptions import ConfigurationError
from covet.middleware import ConcurrencyLimitMiddleware
from covet.rate_limiting import MemoryRateLimitStore, Slot
from covet.responses import StreamingResponse
from covet.testing import TestClient

Protocols = pytest.mark.parametrize("protocol", ["asgi", "rsgi"])


class Waiting:
    """An application whose requests wait until they are told to go on."""

    def __init__(self, *middleware: object) -> None:
        self.app = CovetPy(middleware=middleware)
        self.gate = asyncio.Event()
        self.inside = 0
        self.app.get("/")(self.wait)
        self.app.get("/stream")(self.stream)
        self.app.get("/fail")(self.fail)

    async def wait(self) -> str:
        """Wait inside."""
        self.inside += 1
        await self.gate.wait()
        return "hello"

    async def fail(self) -> str:
        """Fail."""
        raise ZeroDivisionError

    async def stream(self) -> StreamingResponse:
        """Wait between two pieces."""

        async def write() -> AsyncIterator[bytes]:
            yield b"a"
            self.inside += 1
            await self.gate.wait()
            yield b"b"

        return StreamingResponse(write())

    async def wait_inside(self, count: int) -> None:
        """Wait until so many are inside."""
        async with asyncio.timeout(30):
            while self.inside < count:
                await asyncio.sleep(0.001)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"limit": 0}, "limit is 0, expected a whole number of at least 1."),
        ({"lease": 0}, "lease is 0, expected a number of seconds, above 0."),
    ],
)
def test_options_are_checked(options: dict[str, Any], message: str) -> None:
    """The error says what is expected."""
    with pytest.raises(ConfigurationError, match=message):
        ConcurrencyLimitMiddleware(**options)


@Protocols
@pytest.mark.parametrize("path", ["/", "/stream"])
async def test_one_too_many_at_once_is_refused(protocol: Any, path: str) -> None:
    """Until another has sent its last byte."""
    store = MemoryRateLimitStore()
    waiting = Waiting(ConcurrencyLimitMiddleware(2, store=store))
    client = TestClient(waiting.app, protocol=protocol)
    tasks = [asyncio.create_task(client.get(path)) for _ in range(2)]
    await waiting.wait_inside(2)

    refused = await client.get(path)
    other = asyncio.create_task(TestClient(waiting.app, protocol=protocol, client=("192.0.2.7", 5)).get(path))
    await waiting.wait_inside(3)
    waiting.gate.set()
    statuses = [(await task).status_code for task in (*tasks, other)]

    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert refused.json()["detail"] == "Too many requests are under way: come again later."
    assert statuses == [200, 200, 200]
    assert (await client.get(path)).status_code == 200
    assert store._slots == {}


@Protocols
async def test_a_request_that_fails_or_is_cancelled_gives_its_slot_back(protocol: Any) -> None:
    """However it ended."""
    store = MemoryRateLimitStore()
    waiting = Waiting(ConcurrencyLimitMiddleware(1, store=store))
    client = TestClient(waiting.app, protocol=protocol, raise_app_exceptions=False)

    statuses = [(await client.get("/fail")).status_code for _ in range(3)]
    task = asyncio.create_task(client.get("/"))
    await waiting.wait_inside(1)
    task.cancel()
    await asyncio.wait({task})

    assert statuses == [500, 500, 500]
    assert store._slots == {}


async def test_who_is_cancelled_while_he_asks_gives_back_what_he_may_have_got() -> None:
    """The store may have given the slot already."""

    class Slow(MemoryRateLimitStore):
        async def acquire(self, key: str, token: str, slots: int, lease: float) -> Slot:
            slot = await super().acquire(key, token, slots, lease)
            asked.set()
            await asyncio.sleep(60)
            return slot

    asked = asyncio.Event()
    store = Slow()
    client = TestClient(Waiting(ConcurrencyLimitMiddleware(1, store=store)).app)
    task = asyncio.create_task(client.get("/"))
    await asked.wait()
    task.cancel()
    await asyncio.wait({task})

    assert store._slots == {}


@Protocols
async def test_what_is_exempt_takes_no_slot(protocol: Any) -> None:
    """As many as come."""
    waiting = Waiting(ConcurrencyLimitMiddleware(1, exempt=lambda request: request.path == "/"))
    client = TestClient(waiting.app, protocol=protocol)
    tasks = [asyncio.create_task(client.get("/")) for _ in range(3)]
    await waiting.wait_inside(3)
    waiting.gate.set()

    assert [(await task).status_code for task in tasks] == [200, 200, 200]
