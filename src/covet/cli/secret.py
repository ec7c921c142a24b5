"""
`covet secret`: a secret key that nobody can guess.
"""

import re
from typing import Final

import click

from covet.config import Settings
from covet.config.names import DEFAULT_PREFIX, VariableNames
from covet.exceptions import ConfigurationError, suggest
from covet.security.tokens import generate_token
from covet.server.running import explain_and_exit

_SETTING: Final = "security.secret_key"
_PART: Final = re.compile(r"[a-z][a-z0-9_]*")


@click.command()
@click.option("--env", "as_line", is_flag=True, help=f"Write the line of .env that sets {_SETTING}.")
@click.option("--env-prefix", help=f"What the name in that line begins with; {DEFAULT_PREFIX} by default.")
@click.option("--setting", help="What that line sets in its place, such as security.jwt_secret_key.")
def secret(*, as_line: bool, env_prefix: str | None, setting: str | None) -> None:
    """
    Write a new secret key: 256 random bits, as 43 characters that need no quotes anywhere.

    It is shown once and stored nowhere.
    """
    for option, value in (("--env-prefix", env_prefix), ("--setting", setting)):
        if value is not None and not as_line:
            raise click.UsageError(f"{option} belongs to --env: without it no name is written.")
    name = ""
    if as_line:
        try:
            names = VariableNames(Settings.read_shape(), env_prefix or DEFAULT_PREFIX)
        except ConfigurationError as exc:
            raise explain_and_exit(exc) from exc
        name = f"{names.write(_read_path(setting or _SETTING))}="
    click.echo(f"{name}{generate_token()}")


def _read_path(setting: str) -> tuple[str, ...]:
    """Read the name of a setting; in the sections that every application has, it must be there."""
    path = tuple(setting.split("."))
    if not all(_PART.fullmatch(part) for part in path):
        raise click.UsageError(f"--setting is {setting!r}, expected a name such as {_SETTING}.")
    known = {field.name: field for field in Settings.read_shape().walk() if field.path[0] == path[0]}
    if known and setting not in known:
        raise click.UsageError(f"{setting} is no setting. {suggest(setting, known)}")
    if known and not known[setting].is_secret:
        raise click.UsageError(f"{setting} is no secret: a random key is no value for it.")
    return path
