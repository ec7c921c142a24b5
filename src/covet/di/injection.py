"""
What somebody gets injected who is no service, such as a handler: compiled with the container.

The dispatcher writes it into the source of its endpoints: who takes nothing has nothing of it there.
"""

from typing import Any

from covet.code_writer import CodeWriter
from covet.di.errors import DependencyGraphError
from covet.di.nodes import Demand
from covet.di.program import Program, Resolve
from covet.di.scope import PENDING, Scope, open_scope


class Injection:
    """
    Resolve the injected arguments of one callable.

    It is made by `DependencyContainer.inject`, and ready once the container is built.

    Args:
        demand: Who asks, and for what.

    Attributes:
        names: The names of the parameters, in order.
        program: What a scope for it is opened with.
        now: Resolves without waiting, or gives `PENDING`; `None` if it always waits. One argument is given as it is,
            several as a tuple.
        later: Resolves, waiting if need be.
        needs_scope: Whether anything of it lives in a scope.
    """

    __slots__ = ("_demand", "_waits_first", "later", "names", "needs_scope", "now", "program")

    program: Program
    now: Resolve | None
    later: Resolve

    def __init__(self, demand: Demand) -> None:
        self._demand = demand
        self.names = tuple(parameter.name for parameter in demand.parameters)
        self.needs_scope = True
        self._waits_first = True

    def bind(self, program: Program) -> None:
        """Compile it anew, for another state of the container."""
        node = program.graph.demand_of(self._demand)
        if program.graph.errors:
            raise DependencyGraphError(program.graph.errors)
        self.program = program
        self.now, self.later = program.compile_call(node)
        traits = program.traits_of(node)
        self.needs_scope = bool(traits.reason)
        self._waits_first = bool(traits.cells)

    async def resolve(self, scope: Scope) -> dict[str, Any]:  # Any: the arguments of whoever asks
        """Resolve the arguments, by name."""
        values = PENDING if self.now is None else self.now(scope)
        if values is PENDING:
            values = await self.later(scope)
        return dict(zip(self.names, values if len(self.names) > 1 else (values,), strict=True))

    # ── Source ───────────────────────────────────────────────────────────────

    def write_open(self, writer: CodeWriter, *, scope: str = "scope", values: str = "None") -> None:
        """
        Write the opening of a scope.

        Args:
            writer: Where to write.
            scope: The variable that it is left in.
            values: The source of the values that the scope is given.
        """
        injection, open_ = writer.bind("injection", self), writer.bind("open_scope", open_scope)
        writer.line(f"{scope} = {open_}({injection}.program, {values})")

    def write_arguments(self, writer: CodeWriter, *, scope: str = "scope") -> list[str]:
        """
        Write the resolving, and return the source of each argument.

        Args:
            writer: Where to write.
            scope: The source of the scope.
        """
        injection = writer.bind("injection", self)
        if self.now is None:
            writer.line(f"injected = await {injection}.later({scope})")
        else:
            writer.line(f"injected = {injection}.now({scope})")
            if self._waits_first:
                with writer.block(f"if injected is {writer.bind('PENDING', PENDING)}:"):
                    writer.line(f"injected = await {injection}.later({scope})")
        if len(self.names) == 1:
            return ["injected"]
        return [f"injected[{number}]" for number in range(len(self.names))]

    def write_close(self, writer: CodeWriter, *, scope: str = "scope", error: str = "None") -> None:
        """
        Write the closing of a scope; failures are logged.

        Args:
            writer: Where to write.
            scope: The variable that holds it.
            error: The source of the error that ended it.
        """
        with writer.block(f"if (close_timeout := {scope}.finish()) is not None:"):
            writer.line(f"await {scope}.close({error}, close_timeout)")
