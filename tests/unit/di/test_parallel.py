"""
Independent services that wait are made at the same time, and given up together.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from covet.di import DependencyContainer, Lifetime
from covet.di.parallel import Branch, resolve_parallel
from tests.unit.di.services import Cache, Database, MemoryCache, Repository, User


class Both:
    """Needs two services that wait."""

    def __init__(self, cache: Cache, user: User) -> None:
        self.cache = cache
        self.user = user


async def test_two_that_wait_are_made_at_the_same_time() -> None:
    """Each waits for the other to begin: one after the other, they would never end."""
    container = DependencyContainer()
    cache_begun, user_begun = asyncio.Event(), asyncio.Event()

    async def make_cache() -> Cache:
        cache_begun.set()
        await user_begun.wait()
        return MemoryCache()

    async def make_user() -> User:
        user_begun.set()
        await cache_begun.wait()
        return User()

    container.register(Cache, factory=make_cache, lifetime=Lifetime.SCOPED)
    container.register(User, factory=make_user)
    container.register(Both, lifetime=Lifetime.SCOPED)

    async with container.scope() as scope:
        both = await scope.resolve(Both)

        assert both.cache is await scope.resolve(Cache)
        assert isinstance(both.user, User)


async def test_what_both_need_is_made_once() -> None:
    """A service below two branches is made once."""
    container = DependencyContainer()
    made: list[int] = []

    async def connect() -> Database:
        made.append(1)
        await asyncio.sleep(0)
        return Database()

    async def make_cache(database: Database) -> Cache:
        await asyncio.sleep(0)
        return MemoryCache()

    async def make_user(database: Database) -> User:
        await asyncio.sleep(0)
        return User()

    container.register(Database, factory=connect, lifetime=Lifetime.SCOPED)
    container.register(Cache, factory=make_cache, lifetime=Lifetime.SCOPED)
    container.register(User, factory=make_user, lifetime=Lifetime.SCOPED)
    container.register(Both)

    async with container.scope() as scope:
        await scope.resolve(Both)

    assert made == [1]


async def test_what_needs_the_other_comes_after_it() -> None:
    """Services that need each other are no branches: no task is made."""
    container = DependencyContainer()
    tasks: list[Any] = []

    async def connect() -> Database:
        tasks.append(asyncio.current_task())
        return Database()

    async def make_repository(database: Database) -> Repository:
        tasks.append(asyncio.current_task())
        return Repository(database)

    def pair(database: Database, repository: Repository) -> list[object]:
        return [database, repository]

    container.register(Database, factory=connect, lifetime=Lifetime.SCOPED)
    container.register(Repository, factory=make_repository, lifetime=Lifetime.SCOPED)
    container.register(list[Any], factory=pair)

    async with container.scope() as scope:
        database, repository = await scope.resolve(list[Any])

    assert repository.database is database
    assert tasks == [asyncio.current_task()] * 2


async def test_failure_cancels_the_others_and_all_is_closed() -> None:
    """The error is the first failure itself; what was opened is closed with the scope."""
    container = DependencyContainer()
    events: list[str] = []

    async def connect() -> AsyncIterator[Database]:
        events.append("open database")
        try:
            yield Database()
        finally:
            events.append("close database")

    async def make_cache(database: Database) -> AsyncIterator[Cache]:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            events.append("cache cancelled")
            raise
        yield MemoryCache()

    async def make_user(database: Database) -> User:
        await asyncio.sleep(0)
        raise LookupError("nobody")

    container.register(Database, factory=connect, lifetime=Lifetime.SCOPED)
    container.register(Cache, factory=make_cache, lifetime=Lifetime.SCOPED)
    container.register(User, factory=make_user, lifetime=Lifetime.SCOPED)
    container.register(Both)

    with pytest.raises(LookupError, match="nobody"):
        async with container.scope() as scope:
            await scope.resolve(Both)

    assert events == ["open database", "cache cancelled", "close database"]


async def test_two_failures_are_one_with_a_note() -> None:
    """The second failure is not lost."""

    async def fail(scope: object) -> object:
        raise LookupError("one")

    async def fail_too(scope: object) -> object:
        raise ValueError("two")

    container = DependencyContainer()
    async with container.scope() as scope:
        with pytest.raises(LookupError) as caught:
            await resolve_parallel(scope, [Branch("a", None, fail), Branch("b", None, fail_too)])

    assert caught.value.__notes__ == ["At the same time: ValueError: two"]


async def test_cancelled_caller_cancels_all() -> None:
    """Nothing runs on when whoever asked is gone."""
    events: list[str] = []
    begun = asyncio.Event()

    async def wait(scope: object) -> object:
        begun.set()
        try:
            return await asyncio.Event().wait()
        finally:
            events.append("ended")

    async def ask() -> None:
        async with DependencyContainer().scope() as scope:
            await resolve_parallel(scope, [Branch("a", None, wait), Branch("b", None, wait)])

    task = asyncio.create_task(ask())
    await begun.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert events == ["ended", "ended"]


async def test_what_is_there_is_taken_without_a_task() -> None:
    """If only one is missing nothing runs at the same time."""
    tasks: list[Any] = []

    async def make(scope: object) -> object:
        tasks.append(asyncio.current_task())
        return "made"

    container = DependencyContainer()
    async with container.scope() as scope:
        scope.open_store()[1] = "there"
        values = await resolve_parallel(scope, [Branch("a", 1, make), Branch("b", 2, make)])

    assert values == ["there", "made"]
    assert tasks == [asyncio.current_task()]
