"""
Known defects of dependency injection that must not come back: a test names each.
"""

import asyncio
import gc
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from covet.di import (
    CaptiveDependencyError,
    DependencyContainer,
    DependencyCycleError,
    DependencyGraphError,
    Lifetime,
    Scope,
)
from covet.introspection import inspect_callable


@dataclass
class Principal:
    """Who asks."""

    name: str


class Database:
    """Is shared."""


class Session:
    """Belongs to one principal."""

    def __init__(self, principal: Principal, database: Database) -> None:
        self.owner = principal.name
        self.database = database
        self.is_open = True


class Orders:
    """Needs a session."""

    def __init__(self, session: Session) -> None:
        self.session = session


async def test_scopes_are_not_keyed_by_an_id() -> None:
    """Defect: the scope of a request that was freed served the next one at the same address."""
    container = DependencyContainer()
    container.declare(Principal)
    container.register(Database, lifetime=Lifetime.SINGLETON)
    container.register(Session, lifetime=Lifetime.SCOPED)
    owners = []

    for number in range(200):
        # Never closed, as it was where the defect lay: the next object gets the address of the last one.
        scope = container.scope({Principal: Principal(str(number))})
        owners.append((await scope.resolve(Session)).owner)
        del scope

    assert owners == [str(number) for number in range(200)]
    assert not [value for value in vars(container).values() if isinstance(value, dict) and value]


@pytest.mark.parametrize(
    ("ending", "told"), [("error", LookupError), ("cancellation", asyncio.CancelledError), ("return", None)]
)
async def test_scopes_are_not_leaked(ending: str, told: type[BaseException] | None) -> None:
    """Defect: a scope was cleared by a hook that errors, short-circuits and cancellation skipped."""
    container = DependencyContainer()
    closed: list[type[BaseException] | None] = []

    async def session() -> AsyncIterator[Database]:
        error: type[BaseException] | None = None
        try:
            yield Database()
        except BaseException as exc:
            error = type(exc)
            raise
        finally:
            await asyncio.sleep(0)
            closed.append(error)

    container.register(Database, factory=session, lifetime=Lifetime.SCOPED)
    begun = asyncio.Event()

    async def handle() -> None:
        async with container.scope() as scope:
            await scope.resolve(Database)
            begun.set()
            if ending == "return":
                return
            if ending == "cancellation":
                await asyncio.Event().wait()
            raise LookupError

    task = asyncio.create_task(handle())
    await begun.wait()
    if ending == "cancellation":
        task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert closed == [told]
    assert container.open_scopes == 0


async def test_scoped_services_are_injected_into_constructors() -> None:
    """Defect: wiring a constructor forgot the scope, and raised for every scoped parameter."""
    container = DependencyContainer()
    container.declare(Principal)
    container.register(Database, lifetime=Lifetime.SINGLETON)
    container.register(Session, lifetime=Lifetime.SCOPED)
    container.register(Orders)

    async with container.scope({Principal: Principal("Ada")}) as scope:
        orders = await scope.resolve(Orders)

        assert orders.session is await scope.resolve(Session)


async def test_five_concurrent_resolves_make_one_singleton() -> None:
    """Defect: each of five that asked while it was being made made its own."""
    container = DependencyContainer()
    made: list[Database] = []

    async def connect() -> Database:
        made.append(Database())
        await asyncio.sleep(0)
        return made[-1]

    container.register(Database, factory=connect, lifetime=Lifetime.SINGLETON)

    found = await asyncio.gather(*(container.resolve(Database) for _ in range(5)))

    assert len({id(database) for database in found}) == len(made) == 1


async def test_factories_are_wired() -> None:
    """Defect: only constructors were wired, factories got their keywords and nothing else."""
    container = DependencyContainer()

    def make(database: Database, size: int) -> list[Any]:
        return [database, size]

    async def make_later(database: Database, size: int) -> dict[str, Any]:
        return {"database": database, "size": size}

    container.register(Database)
    container.register(list[Any], factory=make, size=3)
    container.register(dict[str, Any], factory=partial(make_later, size=4))

    (database, size), later = await container.resolve(list[Any]), await container.resolve(dict[str, Any])

    assert isinstance(database, Database)
    assert isinstance(later["database"], Database)
    assert (size, later["size"]) == (3, 4)


async def test_awaitable_of_a_callable_object_is_awaited() -> None:
    """Defect: only coroutine functions were awaited, so that a partial or a callable gave a coroutine out."""
    container = DependencyContainer()

    class Connect:
        async def __call__(self) -> Database:
            return Database()

    container.register(Database, factory=Connect())
    container.register(Database, factory=partial(Connect()), qualifier="partial")

    assert isinstance(await container.resolve(Database), Database)
    assert isinstance(await container.resolve(Database, qualifier="partial"), Database)


def test_cycles_are_no_recursion_error() -> None:
    """Defect: a cycle was a RecursionError at the first request."""
    container = DependencyContainer()

    def hen(egg: list[str]) -> dict[str, str]:
        return {}

    def egg(hen: dict[str, str]) -> list[str]:
        return []

    container.register(dict[str, str], factory=hen)
    container.register(list[str], factory=egg)

    with pytest.raises(DependencyGraphError) as caught:
        container.build()

    (error,) = caught.value.errors
    assert isinstance(error, DependencyCycleError)
    assert [step.service for step in error.steps] == ["dict[str, str]", "list[str]", "dict[str, str]"]


def test_captive_dependencies_are_found_at_start() -> None:
    """Defect: a singleton kept the session of the first request, and served it to all others."""
    container = DependencyContainer()
    container.declare(Principal)
    container.register(Database, lifetime=Lifetime.SINGLETON)
    container.register(Session, lifetime=Lifetime.SCOPED)
    container.register(Orders, lifetime=Lifetime.SINGLETON)

    with pytest.raises(DependencyGraphError) as caught:
        container.build()

    assert [type(error) for error in caught.value.errors] == [CaptiveDependencyError]


async def test_siblings_do_not_run_on_after_a_failure() -> None:
    """Defect: `gather` left the siblings of a failure running, and what they opened open."""
    container = DependencyContainer()
    events: list[str] = []

    async def slow() -> AsyncIterator[Database]:
        try:
            await asyncio.Event().wait()
            yield Database()
        finally:
            events.append("ended")

    async def fail() -> Principal:
        await asyncio.sleep(0)
        raise LookupError("nobody")

    def both(database: Database, principal: Principal) -> list[Any]:
        return [database, principal]

    container.register(Database, factory=slow, lifetime=Lifetime.SCOPED)
    container.register(Principal, factory=fail, lifetime=Lifetime.SCOPED)
    container.register(list[Any], factory=both)
    tasks = asyncio.all_tasks()

    with pytest.raises(LookupError, match="nobody"):
        async with container.scope() as scope:
            await scope.resolve(list[Any])

    assert events == ["ended"]
    assert asyncio.all_tasks() == tasks


# ── Many at once ─────────────────────────────────────────────────────────────


class Accounts:
    """Counts what is open, and who is mixed up with whom."""

    def __init__(self) -> None:
        self.opened = Counter[str]()
        self.closed = Counter[str]()
        self.mixed: list[tuple[str, str]] = []


def make_stressed_container(accounts: Accounts) -> DependencyContainer:
    """
    Make a container whose services wait, open, close and fail.
    """
    container = DependencyContainer()

    async def session(principal: Principal, database: Database) -> AsyncIterator[Session]:
        await asyncio.sleep(0)
        accounts.opened[principal.name] += 1
        made = Session(principal, database)
        try:
            await asyncio.sleep(0)
            yield made
        finally:
            made.is_open = False
            await asyncio.sleep(0)
            accounts.closed[principal.name] += 1

    def cache(principal: Principal) -> Iterator[dict[str, str]]:
        accounts.opened[principal.name] += 1
        try:
            yield {"owner": principal.name}
        finally:
            accounts.closed[principal.name] += 1

    async def flaky(principal: Principal) -> list[str]:
        await asyncio.sleep(0)
        if int(principal.name) % 7 == 0:
            raise ConnectionError(principal.name)
        return [principal.name]

    async def connect() -> Database:
        await asyncio.sleep(0)
        return Database()

    container.declare(Principal)
    container.register(Database, factory=connect, lifetime=Lifetime.SINGLETON)
    container.register(Session, factory=session, lifetime=Lifetime.SCOPED)
    container.register(dict[str, str], factory=cache, lifetime=Lifetime.SCOPED)
    container.register(list[str], factory=flaky, lifetime=Lifetime.SCOPED)
    container.register(Orders, lifetime=Lifetime.SCOPED)
    return container


@pytest.mark.parametrize("seed", range(5))
async def test_many_scopes_are_never_mixed_up(seed: int) -> None:
    """Each of many concurrent scopes sees its own principal, whatever fails or is cancelled, and all are closed."""
    chance = random.Random(seed)
    accounts = Accounts()
    container = make_stressed_container(accounts)

    def handle(orders: Orders, cache: dict[str, str], flaky: list[str], scope: Scope) -> None: ...

    injection = container.inject("handle", inspect_callable(handle).parameters)
    container.build()

    async def serve(name: str) -> str:
        async with container.scope({Principal: Principal(name)}) as scope:
            if int(name) % 11 == 0:
                await asyncio.gather(*(scope.resolve(Session) for _ in range(3)))
            arguments = await injection.resolve(scope)
            await asyncio.sleep(0)
            owners = {arguments["orders"].session.owner, arguments["cache"]["owner"], *arguments["flaky"]}
            accounts.mixed += [(name, owner) for owner in owners if owner != name]
            if not arguments["orders"].session.is_open or arguments["scope"] is not scope:
                accounts.mixed.append((name, "closed"))
            if int(name) % 5 == 0:
                raise LookupError(name)
        return name

    tasks = [asyncio.create_task(serve(str(number))) for number in range(400)]
    for task in chance.sample(tasks, 80):
        for _ in range(chance.randrange(3)):
            await asyncio.sleep(0)
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    gc.collect()

    assert accounts.mixed == []
    assert accounts.opened == accounts.closed
    assert container.open_scopes == 0
    assert {type(result) for result in results} == {str, ConnectionError, LookupError, asyncio.CancelledError}
    await container.aclose()
