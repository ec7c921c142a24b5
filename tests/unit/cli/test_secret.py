"""
`covet secret`: keys that the settings accept.
"""

import re

import pytest
from click.testing import CliRunner

from covet.cli.commands import covet
from covet.config import Settings, Sources
from covet.config.key_ring import make_key_ring
from covet.config.secret import MIN_KEY_BYTES, find_weakness


def call(*arguments: str) -> str:
    """Call the command in this process; returns its output."""
    result = CliRunner().invoke(covet, ["secret", *arguments])
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def test_secret_is_written_alone() -> None:
    """On a line, so that a script can take it; another one at each call, and all are strong."""
    secrets = [call() for _ in range(20)]

    assert len(set(secrets)) == 20
    for secret in secrets:
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}\n", secret)
        assert find_weakness(secret.strip(), min_bytes=MIN_KEY_BYTES) is None


@pytest.mark.parametrize(("options", "prefix"), [(("--env",), "COVET_"), (("--env", "--env-prefix", "SHOP_"), "SHOP_")])
def test_line_of_a_file_is_read_by_the_settings(options: tuple[str, ...], prefix: str) -> None:
    """In production, too."""
    line = call(*options)
    name, _, value = line.strip().partition("=")

    assert name == f"{prefix}SECURITY__SECRET_KEY"
    sources = Sources(dotenv=None, secrets=None, file=None, variables={name: value})
    settings = Settings(environment="production", sources=sources, env_prefix=prefix)
    assert settings.security.secret_key == value
    assert len(make_key_ring(settings, needed_for="a test")) == 1


@pytest.mark.parametrize(
    ("setting", "name"),
    [
        ("security.jwt_secret_key", "COVET_SECURITY__JWT_SECRET_KEY"),
        # A section of one's own, of which this command knows nothing.
        ("payments.api_key", "COVET_PAYMENTS__API_KEY"),
    ],
)
def test_line_may_set_another_secret(setting: str, name: str) -> None:
    """Tokens have a key of their own."""
    assert re.fullmatch(rf"{name}=[A-Za-z0-9_-]{{43}}\n", call("--env", "--setting", setting))


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("security.jwt_secret", "security.jwt_secret is no setting. Did you mean 'security.jwt_secret_key'?"),
        ("server.port", "server.port is no secret: a random key is no value for it."),
        ("X=1\nY", "--setting is 'X=1\\nY', expected a name such as security.secret_key."),
    ],
)
def test_setting_that_is_none_is_refused(setting: str, message: str) -> None:
    """With what it may have been meant to be."""
    result = CliRunner().invoke(covet, ["secret", "--env", "--setting", setting])

    assert (result.exit_code, result.stdout) == (2, "")
    assert message in " ".join(result.stderr.split())


@pytest.mark.parametrize("options", [("--env-prefix", "SHOP_"), ("--setting", "security.jwt_secret_key")])
def test_name_without_a_line_is_refused(options: tuple[str, str]) -> None:
    """It would be ignored."""
    result = CliRunner().invoke(covet, ["secret", *options])

    assert result.exit_code == 2
    assert f"{options[0]} belongs to --env: without it no name is written." in result.stderr


def test_prefix_that_is_none_is_refused() -> None:
    """With what one looks like."""
    result = CliRunner().invoke(covet, ["secret", "--env", "--env-prefix", "shop"])

    assert result.exit_code == 1
    assert "env_prefix must be capitals and digits that end with '_', got 'shop'." in result.stderr
    assert result.stdout == ""
