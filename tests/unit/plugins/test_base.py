"""
`Plugin`: what is checked when a class is defined, and its configuration.
"""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from covet.app import CovetPy
from covet.exceptions import ConfigurationError
from covet.plugins import Plugin, PluginDefinitionError


def define(**attributes: Any) -> type[Plugin]:
    """Define a plugin's class, good but for some attributes; `...` leaves one out."""
    members = {"name": "shop", "version": "1.0", "init_app": lambda self, app: None, **attributes}
    cls: type[Plugin] = type("Shop", (Plugin,), {key: value for key, value in members.items() if value is not ...})
    return cls


async def coroutine(self: Plugin) -> None:
    """Wait for nothing."""


@pytest.mark.parametrize("name", ["a", "shop", "shop_2", "open_api_3"])
def test_names_in_lower_case_are_accepted(name: str) -> None:
    """Lower case with underscores."""
    assert define(name=name).name == name


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        (
            {"name": ...},
            "Shop has no name.\n  Write name = 'hello' in the class, or leave init_app abstract if it is a base.",
        ),
        (
            {"version": ...},
            "Shop has no version.\n  Write version = '1.0.0' in the class, or leave init_app abstract if it is a base.",
        ),
        (
            {"name": "MyShop"},
            (
                "Shop.name is 'MyShop', which is no name of a plugin.\n"
                "  Write it in lower case with underscores: 'my_shop'."
            ),
        ),
        (
            {"name": "my-shop"},
            (
                "Shop.name is 'my-shop', which is no name of a plugin.\n"
                "  Write it in lower case with underscores: 'my_shop'."
            ),
        ),
        (
            {"name": "_"},
            "Shop.name is '_', which is no name of a plugin.\n  Write it in lower case with underscores.",
        ),
        ({"name": 7}, "Shop.name is 7, which is no name of a plugin.\n  Write it in lower case with underscores."),
        (
            {"version": "one"},
            "Shop.version is 'one', which is no version.\n  Write numbers with dots, such as '1.2.0' or '1.2.0rc1'.",
        ),
        (
            {"version": 1.0},
            "Shop.version is 1.0, which is no version.\n  Write numbers with dots, such as '1.2.0' or '1.2.0rc1'.",
        ),
        (
            {"dependencies": "database"},
            "Shop.dependencies must be a list of names, got 'database'.\n  Write dependencies = ['database>=1,<2'].",
        ),
        (
            {"dependencies": ["database>>1"]},
            (
                "Shop.dependencies cannot be: 'database>>1' has a condition with no version in it: '>1'.\n"
                "  Write numbers with dots, such as '1.2.0' or '1.2.0rc1'."
            ),
        ),
        (
            {"dependencies": ["covet-database"]},
            (
                "Shop.dependencies cannot be: 'covet-database' is no name of a plugin.\n"
                "  Write its name, not its package's."
            ),
        ),
        ({"dependencies": ["shop"]}, "Shop.dependencies cannot be: It needs itself.\n  Leave it out."),
        (
            {"dependencies": ["a>=1", "a<2"]},
            "Shop.dependencies cannot be: 'a' stands there twice.\n  Write all its versions in one: 'a>=1,<2'.",
        ),
        ({"required": "no"}, "Shop.required must be True or False, got 'no'."),
        ({"startup_timeout": 0}, "Shop.startup_timeout must be seconds, more than 0, or None, got 0."),
        ({"shutdown_timeout": "1s"}, "Shop.shutdown_timeout must be seconds, more than 0, or None, got '1s'."),
        ({"shutdown_timeout": True}, "Shop.shutdown_timeout must be seconds, more than 0, or None, got True."),
        (
            {"Config": dict},
            "Shop.Config must be a dataclass, got <class 'dict'>.\n  Write @dataclass(frozen=True) above it.",
        ),
        (
            {"init_app": coroutine},
            (
                "Shop.init_app cannot be a coroutine function.\n"
                "  Write def: nothing runs yet. What has to wait belongs into on_startup."
            ),
        ),
        ({"on_startup": lambda self: None}, "Shop.on_startup must be a coroutine function.\n  Write async def."),
        ({"on_shutdown": lambda self: None}, "Shop.on_shutdown must be a coroutine function.\n  Write async def."),
    ],
)
def test_class_that_cannot_be_is_refused_where_it_is_defined(attributes: dict[str, Any], message: str) -> None:
    """The error names the class, the value and what to write."""
    with pytest.raises(PluginDefinitionError) as caught:
        define(**attributes)

    assert str(caught.value) == message


def test_base_for_other_plugins_needs_no_name() -> None:
    """A class that leaves `init_app` abstract says nothing about itself yet."""

    class Base(Plugin):
        @abstractmethod
        def init_app(self, app: CovetPy) -> None:
            """Leave it to others."""

    class Shop(Base):
        name = "shop"
        version = "1.0"

        def init_app(self, app: CovetPy) -> None:
            """Contribute nothing."""

    assert Shop().name == "shop"


def test_dependencies_are_parsed_when_the_class_is_defined() -> None:
    """What a list says is kept as a tuple, and as requirements."""
    cls = define(dependencies=["database>=1,<2", "cache"])

    assert cls.dependencies == ("database>=1,<2", "cache")
    assert [str(requirement) for requirement in cls.requirements] == ["database>=1,<2", "cache"]


def test_plugin_without_configuration_has_an_empty_one() -> None:
    """It is a mapping that nobody can change."""
    plugin = define()()

    assert dict(plugin.config) == {}
    with pytest.raises(TypeError):
        plugin.config["greeting"] = "hello"


def test_configuration_may_be_given_as_a_mapping() -> None:
    """`get_config_value` reads it, with a default for what is not there."""
    plugin = define()({"greeting": "hi", "count": 0})

    assert plugin.get_config_value("greeting") == "hi"
    assert plugin.get_config_value("count", 7) == 0
    assert plugin.get_config_value("missing") is None
    assert plugin.get_config_value("missing", "there") == "there"


def test_configuration_that_was_given_is_copied() -> None:
    """A later change of the mapping changes nothing."""
    given = {"greeting": "hi"}
    plugin = define()(given)

    given["greeting"] = "changed"

    assert plugin.get_config_value("greeting") == "hi"


def test_constructor_of_ones_own_need_not_call_the_base() -> None:
    """Such a plugin has an empty configuration and no application yet."""

    class Shop(Plugin):
        name = "shop"
        version = "1.0"

        def __init__(self, greeting: str) -> None:
            self.greeting = greeting

        def init_app(self, app: CovetPy) -> None:
            """Contribute nothing."""

    plugin = Shop("hi")

    assert (plugin.greeting, dict(plugin.config), plugin.app) == ("hi", {}, None)


@dataclass(frozen=True)
class ShopConfig:
    """What a shop can be told."""

    greeting: str = "hello"


def test_configuration_may_be_an_object_of_its_class() -> None:
    """It is taken as it is, and read by the names of its fields."""
    plugin = define(Config=ShopConfig)(ShopConfig(greeting="hi"))

    assert plugin.config == ShopConfig("hi")
    assert plugin.get_config_value("greeting") == "hi"
    assert plugin.get_config_value("missing", 1) == 1


@pytest.mark.parametrize(
    ("config_type", "wanted"), [(None, "a mapping"), (ShopConfig, "a mapping or a ShopConfig")], ids=["none", "own"]
)
def test_configuration_of_another_kind_is_refused(config_type: type | None, wanted: str) -> None:
    """The error says what it may be."""
    with pytest.raises(ConfigurationError) as caught:
        define(Config=config_type)(["greeting"])

    assert str(caught.value) == f"The config of Shop must be {wanted}, got a value of type list."


async def test_hooks_do_nothing_unless_they_are_overridden() -> None:
    """Only `init_app` has to be written."""
    plugin = define()()

    plugin.validate_config()
    await plugin.on_startup()
    await plugin.on_shutdown()

    nothing: Mapping[str, object] = {}
    assert (plugin.commands(), plugin.health_checks(), plugin.checks()) == (nothing, nothing, ())


def test_plugin_without_init_app_cannot_be_made() -> None:
    """It is the one hook that every plugin has."""
    with pytest.raises(TypeError, match="init_app"):
        define(init_app=...)()


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("require", "required"),
        ("dependenciez", "dependencies"),
        ("depends", None),
        ("on_start", "on_startup"),
        ("on_stutdown", "on_shutdown"),
        ("startup_timout", "startup_timeout"),
        ("health_check", "health_checks"),
        ("command", "commands"),
        ("check", "checks"),
        ("versions", None),
        ("names", None),
        ("apps", None),
        ("_require", None),
        ("routes", None),
    ],
)
def test_misnamed_attributes_are_refused(name: str, meant: str | None) -> None:
    """Nothing would read them, and nobody would notice; what is the plugin's own is left alone."""
    if meant is None:
        assert hasattr(define(**{name: True}), name)
        return

    with pytest.raises(PluginDefinitionError) as caught:
        define(**{name: True})

    assert str(caught.value) == (
        f"Shop.{name} is nothing that a plugin has: nobody would read it.\n"
        f"  Did you mean {meant!r}? What is the plugin's own begins with an underscore: '_{name}'."
    )


def test_helper_beside_its_hook_is_no_mistake() -> None:
    """The hook that it could have been meant for is there."""

    async def on_startup(self: Plugin) -> None:
        """Wait for nothing."""

    assert hasattr(define(on_startup=on_startup, on_start=len), "on_start")


@pytest.mark.parametrize(
    ("hook", "function", "message"),
    [
        ("init_app", lambda self: None, "too many positional arguments.\n  Its parameters are (self, app)."),
        (
            "init_app",
            lambda self, app, db: None,
            "missing a required argument: 'db'.\n  Its parameters are (self, app).",
        ),
        ("commands", lambda self, app: {}, "missing a required argument: 'app'.\n  Its parameters are (self)."),
    ],
)
def test_hooks_that_cannot_be_called_are_refused(hook: str, function: Any, message: str) -> None:
    """Where the class is defined, and not at the start of whoever uses it."""
    with pytest.raises(PluginDefinitionError) as caught:
        define(**{hook: function})

    assert str(caught.value) == f"Shop.{hook} cannot be called: {message}"
