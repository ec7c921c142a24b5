"""
The stores of sessions, held to what all of them promise; and that the promises are tested for.
"""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from covet.sessions import MemorySessionStore, RedisSessionStore, SessionRecord, SessionStore, SQLiteSessionStore
from covet.testing.session_store import SessionStoreConformance


class TestMemorySessionStore(SessionStoreConformance):
    """The store in memory."""

    async def make_store(self) -> SessionStore:
        """Make one."""
        return MemorySessionStore()


class TestSQLiteSessionStore(SessionStoreConformance):
    """The store in a file."""

    @pytest.fixture(autouse=True)
    def _choose_file(self, tmp_path: Path) -> None:
        self.path = tmp_path / "sessions.db"

    async def make_store(self) -> SessionStore:
        """Make one."""
        return SQLiteSessionStore(self.path)


class TestRedisSessionStore(SessionStoreConformance):
    """The store in Redis."""

    @pytest.fixture(autouse=True)
    def _choose_server(self, redis_url: str) -> Iterator[None]:
        redis = pytest.importorskip("redis")
        self.url = redis_url
        self.prefix = f"covet-test:{uuid4().hex}:"
        yield
        with redis.Redis.from_url(redis_url) as client:
            for key in client.scan_iter(f"{self.prefix}*"):
                client.delete(key)

    async def make_store(self) -> SessionStore:
        """Make one."""
        return RedisSessionStore(self.url, prefix=self.prefix)


class Forgetful(MemorySessionStore):
    """A store that makes again what was deleted."""

    async def update(self, record: SessionRecord, /, *, expected_version: int) -> bool:
        """Keep whatever comes."""
        if not await super().update(record, expected_version=expected_version):
            await self.create(record)
        return True


class TestPromises:
    """What breaks a promise is found."""

    async def test_a_store_that_brings_records_back_fails(self) -> None:
        """The suite says what it expected."""

        class Suite(SessionStoreConformance):
            async def make_store(self) -> SessionStore:
                return Forgetful()

        with pytest.raises(
            AssertionError, match=r"what update\(\) gives of a deleted record: expected False, got True"
        ):
            await Suite().test_an_update_never_brings_a_record_back()
