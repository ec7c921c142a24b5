"""
Tables of plugins to their dataclasses.
"""

from pathlib import Path
from typing import Any

import pytest

from covet.config import (
    ConfigurationError,
    Duration,
    InvalidSettingsError,
    Secret,
    Settings,
    Sources,
    bind_section,
    section,
)


@section
class Inner:
    """A table within the table."""

    level: int = 0


@section
class HelloConfig:
    """
    What the plugin is told.

    Attributes:
        greeting: What it says.
    """

    greeting: str
    repeat: int = 1
    pause: Duration = 0.0
    key: Secret | None = None
    inner: Inner = Inner()


def problems_of(raw: dict[str, Any], settings: Settings | None = None) -> list[str]:
    """Bind what is wrong; returns the problems."""
    with pytest.raises(InvalidSettingsError) as caught:
        bind_section(HelloConfig, raw, path="plugins.hello", settings=settings)
    return [str(problem) for problem in caught.value.errors]


def test_a_table_becomes_a_dataclass() -> None:
    """Texts of the environment and values of files are read by the fields' types."""
    settings = Settings(
        sources=Sources.none(variables={"COVET_PLUGINS__HELLO__GREETING": "Hi", "COVET_PLUGINS__HELLO__PAUSE": "1m"}),
        plugins={"hello": {"repeat": 2, "inner": {"level": "3"}}},
    )

    found = bind_section(HelloConfig, settings.plugins["hello"], path="plugins.hello", settings=settings)

    typed: HelloConfig = found
    assert typed == HelloConfig(greeting="Hi", repeat=2, pause=60.0, inner=Inner(level=3))


def test_everything_wrong_is_told_with_the_ways_out() -> None:
    """As for settings themselves, but only with names that are read."""
    assert problems_of({"repaet": 1, "pause": "x"}) == [
        (
            "plugins.hello.repaet is no setting. Did you mean 'repeat'? Available: greeting, inner, key, pause, repeat "
            "(keyword argument plugins.hello.repaet)."
        ),
        (
            "plugins.hello.greeting is missing.\n"
            '  Set the environment variable: export COVET_PLUGINS__HELLO__GREETING="..."\n'
            '  Or add to config.toml, below [plugins.hello]: greeting = "..."\n'
            '  Or pass it: Settings(plugins={"hello": {"greeting": "..."}})'
        ),
        (
            "plugins.hello.pause must be a duration such as 30s, 5m or 1h30m, or a number of seconds, got 'x' "
            "(keyword argument plugins.hello.pause).\n"
            "  Set the environment variable: export COVET_PLUGINS__HELLO__PAUSE=0.0\n"
            "  Or add to config.toml, below [plugins.hello]: pause = 0.0\n"
            '  Or pass it: Settings(plugins={"hello": {"pause": 0.0}})'
        ),
    ]


def test_the_settings_know_file_and_line(tmp_path: Path) -> None:
    """And the prefix, and the file that is in use."""
    (tmp_path / "shop.json").write_text('{"plugins": {"hello": {\n"greeting": 5,\n"other": {"a": 1}}}}')
    sources = Sources(file=tmp_path / "shop.json", secrets=None, variables={}, env_prefix="SHOP_")
    settings = Settings(sources=sources)

    other, greeting = problems_of(dict(settings.plugins["hello"]), settings)

    assert f"(plugins.hello.other.a in {tmp_path}/shop.json, line 3)" in other
    assert f"must be a string, got 5 (plugins.hello.greeting in {tmp_path}/shop.json, line 2)" in greeting
    assert 'export SHOP_PLUGINS__HELLO__GREETING="..."' in greeting
    assert 'add to shop.json: "plugins": {"hello": {"greeting": "..."}}' in greeting


def test_weak_secrets_are_refused_where_settings_refuse_them() -> None:
    """A plugin's key opens as many doors as the application's."""
    raw = {"greeting": "a", "key": "changeme"}
    production = Settings(environment="prod", plugins={"hello": raw}, sources=Sources.none())

    assert bind_section(HelloConfig, raw, path="plugins.hello").key == "changeme"
    assert problems_of(raw, production)[0].startswith(
        "plugins.hello.key is a placeholder, which production refuses (keyword argument plugins.hello.key)."
    )


@section
class ShopConfig:
    """
    What a shop is told; it checks its motto itself.

    Attributes:
        pin_code: A number.
        pins: Numbers.
        inner: A table.
        motto: A text.
    """

    pin_code: int = 0
    pins: list[int] | int = 0
    inner: Inner = Inner()
    motto: str = ""

    def __post_init__(self) -> None:
        if self.motto:
            raise ValueError(f"{self.motto} is no motto")


LONG = "hunter2-" * 20


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('pin_code = "${SHOP_PIN}"', "plugins.shop.pin_code must be an integer ("),
        ('pins = ["${SHOP_PIN}"]', "plugins.shop.pins "),
        ('inner = "${SHOP_PIN}"', "plugins.shop.inner must be a table ("),
        ('inner.level = "${SHOP_PIN}"', "plugins.shop.inner.level must be an integer ("),
        ('pin_code = ["${SHOP_PIN}"]', "plugins.shop.pin_code must be an integer ("),
        ('motto = "${SHOP_PIN}"', "plugins.shop is wrong: ********** is no motto"),
    ],
)
@pytest.mark.parametrize("secret", ["hunter2", LONG], ids=["short", "long"])
def test_what_is_hidden_stays_hidden(tmp_path: Path, line: str, problem: str, secret: str) -> None:
    """`explain()` masks what is referred to as a whole; a message about it does, too."""
    (tmp_path / "config.toml").write_text(f"[plugins.shop]\n{line}\n")
    settings = Settings(sources=Sources(directory=tmp_path, secrets=None, variables={"SHOP_PIN": secret}))

    with pytest.raises(InvalidSettingsError) as caught:
        bind_section(ShopConfig, settings.plugins["shop"], path="plugins.shop", settings=settings)

    assert str(caught.value.errors[0]).startswith(problem)
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in str(settings.explain())


def test_the_text_of_a_secret_file_stays_hidden(tmp_path: Path) -> None:
    """Though no type says that it is secret."""
    (tmp_path / "plugins__shop__pin_code").write_text("hunter2")
    settings = Settings(sources=Sources(use_files=False, dotenv=None, secrets=tmp_path, variables={}))

    with pytest.raises(InvalidSettingsError) as caught:
        bind_section(ShopConfig, settings.plugins["shop"], path="plugins.shop", settings=settings)

    assert "plugins.shop.pin_code must be an integer (" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_path_may_be_of_one_name() -> None:
    """Whatever table it is."""
    assert bind_section(Inner, {"level": 1}, path="inner") == Inner(level=1)


def test_only_dataclasses_are_bound() -> None:
    """The error says what to write."""
    with pytest.raises(ConfigurationError) as caught:
        bind_section(dict, {}, path="plugins.hello")

    assert str(caught.value) == (
        "dict cannot be bound to 'plugins.hello': it is no dataclass.\n"
        "  Decorate it with covet.config.section, or @dataclass(frozen=True, kw_only=True)."
    )
