"""
The registry of plugin classes.
"""

import pytest

from covet.plugins import Plugin, get_plugin_registry
from covet.registry import InvalidItemError
from tests.unit.plugins.plugin_classes import make_plugin


def test_registry_is_the_same_each_time() -> None:
    """It is the default one."""
    assert get_plugin_registry() is get_plugin_registry()


@pytest.mark.parametrize("item", [int, "shop", Plugin, make_plugin("shop")], ids=["class", "text", "base", "instance"])
def test_only_classes_of_plugins_come_in(item: object) -> None:
    """The refusal says what is expected."""
    with pytest.raises(InvalidItemError) as caught:
        get_plugin_registry().register("shop", item)  # type: ignore[arg-type]

    assert str(caught.value) == f"plugins refuses 'shop': {item!r}.\n  It must be a subclass of Plugin with a name."
