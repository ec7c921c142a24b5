"""
The promises of a store of sessions, as tests that any implementation can run.

It needs no test framework to be imported; pytest collects a subclass whose name begins with `Test`.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from time import time

from covet.sessions import SessionRecord, SessionStore

_HOUR = 3_600_000


class SessionStoreConformance(ABC):
    """
    The test suite of stores of sessions: subclass it, and say how to make a store.

    Each test is a coroutine method: run it with pytest-asyncio or the like.

    Example:
        >>> from covet.sessions import MemorySessionStore
        >>> class TestMemoryStore(SessionStoreConformance):
        ...     async def make_store(self):
        ...         return MemorySessionStore()
        >>> await TestMemoryStore().test_a_record_comes_back_equal()
    """

    @abstractmethod
    async def make_store(self) -> SessionStore:
        """Make an empty store; the suite closes it."""

    async def test_it_is_a_session_store(self) -> None:
        """It has the methods of the contract."""
        async with self._open() as store:
            _expect(isinstance(store, SessionStore), True, "isinstance(store, SessionStore)")

    async def test_a_record_comes_back_equal(self) -> None:
        """What is loaded is what was created, whatever stands in it."""
        plain = _make_record("plain")
        odd = _make_record("odd", data='{"a":"\\ud800 \\u0000","b":"é日 \'\\"--"}', user_id="é'; -- 7")
        async with self._open() as store:
            for record in (plain, odd):
                await store.create(record)
            found = [await store.load(record.key) for record in (plain, odd)]
        _expect(found, [plain, odd], "the records that load() gives")

    async def test_what_is_not_there_is_none(self) -> None:
        """A key that nobody created leads nowhere, and changes nothing."""
        record = _make_record("missing")
        async with self._open() as store:
            _expect(await store.load("missing"), None, "what load() gives of an unknown key")
            _expect(await store.delete("missing"), False, "what delete() gives of an unknown key")
            _expect(await store.delete_user("nobody"), 0, "what delete_user() gives of an unknown user")
            _expect(await store.update(record, expected_version=1), False, "what update() gives of an unknown key")
            _expect(await store.load("missing"), None, "what load() gives after update() of an unknown key")

    async def test_an_update_replaces_the_version_that_it_expects(self) -> None:
        """Of two that have read the same version, the second is told that it came too late."""
        record = _make_record("a")
        newer = replace(record, data='{"n":2}', seen_at=record.seen_at + 1, expires_at=record.expires_at + 1, version=2)
        async with self._open() as store:
            await store.create(record)
            _expect(await store.update(newer, expected_version=1), True, "what the first update() gives")
            _expect(await store.update(newer, expected_version=1), False, "what the second update() gives")
            _expect(await store.load("a"), newer, "the record after both")

    async def test_an_update_never_brings_a_record_back(self) -> None:
        """What was deleted stays deleted (docs/security.md, row 75)."""
        record = _make_record("a", user_id="7")
        async with self._open() as store:
            await store.create(record)
            _expect(await store.delete("a"), True, "what delete() gives of a record that is there")
            updated = await store.update(replace(record, version=2), expected_version=1)
            _expect(updated, False, "what update() gives of a deleted record")
            _expect(await store.load("a"), None, "what load() gives of it")
            _expect(await store.delete_user("7"), 0, "how many records its user has")

    async def test_one_of_many_updates_at_once_wins(self) -> None:
        """Exactly one of the updates that expect the same version is done."""
        record = _make_record("a")
        rivals = [replace(record, data=f'{{"n":{number}}}', version=2) for number in range(20)]
        async with self._open() as store:
            await store.create(record)
            async with asyncio.TaskGroup() as group:
                updates = [group.create_task(store.update(rival, expected_version=1)) for rival in rivals]
            done = [update.result() for update in updates]
            found = await store.load("a")
        _expect(sum(done), 1, "how many of 20 updates of one version were done")
        _expect(found, rivals[done.index(True)], "the record after them")

    async def test_the_records_of_a_user_are_deleted_together(self) -> None:
        """And those of others, or of nobody, are not."""
        records = [_make_record(f"r{number}", user_id=user) for number, user in enumerate(["7", "7", "77", None])]
        async with self._open() as store:
            for record in records:
                await store.create(record)
            await store.update(replace(records[0], version=2), expected_version=1)
            _expect(await store.delete_user("7"), 2, "how many records delete_user() has deleted")
            left = [record.key for record in records if await store.load(record.key) is not None]
            _expect(await store.delete_user("7"), 0, "how many a second delete_user() has deleted")
        _expect(left, ["r2", "r3"], "the records that are left")

    async def test_what_has_expired_can_be_purged(self) -> None:
        """What has not is left; a store that lets records expire by itself has nothing to do."""
        now = round(time() * 1000)
        over, young = _make_record("over", expires_at=now + 300), _make_record("young")
        async with self._open() as store:
            await store.create(over)
            await store.create(young)
            await asyncio.sleep(0.35)
            await store.purge(now + 350)
            _expect(await store.load("over"), None, "what load() gives of what was purged")
            _expect(await store.load("young"), young, "what load() gives of what has not expired")
            _expect(await store.purge(now + 350), 0, "what a second purge() gives")

    async def test_a_closed_store_opens_again(self) -> None:
        """`aclose()` may be called twice, and is not the end."""
        store = await self.make_store()
        await store.aclose()
        await store.aclose()
        try:
            _expect(await store.load("a"), None, "what load() gives after aclose()")
        finally:
            await store.aclose()

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[SessionStore]:
        store = await self.make_store()
        try:
            yield store
        finally:
            await store.aclose()


def _make_record(
    key: str, *, data: str = '{"n":1}', user_id: str | None = None, expires_at: int | None = None
) -> SessionRecord:
    # A store may let records expire by its own clock.
    now = round(time() * 1000)
    return SessionRecord(key, data, user_id, now, now, now + _HOUR if expires_at is None else expires_at)


def _expect(found: object, expected: object, what: str) -> None:
    if found != expected:
        raise AssertionError(f"{what}: expected {expected!r}, got {found!r}")
