"""
The compiled container: one function for each service, written once when the container is built.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Container, Iterable, Mapping
from contextlib import asynccontextmanager
from contextvars import Context
from functools import partial
from typing import Annotated, Any

from covet.di.analysis import Analysis, analyse, is_cell, list_in_order
from covet.di.diagnostics import suggest_registration
from covet.di.errors import MissingRegistrationError, ScopeRequiredError
from covet.di.graph import Graph
from covet.di.nodes import Demand, Dependency, Node, Source
from covet.di.path import Step
from covet.di.provider import Provider
from covet.di.registration import Key
from covet.di.scope import PENDING, RootScope, Scope, ScopeTracker, open_scope
from covet.di.singletons import SingletonCell, build_singletons
from covet.di.source import MAX_SIZE, ResolverSource
from covet.introspection import Annotation, type_name

# Any, in here: what a resolver gives is an instance of the type it is found by.
Resolve = Callable[[Scope], Any]


class Program:
    """
    Resolve what a checked graph describes.

    Args:
        graph: The graph; it has no errors.
        container: What a service gets that takes the container.
        root: The scope of the singletons.
        context: The context variables that singletons are made with.
        tracker: What the scopes of the container share.
        register_cell: Is told of each place of a singleton.
        cells: Places of singletons that are taken over from another program.

    Attributes:
        now: The resolvers that need not wait, by what is asked for.
        cells: The places of the singletons.
    """

    def __init__(
        self,
        graph: Graph,
        *,
        container: object,
        root: RootScope,
        context: Context,
        tracker: ScopeTracker,
        register_cell: Callable[[SingletonCell], None],
        cells: Mapping[Key, SingletonCell] | None = None,
    ) -> None:
        self.graph = graph
        self.container = container
        self.tracker = tracker
        self.now: dict[Annotation, Resolve] = {}
        self.cells: dict[Key, SingletonCell] = dict(cells or {})
        self._register_cell = register_cell
        self._root = root
        self._context = context
        self._analyses: dict[Node, Analysis] = {}
        self._numbers: dict[Node, int] = {}
        self._resolve_now: dict[Node, Resolve] = {}
        self._make_later: dict[Node, Resolve] = {}
        self._resolve_later: dict[Node, Resolve] = {}
        self._cell_of: dict[Node, SingletonCell] = {}
        self.root_program = _RootProgram(self)
        for interface in graph.declared:
            value = Dependency(type_name(interface), Source.CONTEXT, value=interface)
            self.now[interface] = self._source(is_async=False).compile_arguments([value])

    def compile_all(self) -> None:
        """Compile the resolver of every service, those first that others call."""
        self._compile(self.graph.nodes.values())
        # What parameters may take can be asked for as well.
        container = self.container
        self.now[Scope] = lambda scope: scope
        self.now[type(container)] = self.root_program.now[type(container)] = lambda _: container

    def _compile(self, roots: Iterable[Node]) -> None:
        for node in list_in_order(roots):
            analysis = self._analyses.get(node)
            if analysis is None:
                analysis = self._analyses[node] = analyse(node, self._analyses)
            if node.is_inner or analysis.waits or node.key is None:
                continue
            interface = node.key.interface
            if node.key.qualifier is not None:
                interface = Annotated[interface, node.key.qualifier]
            self.now[interface] = self.resolve_now(node)
            if not analysis.reason:
                self.root_program.now[interface] = self.now[interface]

    # ── What scopes ask ──────────────────────────────────────────────────────

    async def resolve_later(self, scope: Scope, key: Key) -> object:
        """Resolve a service by its key, waiting if need be."""
        return await self._finish(scope, self.find(key))

    async def _finish(self, scope: Scope, node: Node) -> object:
        if not self.analysis_of(node).waits:
            instance = self.resolve_now(node)(scope)
            if instance is not PENDING:
                return instance
            await build_singletons([self.cell_of(cell) for cell in self.analysis_of(node).cells])
            return self.resolve_now(node)(scope)
        resolve = self._resolve_later.get(node)
        if resolve is None:
            resolve = self._resolve_later[node] = self._source(is_async=True).compile_instance_of(node)
        return await resolve(scope)

    def open(self, context: Mapping[Annotation, object] | None) -> Scope:
        """Open a scope."""
        return open_scope(self, context)

    def find(self, key: Key) -> Node:
        """
        Return the service of a key; a closed form of an open generic registration is wired here.

        Raises:
            MissingRegistrationError: If there is none.
            DependencyGraphError: If such a form cannot be wired.
        """
        node = self.graph.nodes.get(key)
        if node is not None:
            return node
        node = self.graph.extend(key)
        if node is None:
            raise MissingRegistrationError(
                f"{key.name} is not registered.",
                steps=[Step(key.name, note="not registered")],
                hint=suggest_registration(self.graph, key),
            )
        self._compile([node])
        return node

    # ── What sources ask ─────────────────────────────────────────────────────

    def analysis_of(self, node: Node) -> Analysis:
        """Return what is known about a service."""
        analysis = self._analyses.get(node)
        if analysis is None:
            for needed in list_in_order([node]):
                if needed not in self._analyses:
                    self._analyses[needed] = analyse(needed, self._analyses)
            analysis = self._analyses[node]
        return analysis

    def number_of(self, node: Node) -> int:
        """Return the number of a scoped service in the stores."""
        return self._numbers.setdefault(node, len(self._numbers))

    def cell_of(self, node: Node) -> SingletonCell:
        """Return the place of a singleton."""
        cell = self._cell_of.get(node)
        if cell is None and node.key is not None:
            cell = self.cells.get(node.key)
        if cell is None:
            cell = SingletonCell(node.name, self._root, self._context, partial(self._make_singleton, node))
            self._register_cell(cell)
        if node.key is not None:
            self.cells[node.key] = cell
        self._cell_of[node] = cell
        return cell

    def _make_singleton(self, node: Node) -> Resolve:
        is_async = self.analysis_of(node).makes_async
        return self._source(is_async=is_async).compile_instance(node)

    def resolve_now(self, node: Node) -> Resolve:
        """Return the resolver of a service that does not wait."""
        resolve = self._resolve_now.get(node)
        if resolve is None:
            source = self._source(is_async=False)
            resolve = self._resolve_now[node] = source.compile_instance_of(node)
        return resolve

    def make_later(self, node: Node) -> Resolve:
        """Return what makes an instance of a service that waits."""
        make = self._make_later.get(node)
        if make is None:
            make = self._make_later[node] = self._source(is_async=True).compile_instance(node)
        return make

    def _source(self, *, is_async: bool) -> ResolverSource:
        return ResolverSource(self, is_async=is_async)

    def compile_local(self, demand: Node) -> Callable[[Mapping[Annotation, object] | None], Any] | None:
        """Compile what gives the arguments of somebody who only asks without a scope, if none is needed."""
        analysis = self.analysis_of(demand)
        if analysis.is_plain and analysis.is_local and not analysis.cells and analysis.size <= MAX_SIZE:
            return self._source(is_async=False).compile_local(demand.dependencies)
        return None

    def compile_call(self, demand: Node) -> tuple[Resolve | None, Resolve]:
        """
        Compile what gives the arguments of somebody who only asks.

        Returns:
            What does so without waiting, or gives `PENDING`; `None` if it has to wait. And what waits.
        """
        analysis = self.analysis_of(demand)
        if analysis.waits:
            return None, self._source(is_async=True).compile_arguments(demand.dependencies)
        now = self._source(is_async=False).compile_arguments(demand.dependencies)
        cells = [self.cell_of(cell) for cell in analysis.cells]

        async def later(scope: Scope) -> Any:
            await build_singletons(cells)
            return now(scope)

        return now, later

    def forget(self, demand: Demand) -> None:
        """Drop what is known about somebody who only asks, and asks no more."""
        node = self.graph.forget(demand)
        if node is not None:
            self._analyses.pop(node, None)

    def make_provider(self, scope: Scope, key: Key) -> Provider[Any]:
        """Make the provider that a service takes."""
        return Provider(partial(_get_provided, scope, key), partial(_use_provided, scope, key))

    # ── Overriding ───────────────────────────────────────────────────────────

    @property
    def overridden(self) -> frozenset[Key]:
        """The services in whose place something else stands."""
        return self.graph.overridden

    def cells_without(self, keys: Container[Key | None]) -> dict[Key, SingletonCell]:
        """Return the places of the singletons that need none of these services."""
        touched: set[Node] = set()
        for node in list_in_order(self.graph.nodes.values()):
            if node.key in keys or any(needed in touched for _, needed in node.needed()):
                touched.add(node)
        return {
            node.key: self.cell_of(node)
            for node in self.graph.nodes.values()
            if node.key is not None and is_cell(node) and node not in touched
        }


class _RootProgram:
    """What singletons and the container itself resolve with: what needs no scope."""

    def __init__(self, program: Program) -> None:
        self.now: dict[Annotation, Resolve] = {}
        self.tracker = program.tracker
        self._program = program

    async def resolve_later(self, scope: Scope, key: Key) -> object:
        """Resolve a service, if it can live without a scope."""
        program = self._program
        if key.interface in program.graph.declared and key.qualifier is None:
            raise ScopeRequiredError(key.name, reason="whoever opens a scope gives it")
        node = program.find(key)
        reason = program.analysis_of(node).reason
        if reason:
            raise ScopeRequiredError(node.name, reason=reason)
        return await program.resolve_later(scope, key)

    def open(self, context: Mapping[Annotation, object] | None) -> Scope:
        """Open a scope."""
        return self._program.open(context)


def _get_provided(scope: Scope, key: Key) -> Awaitable[Any]:
    # The program of the moment: an override may have come, the scope may be over.
    return scope.program.resolve_later(scope, key)


@asynccontextmanager
async def _use_provided(scope: Scope, key: Key) -> AsyncIterator[Any]:
    async with scope.program.open(scope.context) as own:
        yield await own.program.resolve_later(own, key)
