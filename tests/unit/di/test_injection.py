"""
Injections: what a handler gets, compiled and written into its endpoint.
"""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import nullcontext
from typing import Any

import pytest

from covet.code_writer import CodeWriter, get_source
from covet.di import (
    DependencyContainer,
    DependencyGraphError,
    Injection,
    Lifetime,
    MissingContextValueError,
    Provider,
    Scope,
)
from covet.introspection import inspect_callable
from tests.unit.di.services import Cache, Database, MemoryCache, Orders, Repository, User, without_lines


@pytest.fixture
def container() -> DependencyContainer:
    """
    Make a container with a scoped chain.
    """
    container = DependencyContainer()
    container.declare(User)
    for cls in (Database, Repository, Orders):
        container.register(cls, lifetime=Lifetime.SCOPED)
    return container


def inject(container: DependencyContainer, handler: Callable[..., object]) -> Injection:
    """
    Prepare the arguments of a handler.
    """
    return container.inject(f"GET /{handler.__name__}", inspect_callable(handler).parameters)


def write_endpoint(injection: Injection, *, values: str = "None") -> Any:
    """
    Write an endpoint as the dispatcher does.
    """
    writer = CodeWriter()
    with writer.block("async def endpoint(user=None):"):
        writer.line("error = None")
        injection.write_open(writer, values=values)
        with writer.block("try:"):
            writer.line(f"return [{', '.join(injection.write_arguments(writer))}]")
        with writer.block("except BaseException as exc:"):
            writer.line("error = exc")
            writer.line("raise")
        with writer.block("finally:"):
            injection.write_close(writer, error="error")
    return writer.compile("endpoint")


async def test_arguments_are_resolved_by_name(container: DependencyContainer) -> None:
    """Each parameter has its service, all of one scope."""

    def handle(orders: Orders, database: Database) -> None: ...

    injection = inject(container, handle)

    async with container.scope() as scope:
        arguments = await injection.resolve(scope)

    assert list(arguments) == ["orders", "database"]
    assert arguments["orders"].repository.database is arguments["database"]


async def test_endpoint_opens_and_closes_a_scope(container: DependencyContainer) -> None:
    """What is written resolves, and leaves no scope open."""

    def handle(orders: Orders, users: Provider[Orders]) -> None: ...

    injection = inject(container, handle)
    container.build()
    endpoint = write_endpoint(injection)

    first, provider = await endpoint()
    (second, _) = await endpoint()

    assert isinstance(first, Orders)
    assert isinstance(provider, Provider)
    assert first is not second
    assert container.open_scopes == 0


async def test_endpoint_gives_declared_values(container: DependencyContainer) -> None:
    """The source of the values is the dispatcher's."""

    class Greeting:
        def __init__(self, user: User, scope: Scope) -> None:
            self.user = user

    def handle(greeting: Greeting) -> None: ...

    container.register(Greeting, lifetime=Lifetime.SCOPED)
    injection = inject(container, handle)
    container.build()
    user = User()

    (greeting,) = await write_endpoint(injection, values="{user.__class__: user}")(user)

    assert greeting.user is user
    with pytest.raises(MissingContextValueError, match="User is declared"):
        await write_endpoint(injection)()


async def test_endpoint_closes_what_was_opened_with_the_error(container: DependencyContainer) -> None:
    """A failed resolving closes what was opened before."""
    events: list[str] = []

    def session() -> Iterator[Cache]:
        try:
            yield MemoryCache()
        except OSError:
            events.append("roll back")
            raise

    class Broken:
        def __init__(self, cache: Cache) -> None:
            raise OSError("no connection")

    def handle(broken: Broken) -> None: ...

    container.register(Cache, factory=session, lifetime=Lifetime.SCOPED)
    container.register(Broken)
    injection = inject(container, handle)
    container.build()

    with pytest.raises(OSError, match="no connection"):
        await write_endpoint(injection)()

    assert events == ["roll back"]
    assert container.open_scopes == 0


async def test_what_nobody_can_see_has_no_scope(container: DependencyContainer) -> None:
    """A chain that waits for nothing, closes nothing and cannot see its scope is made without one."""

    class Greeting:
        def __init__(self, user: User) -> None:
            self.user = user

    def handle(orders: Orders, database: Database, greeting: Greeting) -> None: ...

    container.register(Greeting, lifetime=Lifetime.SCOPED)
    injection = inject(container, handle)
    container.build()
    writer = CodeWriter()
    with writer.block("def endpoint(values):"):
        writer.line(f"return [{', '.join(injection.write_local_arguments(writer, values='values'))}]")
    user = User()

    orders, database, greeting = writer.compile("endpoint")({User: user})

    assert orders.repository.database is database
    assert greeting.user is user
    assert injection.is_local
    assert injection.local is not None
    assert get_source(injection.local).count("make()") == 1


@pytest.mark.parametrize("kind", ["waits", "closes", "provider", "scope", "first"])
def test_what_can_be_seen_has_a_scope(container: DependencyContainer, kind: str) -> None:
    """Whatever needs the scope, or waits, is not made without one."""

    async def wait() -> Cache:
        return MemoryCache()

    def close() -> Iterator[Cache]:
        yield MemoryCache()

    def late(orders: Provider[Orders]) -> Cache:
        return MemoryCache()

    def see(scope: Scope) -> Cache:
        return MemoryCache()

    factories: dict[str, Callable[..., Any]] = {"waits": wait, "closes": close, "provider": late, "scope": see}
    lifetime = Lifetime.SINGLETON if kind == "first" else Lifetime.SCOPED
    container.register(Cache, factory=factories.get(kind, wait), lifetime=lifetime)

    def handle(cache: Cache) -> None: ...

    injection = inject(container, handle)
    container.build()

    assert not injection.is_local


async def test_singleton_that_waits_is_waited_for_once(container: DependencyContainer) -> None:
    """Once it is there, nothing is awaited."""
    made: list[int] = []

    async def connect() -> Cache:
        await asyncio.sleep(0)
        made.append(1)
        return MemoryCache()

    def handle(cache: Cache, orders: Orders) -> None: ...

    container.register(Cache, factory=connect, lifetime=Lifetime.SINGLETON)
    injection = inject(container, handle)
    container.build()
    endpoint = write_endpoint(injection)

    first, _ = await endpoint()
    second = endpoint()
    with pytest.raises(StopIteration) as caught:
        second.send(None)

    assert caught.value.value[0] is first
    assert made == [1]


async def test_what_waits_is_awaited(container: DependencyContainer) -> None:
    """A scoped service that waits is made in the endpoint's own task, and closed."""
    events: list[Any] = []

    async def session() -> AsyncIterator[Cache]:
        events.append(asyncio.current_task())
        yield MemoryCache()
        events.append("closed")

    def handle(cache: Cache) -> None: ...

    container.register(Cache, factory=session, lifetime=Lifetime.SCOPED)
    injection = inject(container, handle)
    container.build()

    (cache,) = await write_endpoint(injection)()

    assert isinstance(cache, MemoryCache)
    assert injection.now is None
    assert events == [asyncio.current_task(), "closed"]


def test_errors_of_handlers_are_in_the_report(container: DependencyContainer) -> None:
    """A handler that asks for what nobody registered fails the start."""

    def handle(cache: Cache) -> None: ...

    inject(container, handle)

    with pytest.raises(DependencyGraphError, match="GET /handle\n"):
        container.build()


def test_handler_that_comes_later_is_checked_at_once(container: DependencyContainer) -> None:
    """A route may be added while the application runs."""

    def fine(orders: Orders) -> None: ...
    def wrong(cache: Cache) -> None: ...

    container.build()
    with pytest.raises(DependencyGraphError) as caught:
        inject(container, wrong)
    injection = inject(container, fine)

    assert injection.local is not None
    assert without_lines(str(caught.value)).startswith(
        "The dependencies cannot be wired: 1 error.\n\n1. Cache is not registered.\n     GET /wrong\n"
    )


@pytest.mark.parametrize("is_first", [True, False])
async def test_endpoint_outlives_the_override_it_was_written_in(container: DependencyContainer, is_first: bool) -> None:
    """What an override makes simpler is written for the real services all the same."""

    async def connect() -> Cache:
        await asyncio.sleep(0)
        return MemoryCache()

    def handle(cache: Cache, orders: Orders) -> None: ...

    container.register(Cache, factory=connect, lifetime=Lifetime.SCOPED)
    injection = inject(container, handle) if is_first else None
    fake = MemoryCache()
    with container.override(Cache, fake):
        container.build()
        injection = injection or inject(container, handle)
        endpoint = write_endpoint(injection)
        inside, _ = await endpoint()
    outside, _ = await endpoint()

    assert inside is fake
    assert outside is not fake
    assert not injection.is_local


def test_graph_is_that_of_whoever_asks(container: DependencyContainer) -> None:
    """Of all services it shows those that this one needs, and no others."""

    def handle(orders: Orders) -> None: ...

    def other(cache: Cache) -> None: ...

    container.register(Cache, MemoryCache)
    injection = container.inject("GET /orders", inspect_callable(handle).parameters)
    container.inject("GET /cache", inspect_callable(other).parameters)
    container.build()

    names = [service.name for service in injection.graph().services]

    assert names[:2] == ["GET /orders", "Orders"]
    assert "GET /cache" not in names


@pytest.mark.parametrize("lifetime", [Lifetime.SCOPED, Lifetime.TRANSIENT])
async def test_a_scope_that_its_handler_has_closed_is_counted_once(lifetime: Lifetime) -> None:
    """Whoever takes the scope may close it early: the endpoint closes nothing again."""
    container = DependencyContainer()
    closed: list[Database] = []
    container.register(Database, lifetime=lifetime, close=closed.append)

    def handle(scope: Scope, database: Database) -> None: ...

    injection = inject(container, handle)
    container.build()
    writer = CodeWriter()
    with writer.block("async def endpoint():"):
        injection.write_open(writer)
        scope, database = injection.write_arguments(writer)
        with writer.block(f"async with {scope}:"):
            writer.line(f"found = {database}")
        injection.write_close(writer)
        writer.line("return found")

    database = await writer.compile("endpoint")()

    assert container.open_scopes == 0
    assert closed == [database]


async def test_a_scope_that_holds_nothing_is_counted_once() -> None:
    """It is so, too, if there was nothing to close."""
    container = DependencyContainer()

    def handle(scope: Scope) -> None: ...

    injection = inject(container, handle)
    container.build()
    writer = CodeWriter()
    with writer.block("async def endpoint():"):
        injection.write_open(writer)
        (scope,) = injection.write_arguments(writer)
        with writer.block(f"async with {scope}:"):
            writer.line("pass")
        injection.write_close(writer)

    await writer.compile("endpoint")()

    assert container.open_scopes == 0


@pytest.mark.parametrize("overridden", [False, True])
def test_what_cannot_be_injected_leaves_nothing_behind(overridden: bool) -> None:
    """A built container refuses it, and is as it was."""
    container = DependencyContainer()
    container.register(Database)
    container.build()

    def handle(database: Database, orders: Orders) -> None: ...

    with container.override(Database, Database()) if overridden else nullcontext():
        before = container.graph().to_text()
        with pytest.raises(DependencyGraphError, match="Orders is not registered"):
            inject(container, handle)
        after = container.graph().to_text()

    assert after == before
    container.check()


@pytest.mark.parametrize("is_built", [False, True])
async def test_what_is_forgotten_is_neither_checked_nor_shown(is_built: bool) -> None:
    """Who asked and is gone keeps nothing in the container."""
    container = DependencyContainer()
    container.register(Database)
    if is_built:
        container.build()

    def handle(database: Database) -> None: ...

    injection = inject(container, handle)
    container.forget(injection)
    container.forget(injection)
    reference = weakref.ref(injection.demand)
    with container.override(Database, Database()):
        shown = container.graph().to_text()
    del injection
    gc.collect()

    assert "handle" not in shown
    assert reference() is None


def test_what_makes_the_arguments_is_listed(container: DependencyContainer) -> None:
    """
    All of it, what is needed first, each once; what was made elsewhere has no maker.
    """

    async def handler(orders: Orders, database: Database) -> None: ...

    injection = inject(container, handler)
    container.build()

    assert injection.list_makers() == [Database, Repository, Orders]
