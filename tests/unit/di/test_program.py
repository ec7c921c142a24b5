"""
The compiled container: what resolves, and where.
"""

import asyncio

import pytest

from covet.di import DependencyContainer, Lifetime, Scope, ScopeRequiredError
from covet.di.registration import Key
from tests.unit.di.services import Cache, Database, MemoryCache, Orders, Repository, User, program_of


def test_one_function_for_each_service() -> None:
    """Everything that need not wait is found by its type, in one look."""
    container = DependencyContainer()
    container.register(Database, lifetime=Lifetime.SINGLETON)
    container.register(Repository)
    container.register(Cache, MemoryCache, lifetime=Lifetime.SCOPED)
    container.declare(User)

    program = program_of(container)

    assert set(program.now) == {Database, Repository, Cache, User, Scope, DependencyContainer}
    assert set(program.root_program.now) == {Database, Repository, DependencyContainer}


@pytest.mark.parametrize(
    ("kind", "reason"),
    [(Cache, "Cache is scoped"), (Orders, "Cache is scoped"), (User, "whoever opens a scope gives it")],
)
async def test_root_refuses_what_needs_a_scope(kind: type, reason: str) -> None:
    """Outside of a scope the error says why it needs one."""
    container = DependencyContainer()

    def make(cache: Cache) -> Orders:
        return Orders(Repository(Database()))

    container.register(Cache, MemoryCache, lifetime=Lifetime.SCOPED)
    container.register(Orders, factory=make)
    container.declare(User)

    with pytest.raises(ScopeRequiredError) as caught:
        await container.resolve(kind)

    assert str(caught.value).startswith(f"{kind.__name__} cannot be resolved from the container: {reason}.\n")


async def test_what_waits_is_compiled_when_it_is_asked_for() -> None:
    """A scoped service that waits has its own coroutine function."""
    container = DependencyContainer()

    async def connect() -> Database:
        await asyncio.sleep(0)
        return Database()

    container.register(Database, factory=connect, lifetime=Lifetime.SCOPED)
    program = program_of(container)

    async with container.scope() as scope:
        database = await scope.resolve(Database)

        assert await scope.resolve(Database) is database
    assert Database not in program.now


def test_places_that_an_override_leaves_alone() -> None:
    """Singletons that do not need what is replaced keep their places."""
    container = DependencyContainer()
    for cls in (Database, Repository, Orders):
        container.register(cls, lifetime=Lifetime.SINGLETON)
    container.register(Cache, MemoryCache, lifetime=Lifetime.SINGLETON)
    program = program_of(container)

    kept = program.cells_without({Key(Repository)})

    assert set(kept) == {Key(Database), Key(Cache)}
    assert kept[Key(Cache)] is program.cell_of(program.find(Key(Cache)))
