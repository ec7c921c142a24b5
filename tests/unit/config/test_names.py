"""
The variables of settings.
"""

import pytest

from covet.config import Settings, Sources, section
from covet.config.names import VariableNames
from covet.exceptions import ConfigurationError

NAMES = VariableNames(Settings.read_shape(), "COVET_")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("COVET_DATABASE__URL", ("database", "url")),
        ("COVET_DATABASE_URL", ("database", "url")),
        ("COVET_DB_URL", ("database", "url")),
        ("COVET_DB_POOL_SIZE", ("database", "pool_size")),
        ("COVET_ENV", ("environment",)),
        ("COVET_ENVIRONMENT", ("environment",)),
        ("COVET_DEBUG", ("debug",)),
        ("COVET_SECURITY_JWT_SECRET_KEY", ("security", "jwt_secret_key")),
        ("COVET_SERVER_HOST", ("server", "host")),
        ("COVET_SERVER_PORT", ("server", "port")),
        ("COVET_SERVER", ("server",)),
        ("COVET_PLUGINS__HELLO__GREETING", ("plugins", "hello", "greeting")),
        ("COVET_PLUGINS__HELLO", ("plugins", "hello")),
        ("COVET_PLUGINS", ("plugins",)),
        ("COVET_PLUGINS____X", None),
        ("COVET_SERVER__HST", None),
        ("covet_debug", None),
        ("DEBUG", None),
    ],
)
def test_names_are_found(name: str, path: tuple[str, ...] | None) -> None:
    """The standards' names and the regular ones mean the same."""
    assert NAMES.find(name) == path


def test_one_name_is_recommended() -> None:
    """Messages say the regular name first."""
    assert NAMES.write(("database", "url")) == "COVET_DATABASE__URL"
    assert NAMES.list_of(("database", "url")) == ["COVET_DATABASE__URL", "COVET_DATABASE_URL", "COVET_DB_URL"]


@pytest.mark.parametrize(("name", "is_stranger"), [("COVET_X", True), ("COVET_TEST_X", False), ("X", False)])
def test_strangers_are_told(name: str, is_stranger: bool) -> None:
    """A variable with the prefix is a setting, a mistake, or one of the tests."""
    assert NAMES.is_stranger(name) is is_stranger


def test_short_names_may_be_off() -> None:
    """Where nothing reads them, nothing recommends them."""
    names = VariableNames(Settings.read_shape(), "SHOP_", has_aliases=False)

    assert names.find("SHOP_DB_URL") is None
    assert names.find("SHOP_DATABASE__URL") == ("database", "url")


def test_a_short_name_is_never_that_of_another_setting() -> None:
    """`A_B` is the field `a_b`, if there is one, and not the field `b` of section `a`."""

    class Clashing(Settings):
        """`server_port` is a setting of its own here."""

        server_port: int = 1

    names = VariableNames(Clashing.read_shape(), "COVET_")

    assert names.find("COVET_SERVER_PORT") == ("server_port",)


@pytest.mark.parametrize("prefix", ["", "covet_", "COVET", "1_", "_", "A-_", None])
def test_a_prefix_is_capitals_and_ends_with_a_line(prefix: str) -> None:
    """Without one, variables of other programs would be settings."""
    with pytest.raises(ConfigurationError) as caught:
        VariableNames(Settings.read_shape(), prefix)

    assert str(caught.value) == (
        f"env_prefix must be capitals and digits that end with '_', got {prefix!r}.\n"
        "  Write env_prefix='SHOP_': variables of other programs must not be taken for settings."
    )


def test_the_variable_of_the_command_line_is_no_setting() -> None:
    """`COVET_APP=main:app` names an application to `covet`; the fields of the section `app` have their names."""
    names = VariableNames(Settings.read_shape(), "COVET_")

    assert names.find("COVET_APP") is None
    assert not names.is_stranger("COVET_APP")
    assert names.find("COVET_APP__NAME") == ("app", "name")


def test_sections_within_sections_have_names() -> None:
    """They may be JSON as well as those that they stand in."""

    @section
    class Inner:
        x: int = 1

    @section
    class Outer:
        deep: Inner = Inner()

    class Own(Settings):
        own: Outer

    read = [
        Own(sources=Sources.none(variables={"COVET_OWN__DEEP": '{"x": "7"}'})).own.deep.x,
        Own(sources=Sources.none(variables={"COVET_OWN": '{"deep": {"x": 7}}'})).own.deep.x,
    ]

    assert read == [7, 7]
