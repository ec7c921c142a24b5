"""
The source of resolvers: what a person would write by hand to make one service, and nothing else.
"""

from collections.abc import Callable, Sequence
from types import CoroutineType
from typing import Any, Protocol

from covet.code_writer import CodeWriter
from covet.di.analysis import Analysis, is_cell, is_instance, is_scoped
from covet.di.maker import Call, Entry, Maker
from covet.di.nodes import Dependency, Node, Source
from covet.di.parallel import Branch, resolve_parallel
from covet.di.registration import Key
from covet.di.scope import MISSING, PENDING, Scope, missing_value_error, refuse_coroutine
from covet.di.singletons import SingletonCell, build_singletons

# Deeper than this, and a part is called instead of written out: Python's tokenizer takes 100 levels.
_MAX_DEPTH = 12
MAX_SIZE = 40
# Names here say what something is for, and have numbers where several are for the same; no service's own name or
# number is written: resolvers of one shape share their code, however many services there are.
_FUNCTION = "resolve_service"
# What every resolver names.
_RESERVED = {"MISSING": MISSING, "PENDING": PENDING, "dict": dict, "scope": object(), "store": object()}


class ServiceCompiler(Protocol):
    """What the source of one resolver needs of the others."""

    # Any: what a service is asked with, and gives.
    container: Any

    def make_provider(self, scope: Scope, key: Key) -> object:
        """Make the provider that a service takes."""

    def analysis_of(self, node: Node) -> Analysis:
        """Return what is known about a service."""

    def number_of(self, node: Node) -> int:
        """Return the number of a scoped service in the store."""

    def cell_of(self, node: Node) -> SingletonCell:
        """Return the place of a singleton."""

    def resolve_now(self, node: Node) -> Callable[..., Any]:
        """Return the compiled resolver of a service that does not wait."""

    def make_later(self, node: Node) -> Callable[..., Any]:
        """Return the compiled coroutine function that makes an instance."""


class ResolverSource:
    """
    Write one function that resolves what a call needs.

    Args:
        compiler: The other resolvers.
        is_async: Whether it may wait.
    """

    def __init__(self, compiler: ServiceCompiler, *, is_async: bool) -> None:
        self._compiler = compiler
        self._writer = CodeWriter()
        for reserved, value in _RESERVED.items():
            self._writer.bind(reserved, value)
        self._is_async = is_async
        # What was resolved in this block and those around it.
        self._known: list[dict[Node, str]] = [{}]
        self._count = 0
        self._context = "scope.context"
        # What was made for a scope in which nothing else was; None: look into the store first.
        self._made: list[tuple[int, str]] | None = None

    # ── Whole functions ──────────────────────────────────────────────────────

    def compile_arguments(self, dependencies: Sequence[Dependency]) -> Callable[..., Any]:
        """Compile what gives the arguments of a call: the only one, or a tuple of them."""
        nodes = [node for dependency in dependencies for node in _now_needed(dependency)]

        def write_values() -> str:
            preset = self._write_branches(nodes)
            values = [self._argument(dependency, preset) for dependency in dependencies]
            return _pack(values)

        return self._compile(nodes, write_values)

    def compile_local(self, dependencies: Sequence[Dependency]) -> Callable[..., Any]:
        """Compile what gives the arguments of a call without a scope; it takes the declared values."""
        # PERF: nobody can see the scope of such a call, so there is none (benchmarks/injection.py).
        self._context, self._made = "context", []
        with self._writer.block(f"def {_FUNCTION}(context):"):
            values = [self._argument(dependency, {}) for dependency in dependencies]
            self._writer.line(f"return {_pack(values)}")
        return self._writer.compile(_FUNCTION)

    def compile_instance_of(self, node: Node) -> Callable[..., Any]:
        """Compile what gives the instance of a service: the one there is, or a new one."""
        if is_scoped(node) or is_cell(node) or is_instance(node):
            return self.compile_arguments([Dependency("", Source.SERVICE, (node,))])
        return self.compile_instance(node)

    def compile_instance(self, node: Node) -> Callable[..., Any]:
        """Compile what makes an instance of a service, whether there is one already or not."""
        nodes = [needed for _, needed in node.needed()]
        return self._compile(nodes, lambda: self._construct(node))

    def _compile(self, nodes: Sequence[Node], write: Callable[[], str]) -> Callable[..., Any]:
        writer, analyses = self._writer, [self._compiler.analysis_of(node) for node in nodes]
        with writer.block(f"{'async ' if self._is_async else ''}def {_FUNCTION}(scope):"):
            self._write_first(list(dict.fromkeys(cell for analysis in analyses for cell in analysis.cells)))
            if any(analysis.has_scoped for analysis in analyses):
                if not self._is_async and self._is_short(analyses):
                    with writer.block("if scope.store is None:"):
                        self._write_fresh(write)
                with writer.block("if (store := scope.store).__class__ is not dict:"):
                    writer.line("store = scope.open_store()")
            writer.line(f"return {write()}")
        return writer.compile(_FUNCTION)

    def _write_fresh(self, write: Callable[[], str]) -> None:
        """Write the way for a scope that holds nothing yet: what is made there is kept as a tuple."""
        # PERF: no look into the store, and no dict unless somebody asks again (benchmarks/injection.py).
        self._made, self._known = [], [{}]
        value = write()
        numbers = tuple(number for number, _ in self._made)
        layout = self._writer.bind("layout", numbers)
        names = "".join(f", {name}" for _, name in self._made)
        self._writer.line(f"scope.store = ({layout}{names})")
        self._writer.line(f"return {value}")
        self._made, self._known = None, [{}]

    def _is_short(self, analyses: Sequence[Analysis]) -> bool:
        return (
            all(analysis.is_plain for analysis in analyses) and sum(analysis.size for analysis in analyses) <= MAX_SIZE
        )

    def _write_first(self, cells: Sequence[Node]) -> None:
        """Write the wait for the singletons that have to be there, or the way out if this must not wait."""
        if not cells:
            return
        names = [self._cell(cell) for cell in cells]
        with self._writer.block(f"if {' or '.join(f'{name}.value is MISSING' for name in names)}:"):
            if self._is_async:
                missing = self._writer.bind("first", tuple(self._compiler.cell_of(cell) for cell in cells))
                self._writer.line(f"await {self._writer.bind('build_singletons', build_singletons)}({missing})")
            else:
                self._writer.line("return PENDING")

    # ── Arguments ────────────────────────────────────────────────────────────

    def _argument(self, dependency: Dependency, preset: dict[Node, list[str]]) -> str:
        writer = self._writer
        match dependency.source:
            case Source.SERVICE:
                return self._service(dependency.nodes[0], preset)
            case Source.ALL:
                values = ", ".join(self._service(node, preset) for node in dependency.nodes)
                return f"[{values}]" if dependency.value is list else f"({values},)"
            case Source.PROVIDER:
                make = writer.bind("make_provider", self._compiler.make_provider)
                return f"{make}(scope, {writer.bind('key', dependency.value)})"
            case Source.CONTEXT:
                return self._context_value(dependency)
            case Source.SCOPE:
                return "scope"
            case Source.CONTAINER:
                return writer.bind("container", self._compiler.container)
            case Source.CONSTANT:
                value = dependency.value
                return repr(value) if value is None or isinstance(value, bool) else writer.bind("given", value)

    def _context_value(self, dependency: Dependency) -> str:
        writer, value = self._writer, self._name()
        declared = writer.bind("declared", dependency.value)
        with writer.block("try:"):
            writer.line(f"{value} = {self._context}[{declared}]")
        with writer.block("except (KeyError, TypeError):"):
            error = writer.bind("missing_value_error", missing_value_error)
            writer.line(f"raise {error}({self._context}, {declared}) from None")
        return value

    def _service(self, node: Node, preset: dict[Node, list[str]]) -> str:
        if preset.get(node):
            return preset[node].pop(0)
        for known in reversed(self._known):
            if node in known:
                return known[node]
        if is_instance(node):
            registration = node.registration
            return self._writer.bind("instance", registration and registration.instance)
        if is_cell(node):
            return self._singleton(node)
        if is_scoped(node):
            value = self._scoped(node)
            self._known[-1][node] = value
            return value
        analysis = self._compiler.analysis_of(node)
        if node.is_inner or (analysis.size <= MAX_SIZE and len(self._known) <= _MAX_DEPTH):
            return self._construct(node)
        return self._call(node)

    def _singleton(self, node: Node) -> str:
        cell = self._cell(node)
        if self._compiler.analysis_of(node).makes_async:
            return f"{cell}.value"
        value = self._name()
        self._writer.line(f"{value} = {cell}.value")
        with self._writer.block(f"if {value} is MISSING:"):
            self._writer.line(f"{value} = {cell}.build_now()")
        self._known[-1][node] = value
        return value

    def _cell(self, node: Node) -> str:
        return self._writer.bind("cell", self._compiler.cell_of(node))

    def _scoped(self, node: Node) -> str:
        writer, place = self._writer, self._compiler.number_of(node)
        if self._made is not None:
            value = self._construct(node)
            self._made.append((place, value))
            return value
        number = writer.bind("number", place)
        if self._compiler.analysis_of(node).waits:
            value = self._name()
            name, make = writer.bind("name", node.name), writer.bind("make_later", self._compiler.make_later(node))
            writer.line(
                f"{value} = store[{number}] if {number} in store else await scope.once({number}, {name}, {make})"
            )
            return value
        is_large = self._compiler.analysis_of(node).size > MAX_SIZE and len(self._known) > 1
        if is_large or len(self._known) > _MAX_DEPTH:
            return self._call(node)
        value = self._name()
        with writer.block(f"if {number} in store:"):
            writer.line(f"{value} = store[{number}]")
        with writer.block("else:"):
            self._known.append({})
            writer.line(f"{value} = store[{number}] = {self._construct(node)}")
            self._known.pop()
        return value

    def _call(self, node: Node) -> str:
        value = self._name()
        if self._compiler.analysis_of(node).waits:
            make = self._writer.bind("make_later", self._compiler.make_later(node))
            self._writer.line(f"{value} = await {make}(scope)")
        else:
            self._writer.line(f"{value} = {self._writer.bind('resolve', self._compiler.resolve_now(node))}(scope)")
        return value

    # ── Making ───────────────────────────────────────────────────────────────

    def _construct(self, node: Node) -> str:
        """Write the making of an instance; it leaves the name of a variable."""
        maker = node.maker
        if maker is None:
            raise ValueError(f"{node.name} cannot be made.")
        preset = self._write_branches([needed for _, needed in node.needed()])
        arguments = []
        for dependency in node.dependencies:
            value = self._argument(dependency, preset)
            # A call by position is cheaper, and says no less here.
            arguments.append(f"{dependency.parameter}={value}" if dependency.is_named else value)
        return self._make(node, maker, ", ".join(arguments))

    def _make(self, node: Node, maker: Maker, arguments: str) -> str:
        writer, value = self._writer, self._name()
        call = f"{writer.bind('make', maker.call)}({arguments})"
        coroutine = writer.bind("Coroutine", CoroutineType) if maker.result is not Call.AWAIT else ""
        name = writer.bind("name", node.name) if maker.is_closing or maker.says_nothing else ""
        writer.line(f"{value} = {'await ' if maker.result is Call.AWAIT else ''}{call}")
        if maker.result is Call.MAYBE:
            with writer.block(f"if {value}.__class__ is {coroutine}:"):
                writer.line(f"{value} = await {value}")
        elif maker.says_nothing:
            with writer.block(f"if {value}.__class__ is {coroutine}:"):
                writer.line(f"raise {writer.bind('refuse_coroutine', refuse_coroutine)}({value}, {name})")
        if maker.entry is Entry.SYNC:
            writer.line(f"{value} = scope.enter({value}, {name})")
        elif maker.entry is Entry.ASYNC:
            writer.line(f"{value} = await scope.enter_async({value}, {name})")
        if maker.close is not None:
            writer.line(f"scope.close_later({value}, {writer.bind('close', maker.close)}, {name})")
        return value

    def _write_branches(self, nodes: Sequence[Node]) -> dict[Node, list[str]]:
        """Write the making of independent services that wait at the same time, if there are at least two."""
        waiting = [
            node
            for node in nodes
            if not is_cell(node)
            and not node.is_inner
            and self._compiler.analysis_of(node).waits
            and not self._is_known(node)
        ]
        # What another one needs is made on its way.
        needed = {other for node in waiting for other in _all_needed(node)}
        branches = [node for node in waiting if node not in needed]
        branches = [*dict.fromkeys(filter(is_scoped, branches)), *(node for node in branches if not is_scoped(node))]
        if len(branches) < 2:
            return {}
        writer = self._writer
        made = [self._name() for node in branches]
        listed = tuple(self._branch(node) for node in branches)
        together = writer.bind("resolve_parallel", resolve_parallel)
        writer.line(f"{', '.join(made)} = await {together}(scope, {writer.bind('branches', listed)})")
        preset: dict[Node, list[str]] = {}
        for node, value in zip(branches, made, strict=True):
            if is_scoped(node):
                self._known[-1][node] = value
            else:
                preset.setdefault(node, []).append(value)
        return preset

    def _branch(self, node: Node) -> Branch:
        number = self._compiler.number_of(node) if is_scoped(node) else None
        return Branch(node.name, number, self._compiler.make_later(node))

    def _is_known(self, node: Node) -> bool:
        return any(node in known for known in self._known)

    def _name(self) -> str:
        self._count += 1
        return f"v{self._count}"


def _pack(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else f"({', '.join(values)})"


def _now_needed(dependency: Dependency) -> Sequence[Node]:
    return () if dependency.source is Source.PROVIDER else dependency.nodes


def _all_needed(node: Node) -> set[Node]:
    found: set[Node] = set()
    pending = [needed for _, needed in node.needed()]
    while pending:
        current = pending.pop()
        if current not in found:
            found.add(current)
            pending += [needed for _, needed in current.needed()]
    return found
