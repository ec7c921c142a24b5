"""
Tests of the backend in Redis beyond what every backend promises.
"""

import asyncio
import sys
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from covet.cache.errors import CacheBackendError
from covet.cache.redis_backend import RedisCacheBackend
from covet.exceptions import ConfigurationError, MissingDependencyError

redis = pytest.importorskip("redis")


@pytest.mark.parametrize("url", ["localhost", "http://:hunter2@localhost", 7])
def test_url_is_checked(url: object) -> None:
    """
    The error says what to write, and shows no password.
    """
    with pytest.raises(ConfigurationError, match=r"(?s)no address of a Redis server.*redis://user") as caught:
        RedisCacheBackend(url)  # type: ignore[arg-type]

    assert "hunter2" not in str(caught.value)


def test_url_that_cannot_be_read_is_not_shown() -> None:
    """
    It may hold a password.
    """
    with pytest.raises(ConfigurationError, match="cannot be read") as caught:
        RedisCacheBackend("redis://:hunter2@localhost:port/0")

    assert "hunter2" not in str(caught.value)


def test_missing_library_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """
    With the extra that brings it.
    """
    monkeypatch.setitem(sys.modules, "redis.asyncio", None)
    monkeypatch.setitem(sys.modules, "redis", None)

    with pytest.raises(MissingDependencyError, match=r'(?s)redis is needed for covet\.cache\..*"covetpy\[redis\]"'):
        RedisCacheBackend()


async def test_server_that_does_not_answer_is_said() -> None:
    """
    Without the address, which may hold a password.
    """
    backend = RedisCacheBackend("redis://:hunter2@127.0.0.1:1/0")
    with pytest.raises(CacheBackendError, match=r"(?s)in Redis failed: ConnectionError\..*See that") as caught:
        await backend.get("key")
    await backend.aclose()

    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(backend)


async def test_server_that_is_slow_is_lost() -> None:
    """
    A request waits no longer than it was said.
    """

    async def stay_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(stay_silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    backend = RedisCacheBackend(f"redis://127.0.0.1:{port}/0", timeout=0.05)
    with pytest.raises(CacheBackendError, match="TimeoutError"):
        await backend.get("key")
    await backend.aclose()
    server.close()


async def test_all_names_begin_with_the_prefix(redis_url: str) -> None:
    """
    So nothing of others is read, and nothing of others is cleared.
    """
    prefix = f"covet-test:{uuid4().hex}:"
    backend, other = (RedisCacheBackend(redis_url, prefix=f"{prefix}{name}:", timeout=10) for name in "ab")
    await backend.set("tea", b"1", 60)
    await other.set("tea", b"2", 60)
    await backend.clear()
    async with redis.asyncio.Redis.from_url(redis_url, driver_info=None) as client:
        names = await client.keys(f"{prefix}*")
    await other.clear()
    await backend.aclose()
    await other.aclose()

    assert names == [f"{prefix}b:tea".encode()]


async def test_many_are_cleared(redis_url: str) -> None:
    """
    More than Redis gives at once.
    """
    backend = RedisCacheBackend(redis_url, prefix=f"covet-test:{uuid4().hex}:", timeout=10)
    keys = [f"{number}" for number in range(3000)]
    await backend.set_many(dict.fromkeys(keys, b"1"), 60)
    await backend.clear()
    left = [value for value in await backend.get_many(keys) if value is not None]
    await backend.aclose()

    assert left == []


def test_another_event_loop_opens_connections_of_its_own(redis_url: str) -> None:
    """
    One backend for a whole program, whose tests have a loop each.
    """
    backend = RedisCacheBackend(redis_url, prefix=f"covet-test:{uuid4().hex}:", timeout=10)

    async def use() -> bytes | None:
        await backend.set("a", b"1", 60)
        found = await backend.get("a")
        await backend.clear()
        await backend.aclose()
        return found

    assert [asyncio.run(use()) for _ in range(2)] == [b"1", b"1"]


async def test_a_number_whose_answer_was_lost_is_added_once(redis_url: str) -> None:
    """
    The command is not sent again: nobody knows that it was not carried out.
    """
    parts = urlsplit(redis_url)
    lost = asyncio.Event()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(parts.hostname, parts.port or 6379)
        try:
            while data := await reader.read(65_536):
                far_writer.write(data)
                answer = await far_reader.read(65_536)
                if b"INCRBY" in data and not lost.is_set():
                    lost.set()
                    return
                writer.write(answer)
        finally:
            for each in (writer, far_writer):
                each.close()
                await each.wait_closed()

    server = await asyncio.start_server(carry, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    prefix = f"covet-test:{uuid4().hex}:"
    near = RedisCacheBackend(f"redis://127.0.0.1:{port}{parts.path}", prefix=prefix, timeout=10)
    direct = RedisCacheBackend(redis_url, prefix=prefix, timeout=10)

    with pytest.raises(CacheBackendError):
        await near.increment("visits", 1, 60)
    found = await direct.get("visits")
    await near.aclose()
    server.close()
    await direct.clear()
    await direct.aclose()

    assert lost.is_set()
    assert found == b"1"
