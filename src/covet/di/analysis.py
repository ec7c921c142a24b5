"""
What the compiler has to know about each service: whether it waits, what it needs first, whether it needs a scope.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from covet.di.nodes import Node, Source
from covet.di.registration import Lifetime
from covet.types import UNSET


@dataclass(frozen=True, slots=True)
class Analysis:
    """
    What is known about a service, as those see it who need it.

    Attributes:
        waits: Making one has to be awaited, even if every singleton is there.
        cells: The singletons whose making has to be awaited, and that must be there first.
        reason: Why it can live in a scope only; empty if it need not.
        is_plain: Making one neither waits nor leaves anything to close.
        is_local: Nothing that is made can see the scope that it is made in.
        has_scoped: Whether it is looked up in the scope, or something it needs is.
        size: How many services are made for one.
        makes_async: For a singleton: its own making has to be awaited.
        first: For a singleton: what must be there before it can be made.
    """

    waits: bool = False
    cells: tuple[Node, ...] = ()
    reason: str = ""
    is_plain: bool = True
    is_local: bool = True
    has_scoped: bool = False
    size: int = 1
    makes_async: bool = False
    first: tuple[Node, ...] = ()


def is_instance(node: Node) -> bool:
    """Tell whether it is an object that was made elsewhere."""
    return node.registration is not None and node.registration.instance is not UNSET


def is_cell(node: Node) -> bool:
    """Tell whether it is a singleton of its own: not made elsewhere, not a part of a wrapper."""
    return node.lifetime is Lifetime.SINGLETON and not node.is_inner and not is_instance(node)


def is_scoped(node: Node) -> bool:
    """Tell whether a scope keeps its instance."""
    return node.lifetime is Lifetime.SCOPED and not node.is_inner


def list_in_order(roots: Iterable[Node]) -> list[Node]:
    """List services so that each comes after those it needs; a chain may be longer than Python's stack."""
    ordered: dict[Node, None] = {}
    for root in roots:
        pending: list[tuple[Node, bool]] = [(root, False)]
        while pending:
            node, is_done = pending.pop()
            if node in ordered:
                continue
            if is_done:
                ordered[node] = None
                continue
            pending.append((node, True))
            pending += [(needed, False) for _, needed in node.needed() if needed not in ordered]
    return list(ordered)


def analyse(node: Node, known: dict[Node, Analysis]) -> Analysis:
    """
    Find out about a service from what is known of those it needs.

    Args:
        node: The service.
        known: What is known about all that it needs.
    """
    if is_instance(node):
        return Analysis()
    needed = [known[other] for _, other in node.needed()]
    maker = node.maker
    waits = any(analysis.waits for analysis in needed) or (maker is not None and maker.is_waiting)
    cells = tuple(dict.fromkeys(cell for analysis in needed for cell in analysis.cells))
    if is_cell(node):
        makes_async = waits or bool(cells)
        return Analysis(cells=(node,) if makes_async else (), makes_async=makes_async, first=cells)
    is_closing = maker is not None and maker.is_closing
    return Analysis(
        waits=waits,
        cells=cells,
        reason=_find_reason(node, needed, is_closing=is_closing),
        is_plain=not waits and not is_closing and all(analysis.is_plain for analysis in needed),
        is_local=_is_local(node) and all(analysis.is_local for analysis in needed),
        has_scoped=is_scoped(node) or any(analysis.has_scoped for analysis in needed),
        size=1 + sum(analysis.size for analysis in needed),
    )


def _is_local(node: Node) -> bool:
    return all(item.source not in {Source.SCOPE, Source.PROVIDER} for item in node.dependencies)


def _find_reason(node: Node, needed: list[Analysis], *, is_closing: bool) -> str:
    if node.lifetime is Lifetime.SCOPED:
        return f"{node.name} is scoped"
    if is_closing and not node.is_inner:
        return f"{node.name} is closed with the scope it was made in"
    if any(dependency.source in {Source.CONTEXT, Source.SCOPE} for dependency in node.dependencies):
        return f"{node.name} takes what belongs to a scope"
    return next((analysis.reason for analysis in needed if analysis.reason), "")
