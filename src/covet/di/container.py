"""
The container: what is registered, checked when it is built, and resolved in scopes.

Registering is the work of start-up, in one thread. Resolving belongs to one event loop. Nothing here knows HTTP.
"""

import asyncio
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextvars import copy_context
from dataclasses import replace
from typing import Any, TypeVar, cast
from weakref import WeakSet

from covet.di.closing import DEFAULT_CLOSE_TIMEOUT, Failure, close_exits, report_failures
from covet.di.diagram import Diagram
from covet.di.errors import DependencyError, DependencyGraphError
from covet.di.generics import knows
from covet.di.graph import Graph
from covet.di.injection import Injection
from covet.di.nodes import Catalogue, Demand, Source
from covet.di.override import Override
from covet.di.program import Program
from covet.di.registrar import Registrar
from covet.di.registration import Key, read_key
from covet.di.scope import MISSING, RootScope, Scope, ScopeTracker, open_scope
from covet.di.singletons import SingletonCell
from covet.exceptions import suggest
from covet.introspection import Annotation, ParameterInfo, type_name

T = TypeVar("T")


class DependencyContainer(Registrar):
    """
    Find out how to make what is asked for, and keep it as long as it has to live.

    Args:
        close_timeout: Seconds that closing a scope, or the container, may take; what is late is cancelled.

    Example:
        >>> class Database:
        ...     pass
        >>> class Orders:
        ...     def __init__(self, database: Database) -> None:
        ...         self.database = database
        >>> from covet.di import Lifetime
        >>> container = DependencyContainer()
        >>> container.register(Database, lifetime=Lifetime.SINGLETON)
        >>> container.register(Orders, lifetime=Lifetime.SCOPED)
        >>> async with container.scope() as scope:
        ...     orders = await scope.resolve(Orders)
        >>> orders.database is await container.resolve(Database)
        True
    """

    def __init__(self, *, close_timeout: float = DEFAULT_CLOSE_TIMEOUT) -> None:
        specials: dict[Annotation, Source] = {Scope: Source.SCOPE, DependencyContainer: Source.CONTAINER}
        super().__init__(Catalogue(specials=specials))
        self._tracker = ScopeTracker(close_timeout)
        self._root = RootScope()
        self._root.store = self._root.exits = self._root.context = None
        self._context = copy_context()
        self._base: Program | None = None
        self._program: Program | None = None
        self._injections: list[Injection] = []
        self.overrides: list[Override] = []
        self._cells: WeakSet[SingletonCell] = WeakSet()
        self._named_scopes: dict[object, Scope] = {}
        self._closings: set[asyncio.Task[None]] = set()

    # ── Building ─────────────────────────────────────────────────────────────

    def check(self) -> None:
        """
        Check everything that is registered, without building.

        Raises:
            DependencyGraphError: If anything is wrong; `errors` has all of it.
        """
        self._check()

    def build(self) -> None:
        """
        Check everything and compile it; from now on nothing can be registered.

        The first scope builds the container by itself. Building twice does nothing.

        Raises:
            DependencyGraphError: If anything is wrong; `errors` has all of it.
        """
        if self._program is None:
            graph = self._check()
            # An override wires anew: the conditions said what they said.
            self._catalogue.conditions.update(graph.conditions)
            self._base = self._compile(graph)
            self._base.compile_all()
            # Endpoints are written for the wiring without overrides, which only take something away.
            self._use(self._base)
            if self._catalogue.instances:
                self.replace_instances(self._catalogue.instances, None)

    def _check(self) -> Graph:
        graph = Graph(replace(self._catalogue, instances={}))
        if graph.errors:
            raise DependencyGraphError(graph.errors)
        return graph

    def _compile(self, graph: Graph, cells: Mapping[Key, SingletonCell] | None = None) -> Program:
        return Program(
            graph,
            container=self,
            root=self._root,
            context=self._context,
            tracker=self._tracker,
            register_cell=self._cells.add,
            cells=cells,
        )

    def _use(self, program: Program) -> None:
        self._program, self._is_frozen = program, True
        self._root.program = program.root_program
        for injection in self._injections:
            injection.bind(program)

    @property
    def is_built(self) -> bool:
        """Whether it is checked, compiled and frozen."""
        return self._program is not None

    def _built(self) -> Program:
        if self._program is None:
            self.build()
        return cast("Program", self._program)

    def graph(self) -> Diagram:
        """
        Describe the services and what they need: as data, text or Mermaid.

        It describes a wiring with errors, too.
        """
        graph = Graph(self._catalogue) if self._program is None else self._program.graph
        return Diagram(graph.all_nodes())

    def knows(self, annotation: Annotation, metadata: tuple[object, ...] = ()) -> bool:
        """
        Tell whether a parameter of that annotation would be injected.

        Args:
            annotation: The annotation.
            metadata: What `Annotated` carried beside it.
        """
        key = read_key(annotation, metadata)
        return knows(self._catalogue, key)

    # ── Resolving ────────────────────────────────────────────────────────────

    async def resolve(self, interface: Callable[..., T], scope_id: object = None, *, qualifier: str | None = None) -> T:
        """
        Return an instance of what is asked for.

        Args:
            interface: What is asked for.
            scope_id: The name of a scope, which is opened if there is none of that name, and stays open until
                `clear_scope`; without one, only singletons and what needs no scope can be resolved.
            qualifier: Which one, if several are registered.

        Raises:
            MissingRegistrationError: If nobody registered it. It is a `ValueError`.
            ScopeRequiredError: If it can live in a scope only. It is a `ValueError`.
            DependencyGraphError: If the container was not built, and cannot be.
        """
        program = self._program or self._built()
        scope: Scope = self._root
        if scope_id is not None:
            named = self._named_scopes.get(scope_id)
            if named is None:
                named = self._named_scopes[scope_id] = program.open(None)
            scope = named
        return await scope.resolve(interface, qualifier=qualifier)

    def scope(self, values: Mapping[Annotation, object] | None = None) -> Scope:
        """
        Open a scope: `async with container.scope() as scope`.

        Args:
            values: The values of declared types.

        Raises:
            DependencyError: If a type is given that is not declared.
            DependencyGraphError: If the container was not built, and cannot be.
        """
        program = self._program or self._built()
        if values:
            for interface in values:
                if interface not in self._catalogue.declared:
                    declared = [type_name(known) for known in self._catalogue.declared]
                    raise DependencyError(
                        f"A scope is opened with a {type_name(interface)}, which is not declared.",
                        hint=f"Write container.declare({type_name(interface)}) before it is built. "
                        + suggest(type_name(interface), declared),
                    )
        return open_scope(program, values)

    def clear_scope(self, scope_id: object) -> Awaitable[None]:
        """
        Close a scope that `resolve` opened by its name; one that is not open is fine.

        Nothing can be resolved in it from now on. Await the result to wait until everything in it is closed; if you
        do not, `aclose` will.
        """
        scope = self._named_scopes.pop(scope_id, None)
        seconds = None if scope is None else scope.finish()
        if scope is None or seconds is None:
            return _Nothing()
        task = asyncio.get_running_loop().create_task(_close(scope, seconds), name="covet.di: clearing a scope")
        self._closings.add(task)
        task.add_done_callback(self._closings.discard)
        return task

    @property
    def open_scopes(self) -> int:
        """How many scopes are open; a test may want none."""
        return self._tracker.open_scopes

    async def aclose(self) -> None:
        """
        Close what `resolve` and the singletons have opened, the last first.

        Meanwhile the singletons that are there are given out, and those are closed, too, that are made. Afterwards
        the container can be used again: singletons are made anew.

        Raises:
            DisposalError: If something failed; everything else is closed all the same.
        """
        for scope_id in list(self._named_scopes):
            self.clear_scope(scope_id)
        if self._closings:
            await asyncio.wait(self._closings)
        loop, failures = asyncio.get_running_loop(), list[Failure]()
        end = loop.time() + self._tracker.close_timeout
        async with asyncio.TaskGroup() as group:
            for cell in list(self._cells):
                group.create_task(cell.cancel(self._tracker.close_timeout))
        try:
            # What is closed may ask for a singleton that was never made: it ends in the next round.
            while self._root.exits:
                exits, self._root.exits = self._root.exits, None
                failures += await close_exits(exits, None, seconds=max(0.0, end - loop.time()))
        finally:
            # An override has singletons of its own; those of an unfinished block are made anew, too.
            for cell in list(self._cells):
                cell.value = MISSING
        report_failures(failures, None)

    # ── Overriding ───────────────────────────────────────────────────────────

    def override(self, interface: Annotation, instance: object, *, qualifier: str | None = None) -> Override:
        """
        Put an object in the place of a service until the block ends: for tests.

        It holds for the whole container, for what is resolved and for handlers, and for every scope that is opened
        inside the block. Singletons that need the service are made anew in the block, and afterwards the former ones
        are back. Overrides may be nested.

        Args:
            interface: The service.
            instance: What is given out instead; it need not fit the interface.
            qualifier: Which one, if several are registered.

        Example:
            >>> class Clock:
            ...     now = "today"
            >>> class Frozen(Clock):
            ...     now = "1970"
            >>> container = DependencyContainer()
            >>> container.register(Clock)
            >>> with container.override(Clock, Frozen()):
            ...     (await container.resolve(Clock)).now
            '1970'
            >>> (await container.resolve(Clock)).now
            'today'
        """
        return Override(self, read_key(interface, () if qualifier is None else (qualifier,)), instance)

    def replace_instances(self, instances: Mapping[Key, object], program: Program | None) -> Program | None:
        """
        Take these objects in the place of services; `override` does it.

        Args:
            instances: The objects by the services' keys.
            program: What was compiled for them before, if anything was.

        Returns:
            What was compiled so far.
        """
        former, self._catalogue.instances = self._program, dict(instances)
        if former is not None:
            if not instances:
                program = self._base
            if program is None:
                graph = Graph(self._catalogue)
                touched = {*instances, *former.overridden}
                program = self._compile(graph, former.cells_without(touched))
            self._use(program)
        return former

    # ── Injecting ────────────────────────────────────────────────────────────

    def inject(self, name: str, parameters: Sequence[ParameterInfo], *, where: str = "") -> Injection:
        """
        Prepare the arguments of somebody who is no service, such as a handler.

        They are checked and compiled with everything else; if the container is built already, at once.

        Args:
            name: The name for messages, such as `"GET /orders"`.
            parameters: What is to be injected.
            where: The place for messages, as `path:line`.

        Raises:
            DependencyGraphError: If the container is built, and something is wrong with them.
        """
        demand = Demand(name, where, tuple(parameters))
        injection = Injection(demand)
        try:
            for program in self._programs():
                injection.bind(program)
        except BaseException:
            self._forget(demand)
            raise
        self._catalogue.demands.append(demand)
        self._injections.append(injection)
        return injection

    def forget(self, injection: Injection) -> None:
        """
        Let go of what `inject` prepared, for somebody who is gone; it is neither checked nor compiled any more.

        Args:
            injection: What `inject` gave.
        """
        if injection in self._injections:
            self._injections.remove(injection)
            self._catalogue.demands.remove(injection.demand)
            self._forget(injection.demand)

    def _forget(self, demand: Demand) -> None:
        for program in self._programs():
            program.forget(demand)

    def _programs(self) -> list[Program]:
        return [program for program in dict.fromkeys((self._base, self._program)) if program is not None]


class _Nothing:
    """Awaiting it takes no time."""

    def __await__(self) -> Generator[Any, Any, None]:
        yield from ()


async def _close(scope: Scope, seconds: float) -> None:
    # The failures are in the log, and nobody may be waiting here.
    await scope.close(None, seconds)
