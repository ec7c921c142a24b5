"""
Scopes: where instances live that belong together, such as those of one request.

A scope is a cheap object: it has no lock, no task and no stack until something needs one, and leaves nothing behind
in the container when it is closed.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from contextvars import Context, ContextVar
from functools import partial
from inspect import isawaitable
from types import TracebackType
from typing import Any, Final, Protocol, Self, TypeVar, cast

from covet.di.closing import Exit, Failure, close_abandoned, close_exits, report_failures
from covet.di.errors import DependencyError, MissingContextValueError, ScopeClosedError
from covet.di.registration import Key, read_key
from covet.introspection import Annotation, type_name

T = TypeVar("T")

# What stands in for an instance where there is none yet; None is an instance like any other.
MISSING: Final = type("Missing", (), {"__repr__": lambda _: "MISSING", "__slots__": ()})()
# What a resolver gives that cannot go on without waiting.
PENDING: Final = type("Pending", (), {"__repr__": lambda _: "PENDING", "__slots__": ()})()


class ScopeTracker:
    """
    What the scopes of one container share.

    Attributes:
        open_scopes: How many are open.
        close_timeout: How long the closing of one may take, in seconds.
    """

    __slots__ = ("close_timeout", "open_scopes")

    def __init__(self, close_timeout: float) -> None:
        self.open_scopes = 0
        self.close_timeout = close_timeout


class Resolvers(Protocol):
    """What a scope resolves with: the compiled program of its container."""

    # Any: what a resolver returns is an instance of the type it is found by.
    now: "dict[Annotation, Callable[[Scope], Any]]"
    tracker: ScopeTracker

    async def resolve_later(self, scope: "Scope", key: Key) -> object:
        """Resolve what is not in `now`, or could not go on there."""

    def open(self, context: Mapping[Annotation, object] | None) -> "Scope":
        """Open another scope."""


class Scope:
    """
    Keep the instances of one request, task or command, and close them at the end.

    It is made by `container.scope()`. A scope belongs to one event loop; several tasks may resolve in it at once.

    Attributes:
        program: What it resolves with.
        context: The values that its opener gave, by their declared types.
        store: The instances by the numbers of their services. `None` while there are none; a tuple of what a first
            compiled call made stands for it until somebody looks.
        exits: What is to be closed, if anything.

    Example:
        >>> from covet.di import DependencyContainer, Lifetime
        >>> class Cart:
        ...     pass
        >>> container = DependencyContainer()
        >>> container.register(Cart, lifetime=Lifetime.SCOPED)
        >>> async with container.scope() as scope:
        ...     await scope.resolve(Cart) is await scope.resolve(Cart)
        True
    """

    # PERF: no constructor; `open_scope` sets these at a third of its cost (benchmarks/injection.py).
    __slots__ = ("context", "exits", "program", "store")

    program: Resolvers
    context: Mapping[Annotation, object] | None
    store: Any
    exits: list[Exit] | None

    async def resolve(self, interface: Callable[..., T], *, qualifier: str | None = None) -> T:
        """
        Return the instance of a service for this scope.

        Args:
            interface: What is asked for: a class, a Protocol, a generic alias, a `NewType`.
            qualifier: Which one, if several are registered.

        Raises:
            MissingRegistrationError: If nobody registered it.
            MissingContextValueError: If it needs a declared value that the scope was opened without.
            ScopeClosedError: If the scope is over.
        """
        # A class is a callable that returns its instances: so type checkers take Protocols, too.
        if qualifier is None:
            now = self.program.now.get(interface)
            if now is not None:
                instance = now(self)
                if instance is not PENDING:
                    return cast("T", instance)
        return cast("T", await self.program.resolve_later(self, read_key(interface, _as_metadata(qualifier))))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        seconds = self.finish()
        if seconds is not None:
            report_failures(await self.close(exc, seconds), exc)

    def finish(self) -> float | None:
        """
        End the scope: nothing can be resolved in it from now on.

        Returns:
            The seconds that `close` may take; `None` if there is nothing to close.
        """
        program = self.program
        if program is CLOSED:
            return None
        program.tracker.open_scopes -= 1
        self.program = CLOSED
        self.store = self.context = None
        return None if self.exits is None else program.tracker.close_timeout

    async def close(self, error: BaseException | None, seconds: float) -> list[Failure]:
        """
        Close what was opened in the scope, after `finish` said that there is something.

        Args:
            error: What ended the scope, for those who want to know.
            seconds: How long it may take.

        Returns:
            The failures; they are in the log.
        """
        exits, self.exits = self.exits or [], None
        return await close_exits(exits, error, seconds=seconds)

    def __repr__(self) -> str:
        return f"<Scope {'closed' if self.program is CLOSED else 'open'}>"

    # ── What compiled resolvers call ─────────────────────────────────────────

    def open_store(self) -> dict[int, Any]:
        """Make the dict of the instances out of whatever stands for it."""
        store = self.store
        opened: dict[int, Any] = {} if store is None else dict(zip(store[0], store[1:], strict=True))
        self.store = opened
        return opened

    def enter(self, manager: AbstractContextManager[T], name: str) -> T:
        """Enter a context manager, and leave it when the scope is closed."""
        value = manager.__enter__()
        self.add_exit(name, partial(_leave, manager), is_async=False)
        return value

    async def enter_async(self, manager: AbstractAsyncContextManager[T], name: str) -> T:
        """Enter an async context manager, and leave it when the scope is closed."""
        value = await manager.__aenter__()
        leave = partial(_leave_async, manager)
        if self.program is CLOSED:
            # It was closed while this was under way, and nobody would leave it.
            await leave(None)
            raise ScopeClosedError(name)
        self.add_exit(name, leave, is_async=True)
        return value

    def close_later(self, instance: T, close: Callable[[Any], object], name: str) -> T:
        """Close an instance when the scope is closed."""
        self.add_exit(name, partial(_close_instance, instance, close), is_async=True)
        return instance

    def add_exit(self, name: str, close: Callable[[BaseException | None], Any], *, is_async: bool) -> None:
        """
        Have something closed when the scope is closed.

        Raises:
            ScopeClosedError: If it is closed already: it is closed at once, for nobody else would.
        """
        item = Exit(name, close, is_async)
        if self.program is CLOSED:
            # The scope was closed while an instance was under way.
            close_abandoned(item)
            raise ScopeClosedError(name)
        if self.exits is None:
            self.exits = [item]
        else:
            self.exits.append(item)

    async def once(self, number: int, name: str, make: "Callable[[Scope], Coroutine[Any, Any, T]]") -> T:
        """
        Make an instance that has to be waited for, once, however many ask for it meanwhile.

        Those who wait get the failure, too; if whoever makes it is cancelled, the next one tries.
        """
        while True:
            store = self.store if self.store.__class__ is dict else self.open_store()
            if number in store:
                return cast("T", store[number])
            making = store.get(~number)
            if making is None:
                break
            await making.wait(name)
        making = store[~number] = _Making()
        try:
            instance = await make(self)
        except BaseException as exc:
            del store[~number]
            making.end(exc)
            raise
        del store[~number]
        store[number] = instance
        making.end(None)
        return instance


def open_scope(program: Resolvers, context: Mapping[Annotation, object] | None = None) -> Scope:
    """Open a scope; whoever does closes it."""
    scope = Scope()
    scope.program = program
    scope.context = context
    scope.store = scope.exits = None
    program.tracker.open_scopes += 1
    return scope


class RootScope(Scope):
    """The scope of the singletons: what is opened in it keeps the context variables it was opened with."""

    __slots__ = ()

    def add_exit(self, name: str, close: Callable[[BaseException | None], Any], *, is_async: bool) -> None:
        """Have something closed when the container is closed."""
        if self.exits is None:
            self.exits = []
        self.exits.append(Exit(name, close, is_async, HOME.get(None)))


HOME: Final[ContextVar[Context]] = ContextVar("covet_di_home")
"""The context variables that a singleton is made with, seen from inside of them."""


def missing_value_error(context: Mapping[Annotation, object] | None, interface: Annotation) -> MissingContextValueError:
    """Make the error of a scope that was opened without a declared value."""
    return MissingContextValueError(type_name(interface), given=[type_name(given) for given in context or ()])


def refuse_coroutine(coroutine: Coroutine[Any, Any, object], name: str) -> DependencyError:
    """Make the error of a factory that does not say that it is to be awaited."""
    coroutine.close()
    return DependencyError(
        f"The factory of {name} returned a coroutine, and does not say so.",
        hint="Write it with `async def`, or annotate what it returns: -> Awaitable[...].",
    )


class _Closed:
    """What a closed scope resolves with."""

    def __init__(self) -> None:
        self.now: dict[Annotation, Callable[[Scope], Any]] = {}
        self.tracker = ScopeTracker(0)

    async def resolve_later(self, scope: Scope, key: Key) -> object:  # noqa: ARG002 - the protocol's
        raise ScopeClosedError(key.name)

    def open(self, context: Mapping[Annotation, object] | None) -> Scope:  # noqa: ARG002 - the protocol's
        raise ScopeClosedError("A provider's service")


CLOSED: Final[Resolvers] = _Closed()


class _Making:
    """An instance under way, and those who wait for it."""

    __slots__ = ("_task", "_waiting")

    def __init__(self) -> None:
        self._task = asyncio.current_task()
        self._waiting: list[asyncio.Future[None]] = []

    async def wait(self, name: str) -> None:
        if self._task is asyncio.current_task():
            raise DependencyError(
                f"{name} was asked for while it is being made.",
                hint="A factory must not await its own service, not by way of a Provider either.",
            )
        # Each has a future of its own: cancelling one must not wake the others.
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        await future

    def end(self, exc: BaseException | None) -> None:
        for future in self._waiting:
            if future.done():
                continue
            if isinstance(exc, Exception):
                future.set_exception(exc)
            else:
                future.set_result(None)


def _as_metadata(qualifier: str | None) -> tuple[object, ...]:
    return () if qualifier is None else (qualifier,)


def _leave(manager: AbstractContextManager[Any], error: BaseException | None) -> None:
    if error is None:
        manager.__exit__(None, None, None)
    else:
        manager.__exit__(type(error), error, error.__traceback__)


async def _leave_async(manager: AbstractAsyncContextManager[Any], error: BaseException | None) -> None:
    if error is None:
        await manager.__aexit__(None, None, None)
    else:
        await manager.__aexit__(type(error), error, error.__traceback__)


# The error comes last, as partial() has it.
async def _close_instance(
    instance: Any,  # Any: close() knows what it takes
    close: Callable[[Any], object],
    error: BaseException | None,  # noqa: ARG001 - all exits are told
) -> None:
    closed = close(instance)
    if isawaitable(closed):
        await closed
