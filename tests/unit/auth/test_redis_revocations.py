"""
What is revoked, in Redis.
"""

import asyncio
import uuid
from time import time

import pytest
from redis.asyncio import Redis

from covet.auth import AuthStoreError, RedisRevocations
from covet.exceptions import ConfigurationError
from covet.testing.revocation_store import RevocationStoreConformance


class TestRedisRevocations(RevocationStoreConformance):
    """The suite that every store passes, with a server."""

    @pytest.fixture(autouse=True)
    def _keep_url(self, redis_url: str) -> None:
        self.url = redis_url

    async def make_store(self) -> RedisRevocations:
        # All of it expires within a minute.
        return RedisRevocations(self.url, prefix=f"covet:test:{uuid.uuid4().hex}:")


async def test_a_server_that_is_not_there_is_an_error_without_its_password() -> None:
    """It says what to look at."""
    store = RedisRevocations("redis://:hunter22@127.0.0.1:1/0", timeout=0.5)

    with pytest.raises(AuthStoreError, match=r"in Redis failed: ConnectionError") as caught:
        await store.contains("a")
    assert "hunter22" not in f"{caught.value}{store!r}"
    await store.aclose()


async def test_many_requests_share_few_connections(redis_url: str) -> None:
    """Those that find none wait for one; a burst never opens one for each."""
    name = f"covet-test-{uuid.uuid4().hex}"
    store = RedisRevocations(f"{redis_url}{'&' if '?' in redis_url else '?'}client_name={name}", prefix=f"{name}:")
    answers = await asyncio.gather(*(store.contains(str(number)) for number in range(500)))
    observer = Redis.from_url(redis_url, driver_info=None)
    connections = [client for client in await observer.client_list() if client["name"] == name]
    await observer.aclose()
    await store.aclose()

    assert answers == [False] * 500
    assert 1 <= len(connections) <= 64


def test_it_serves_one_loop_after_the_other(redis_url: str) -> None:
    """As in tests, and in a program that runs an application twice."""
    store = RedisRevocations(redis_url, prefix=f"covet:test:{uuid.uuid4().hex}:")

    async def add() -> bool:
        added = await store.add("a", time() + 30)
        await store.aclose()
        return added

    assert [asyncio.run(add()), asyncio.run(add())] == [True, False]


def test_a_url_that_cannot_be_read_is_refused() -> None:
    """Without what is in it."""
    with pytest.raises(ConfigurationError, match=r"the URL cannot be read \(ValueError\)") as caught:
        RedisRevocations("redis://:hunter22@localhost:port/0")
    assert "hunter22" not in str(caught.value)


def test_another_url_is_refused() -> None:
    """At start, and not with the first request."""
    with pytest.raises(ConfigurationError, match=r"the URL is none of Redis\.\n  Write 'redis://localhost:6379/0'"):
        RedisRevocations("http://localhost")
