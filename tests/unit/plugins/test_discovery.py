"""
From names to plugins: what is enabled is loaded, and what cannot be loaded is reported.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from covet.plugins import Plugin, PluginDefinitionError, PluginLoadError, discover_plugins, get_plugin_registry
from covet.plugins.discovery import find_candidates, find_enabled, make_candidate
from covet.plugins.record import PluginOrigin
from tests.unit.distributions import install
from tests.unit.plugins.plugin_classes import make_plugin

SOURCE = """
from covet.plugins import Plugin


class ShopPlugin(Plugin):
    name, version = "shop", "1.2"

    def __init__(self, config=None):
        super().__init__(config)

    def init_app(self, app): ...


class NeedyPlugin(ShopPlugin):
    name = "needy"

    def __init__(self, url):
        self.url = url


class Outer:
    Inner = ShopPlugin


text = "no plugin"
"""
GROUP = "covet.plugins"
ARGUMENT = PluginOrigin("argument")


@pytest.fixture
def shop(importable: Path) -> Path:
    """A directory with a distribution that offers the plugin `shop`, and one that cannot be imported."""
    install(
        importable, "covet-shop", version="1.2", group=GROUP, offers={"shop": "shop_plugin:ShopPlugin"},
        modules={"shop_plugin": SOURCE},
    )  # fmt: skip
    install(
        importable, "covet-broken", group=GROUP, offers={"broken": "broken_plugin:BrokenPlugin"},
        modules={"broken_plugin": "import no_such_library\n"},
    )  # fmt: skip
    return importable


@pytest.fixture
def registered() -> Iterator[type[Plugin]]:
    """A class in the registry of plugins."""
    cls = type(make_plugin("cart"))
    get_plugin_registry().register("cart", cls)
    yield cls
    get_plugin_registry().unregister("cart")


def test_enabled_plugin_is_found_by_its_entry_point(shop: Path) -> None:
    """It knows the distribution that it comes from; what is not enabled is not imported."""
    [(plugin, origin)] = find_enabled(["shop"])

    assert (plugin.name, plugin.version) == ("shop", "1.2")
    assert str(origin) == "entry point (covet-shop 1.2)"
    assert "broken_plugin" not in sys.modules


def test_discover_plugins_gives_the_plugins_themselves(shop: Path) -> None:
    """By the names that are wanted."""
    assert [plugin.name for plugin in discover_plugins(["shop"])] == ["shop"]


def test_everything_is_enabled_with_a_star(importable: Path, registered: type[Plugin]) -> None:
    """What is registered and what is offered, by name; and it is what `discover_plugins` does by itself."""
    install(
        importable, "covet-shop", version="1.2", group=GROUP, offers={"shop": "shop_plugin:ShopPlugin"},
        modules={"shop_plugin": SOURCE},
    )  # fmt: skip

    assert [str(origin) for _, origin in find_enabled(["*"])] == ["registry", "entry point (covet-shop 1.2)"]
    assert [plugin.name for plugin in discover_plugins()] == ["cart", "shop"]


def test_registered_class_is_found_by_its_name(registered: type[Plugin]) -> None:
    """No distribution is needed."""
    [(plugin, origin)] = find_enabled(["cart"])

    assert type(plugin) is registered
    assert str(origin) == "registry"


def test_import_string_may_be_enabled(shop: Path) -> None:
    """A plugin of the application itself needs no entry point."""
    [(plugin, origin)] = find_enabled(["shop_plugin:Outer.Inner"])

    assert plugin.name == "shop"
    assert str(origin) == "settings (shop_plugin:Outer.Inner)"


def test_what_is_there_already_is_not_loaded(shop: Path) -> None:
    """A plugin that was given wins over one that is discovered."""
    assert find_enabled(["broken", "shop", "shop_plugin:ShopPlugin"], present=["broken", "shop"]) == []


def test_name_that_is_enabled_twice_counts_once(shop: Path) -> None:
    """As a list that was put together from two files has it."""
    assert len(find_enabled(["shop", "shop"])) == 1


def test_everything_that_cannot_be_loaded_comes_in_one_report(shop: Path) -> None:
    """Each with its distribution, the reason and what to do."""
    install(
        shop,
        "covet-other",
        version="3.0",
        group=GROUP,
        offers={"shop": "other:Shop", "named": "shop_plugin:Outer.Inner"},
    )

    with pytest.raises(PluginLoadError) as caught:
        find_enabled(["broken", "shpo", "shop", "named", "shop_plugin:Missing"])

    assert str(caught.value) == (
        "Not every plugin could be loaded.\n"
        "  The plugin 'broken' of covet-broken 1.0 failed to load: "
        "ModuleNotFoundError: No module named 'no_such_library'\n"
        "    Mend or uninstall covet-broken 1.0, or take 'broken' out of discover_plugins.\n"
        "  There is no plugin 'shpo' to enable.\n"
        "    Install the distribution that offers it. "
        "Did you mean 'shop'? Available: broken, cache, database, debug, metrics, named, shop, templates.\n"
        "  The plugin 'shop' is offered twice, by covet-other 3.0 and covet-shop 1.2.\n"
        "    Uninstall one of them.\n"
        "  covet-other 3.0 offers 'named', which is the plugin 'shop'.\n"
        "    Both names have to be the same: mend its pyproject.toml.\n"
        "  'shop_plugin:Missing' cannot be imported: "
        "AttributeError: module 'shop_plugin' has no attribute 'Missing'.\n"
        '    Write "package.module:Name".'
    )


def test_instance_is_taken_as_it_is() -> None:
    """It may have been made with a configuration."""
    plugin = make_plugin("shop")

    assert make_candidate(plugin, ARGUMENT).plugin is plugin


def test_class_is_made() -> None:
    """If it needs no arguments."""
    cls = type(make_plugin("shop"))

    assert type(make_candidate(cls, ARGUMENT).plugin) is cls


def test_import_string_is_remembered(shop: Path) -> None:
    """The origin says where it was found."""
    plugin, origin = make_candidate("shop_plugin:ShopPlugin", ARGUMENT)

    assert plugin.name == "shop"
    assert str(origin) == "argument (shop_plugin:ShopPlugin)"


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (7, "7 is no plugin.\n  Pass an instance or a subclass of Plugin, or 'package.module:Name' of one."),
        (
            "shop_plugin:text",
            "'no plugin' is no plugin.\n  Pass an instance or a subclass of Plugin, or 'package.module:Name' of one.",
        ),
        (
            "shop_plugin:NeedyPlugin",
            (
                "NeedyPlugin cannot be made without arguments: missing a required argument: 'url'.\n"
                "  Pass an instance: NeedyPlugin(…)."
            ),
        ),
        (Plugin, "Plugin is a base: it does not say init_app.\n  Derive a class from it."),
        (
            "shop",
            (
                "Not every plugin could be loaded.\n  'shop' names no plugin.\n"
                "    Write 'package.module:Name'. A name alone goes into discover_plugins of the settings."
            ),
        ),
        (
            "no_such_module:Shop",
            (
                "Not every plugin could be loaded.\n"
                "  'no_such_module:Shop' cannot be imported: ModuleNotFoundError: No module named 'no_such_module'.\n"
                '    Write "package.module:Name".'
            ),
        ),
    ],
)
def test_what_is_no_plugin_is_refused(shop: Path, item: object, message: str) -> None:
    """The error shows it, and says what it may be."""
    with pytest.raises((PluginDefinitionError, PluginLoadError)) as caught:
        make_candidate(item, ARGUMENT)

    assert str(caught.value) == message


def test_registered_class_is_found_by_its_own_name_only(registered: type[Plugin]) -> None:
    """A second name would have a second section in the settings."""
    get_plugin_registry().register("trolley", registered)

    try:
        with pytest.raises(PluginLoadError) as caught:
            find_enabled("trolley")
    finally:
        get_plugin_registry().unregister("trolley")

    assert str(caught.value) == (
        "Not every plugin could be loaded.\n"
        "  The registry offers 'trolley', which is the plugin 'cart'.\n"
        "    Both names have to be the same: register it under its own name."
    )


def test_text_is_the_name_of_one(shop: Path) -> None:
    """And not a list of its letters."""
    assert [plugin.name for plugin in discover_plugins("shop")] == ["shop"]


def test_batteries_of_the_framework_are_enabled_by_name_only(importable: Path) -> None:
    """Whoever enables everything that is installed has not asked for them."""
    install(
        importable, "covetpy", group=GROUP, offers={"shop": "shop_plugin:ShopPlugin"},
        modules={"shop_plugin": SOURCE},
    )  # fmt: skip

    assert "shop" not in [plugin.name for plugin in discover_plugins("*")]
    assert [plugin.name for plugin in discover_plugins("shop")] == ["shop"]


def test_name_beside_all_is_looked_for(registered: type[Plugin]) -> None:
    """A mistake in it is told, as it would be without the star."""
    with pytest.raises(PluginLoadError, match="There is no plugin 'zz' to enable"):
        find_enabled(["*", "zz"])
    assert "cart" in [plugin.name for plugin in discover_plugins(["*", "cart"])]


def test_everything_that_cannot_be_loaded_is_told_at_once() -> None:
    """What the program gives, and what the settings enable."""
    with pytest.raises(PluginLoadError) as caught:
        find_candidates(["no.module:X", 3, int], ["nope"])

    assert [problem.message for problem in caught.value.problems] == [
        "'no.module:X' cannot be imported: ModuleNotFoundError: No module named 'no'.",
        "3 is no plugin.",
        "<class 'int'> is no plugin.",
        "There is no plugin 'nope' to enable.",
    ]
    assert "\n  3 is no plugin.\n    Pass an instance or a subclass of Plugin" in str(caught.value)


def test_single_mistake_keeps_its_class() -> None:
    """It is a `TypeError` as everywhere."""
    with pytest.raises(PluginDefinitionError, match="3 is no plugin"):
        find_candidates([3])
