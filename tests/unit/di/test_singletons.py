"""
Singletons: made once, however many ask, and made anew after a failure.
"""

import asyncio
import contextvars
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from covet.di import DependencyContainer, DependencyError, Lifetime, Provider
from covet.di.scope import MISSING, RootScope
from covet.di.singletons import SingletonCell, build_singletons
from tests.unit.di.services import Cache, Database, Orders, Repository

VALUE: contextvars.ContextVar[str] = contextvars.ContextVar("value", default="outside")


def make_cell(make: Any, name: str = "Cache") -> SingletonCell:
    """
    Make a cell of its own.
    """
    return SingletonCell(name, RootScope(), contextvars.copy_context(), lambda: make)


async def test_plain_singleton_is_made_once() -> None:
    """One that needs no waiting is one object in all scopes."""
    container = DependencyContainer()
    for cls in (Database, Repository, Orders):
        container.register(cls, lifetime=Lifetime.SINGLETON)

    async with container.scope() as first, container.scope() as second:
        orders = await first.resolve(Orders)
        assert await second.resolve(Orders) is orders
        assert await container.resolve(Database) is orders.repository.database


async def test_failure_is_not_kept() -> None:
    """The next one tries again."""
    attempts: list[int] = []

    async def make(root: object) -> str:
        attempts.append(1)
        await asyncio.sleep(0)
        if len(attempts) == 1:
            raise OSError("no connection")
        return "made"

    cell = make_cell(make)
    failed = await asyncio.gather(cell.build(), cell.build(), return_exceptions=True)
    await cell.build()

    assert [type(failure) for failure in failed] == [OSError, OSError]
    assert (cell.value, len(attempts)) == ("made", 2)


async def test_failure_of_a_plain_one_is_not_kept() -> None:
    """A constructor that fails is called again."""
    attempts: list[int] = []

    def make(root: object) -> str:
        attempts.append(1)
        if len(attempts) == 1:
            raise OSError
        return "made"

    cell = make_cell(make)
    with pytest.raises(OSError):
        cell.build_now()

    assert [cell.build_now(), cell.build_now()] == ["made", "made"]
    assert len(attempts) == 2


async def test_cancelled_waiter_does_not_end_the_making() -> None:
    """Whoever asked first may leave: the others get the instance, made once."""
    begun, go = asyncio.Event(), asyncio.Event()
    made: list[int] = []

    async def make(root: object) -> str:
        begun.set()
        await go.wait()
        made.append(1)
        return "made"

    cell = make_cell(make)
    first, second = asyncio.create_task(cell.build()), asyncio.create_task(cell.build())
    await begun.wait()
    first.cancel()
    await asyncio.sleep(0)
    go.set()
    await second

    assert first.cancelled()
    assert (cell.value, made) == ("made", [1])


async def test_making_that_nobody_waits_for_goes_on() -> None:
    """If all have left, the next one finds it made, or hears that it failed."""
    go = asyncio.Event()

    async def make(root: object) -> str:
        await go.wait()
        return "made"

    cell = make_cell(make)
    task = asyncio.create_task(cell.build())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    go.set()
    await cell.build()

    assert cell.value == "made"


async def test_failure_that_nobody_waits_for_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """An error is never lost."""
    go = asyncio.Event()

    async def make(root: object) -> str:
        await go.wait()
        raise OSError("no connection")

    cell = make_cell(make)
    task = asyncio.create_task(cell.build())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    go.set()
    for _ in range(3):
        await asyncio.sleep(0)

    assert [(record.levelno, record.message) for record in caplog.records] == [(logging.ERROR, "Making Cache failed")]


async def test_cancelled_making_is_an_error_for_those_who_wait() -> None:
    """Whoever was not cancelled does not hear of a cancellation."""

    async def make(root: object) -> str:
        await asyncio.Event().wait()
        return "never"

    cell = make_cell(make)
    task = asyncio.create_task(cell.build())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await cell.cancel(1.0)

    with pytest.raises(DependencyError, match=r"The making of Cache was cancelled\.\n  Ask for it again\."):
        await task
    assert cell.value is MISSING


async def test_nothing_to_cancel_is_fine() -> None:
    """A cell that is not being made has nothing to cancel."""
    cell = make_cell(None)

    await cell.cancel(1.0)

    assert cell.value is MISSING


async def test_variables_are_those_of_the_container() -> None:
    """A singleton does not keep the variables of the first request, and sets none in it."""
    container = DependencyContainer()
    seen: list[str] = []

    async def make() -> Database:
        seen.append(VALUE.get())
        VALUE.set("the singleton's")
        return Database()

    def make_plain() -> Cache | None:
        seen.append(VALUE.get())
        VALUE.set("the singleton's")
        return None

    container.register(Database, factory=make, lifetime=Lifetime.SINGLETON)
    container.register(Cache, factory=make_plain, lifetime=Lifetime.SINGLETON)
    VALUE.set("a request's")

    await container.resolve(Database)
    await container.resolve(Cache)

    assert seen == ["outside", "outside"]
    assert VALUE.get() == "a request's"


async def test_variables_are_reset_where_they_were_set() -> None:
    """A generator's setting and resetting happen in one context, however far apart."""
    container = DependencyContainer()
    seen: list[str] = []

    def plain() -> Iterator[Cache | None]:
        token = VALUE.set("plain")
        yield None
        seen.append(VALUE.get())
        VALUE.reset(token)

    async def later() -> AsyncIterator[Database]:
        token = VALUE.set("later")
        yield Database()
        seen.append(VALUE.get())
        VALUE.reset(token)

    container.register(Cache, factory=plain, lifetime=Lifetime.SINGLETON)
    container.register(Database, factory=later, lifetime=Lifetime.SINGLETON)

    async with container.scope() as scope:
        await scope.resolve(Cache)
        await scope.resolve(Database)
    await container.aclose()

    assert seen == ["later", "plain"]


async def test_circle_through_a_provider_is_an_error() -> None:
    """Two singletons that await each other say so instead of waiting for ever."""
    container = DependencyContainer()

    async def make_database(repository: Provider[Repository]) -> Database:
        await repository.get()
        return Database()

    async def make_repository(database: Database) -> Repository:
        return Repository(database)

    container.register(Database, factory=make_database, lifetime=Lifetime.SINGLETON)
    container.register(Repository, factory=make_repository, lifetime=Lifetime.SINGLETON)

    with pytest.raises(DependencyError, match="while it is being made: Database → Repository → Database"):
        await container.resolve(Database)


async def test_independent_ones_are_made_at_the_same_time() -> None:
    """Each waits for the other to begin: one after the other, they would never end."""
    first_begun, second_begun = asyncio.Event(), asyncio.Event()

    async def first(root: object) -> str:
        first_begun.set()
        await second_begun.wait()
        return "first"

    async def second(root: object) -> str:
        second_begun.set()
        await first_begun.wait()
        return "second"

    cells = [make_cell(first), make_cell(second)]
    await build_singletons(cells)

    assert [cell.value for cell in cells] == ["first", "second"]


async def test_those_that_are_there_are_left_alone() -> None:
    """Nothing is made twice."""
    cell = make_cell(None)
    cell.value = "there"

    await build_singletons([cell])
    await cell.build()

    assert cell.value == "there"


async def test_failure_of_one_leaves_the_other_made() -> None:
    """The error is raised itself, when all have ended."""

    async def fail(root: object) -> str:
        raise OSError("no connection")

    async def make(root: object) -> str:
        await asyncio.sleep(0)
        return "made"

    cells = [make_cell(fail), make_cell(make)]
    with pytest.raises(OSError, match="no connection"):
        await build_singletons(cells)

    assert cells[1].value == "made"
