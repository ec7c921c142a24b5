"""
Providers resolve late, and as often as they are asked.
"""

from collections.abc import Iterator

import pytest

from covet.di import DependencyContainer, Lifetime, Provider, ScopeRequiredError
from tests.unit.di.services import Database, Repository, User


class Report:
    """Takes a provider."""

    def __init__(self, database: Provider[Database]) -> None:
        self.database = database


async def test_provider_resolves_in_the_scope_of_its_taker() -> None:
    """A scoped service is the one of the scope, a transient one is new each time."""
    container = DependencyContainer()
    container.register(Database, lifetime=Lifetime.SCOPED)
    container.register(Report)

    async with container.scope() as scope:
        report = await scope.resolve(Report)

        assert await report.database.get() is await scope.resolve(Database)


async def test_transient_is_new_each_time() -> None:
    """Repeated resolution is what a provider is for."""
    container = DependencyContainer()
    container.register(Database)
    container.register(Report, lifetime=Lifetime.SINGLETON)

    report = await container.resolve(Report)

    assert await report.database.get() is not await report.database.get()


async def test_singleton_opens_what_lives_shorter() -> None:
    """`use` has a scope of its own, which ends with the block."""
    container = DependencyContainer()
    events: list[str] = []

    def session() -> Iterator[Database]:
        events.append("open")
        yield Database()
        events.append("close")

    container.register(Database, factory=session, lifetime=Lifetime.SCOPED)
    container.register(Report, lifetime=Lifetime.SINGLETON)
    report = await container.resolve(Report)

    async with report.database.use() as first:
        events.append("use")
    async with report.database.use() as second:
        pass

    assert first is not second
    assert events == ["open", "use", "close", "open", "close"]
    assert container.open_scopes == 0


async def test_singleton_cannot_get_what_lives_shorter() -> None:
    """`get` in a singleton has no scope to resolve in, and says what to write."""
    container = DependencyContainer()
    container.register(Database, lifetime=Lifetime.SCOPED)
    container.register(Report, lifetime=Lifetime.SINGLETON)
    report = await container.resolve(Report)

    with pytest.raises(ScopeRequiredError, match="Database cannot be resolved from the container: Database is scoped"):
        await report.database.get()


async def test_own_scope_has_the_values_of_the_takers() -> None:
    """A scope that a provider opens gives what that of its taker gives."""
    container = DependencyContainer()
    container.declare(User)

    class Users:
        def __init__(self, user: Provider[Repository]) -> None:
            self.repository = user

    class Mine(Repository):
        def __init__(self, user: User) -> None:
            self.user = user

    container.register(Repository, Mine)
    container.register(Users)
    user = User()

    async with container.scope({User: user}) as scope:
        users = await scope.resolve(Users)
        async with users.repository.use() as repository:
            assert isinstance(repository, Mine)
            assert repository.user is user


async def test_circle_with_a_provider_is_none() -> None:
    """Two that need each other can, if one waits until it is used."""
    container = DependencyContainer()

    class Child:
        def __init__(self, parent: "Provider[Parent]") -> None:
            self.parent = parent

    class Parent:
        def __init__(self, child: Child) -> None:
            self.child = child

    Child.__init__.__annotations__["parent"] = Provider[Parent]
    container.register(Child, lifetime=Lifetime.SCOPED)
    container.register(Parent, lifetime=Lifetime.SCOPED)

    async with container.scope() as scope:
        parent = await scope.resolve(Parent)

        assert await parent.child.parent.get() is parent


async def test_tests_make_one_of_an_object() -> None:
    """Whoever takes a provider can be made by hand."""
    database = Database()
    provider = Provider.of(database)

    async with provider.use() as used:
        assert used is database
    assert await provider.get() is database
