"""
The order of plugins, and the report of what stands in its way.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covet.plugins.dependencies import order_plugins
from covet.plugins.errors import PluginDependencyError
from tests.unit.plugins.plugin_classes import make_plugin


def test_each_comes_after_what_it_needs() -> None:
    """However they were given."""
    plugins = [make_plugin("c", needs=["b", "a"]), make_plugin("b", needs=["a"]), make_plugin("a")]

    assert [plugin.name for plugin in order_plugins(plugins)] == ["a", "b", "c"]


def test_those_that_need_none_of_each_other_keep_their_order() -> None:
    """The order that was given is the one that a reader expects."""
    plugins = [make_plugin(name) for name in ("zeta", "alpha", "mu")]

    assert [plugin.name for plugin in order_plugins(plugins)] == ["zeta", "alpha", "mu"]


def test_everything_that_is_wrong_comes_in_one_report() -> None:
    """A missing plugin, a wrong version and a circle, each with what was needed, what was found and what to do."""
    plugins = [
        make_plugin("shop", version="1.2", needs=["databaze", "cache>=2,<3"]),
        make_plugin("database"),
        make_plugin("cache", version="1.4"),
        make_plugin("one", needs=["two"]),
        make_plugin("two", needs=["three"]),
        make_plugin("three", needs=["one"]),
    ]

    with pytest.raises(PluginDependencyError) as caught:
        order_plugins(plugins)

    assert str(caught.value) == (
        "The dependencies of the plugins are not met.\n"
        "  'shop' 1.2 needs 'databaze', which is not there.\n"
        "    Add it to plugins= or to discover_plugins in the settings. "
        "Did you mean 'database'? Available: cache, database, one, three, two.\n"
        "  'shop' 1.2 needs 'cache>=2,<3', and 'cache' 1.4 is there.\n"
        "    Install a version of 'cache' that is >=2,<3, or a version of 'shop' that needs another.\n"
        "  They need each other in a circle: one → two → three → one\n"
        "    Take one of these dependencies away, or move what both need into a plugin of its own."
    )
    assert [problem.plugin for problem in caught.value.problems] == ["shop", "shop", "one"]


def test_report_is_a_value_error() -> None:
    """The standards promise it."""
    with pytest.raises(ValueError, match=r"'shop' 1\.0 needs 'database', which is not there"):
        order_plugins([make_plugin("shop", needs=["database"])])


@given(st.permutations(range(8)), st.sets(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20))
def test_any_graph_without_a_circle_is_ordered(given_order: list[int], pairs: set[tuple[int, int]]) -> None:
    """Each plugin comes after all that it needs, in whatever order they are given."""
    needs = {number: [f"p{low}" for low, high in pairs if high == number and low < high] for number in range(8)}
    plugins = [make_plugin(f"p{number}", needs=needs[number]) for number in given_order]

    order = [plugin.name for plugin in order_plugins(plugins)]

    assert sorted(order) == sorted(plugin.name for plugin in plugins)
    for number, names in needs.items():
        assert all(order.index(name) < order.index(f"p{number}") for name in names)


def test_every_circle_is_told() -> None:
    """Beside each other, and two that share a plugin."""
    plugins = [
        make_plugin("a", needs=["b"]),
        make_plugin("b", needs=["a", "c"]),
        make_plugin("c", needs=["b"]),
        make_plugin("d", needs=["e"]),
        make_plugin("e", needs=["d"]),
    ]

    with pytest.raises(PluginDependencyError) as caught:
        order_plugins(plugins)

    circles = [set(problem.message.partition(": ")[2].split(" → ")) for problem in caught.value.problems]
    assert len(circles) == 3
    assert all(circle in circles for circle in ({"a", "b"}, {"b", "c"}, {"d", "e"}))
