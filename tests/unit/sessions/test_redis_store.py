"""
Tests of the store in Redis beyond what every store promises.
"""

import asyncio
from time import time
from uuid import uuid4

import pytest

from covet.exceptions import ConfigurationError
from covet.sessions.errors import SessionStoreError
from covet.sessions.record import SessionRecord
from covet.sessions.redis_store import RedisSessionStore

redis = pytest.importorskip("redis")


@pytest.mark.parametrize("url", ["localhost", "http://localhost", 7])
def test_url_is_checked(url: object) -> None:
    """
    The error says what to write.
    """
    with pytest.raises(ConfigurationError, match=r"(?s)expected a URL of Redis.*redis://localhost:6379/0"):
        RedisSessionStore(url)  # type: ignore[arg-type]


def test_url_that_cannot_be_read_is_not_shown() -> None:
    """
    It may hold a password.
    """
    with pytest.raises(ConfigurationError, match="cannot be read") as caught:
        RedisSessionStore("redis://:hunter2@localhost:port/0")

    assert "hunter2" not in str(caught.value)


async def test_server_that_does_not_answer_is_said() -> None:
    """
    Without the address, which may hold a password.
    """
    store = RedisSessionStore("redis://:hunter2@127.0.0.1:1/0")
    with pytest.raises(SessionStoreError, match=r"in Redis failed: ConnectionError\.") as caught:
        await store.load("key")
    await store.aclose()

    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(store)


async def test_nothing_is_left_when_all_has_expired(redis_url: str) -> None:
    """
    Redis lets the sessions expire, and what it knows of their user with the last of them.
    """
    prefix = f"covet-test:{uuid4().hex}:"
    store = RedisSessionStore(redis_url, prefix=prefix)
    now = round(time() * 1000)
    for number, lasts in enumerate((200, 400)):
        await store.create(SessionRecord(f"{number}", "{}", "7", now, now, now + lasts))
    async with redis.asyncio.Redis.from_url(redis_url, driver_info=None) as client:
        before = len(await client.keys(f"{prefix}*"))
        await asyncio.sleep(0.6)
        after = len(await client.keys(f"{prefix}*"))
    await store.aclose()

    assert (before, after) == (3, 0)
