"""
The container: building, resolving by name of a scope, closing.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Annotated

import pytest

from covet.di import (
    DependencyContainer,
    DependencyError,
    DependencyGraphError,
    DisposalError,
    Lifetime,
    MissingRegistrationError,
    Provider,
    Scope,
    ScopeRequiredError,
)
from tests.unit.di.services import Cache, Database, Mailer, MemoryCache, Orders, Repository, Store, User


@pytest.fixture
def container() -> DependencyContainer:
    """
    Make a container with a chain of all lifetimes.
    """
    container = DependencyContainer()
    container.register(Database, lifetime=Lifetime.SINGLETON)
    container.register(Repository, lifetime=Lifetime.SCOPED)
    container.register(Orders)
    return container


# ── Building ─────────────────────────────────────────────────────────────────


def test_check_does_not_build(container: DependencyContainer) -> None:
    """After a check one may go on registering."""
    container.check()
    container.register(Cache, MemoryCache)

    assert not container.is_built


async def test_first_scope_builds(container: DependencyContainer) -> None:
    """Nobody has to build by hand, and twice is once."""
    async with container.scope():
        assert container.is_built
    container.build()


def test_broken_wiring_does_not_build(container: DependencyContainer) -> None:
    """A container with errors can be mended and built."""
    container.register(list, factory=Store, model=User, qualifier="broken", when=lambda: False)
    container.register(Store[User], lifetime=Lifetime.SINGLETON)
    with pytest.raises(DependencyGraphError):
        container.build()

    container.register(type[User], factory=lambda: User, lifetime=Lifetime.SINGLETON)
    container.build()

    assert container.is_built


async def test_constructors_run_only_when_resolved(container: DependencyContainer) -> None:
    """Building makes no instance."""
    made: list[int] = []

    def make() -> Cache:
        made.append(1)
        return MemoryCache()

    container.register(Cache, factory=make, lifetime=Lifetime.SINGLETON)
    container.build()

    assert made == []


@pytest.mark.parametrize(
    ("annotation", "metadata", "is_known"),
    [
        (Database, (), True),
        (Annotated[Database, "main"], (), False),
        (Database, ("main",), False),
        (Provider[Database], (), True),
        (Provider[Annotated[Database, "main"]], (), False),
        (Database | None, (), True),
        (Mailer | None, (), False),
        (Database | User, (), False),
        (Provider[Mailer], (), False),
        (Store[User], (), True),
        (User, (), True),
        (Scope, (), True),
        (DependencyContainer, (), True),
        (Mailer, (), False),
        (int, (), False),
    ],
)
def test_what_would_be_injected(
    container: DependencyContainer, annotation: object, metadata: tuple[object, ...], is_known: bool
) -> None:
    """A dispatcher asks which parameters are the container's, before anything is built."""
    container.register(Store, model=User)
    container.declare(User)

    assert container.knows(annotation, metadata) is is_known


# ── Resolving ────────────────────────────────────────────────────────────────


async def test_named_scope_has_instances_of_its_own(container: DependencyContainer) -> None:
    """`scope_id` names a scope, which stays open until it is cleared."""
    first = await container.resolve(Repository, scope_id=1)

    assert await container.resolve(Repository, 1) is first
    assert await container.resolve(Repository, 2) is not first
    assert container.open_scopes == 2

    await container.clear_scope(1)
    container.clear_scope(2)

    assert container.open_scopes == 0
    assert await container.resolve(Repository, 1) is not first
    await container.clear_scope(1)


async def test_scoped_service_needs_a_scope(container: DependencyContainer) -> None:
    """Without a scope the error says how to open one."""
    with pytest.raises(ScopeRequiredError, match="Repository is scoped"):
        await container.resolve(Orders)


async def test_unknown_scope_may_be_cleared(container: DependencyContainer) -> None:
    """Clearing what is not there does nothing, before the building and after it."""
    await container.clear_scope("nobody")
    container.build()
    await container.clear_scope("nobody")

    assert container.open_scopes == 0


async def test_cleared_scope_is_closed() -> None:
    """Awaiting the clearing waits until everything is closed; the container waits for the rest."""
    container = DependencyContainer()
    events: list[str] = []

    async def session() -> AsyncIterator[Database]:
        yield Database()
        await asyncio.sleep(0)
        events.append("closed")

    container.register(Database, factory=session, lifetime=Lifetime.SCOPED)
    await container.resolve(Database, "a")
    await container.resolve(Database, "b")
    await container.resolve(Database, "c")

    await container.clear_scope("a")
    assert events == ["closed"]
    container.clear_scope("b")
    await container.aclose()

    assert events == ["closed"] * 3
    assert container.open_scopes == 0


async def test_failure_of_clearing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Nobody may be waiting for it: the log has it."""
    container = DependencyContainer()

    async def session() -> AsyncIterator[Database]:
        yield Database()
        raise OSError("gone")

    container.register(Database, factory=session, lifetime=Lifetime.SCOPED)
    await container.resolve(Database, "a")

    await container.clear_scope("a")

    assert caplog.messages == ["Closing Database failed"]


async def test_missing_service_is_a_value_error(container: DependencyContainer) -> None:
    """The error of the standards, with a suggestion."""
    with pytest.raises(MissingRegistrationError) as caught:
        await container.resolve(User)

    assert isinstance(caught.value, ValueError)
    assert "Register it: container.register(User)." in str(caught.value)


# ── Closing ──────────────────────────────────────────────────────────────────


async def test_singletons_are_closed_in_reverse_order() -> None:
    """The one that was made last is closed first; afterwards they are made anew."""
    container = DependencyContainer()
    events: list[str] = []

    def connect() -> Iterator[Database]:
        events.append("open database")
        yield Database()
        events.append("close database")

    async def make(database: Database) -> AsyncIterator[Repository]:
        events.append("open repository")
        yield Repository(database)
        events.append("close repository")

    container.register(Database, factory=connect, lifetime=Lifetime.SINGLETON)
    container.register(Repository, factory=make, lifetime=Lifetime.SINGLETON)
    first = await container.resolve(Repository)

    await container.aclose()

    assert events == ["open database", "open repository", "close repository", "close database"]
    assert await container.resolve(Repository) is not first
    await container.aclose()
    assert events[4:] == events[:4]


async def test_closing_nothing_is_fine() -> None:
    """A container that was never built has nothing to close."""
    container = DependencyContainer()

    await container.aclose()

    assert not container.is_built


async def test_failures_of_closing_are_raised() -> None:
    """Each failure is in the error, and everything was closed."""
    container = DependencyContainer()
    closed: list[str] = []

    def failing() -> Iterator[Database]:
        yield Database()
        raise OSError("gone")

    def fine() -> Iterator[Cache]:
        yield MemoryCache()
        closed.append("cache")

    container.register(Database, factory=failing, lifetime=Lifetime.SINGLETON)
    container.register(Cache, factory=fine, lifetime=Lifetime.SINGLETON)
    await container.resolve(Cache)
    await container.resolve(Database)

    with pytest.raises(DisposalError, match="Closing failed for Database"):
        await container.aclose()
    assert closed == ["cache"]


async def test_making_that_is_under_way_is_stopped() -> None:
    """Closing does not leave a task behind."""
    container = DependencyContainer()

    async def connect() -> Database:
        await asyncio.Event().wait()
        return Database()

    container.register(Database, factory=connect, lifetime=Lifetime.SINGLETON)
    task = asyncio.create_task(container.resolve(Database))
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    await container.aclose()

    with pytest.raises(Exception, match="The making of Database was cancelled"):
        await task


def test_container_may_serve_one_loop_after_the_other() -> None:
    """Tests have a loop each: a closed container begins anew."""
    container = DependencyContainer()

    async def connect() -> AsyncIterator[Database]:
        yield Database()

    container.register(Database, factory=connect, lifetime=Lifetime.SINGLETON)

    async def use() -> Database:
        database = await container.resolve(Database)
        await container.aclose()
        return database

    assert asyncio.run(use()) is not asyncio.run(use())


async def test_closing_has_a_time_limit() -> None:
    """`close_timeout` is the container's option."""
    container = DependencyContainer(close_timeout=0.01)

    async def session() -> AsyncIterator[Database]:
        yield Database()
        await asyncio.Event().wait()

    container.register(Database, factory=session, lifetime=Lifetime.SCOPED)

    with pytest.raises(DisposalError, match=r"closing took longer than 0\.01 s and was cancelled"):
        async with container.scope() as scope:
            await scope.resolve(Database)


async def test_the_container_and_the_scope_can_be_asked_for() -> None:
    """As parameters can; a scope there is only in a scope."""
    container = DependencyContainer()

    async with container.scope() as scope:
        assert await scope.resolve(DependencyContainer) is container
        assert await scope.resolve(Scope) is scope
    assert await container.resolve(DependencyContainer) is container
    with pytest.raises(MissingRegistrationError, match="Scope"):
        await container.resolve(Scope)


async def test_what_closing_asks_for_is_there_and_is_closed() -> None:
    """A singleton that needs another to close gets the one there is; one that is made for it is closed, too."""
    container = DependencyContainer()
    made: list[object] = []
    closed: list[object] = []

    class Log:
        def __init__(self) -> None:
            made.append(self)

        async def aclose(self) -> None:
            closed.append(self)

    class Late(Log): ...

    class Writer(Log):
        def __init__(self, log: Provider[Log], late: Provider[Late]) -> None:
            super().__init__()
            self.providers = log, late

        async def aclose(self) -> None:
            for provider in self.providers:
                await provider.get()
            await super().aclose()

    for cls in (Log, Late, Writer):
        container.register(cls, lifetime=Lifetime.SINGLETON, close="aclose")
    log, writer = await container.resolve(Log), await container.resolve(Writer)

    await container.aclose()

    assert made == [log, writer, made[2]]
    assert closed == [writer, log, made[2]]
    assert await container.resolve(Log) is not log
    await container.aclose()


async def test_making_that_does_not_end_is_left_behind(caplog: pytest.LogCaptureFixture) -> None:
    """A factory that takes no notice of its cancellation does not keep the container from closing."""
    container = DependencyContainer(close_timeout=0.01)
    stubborn, go, made = asyncio.Event(), asyncio.Event(), list[Database]()

    async def connect() -> Database:
        while not go.is_set():
            try:
                await go.wait()
            except asyncio.CancelledError:
                stubborn.set()
        made.append(Database())
        return made[-1]

    container.register(Database, factory=connect, lifetime=Lifetime.SINGLETON)
    task = asyncio.create_task(container.resolve(Database))
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    await container.aclose()
    go.set()
    with pytest.raises(DependencyError, match="The making of Database was cancelled"):
        await task

    assert stubborn.is_set()
    assert [record.message for record in caplog.records] == [
        "The making of Database does not end when it is cancelled, and is left behind"
    ]
    assert await container.resolve(Database) is made[1]


async def test_a_partial_of_a_class_is_a_factory() -> None:
    """It gives instances, whatever its constructor says that it returns."""

    class Sized:
        def __init__(self, size: int, database: Database) -> None:
            self.size = size

    container = DependencyContainer()
    container.register(Database)
    container.register(Sized, factory=partial(Sized, 3))

    assert (await container.resolve(Sized)).size == 3
