"""
The backends of caches, held to what all of them promise; and that the promises are tested for.
"""

from collections.abc import Iterator, Mapping, Sequence
from uuid import uuid4

import pytest

from covet.cache import CacheBackend, MemoryCacheBackend, RedisCacheBackend
from covet.testing.cache_backend import CacheBackendConformance


class TestMemoryCacheBackend(CacheBackendConformance):
    """The backend in memory."""

    async def make_backend(self) -> CacheBackend:
        """Make one."""
        return MemoryCacheBackend()


class TestRedisCacheBackend(CacheBackendConformance):
    """The backend in Redis."""

    @pytest.fixture(autouse=True)
    def _choose_server(self, redis_url: str) -> Iterator[None]:
        redis = pytest.importorskip("redis")
        self.url = redis_url
        # What a pattern would read otherwise.
        self.prefix = f"covet-test[*?\\]:{uuid4().hex}:"
        yield
        with redis.Redis.from_url(redis_url) as client:
            for key in client.scan_iter("covet-test*"):
                if key.startswith(self.prefix.encode()):
                    client.delete(key)

    async def make_backend(self) -> CacheBackend:
        """Make one."""
        return RedisCacheBackend(self.url, prefix=self.prefix, timeout=10)


class Careless(MemoryCacheBackend):
    """A backend that is wrong in a way that a class attribute says."""

    flaw = ""

    async def get(self, key: str, /) -> bytes | None:
        """Take names for the same that differ in case."""
        return await super().get(key.lower() if self.flaw == "case" else key)

    async def get_many(self, keys: Sequence[str], /) -> Sequence[bytes | None]:
        """Leave out what is not there."""
        found = await super().get_many(keys)
        return [value for value in found if value] if self.flaw == "order" else found

    async def set(self, key: str, value: bytes, ttl: float | None = None, /) -> None:
        """Forget about the end, or keep the first one."""
        if self.flaw == "empty" and not value:
            return
        await super().set(key.lower() if self.flaw == "case" else key, value, None if self.flaw == "end" else ttl)

    async def set_many(self, values: Mapping[str, bytes], ttl: float | None = None, /) -> None:
        """Do as `set` does."""
        for key, value in values.items():
            await self.set(key, value, ttl)

    async def add(self, key: str, value: bytes, ttl: float | None = None, /) -> bool:
        """Put whatever comes."""
        if self.flaw == "add":
            await super().set(key, value, ttl)
            return True
        return await super().add(key, value, ttl)

    async def increment(self, key: str, amount: int, ttl: float | None = None, /) -> int:
        """Begin anew."""
        if self.flaw == "increment":
            await super().set(key, b"%d" % amount, ttl)
            return amount
        return await super().increment(key, amount, ttl)

    async def extend(self, key: str, ttl: float | None, /) -> bool:
        """Bring the end forward."""
        if self.flaw == "extend":
            value = await super().get(key)
            await super().set(key, value or b"", ttl)
        return await super().extend(key, ttl)

    async def delete(self, key: str, /) -> bool:
        """Say that there was something."""
        return await super().delete(key) or self.flaw == "delete"

    async def delete_equal(self, key: str, value: bytes, /) -> bool:
        """Delete what is not equal."""
        if self.flaw == "delete_equal":
            return await super().delete(key)
        return await super().delete_equal(key, value)

    async def clear(self, prefix: str = "", /) -> None:
        """Clear all."""
        await super().clear("" if self.flaw == "clear" else prefix)


@pytest.mark.parametrize(
    ("flaw", "test"),
    [
        ("case", "test_names_are_told_apart_by_their_bytes"),
        ("order", "test_several_are_read_and_put_at_once"),
        ("empty", "test_bytes_come_back_as_they_are"),
        ("end", "test_an_entry_ends_when_it_says"),
        ("add", "test_only_what_is_not_there_is_added"),
        ("increment", "test_nothing_is_lost_that_is_added_up"),
        ("increment", "test_what_is_no_number_is_not_added_to"),
        ("extend", "test_an_end_is_put_off_and_never_brought_forward"),
        ("delete", "test_what_is_deleted_is_gone"),
        ("delete_equal", "test_only_what_is_equal_is_deleted"),
        ("clear", "test_what_begins_otherwise_is_not_cleared"),
    ],
)
async def test_the_suite_sees_each_flaw(flaw: str, test: str) -> None:
    """
    A backend that breaks a promise fails the test of it.
    """

    class Suite(CacheBackendConformance):
        async def make_backend(self) -> CacheBackend:
            backend = Careless()
            backend.flaw = flaw
            return backend

    with pytest.raises(AssertionError, match="expected"):
        await getattr(Suite(), test)()
