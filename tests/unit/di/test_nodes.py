"""
The parts of the graph.
"""

from covet.di.nodes import Dependency, Node, Source
from covet.di.registration import Key, Lifetime


def test_providers_are_not_needed_first() -> None:
    """What a provider gives need not be there before its taker."""
    needed, late = (Node(Key(kind), kind.__name__, Lifetime.SCOPED, "") for kind in (int, str))
    node = Node(Key(bool), "bool", Lifetime.SCOPED, "")
    node.dependencies = (
        Dependency("a", Source.SERVICE, (needed,)),
        Dependency("b", Source.PROVIDER, (late,)),
        Dependency("c", Source.CONSTANT, value=3),
    )

    assert [(dependency.parameter, other) for dependency, other in node.needed()] == [("a", needed)]


def test_word_of_a_lifetime() -> None:
    """Who only asks has none."""
    assert Node(Key(int), "int", Lifetime.SINGLETON, "").word == "singleton"
    assert Node(None, "GET /", None, "").word == ""
