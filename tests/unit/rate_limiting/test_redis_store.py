"""
Counters in Redis; what every store promises is in `covet.testing.rate_limit_store`.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
import redis.asyncio

from covet.exceptions import ConfigurationError
from covet.rate_limiting.errors import RateLimitStoreError
from covet.rate_limiting.limit import RateLimit
from covet.rate_limiting.redis_store import RedisRateLimitStore

# Port 1 of this machine: nobody listens there.
NOWHERE = "redis://:hunter2@127.0.0.1:1/0"


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Any]:
    """A client of the server, beside the store."""
    async with redis.asyncio.Redis.from_url(redis_url) as client:
        yield client


@pytest.fixture
async def store(redis_url: str, client: Any) -> AsyncIterator[RedisRateLimitStore]:
    """A store whose keys are deleted in the end."""
    prefix = f"covet-test:{uuid4().hex}:"
    store = RedisRateLimitStore(redis_url, prefix=prefix, timeout=20)
    yield store
    await store.aclose()
    for name in [name async for name in client.scan_iter(match=f"{prefix}*")]:
        await client.delete(name)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"url": "http://:hunter2@h"}, "RedisRateLimitStore: its url is no address of a Redis server."),
        ({"url": None}, "RedisRateLimitStore: its url is no address of a Redis server."),
        ({"url": "redis://:hunter2@h:port"}, "RedisRateLimitStore: its url cannot be read (ValueError)."),
    ],
)
def test_options_are_checked(options: dict[str, Any], message: str) -> None:
    """The error says what is expected, and no password."""
    with pytest.raises(ConfigurationError) as caught:
        RedisRateLimitStore(**options)

    assert message in str(caught.value)
    assert "hunter2" not in str(caught.value)


async def test_a_server_that_is_not_there_is_an_error() -> None:
    """Without the password, and without the loop being blocked."""
    store = RedisRateLimitStore(NOWHERE)
    for asking in (
        store.open(),
        store.hit("a", RateLimit(1, 1)),
        store.acquire("a", "t", 1, 1),
        store.release("a", "t"),
    ):
        with pytest.raises(RateLimitStoreError) as caught:
            await asking
        assert str(caught.value) == (
            "Redis cannot be asked for rate limits: ConnectionError.\n"
            "  See whether the server of rate limits is up, and reachable from here."
        )
    await store.aclose()


async def test_the_time_is_that_of_the_server(store: RedisRateLimitStore) -> None:
    """A window is over when it is over there."""
    limit = RateLimit(1, 60, algorithm="fixed_window")

    first, second = await store.hit("ada", limit), await store.hit("ada", limit)

    assert (first.allowed, second.allowed) == (True, False)
    assert first.reset_after == 60
    assert 0 < second.retry_after <= 60


async def test_keys_end_by_themselves(store: RedisRateLimitStore, client: Any) -> None:
    """Each has a time after which nothing is left of it."""
    for algorithm in ("sliding_window", "fixed_window", "token_bucket"):
        await store.hit("ada", RateLimit(5, 60, algorithm=algorithm))
    await store.acquire("ada", "token", 1, 60)

    times = {name: await client.pttl(name) async for name in client.scan_iter(match=f"{store._prefix}*")}

    assert len(times) == 4
    assert all(0 < time <= 61_000 for time in times.values())


async def test_scripts_are_sent_once(store: RedisRateLimitStore, client: Any) -> None:
    """And again when the server has forgotten them, as after its start."""
    await store.hit("ada", RateLimit(9, 60))
    await client.script_flush()

    decisions = await asyncio.gather(*(store.hit("ada", RateLimit(9, 60)) for _ in range(5)))

    assert sorted(decision.remaining for decision in decisions) == [3, 4, 5, 6, 7]


async def test_many_share_one_connection(store: RedisRateLimitStore, client: Any) -> None:
    """What is asked together is sent together."""
    before = (await client.info("clients"))["connected_clients"]

    decisions = await asyncio.gather(*(store.hit("ada", RateLimit(500, 60)) for _ in range(1200)))
    after = (await client.info("clients"))["connected_clients"]

    assert sum(decision.allowed for decision in decisions) == 500
    assert after - before <= 1


async def test_a_connection_that_was_closed_is_opened_again(store: RedisRateLimitStore, client: Any) -> None:
    """Nobody notices."""
    await store.hit("ada", RateLimit(9, 60))
    [number] = [item["id"] for item in await client.client_list() if item["id"] != str(await client.client_id())][-1:]
    await client.client_kill_filter(_id=number)

    assert (await store.hit("ada", RateLimit(9, 60))).remaining == 7


async def test_who_is_cancelled_leaves_the_others_alone(store: RedisRateLimitStore) -> None:
    """Each gets the answer to what it asked."""
    tasks = [asyncio.create_task(store.hit(f"key {n}", RateLimit(n + 1, 60))) for n in range(50)]
    await asyncio.sleep(0)
    for task in tasks[::3]:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    after = await store.hit("another", RateLimit(1000, 60))

    assert after.remaining == 999
    for n, result in enumerate(results):
        answer = result if isinstance(result, asyncio.CancelledError) else result.remaining  # type: ignore[union-attr]
        assert isinstance(answer, asyncio.CancelledError) if n % 3 == 0 else answer == n


@pytest.mark.parametrize("turns", [1, 3])
async def test_a_loop_that_ends_leaves_nobody_waiting(store: RedisRateLimitStore, turns: int) -> None:
    """As when all of its tasks are cancelled at once, before anything was sent or after."""
    task = asyncio.create_task(store.hit("ada", RateLimit(9, 60)))
    for _ in range(turns):
        await asyncio.sleep(0)
    assert store._running is not None
    store._running.cancel()

    await asyncio.wait({task}, timeout=20)

    assert task.cancelled()
    assert (await store.hit("ada", RateLimit(9, 60))).allowed


def test_a_store_may_be_used_on_one_loop_after_another(redis_url: str) -> None:
    """As in an application that is tested more than once."""
    store = RedisRateLimitStore(redis_url, prefix=f"covet-test:{uuid4().hex}:", timeout=20)

    async def use() -> int:
        decision = await store.hit("ada", RateLimit(9, 60))
        await store.aclose()
        return decision.remaining

    assert [asyncio.run(use()) for _ in range(2)] == [8, 7]
