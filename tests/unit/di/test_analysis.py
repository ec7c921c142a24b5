"""
What the compiler knows about services.
"""

from typing import Any

import pytest

from covet.di.analysis import Analysis, analyse, is_cell, is_instance, is_scoped, list_in_order
from covet.di.maker import Call, Entry, Maker
from covet.di.nodes import Dependency, Node, Source
from covet.di.registration import Key, Lifetime, Registration


def make_node(
    lifetime: Lifetime = Lifetime.SCOPED,
    *needed: Node,
    result: Call = Call.PLAIN,
    entry: Entry = Entry.NONE,
    source: Source = Source.SERVICE,
    **fields: Any,
) -> Node:
    """
    Make a service that needs others.
    """
    node = Node(Key(int), "int", lifetime, "", Registration(int), **fields)
    node.maker = Maker(int, (), takes_any=False, result=result, entry=entry, close=None)
    node.dependencies = tuple(Dependency("x", source, (other,)) for other in needed)
    if source in {Source.CONTEXT, Source.SCOPE}:
        node.dependencies = (Dependency("x", source),)
    return node


def analysis_of(node: Node) -> Analysis:
    """
    Analyse a service and of all that it needs.
    """
    known: dict[Node, Analysis] = {}
    for each in list_in_order([node]):
        known[each] = analyse(each, known)
    return known[node]


def test_services_come_after_what_they_need() -> None:
    """The order is from the bottom, each once."""
    bottom = make_node()
    left, right = make_node(Lifetime.SCOPED, bottom), make_node(Lifetime.SCOPED, bottom)
    top = make_node(Lifetime.SCOPED, left, right)

    ordered = list_in_order([top, bottom])

    assert len(ordered) == 4
    assert (ordered[0], ordered[-1]) == (bottom, top)


def test_chain_may_be_longer_than_the_stack() -> None:
    """Five thousand services are no recursion."""
    node = make_node()
    for _ in range(5000):
        node = make_node(Lifetime.SCOPED, node)

    assert analysis_of(node).size == 5001


@pytest.mark.parametrize(
    ("options", "waits"),
    [
        ({"result": Call.AWAIT}, True),
        ({"result": Call.MAYBE}, True),
        ({"entry": Entry.ASYNC}, True),
        ({"entry": Entry.SYNC}, False),
        ({}, False),
    ],
)
def test_who_needs_what_waits_has_to_wait(options: dict[str, Any], waits: bool) -> None:
    """Waiting goes up to whoever needs it, unless a singleton stands between."""
    node = make_node(Lifetime.TRANSIENT, **options)

    assert analysis_of(make_node(Lifetime.SCOPED, node)).waits is waits
    assert not analysis_of(make_node(Lifetime.SCOPED, make_node(Lifetime.SINGLETON, **options))).waits


def test_singletons_that_wait_come_first() -> None:
    """Who needs one knows it, and so does a singleton above it."""
    pool = make_node(Lifetime.SINGLETON, result=Call.AWAIT)
    cache = make_node(Lifetime.SINGLETON, pool)
    top = make_node(Lifetime.SCOPED, cache, pool)

    assert analysis_of(cache).makes_async
    assert analysis_of(cache).first == (pool,)
    assert analysis_of(top).cells == (cache, pool)


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        (make_node(Lifetime.SCOPED), "int is scoped"),
        (make_node(Lifetime.TRANSIENT), ""),
        (make_node(Lifetime.TRANSIENT, entry=Entry.SYNC), "int is closed with the scope it was made in"),
        (make_node(Lifetime.TRANSIENT, source=Source.CONTEXT), "int takes what belongs to a scope"),
        (make_node(Lifetime.TRANSIENT, make_node(Lifetime.SCOPED)), "int is scoped"),
        (make_node(Lifetime.SINGLETON, entry=Entry.SYNC), ""),
    ],
)
def test_reason_for_a_scope(node: Node, reason: str) -> None:
    """What needs a scope says why."""
    assert analysis_of(node).reason == reason


def test_what_can_be_seen() -> None:
    """A provider and the scope itself can see the scope, a plain service cannot."""
    plain = make_node()

    assert analysis_of(make_node(Lifetime.SCOPED, plain)).is_local
    assert not analysis_of(make_node(Lifetime.SCOPED, plain, source=Source.PROVIDER)).is_local
    assert not analysis_of(make_node(Lifetime.SCOPED, source=Source.SCOPE)).is_local


def test_what_is_plain() -> None:
    """Neither waiting nor closing is plain."""
    assert analysis_of(make_node(Lifetime.SCOPED, make_node())).is_plain
    assert not analysis_of(make_node(Lifetime.SCOPED, make_node(entry=Entry.SYNC))).is_plain


def test_kinds_of_services() -> None:
    """Inner layers belong to their wrapper; instances were made elsewhere."""
    instance = Node(Key(int), "int", Lifetime.SINGLETON, "", Registration(int, instance=3))
    inner = make_node(Lifetime.SINGLETON, is_inner=True)

    assert is_instance(instance)
    assert not is_cell(instance)
    assert not is_cell(inner)
    assert is_cell(make_node(Lifetime.SINGLETON))
    assert not is_scoped(make_node(Lifetime.SCOPED, is_inner=True))
    assert analysis_of(instance) == Analysis()
