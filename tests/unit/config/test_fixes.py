"""
The three ways to mend a setting.
"""

from pathlib import Path

import pytest

from covet.config import Settings
from covet.config.fields import Field
from covet.config.fixes import write_fixes
from covet.config.names import VariableNames

SHAPE = Settings.read_shape()
NAMES = VariableNames(SHAPE, "SHOP_")


def find(name: str) -> Field:
    """Find a field by its path."""
    return next(field for field in SHAPE.walk() if field.name == name)


def test_the_ways_have_the_exact_names() -> None:
    """Variable, line of the file and keyword argument can be copied."""
    assert write_fixes(find("database.url"), NAMES) == (
        'Set the environment variable: export SHOP_DATABASE__URL="..." (or SHOP_DATABASE_URL, SHOP_DB_URL)',
        'add to config.toml, below [database]: url = "..."',
        'pass it: Settings(database={"url": "..."})',
    )


def test_a_setting_of_its_own_has_no_section() -> None:
    """The value of the example is the default, where that says something."""
    assert write_fixes(find("debug"), NAMES) == (
        "Set the environment variable: export SHOP_DEBUG=false",
        "add to config.toml: debug = false",
        "pass it: Settings(debug=False)",
    )


def test_a_secret_is_only_referred_to_in_a_file() -> None:
    """Secrets come from the environment: the line for the file says how."""
    assert write_fixes(find("security.jwt_secret_key"), NAMES)[1] == (
        'add to config.toml, below [security]: jwt_secret_key = "${SECURITY_JWT_SECRET_KEY}"'
    )


@pytest.mark.parametrize(
    ("file", "fix"),
    [
        ("/etc/shop.toml", "add to shop.toml, below [server]: port = 8000"),
        ("config.yaml", "add to config.yaml: server: {port: 8000}"),
        ("config.json", 'add to config.json: "server": {"port": 8000}'),
    ],
)
def test_the_line_is_that_of_the_file_in_use(file: str, fix: str) -> None:
    """Nobody has to translate TOML."""
    assert write_fixes(find("server.port"), NAMES, Path(file))[1] == fix
