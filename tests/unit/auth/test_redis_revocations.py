"""
What is revoked, in Redis.
"""

import uuid

import pytest

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


def test_another_url_is_refused() -> None:
    """At start, and not with the first request."""
    with pytest.raises(ConfigurationError, match=r"the URL is none of Redis\.\n  Write 'redis://localhost:6379/0'"):
        RedisRevocations("http://localhost")
