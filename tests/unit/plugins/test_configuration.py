"""
The configuration of plugins: sections of the settings, and what constructors are given.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from covet import CovetPy
from covet.config import InvalidSettingsError, Settings, Sources
from covet.exceptions import ConfigurationError
from covet.plugins import Plugin
from covet.plugins.configuration import bind_config
from tests.unit.plugins.plugin_classes import make_plugin


@dataclass(frozen=True)
class HelloConfig:
    """What a greeting is made of."""

    greeting: str = "hello"
    repeat: int = 1


def make_settings(**plugins: Mapping[str, object]) -> Settings:
    """Make settings with sections for plugins, and nothing from outside."""
    return Settings(sources=Sources.none(), plugins=plugins)


def make_hello(config: object | None = None, **attributes: Any) -> Plugin:
    """Make a plugin that has a configuration of its own."""
    cls = type(make_plugin("hello", **{"Config": HelloConfig, **attributes}))
    plugin: Plugin = cls(config)
    return plugin


def test_section_is_bound_to_the_class() -> None:
    """Texts are read as what the fields are."""
    plugin = make_hello()

    assert bind_config(plugin, make_settings(hello={"repeat": "3"})) == HelloConfig("hello", 3)


def test_constructor_wins_over_the_settings() -> None:
    """What is written in the program is nearer than what is written in a file."""
    plugin = make_hello({"repeat": 5})

    assert bind_config(plugin, make_settings(hello={"repeat": 3, "greeting": "hi"})) == HelloConfig("hi", 5)


def test_object_of_the_class_is_taken_as_it_is() -> None:
    """Whoever makes it says all of it."""
    config = HelloConfig(repeat=9)

    assert bind_config(make_hello(config), make_settings(hello={"greeting": "hi"})) is config


def test_plugin_without_class_gets_a_mapping() -> None:
    """It cannot be changed."""
    plugin = make_hello({"repeat": 5}, Config=None)

    bound = bind_config(plugin, make_settings(hello={"greeting": "hi"}))

    assert isinstance(bound, Mapping)
    assert dict(bound) == {"greeting": "hi", "repeat": 5}


@pytest.mark.parametrize("settings", [None, make_settings()], ids=["none", "empty"])
def test_without_a_section_there_are_defaults(settings: Settings | None) -> None:
    """An application without settings has plugins all the same."""
    assert bind_config(make_hello(), settings) == HelloConfig()


def test_configuration_is_there_before_it_is_validated() -> None:
    """And before `init_app`."""
    seen: list[object] = []

    def see(self: Plugin, *_: object) -> None:
        seen.append(self.config)

    CovetPy(settings=make_settings(hello={"repeat": 2}), plugins=[make_hello(validate_config=see, init_app=see)])

    assert seen == [HelloConfig(repeat=2)] * 2


def test_everything_that_is_wrong_comes_in_one_report() -> None:
    """Of all plugins, before any of them got to know the application."""
    log: list[str] = []
    plugins = [
        make_plugin("hello", Config=HelloConfig, log=log),
        make_plugin("bye", Config=HelloConfig, log=log),
    ]

    with pytest.raises(InvalidSettingsError) as caught:
        CovetPy(settings=make_settings(hello={"repeat": "often"}, bye={"greting": "bye"}), plugins=plugins)

    assert sorted(problem.path for problem in caught.value.errors) == ["plugins.bye.greting", "plugins.hello.repeat"]
    assert "2 settings are wrong." in str(caught.value)
    assert "Did you mean 'greeting'?" in str(caught.value)
    assert log == []


def test_error_names_file_and_line(tmp_path: Path) -> None:
    """A value from a file is found there."""
    file = tmp_path / "config.toml"
    file.write_text('[plugins.hello]\nrepeat = "often"\n')

    with pytest.raises(InvalidSettingsError) as caught:
        CovetPy(settings=Settings.from_file(file, sources=Sources(variables={}, secrets=None)), plugins=[make_hello()])

    assert "config.toml, line 2" in str(caught.value)


@pytest.mark.parametrize("settings", [None, make_settings(hello={"repeat": 3})], ids=["none", "overridden"])
def test_error_of_an_argument_names_the_constructor(settings: Settings | None) -> None:
    """What the settings say would not mend it: the constructor wins."""
    with pytest.raises(InvalidSettingsError) as caught:
        bind_config(make_hello({"repeat": "often", "greting": "hi"}), settings)

    assert str(caught.value) == (
        "2 settings are wrong.\n"
        "  plugins.hello.greting is no setting. Did you mean 'greeting'? Available: greeting, repeat "
        "(argument of hello(...)).\n"
        "  plugins.hello.repeat must be an integer, got 'often' (argument of hello(...)).\n"
        "    Mend 'repeat' where the program says hello(...)."
    )


def test_failure_of_a_validation_names_its_plugin() -> None:
    """The error is the plugin's own."""
    error = ConfigurationError("The greeting is rude.")

    with pytest.raises(ConfigurationError) as caught:
        CovetPy(plugins=[make_plugin("hello", fails={"validate_config": error})])

    assert caught.value is error
    assert error.__notes__ == ["in validate_config of the plugin 'hello'"]


def test_failures_of_several_kinds_come_together() -> None:
    """Wrong settings and what plugins have to say about theirs."""
    plugins = [
        make_plugin("hello", Config=HelloConfig),
        make_plugin("bye", fails={"validate_config": ConfigurationError("It is rude.")}),
        make_plugin("why", fails={"validate_config": KeyError("because")}),
    ]

    with pytest.raises(ExceptionGroup) as caught:
        CovetPy(settings=make_settings(hello={"repeat": "often"}), plugins=plugins)

    assert caught.value.message == "The configuration of the plugins is wrong."
    assert [type(exc) for exc in caught.value.exceptions] == [InvalidSettingsError, ConfigurationError, KeyError]


def test_configuration_without_a_class_shows_no_secret(tmp_path: Path) -> None:
    """Neither what the settings and secret files say, nor what the constructor was given."""
    (tmp_path / "covet_plugins__shop__dsn").write_text("from-secret-file")
    settings = Settings(
        sources=Sources(use_files=False, dotenv=None, secrets=tmp_path, variables={}),
        plugins={"shop": {"api_key": "hunter2-hunter2"}},
    )
    plugin = type(make_plugin("shop"))({"password": "enigma-enigma", "size": 1})
    before = repr(plugin.config)

    plugin.config = bind_config(plugin, settings)

    shown = "{'api_key': '**********', 'dsn': '**********', 'password': '**********', 'size': 1}"
    assert repr(plugin.config) == f"FrozenTable({shown})"
    assert before == "FrozenTable({'password': '**********', 'size': 1})"
    assert plugin.get_config_value("dsn") == "from-secret-file"
