"""
Overrides: something else in the place of a service, and everything back afterwards.
"""

from collections.abc import Iterator

import pytest

from covet.di import DependencyContainer, DependencyError, Lifetime
from covet.introspection import inspect_callable
from tests.unit.di.services import Cache, Database, Mailer, MemoryCache, MemoryMailer, Orders, Repository, User


@pytest.fixture
def container() -> DependencyContainer:
    """
    Make a container of a chain of singletons, and one that stands alone.
    """
    container = DependencyContainer()
    for cls in (Database, Repository, Orders):
        container.register(cls, lifetime=Lifetime.SINGLETON)
    container.register(Cache, MemoryCache, lifetime=Lifetime.SINGLETON)
    return container


async def test_override_is_given_out_and_taken_back(container: DependencyContainer) -> None:
    """After the block the former instance is back."""
    before = await container.resolve(Database)
    fake = Database()

    with container.override(Database, fake) as override:
        inside = await container.resolve(Database)

    assert inside is fake is override.instance
    assert await container.resolve(Database) is before


async def test_singletons_that_need_it_are_made_anew(container: DependencyContainer) -> None:
    """Those that were made with the real one are back afterwards, untouched."""
    before = await container.resolve(Orders)
    fake = Database()

    async with container.override(Database, fake):
        inside = await container.resolve(Orders)

    assert inside.repository.database is fake
    assert await container.resolve(Orders) is before


async def test_singletons_that_do_not_need_it_stay(container: DependencyContainer) -> None:
    """One that is first made inside of the block is the one afterwards, too."""
    with container.override(Database, Database()):
        cache = await container.resolve(Cache)

    assert await container.resolve(Cache) is cache


async def test_overrides_are_nested(container: DependencyContainer) -> None:
    """Each block takes back what it has put there."""
    first, second, repository = Database(), Database(), Repository(Database())

    with container.override(Database, first):
        with container.override(Repository, repository), container.override(Database, second):
            inner = (await container.resolve(Orders)).repository, await container.resolve(Database)
        outer = (await container.resolve(Orders)).repository.database

    assert inner == (repository, second)
    assert outer is first
    assert (await container.resolve(Orders)).repository.database not in {first, second}


async def test_overrides_end_in_reverse_order(container: DependencyContainer) -> None:
    """What does not is an error, and changes nothing."""
    container.build()
    first, second = container.override(Database, Database()), container.override(Cache, MemoryCache())
    first.__enter__()
    second.__enter__()

    with pytest.raises(DependencyError) as caught:
        first.__exit__()

    assert str(caught.value) == (
        "The override of Database ends before one that began later.\n"
        "  Overrides are nested: let them end in reverse order, as `with` does."
    )
    assert await container.resolve(Cache) is second.instance
    second.__exit__()
    first.__exit__()
    assert container.overrides == []


async def test_override_before_the_building_holds_when_it_is_built() -> None:
    """A test may override before the application starts, which still registers."""
    container = DependencyContainer()
    fake = MemoryMailer()

    with container.override(Mailer, fake):
        container.register(Mailer, MemoryMailer, lifetime=Lifetime.SINGLETON)
        inside = await container.resolve(Mailer)

    assert inside is fake
    assert await container.resolve(Mailer) is not fake


async def test_override_after_the_block_of_the_building_is_gone() -> None:
    """A container that was built inside of an override is wired anew afterwards, with handlers."""
    container = DependencyContainer()

    def handle(database: Database) -> None: ...

    injection = container.inject("handler", inspect_callable(handle).parameters)
    fake = Database()
    with container.override(Database, fake):
        container.register(Database)
        async with container.scope() as scope:
            inside = (await injection.resolve(scope))["database"]

    async with container.scope() as scope:
        outside = (await injection.resolve(scope))["database"]

    assert inside is fake
    assert outside is not fake


async def test_handlers_get_the_override(container: DependencyContainer) -> None:
    """What was compiled for a handler is compiled anew for the block."""

    def handle(orders: Orders) -> None: ...

    injection = container.inject("handler", inspect_callable(handle).parameters)
    fake = Database()
    async with container.scope() as scope:
        before = (await injection.resolve(scope))["orders"]
        with container.override(Database, fake):
            inside = (await injection.resolve(scope))["orders"]
        after = (await injection.resolve(scope))["orders"]

    assert inside.repository.database is fake
    assert before is after


async def test_what_the_override_need_not_is_not_made() -> None:
    """The dependencies of what is replaced are not needed, nor is it entered."""
    container = DependencyContainer()

    def connect() -> Iterator[Database]:
        raise OSError("no connection")
        yield Database()

    container.register(Database, factory=connect, lifetime=Lifetime.SCOPED)
    container.register(Repository, lifetime=Lifetime.SCOPED)
    fake = Repository(Database())

    with container.override(Repository, fake):
        assert await container.resolve(Repository) is fake


async def test_declared_values_can_be_overridden() -> None:
    """A declared type is a service for the block."""
    container = DependencyContainer()
    container.declare(User)
    fake = User()

    with container.override(User, fake):
        async with container.scope() as scope:
            assert await scope.resolve(User) is fake


async def test_qualifier_chooses_what_is_overridden() -> None:
    """Only the registration of that qualifier is replaced."""
    container = DependencyContainer()
    main, replica, fake = Database(), Database(), Database()
    container.register_instance(Database, main, qualifier="main")
    container.register_instance(Database, replica, qualifier="replica")

    with container.override(Database, fake, qualifier="main"):
        found = [await container.resolve(Database, qualifier=word) for word in ("main", "replica")]

    assert found == [fake, replica]


async def test_decorators_do_not_wrap_the_override() -> None:
    """A test gets exactly what it puts there."""
    container = DependencyContainer()

    class Wrapper(MemoryCache):
        def __init__(self, inner: Cache) -> None:
            self.inner = inner

    container.register(Cache, MemoryCache)
    container.decorate(Cache, Wrapper)
    fake = MemoryCache()

    with container.override(Cache, fake):
        assert await container.resolve(Cache) is fake


async def test_conditions_are_not_asked_again() -> None:
    """What was chosen when the container was built stays."""
    container = DependencyContainer()
    answers = iter([True])
    container.register(Cache, MemoryCache, when=lambda: next(answers))
    container.register(Database)
    container.build()

    with container.override(Database, Database()):
        assert isinstance(await container.resolve(Cache), MemoryCache)


async def test_open_scope_keeps_what_it_was_opened_with(container: DependencyContainer) -> None:
    """An override holds for scopes that are opened inside of it."""
    fake = Database()
    async with container.scope() as scope:
        with container.override(Database, fake):
            assert await scope.resolve(Database) is not fake


async def test_singletons_of_the_block_are_closed_with_the_container() -> None:
    """What was opened for an override is not lost."""
    container = DependencyContainer()
    events: list[str] = []

    def make(database: Database) -> Iterator[Repository]:
        yield Repository(database)
        events.append("closed")

    container.register(Database, lifetime=Lifetime.SINGLETON)
    container.register(Repository, factory=make, lifetime=Lifetime.SINGLETON)

    with container.override(Database, Database()):
        await container.resolve(Repository)
    assert events == []

    await container.aclose()
    assert events == ["closed"]
