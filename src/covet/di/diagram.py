"""
The graph for readers: as data, as a tree of text, as Mermaid.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from covet.di.analysis import is_instance
from covet.di.nodes import Node, Source
from covet.di.path import shorten_place
from covet.di.registration import describe_callable


@dataclass(frozen=True, slots=True)
class Need:
    """
    One thing that a service needs.

    Attributes:
        parameter: The parameter's name.
        service: What it needs.
        is_late: Whether it takes a `Provider` of it.
    """

    parameter: str
    service: str
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Service:
    """
    One service.

    Attributes:
        name: Its name, with the qualifier.
        lifetime: The word for its lifetime; empty for whoever only asks, such as a handler.
        made_by: What makes its instances.
        where: The place of its registration.
        needs: What it needs.
    """

    name: str
    lifetime: str
    made_by: str
    where: str
    needs: tuple[Need, ...]


class Diagram:
    """
    Show a graph.

    Args:
        nodes: The services.

    Attributes:
        services: Every service, those who only ask first.

    Example:
        >>> from covet.di import DependencyContainer, Lifetime
        >>> class Database: ...
        >>> class Orders:
        ...     def __init__(self, database: Database) -> None: ...
        >>> container = DependencyContainer()
        >>> container.register(Database, lifetime=Lifetime.SINGLETON)
        >>> container.register(Orders)
        >>> print(container.graph().to_text())
        Orders (transient)
        └─> database: Database (singleton)
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        self._nodes = tuple(nodes)
        self.services = tuple(_describe(node) for node in self._nodes if not node.is_inner)

    @property
    def _needed(self) -> set[Node]:
        return {other for node in self._nodes for dependency in node.dependencies for other in dependency.nodes}

    def without_unused(self) -> "Diagram":
        """
        Leave out what the framework offers and nobody takes, such as the settings of an application.

        Example:
            >>> from covet import CovetPy
            >>> diagram = CovetPy().container.graph()
            >>> len(diagram.services) > 5, diagram.without_unused().services
            (True, ())
        """
        needed = self._needed
        return Diagram(node for node in self._nodes if node in needed or not _is_offered(node))

    def to_list(self) -> list[dict[str, object]]:
        """
        Make builtins of the services, as JSON has them; values that were registered are not among them.

        Example:
            >>> from covet.di import DependencyContainer
            >>> class Database: ...
            >>> container = DependencyContainer()
            >>> container.register(Database)
            >>> [(service["name"], service["lifetime"]) for service in container.graph().to_list()]
            [('Database', 'transient')]
        """
        return [{**asdict(service), "needs": [asdict(need) for need in service.needs]} for service in self.services]

    def to_text(self) -> str:
        """Draw a tree below each service that nobody else needs."""
        needed = self._needed
        roots = [node for node in self._nodes if node not in needed]
        return "\n".join(line for root in roots or self._nodes[:1] for line in _draw(root, "", "", ()))

    def to_mermaid(self) -> str:
        """Draw a Mermaid flowchart; dotted arrows are providers."""
        names = {node: f"s{number}" for number, node in enumerate(self._nodes)}
        lines = ["flowchart LR"]
        for node, name in names.items():
            lifetime = f"<br/>{node.word}" if node.lifetime is not None else ""
            lines.append(f'    {name}["{_escape(node.name)}{lifetime}"]')
        for node, name in names.items():
            for dependency in node.dependencies:
                arrow = "-.->" if dependency.source is Source.PROVIDER else "-->"
                lines += [f"    {name} {arrow} {names[other]}" for other in dependency.nodes]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.to_text()


def _describe(node: Node) -> Service:
    needs = [
        Need(dependency.parameter, other.name, is_late=dependency.source is Source.PROVIDER)
        for dependency in node.dependencies
        for other in dependency.nodes
    ]
    made_by = ""
    if is_instance(node):
        made_by = "an instance"
    elif node.registration is not None:
        made_by = describe_callable(node.registration.maker)
    return Service(node.name, node.word, made_by, node.where, tuple(needs))


def _draw(node: Node, first: str, rest: str, above: tuple[Node, ...]) -> list[str]:
    lifetime = (
        f" ({node.word})" if node.lifetime is not None else f", {shorten_place(node.where)}" if node.where else ""
    )
    if node in above:
        return [f"{first}{node.name}{lifetime} …"]
    lines = [f"{first}{node.name}{lifetime}"]
    needs = [(dependency, other) for dependency in node.dependencies for other in dependency.nodes]
    for number, (dependency, other) in enumerate(needs, 1):
        late = "Provider of " if dependency.source is Source.PROVIDER else ""
        is_last = number == len(needs)
        label = f"{rest}{'└─> ' if is_last else '├─> '}{dependency.parameter}: {late}"
        lines += _draw(other, label, rest + ("    " if is_last else "│   "), (*above, node))
    return lines


def _is_offered(node: Node) -> bool:
    """Tell whether the framework itself registered a service: what it registers are its own classes."""
    if node.key is None or node.registration is None:
        return False
    return str(getattr(node.key.interface, "__module__", "")).partition(".")[0] == "covet"


def _escape(text: str) -> str:
    return text.replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
