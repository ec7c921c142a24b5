"""
Scopes: one instance each, made once, closed once, and nothing left behind.
"""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from typing import Annotated, Any, Self

import pytest

from covet.di import (
    DependencyContainer,
    DependencyError,
    DisposalError,
    Lifetime,
    MissingContextValueError,
    MissingRegistrationError,
    Provider,
    Scope,
    ScopeClosedError,
)
from covet.di.closing import Exit
from covet.di.scope import CLOSED, RootScope, ScopeTracker, missing_value_error, open_scope, refuse_coroutine
from tests.unit.di.services import Cache, Database, MemoryCache, Orders, Repository, User

TENANT: ContextVar[str] = ContextVar("tenant", default="none")


@pytest.fixture
def container() -> DependencyContainer:
    """
    Make a container with a scoped chain.
    """
    container = DependencyContainer()
    for cls in (Database, Repository, Orders):
        container.register(cls, lifetime=Lifetime.SCOPED)
    return container


async def test_scope_has_one_instance_of_each(container: DependencyContainer) -> None:
    """Whoever asks, in whichever order, gets the same one."""
    async with container.scope() as scope:
        database = await scope.resolve(Database)
        orders = await scope.resolve(Orders)
        repository = await scope.resolve(Repository)

    assert orders.repository is repository
    assert repository.database is database


async def test_first_call_of_a_scope_is_kept(container: DependencyContainer) -> None:
    """What one call has made is there for the next, the parts included."""
    async with container.scope() as scope:
        orders = await scope.resolve(Orders)

        assert await scope.resolve(Database) is orders.repository.database
        assert await scope.resolve(Orders) is orders


async def test_scopes_share_nothing(container: DependencyContainer) -> None:
    """Each scope has instances of its own."""
    async with container.scope() as first, container.scope() as second:
        assert await first.resolve(Orders) is not await second.resolve(Orders)


async def test_none_is_an_instance() -> None:
    """A factory that gives None is called once."""
    container = DependencyContainer()
    calls: list[int] = []

    def make() -> None:
        calls.append(1)

    container.register(type(None), factory=make, lifetime=Lifetime.SCOPED)

    async with container.scope() as scope:
        found = await asyncio.gather(*(scope.resolve(type(None)) for _ in range(2)))

    assert found == [None, None]
    assert calls == [1]


async def test_transient_is_new_for_each_use() -> None:
    """Two parameters get two instances."""
    container = DependencyContainer()
    container.register(Database)

    def make(first: Database, second: Database) -> list[Database]:
        return [first, second]

    container.register(list[Any], factory=make)

    async with container.scope() as scope:
        first, second = await scope.resolve(list[Any])

    assert first is not second


async def test_qualifier_is_given_as_option_or_annotation() -> None:
    """`resolve(T, qualifier=...)` and `resolve(Annotated[T, ...])` are the same."""
    container = DependencyContainer()
    container.register(Database, qualifier="main", lifetime=Lifetime.SCOPED)

    async with container.scope() as scope:
        first = await scope.resolve(Database, qualifier="main")
        second: Database = await scope.resolve(Annotated[Database, "main"])  # type: ignore[arg-type]

    assert first is second


async def test_unknown_service_is_an_error(container: DependencyContainer) -> None:
    """The error suggests what to register."""
    async with container.scope() as scope:
        with pytest.raises(MissingRegistrationError) as caught:
            await scope.resolve(Cache)

    assert str(caught.value) == (
        "Cache is not registered.\n  Cache  <── not registered\n"
        "  Register it: container.register(Cache, <the class that implements it>)."
    )


@pytest.mark.parametrize("lifetime", [Lifetime.SCOPED, Lifetime.SINGLETON])
async def test_concurrent_resolves_make_one(lifetime: Lifetime) -> None:
    """Five that ask at the same time get the same instance, made once."""
    container = DependencyContainer()
    made: list[Database] = []

    async def make() -> Database:
        await asyncio.sleep(0)
        made.append(Database())
        return made[-1]

    container.register(Database, factory=make, lifetime=lifetime)

    async with container.scope() as scope:
        found = await asyncio.gather(*(scope.resolve(Database) for _ in range(5)))

    assert len(made) == 1
    assert found == made * 5


async def test_failure_reaches_all_who_wait_and_is_not_kept() -> None:
    """Whoever waited gets the error, the next one tries again."""
    container = DependencyContainer()
    attempts: list[int] = []

    async def make() -> Database:
        attempts.append(1)
        await asyncio.sleep(0)
        if len(attempts) == 1:
            raise OSError("no connection")
        return Database()

    container.register(Database, factory=make, lifetime=Lifetime.SCOPED)

    async with container.scope() as scope:
        failed = await asyncio.gather(*(scope.resolve(Database) for _ in range(3)), return_exceptions=True)
        database = await scope.resolve(Database)

    assert [type(failure) for failure in failed] == [OSError] * 3
    assert isinstance(database, Database)
    assert len(attempts) == 2


async def test_cancelled_maker_is_followed_by_the_next() -> None:
    """If whoever makes the instance is cancelled, one of those who wait makes it."""
    container = DependencyContainer()
    begun = asyncio.Event()
    go = asyncio.Event()
    made: list[int] = []

    async def make() -> Database:
        begun.set()
        await go.wait()
        made.append(1)
        return Database()

    container.register(Database, factory=make, lifetime=Lifetime.SCOPED)

    async with container.scope() as scope:
        first = asyncio.create_task(scope.resolve(Database))
        await begun.wait()
        others = [asyncio.create_task(scope.resolve(Database)) for _ in range(3)]
        await asyncio.sleep(0)
        first.cancel()
        others[0].cancel()
        await asyncio.sleep(0)
        go.set()
        results = await asyncio.gather(first, *others, return_exceptions=True)

    assert [type(result) for result in results[:2]] == [asyncio.CancelledError] * 2
    assert results[2] is results[3]
    assert made == [1]


async def test_service_that_awaits_itself_is_an_error() -> None:
    """By way of a provider the check cannot see it: it is no deadlock all the same."""
    container = DependencyContainer()

    async def make(again: Provider[Database]) -> Database:
        return await again.get()

    container.register(Database, factory=make, lifetime=Lifetime.SCOPED)

    async with container.scope() as scope:
        with pytest.raises(DependencyError, match="Database was asked for while it is being made"):
            await scope.resolve(Database)


# ── Closing ──────────────────────────────────────────────────────────────────


class Noting:
    """Notes how it is closed."""

    def __init__(self, name: str, events: list[str]) -> None:
        self.name = name
        self.events = events

    async def __aenter__(self) -> Self:
        self.events.append(f"open {self.name}")
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self.events.append(f"close {self.name}{f' with {kind.__name__}' if kind else ''}")


async def test_last_in_is_first_out() -> None:
    """What was opened last is closed first, of whatever kind it is."""
    container = DependencyContainer()
    events: list[str] = []

    def plain() -> Iterator[Database]:
        events.append("open database")
        yield Database()
        events.append("close database")

    async def later(database: Database) -> AsyncIterator[Repository]:
        events.append("open repository")
        yield Repository(database)
        events.append("close repository")

    class Shelf(Noting):
        def __init__(self, repository: Repository) -> None:
            super().__init__("shelf", events)

    def close(cache: Cache) -> None:
        events.append("close cache")

    def make(shelf: Shelf) -> MemoryCache:
        events.append("open cache")
        return MemoryCache()

    container.register(Database, factory=plain, lifetime=Lifetime.SCOPED)
    container.register(Repository, factory=later, lifetime=Lifetime.SCOPED)
    container.register(Shelf, lifetime=Lifetime.SCOPED)
    container.register(Cache, factory=make, close=close)

    async with container.scope() as scope:
        await scope.resolve(Cache)
        await scope.resolve(Cache)

    opened = [event for event in events if event.startswith("open")]
    assert opened == ["open database", "open repository", "open shelf", "open cache", "open cache"]
    assert events[5:] == ["close cache", "close cache", "close shelf", "close repository", "close database"]


async def test_what_is_closed_hears_of_the_error() -> None:
    """A transaction can roll back; the error goes on."""
    container = DependencyContainer()
    events: list[str] = []

    def transaction() -> Iterator[Database]:
        try:
            yield Database()
        except LookupError:
            events.append("roll back")
            raise

    container.register(Database, factory=transaction, lifetime=Lifetime.SCOPED)
    container.register(Noting, name="session", events=events, lifetime=Lifetime.SCOPED)

    with pytest.raises(LookupError):
        async with container.scope() as scope:
            await scope.resolve(Database)
            await scope.resolve(Noting)
            raise LookupError

    assert events == ["open session", "close session with LookupError", "roll back"]


async def test_error_cannot_be_swallowed_by_what_is_closed() -> None:
    """A generator that swallows the error does not end it for the others."""
    container = DependencyContainer()

    def swallow() -> Iterator[Database]:
        with suppress(LookupError):
            yield Database()

    container.register(Database, factory=swallow, lifetime=Lifetime.SCOPED)

    with pytest.raises(LookupError):
        async with container.scope() as scope:
            await scope.resolve(Database)
            raise LookupError


async def test_failures_of_closing_are_raised_together() -> None:
    """One that fails keeps nobody from being closed."""
    container = DependencyContainer()
    events: list[str] = []

    def failing() -> Iterator[Database]:
        yield Database()
        raise OSError("gone")

    async def failing_later(database: Database) -> AsyncIterator[Repository]:
        yield Repository(database)
        raise ValueError("bad")

    container.register(Noting, name="first", events=events, lifetime=Lifetime.SCOPED)
    container.register(Database, factory=failing, lifetime=Lifetime.SCOPED)
    container.register(Repository, factory=failing_later, lifetime=Lifetime.SCOPED)

    with pytest.raises(DisposalError) as caught:
        async with container.scope() as scope:
            await scope.resolve(Noting)
            await scope.resolve(Repository)

    assert [type(error) for error in caught.value.errors] == [ValueError, OSError]
    assert events == ["open first", "close first"]
    assert container.open_scopes == 0


async def test_failure_of_closing_is_a_note_on_the_error_of_the_block() -> None:
    """The block's own error is not hidden."""
    container = DependencyContainer()

    def failing() -> Iterator[Database]:
        try:
            yield Database()
        finally:
            raise OSError("gone")

    container.register(Database, factory=failing, lifetime=Lifetime.SCOPED)

    with pytest.raises(LookupError) as caught:
        async with container.scope() as scope:
            await scope.resolve(Database)
            raise LookupError

    assert caught.value.__notes__ == ["Closing Database failed, too: OSError: gone"]


async def test_failed_making_leaves_what_was_opened_to_be_closed() -> None:
    """If the second of a chain fails, the first is closed with the scope."""
    container = DependencyContainer()
    events: list[str] = []

    class Broken:
        def __init__(self, session: Noting) -> None:
            raise OSError

    container.register(Noting, name="session", events=events, lifetime=Lifetime.SCOPED)
    container.register(Broken, lifetime=Lifetime.SCOPED)

    async with container.scope() as scope:
        with pytest.raises(OSError):
            await scope.resolve(Broken)

    assert events == ["open session", "close session"]


async def test_closed_scope_resolves_nothing(container: DependencyContainer) -> None:
    """A handle that outlived its scope fails loudly, and so do its providers."""

    class Late:
        def __init__(self, orders: Provider[Orders]) -> None:
            self.orders = orders

    container.register(Late)
    async with container.scope() as scope:
        late = await scope.resolve(Late)

    with pytest.raises(ScopeClosedError, match="Orders was asked for in a scope that is closed"):
        await scope.resolve(Orders)
    with pytest.raises(ScopeClosedError, match="Orders was asked for"):
        await late.orders.get()
    with pytest.raises(ScopeClosedError, match="closed"):
        async with late.orders.use():
            pass
    assert repr(scope) == "<Scope closed>"


async def test_what_opens_while_the_scope_closes_is_closed_at_once() -> None:
    """A making that ends after the scope did leaves nothing open."""
    container = DependencyContainer()
    go = asyncio.Event()
    events: list[str] = []

    @asynccontextmanager
    async def slow() -> AsyncIterator[Database]:
        await go.wait()
        yield Database()
        events.append("closed")

    container.register(Database, factory=slow, lifetime=Lifetime.SCOPED)

    async with container.scope() as scope:
        task = asyncio.create_task(scope.resolve(Database))
        await asyncio.sleep(0)
    go.set()

    with pytest.raises(ScopeClosedError):
        await task
    assert events == ["closed"]


@pytest.mark.parametrize("close", ["close", "aclose"])
async def test_what_is_made_while_the_scope_closes_is_closed_soon(close: str) -> None:
    """An instance that nobody would close any more is closed, and not given out."""
    container = DependencyContainer()
    go = asyncio.Event()
    events: list[str] = []

    class Session:
        def close(self) -> None:
            events.append("close")

        async def aclose(self) -> None:
            await asyncio.sleep(0)
            events.append("aclose")

    async def open_session() -> Session:
        await go.wait()
        return Session()

    container.register(Session, factory=open_session, lifetime=Lifetime.SCOPED, close=close)

    async with container.scope() as scope:
        task = asyncio.create_task(scope.resolve(Session))
        await asyncio.sleep(0)
    go.set()
    with pytest.raises(ScopeClosedError):
        await task
    for _ in range(3):
        await asyncio.sleep(0)

    assert events == [close]


async def test_what_is_entered_while_the_scope_closes_is_left_at_once() -> None:
    """What waited for a singleton, and is entered when the scope is over, is left again."""
    container = DependencyContainer()
    go = asyncio.Event()
    events: list[str] = []

    async def connect() -> Database:
        await go.wait()
        return Database()

    def open_orders(database: Database) -> Iterator[Orders]:
        yield Orders(Repository(database))
        events.append("left")

    container.register(Database, factory=connect, lifetime=Lifetime.SINGLETON)
    container.register(Orders, factory=open_orders)

    async with container.scope() as scope:
        task = asyncio.create_task(scope.resolve(Orders))
        await asyncio.sleep(0)
    go.set()

    with pytest.raises(ScopeClosedError):
        await task
    assert events == ["left"]


async def test_variables_are_reset_where_they_were_set() -> None:
    """What a generator sets is seen by the caller, and can be reset when the scope is closed."""
    container = DependencyContainer()

    async def tenant() -> AsyncIterator[User]:
        token = TENANT.set("acme")
        yield User()
        await asyncio.sleep(0)
        TENANT.reset(token)

    container.register(User, factory=tenant, lifetime=Lifetime.SCOPED)

    async with container.scope() as scope:
        await scope.resolve(User)
        inside = TENANT.get()

    assert (inside, TENANT.get()) == ("acme", "none")


async def test_scope_leaves_nothing_behind(container: DependencyContainer) -> None:
    """The instances of a scope are free when it is over, even if somebody keeps the scope."""
    async with container.scope() as scope:
        orders = weakref.ref(await scope.resolve(Orders))
        await scope.resolve(Database)
    gc.collect()

    assert orders() is None
    assert container.open_scopes == 0


async def test_open_scopes_are_counted(container: DependencyContainer) -> None:
    """The count falls on errors, too, and only once for each scope."""
    async with container.scope() as scope:
        assert container.open_scopes == 1
    await scope.__aexit__(None, None, None)

    with pytest.raises(LookupError):
        async with container.scope():
            raise LookupError

    assert container.open_scopes == 0


# ── Values ───────────────────────────────────────────────────────────────────


async def test_missing_value_is_named() -> None:
    """Whoever opened the scope forgot a declared value."""
    container = DependencyContainer()
    container.declare(User)
    container.declare(Database)

    class Greeting:
        def __init__(self, user: User) -> None:
            self.user = user

    container.register(Greeting, lifetime=Lifetime.SCOPED)

    async with container.scope({Database: Database()}) as scope:
        with pytest.raises(MissingContextValueError) as caught:
            await scope.resolve(Greeting)

    assert str(caught.value) == (
        "User is declared as a value of each scope, and this scope was opened without it.\n"
        "  Open it with container.scope(values={User: ...}). It gives: Database."
    )


async def test_undeclared_value_is_refused() -> None:
    """A scope takes what is declared, and says what that is."""
    container = DependencyContainer()
    container.declare(Database)

    with pytest.raises(DependencyError) as caught:
        container.scope({User: User()})

    assert str(caught.value) == (
        "A scope is opened with a User, which is not declared.\n"
        "  Write container.declare(User) before it is built. Available: Database."
    )


async def test_declared_value_can_be_resolved() -> None:
    """A value is found like a service."""
    container = DependencyContainer()
    container.declare(User)
    user = User()

    async with container.scope({User: user}) as scope:
        assert await scope.resolve(User) is user


# ── Parts ────────────────────────────────────────────────────────────────────


class FewResolvers:
    """Resolves nothing."""

    def __init__(self) -> None:
        self.now: dict[Any, Any] = {}
        self.tracker = ScopeTracker(1.0)

    async def resolve_later(self, scope: Scope, key: object) -> object:
        raise NotImplementedError

    def open(self, context: object) -> Scope:
        return open_scope(self)


def test_opened_scope_is_empty() -> None:
    """A fresh scope holds nothing."""
    resolvers = FewResolvers()

    scope = open_scope(resolvers)

    assert (scope.store, scope.exits, scope.context) == (None, None, None)
    assert resolvers.tracker.open_scopes == 1
    assert repr(scope) == "<Scope open>"


def test_store_is_made_of_what_stands_for_it() -> None:
    """A tuple with its layout becomes a dict when somebody looks."""
    scope = open_scope(FewResolvers())
    scope.store = ((4, 2), "four", "two")

    assert scope.open_store() == {4: "four", 2: "two"}
    assert scope.store == {4: "four", 2: "two"}


def test_scope_without_exits_ends_at_once() -> None:
    """There is nothing to wait for."""
    scope = open_scope(FewResolvers())

    assert scope.finish() is None
    assert scope.program is CLOSED


def test_scope_with_exits_says_how_long_they_may_take() -> None:
    """Whoever finishes it has to close it."""
    scope = open_scope(FewResolvers())
    scope.add_exit("a", lambda error: None, is_async=False)

    assert scope.finish() == 1.0


def test_exits_of_the_root_keep_their_context() -> None:
    """Outside of a making there is none to keep."""
    root = RootScope()
    root.exits = None

    root.add_exit("a", print, is_async=False)

    assert root.exits == [Exit("a", print, is_async=False, context=None)]


def test_lacking_value_and_unnoticed_coroutine_have_their_errors() -> None:
    """The errors name type and factory, and the coroutine is closed."""

    async def make() -> None: ...

    assert "User is declared" in str(missing_value_error(None, User))
    assert str(refuse_coroutine(make(), "Cache")) == (
        "The factory of Cache returned a coroutine, and does not say so.\n"
        "  Write it with `async def`, or annotate what it returns: -> Awaitable[...]."
    )
