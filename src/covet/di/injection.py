"""
What somebody gets injected who is no service, such as a handler: compiled with the container.

The dispatcher writes it into the source of its endpoints: who takes nothing has nothing of it there.
"""

from collections.abc import Callable, Mapping
from typing import Any

from covet.code_writer import CodeWriter
from covet.di.analysis import list_in_order
from covet.di.diagram import Diagram
from covet.di.nodes import Demand, Node, Source
from covet.di.program import Program, Resolve
from covet.di.scope import CLOSED, PENDING, Scope
from covet.introspection import Annotation


class Injection:
    """
    Resolve the injected arguments of one callable.

    It is made by `DependencyContainer.inject`, and ready once the container is built.

    Args:
        demand: Who asks, and for what.

    Attributes:
        demand: Who asks, and for what.
        names: The names of the parameters, in order.
        is_local: Whether it can do without a scope: nothing of it waits, leaves anything to close, or can see one.
        program: What a scope for it is opened with.
        local: Resolves without a scope, from the declared values; `None` if a scope is needed. One argument is given
            as it is, several as a tuple, here and below.
        takes_values: Whether anything of it takes a declared value.
        now: Resolves in a scope without waiting, or gives `PENDING`; `None` if it always waits.
        later: Resolves in a scope, waiting if need be.

    Example:
        >>> from covet.di import DependencyContainer
        >>> from covet.introspection import inspect_callable
        >>> class Orders: ...
        >>> def list_orders(orders: Orders) -> None: ...
        >>> container = DependencyContainer()
        >>> container.register(Orders)
        >>> injection = container.inject("GET /orders", inspect_callable(list_orders).parameters)
        >>> async with container.scope() as scope:
        ...     await injection.resolve(scope)
        {'orders': <....Orders object at 0x...>}
    """

    __slots__ = (
        "_is_bound",
        "_waits",
        "_waits_first",
        "demand",
        "is_local",
        "later",
        "local",
        "names",
        "now",
        "program",
        "takes_values",
    )

    program: Program
    local: Callable[[Mapping[Annotation, object] | None], Any] | None  # Any: the arguments of whoever asks
    now: Resolve | None
    later: Resolve

    def __init__(self, demand: Demand) -> None:
        self.demand = demand
        self.names = tuple(parameter.name for parameter in demand.parameters)
        self.takes_values = True
        self._is_bound = self.is_local = False
        self._waits = self._waits_first = True

    def bind(self, program: Program) -> None:
        """
        Compile it, for one state of the container.

        Raises:
            DependencyGraphError: If something is wrong with it.
        """
        node = program.graph.demand_of(self.demand)
        self.program = program
        self.takes_values = any(
            dependency.source is Source.CONTEXT for made in list_in_order([node]) for dependency in made.dependencies
        )
        self.local = program.compile_local(node)
        self.now, self.later = program.compile_call(node)
        if not self._is_bound:
            # The first state is the one without overrides; what is written for it holds for those, too.
            self._is_bound, self.is_local = True, self.local is not None
            self._waits, self._waits_first = self.now is None, bool(program.analysis_of(node).cells)

    def graph(self) -> Diagram:
        """
        Describe what is injected and what that needs: as data, text or Mermaid.

        Example:
            >>> from covet.di import DependencyContainer
            >>> from covet.introspection import inspect_callable
            >>> class Orders: ...
            >>> def list_orders(orders: Orders) -> None: ...
            >>> container = DependencyContainer()
            >>> container.register(Orders)
            >>> injection = container.inject("GET /orders", inspect_callable(list_orders).parameters)
            >>> container.build()
            >>> print(injection.graph())
            GET /orders
            └─> orders: Orders (transient)
        """
        found: dict[Node, None] = {}
        pending = [self.program.graph.demand_of(self.demand)]
        while pending:
            node = pending.pop(0)
            if node not in found:
                found[node] = None
                pending += [other for dependency in node.dependencies for other in dependency.nodes]
        return Diagram(found)

    async def resolve(self, scope: Scope) -> dict[str, Any]:  # Any: the arguments of whoever asks
        """Resolve the arguments in a scope, by name."""
        values = PENDING if self.now is None else self.now(scope)
        if values is PENDING:
            values = await self.later(scope)
        return dict(zip(self.names, values if len(self.names) > 1 else (values,), strict=True))

    def list_makers(self) -> list[Callable[..., object]]:
        """List the classes and factories that make the arguments and all that these need, what is needed first."""
        nodes = list_in_order([self.program.graph.demand_of(self.demand)])
        return list(dict.fromkeys(node.maker.call for node in nodes if node.maker is not None))

    # ── Source ───────────────────────────────────────────────────────────────

    def write_open(self, writer: CodeWriter, *, scope: str = "scope", values: str = "None") -> None:
        """
        Write the opening of a scope.

        Args:
            writer: Where to write.
            scope: The variable that it is left in.
            values: The source of the values that the scope is given.
        """
        injection, cls = writer.bind("injection", self), writer.bind("Scope", Scope)
        # PERF: what open_scope() does, without the call (benchmarks/injection.py).
        writer.line(f"{scope} = opened = {cls}()")
        writer.line(f"opened.program = program = {injection}.program")
        writer.line(f"opened.context = {values}")
        writer.line("opened.store = opened.exits = None")
        writer.line("program.tracker.open_scopes += 1")

    def write_arguments(self, writer: CodeWriter, *, scope: str = "scope") -> list[str]:
        """
        Write the resolving in a scope, and return the source of each argument.

        Args:
            writer: Where to write.
            scope: The source of the scope.
        """
        injection = writer.bind("injection", self)
        if self._waits:
            writer.line(f"injected = await {injection}.later({scope})")
        else:
            writer.line(f"injected = {injection}.now({scope})")
            if self._waits_first:
                with writer.block(f"if injected is {writer.bind('PENDING', PENDING)}:"):
                    writer.line(f"injected = await {injection}.later({scope})")
        return self._list_sources()

    def write_local_arguments(self, writer: CodeWriter, *, values: str = "None") -> list[str]:
        """
        Write the resolving without a scope, where `is_local` says so, and return the source of each argument.

        Args:
            writer: Where to write.
            values: The source of the declared values.
        """
        writer.line(f"injected = {writer.bind('injection', self)}.local({values})")
        return self._list_sources()

    @staticmethod
    def write_close(writer: CodeWriter, *, error: str = "None") -> None:
        """
        Write the closing of the scope that was opened in the same function; failures are logged.

        Args:
            writer: Where to write.
            error: The source of the error that ended it.
        """
        # PERF: what finish() does for a scope with nothing to close, without the call (benchmarks/injection.py).
        # Whoever sees the scope may have closed it by now.
        with writer.block("if opened.exits is None:"), writer.block("if opened.program is program:"):
            writer.line("program.tracker.open_scopes -= 1")
            writer.line(f"opened.program = {writer.bind('CLOSED', CLOSED)}")
            # What the scope was opened with may know it: the circle is broken here, not by the collector.
            writer.line("opened.store = opened.context = None")
        with writer.block("else:"):
            writer.line(f"await opened.close({error}, opened.finish())")

    def _list_sources(self) -> list[str]:
        if len(self.names) == 1:
            return ["injected"]
        return [f"injected[{number}]" for number in range(len(self.names))]
