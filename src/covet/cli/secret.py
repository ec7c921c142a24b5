"""
`covet secret`: a secret key that nobody can guess.
"""

import click

from covet.config import Settings
from covet.config.names import DEFAULT_PREFIX, VariableNames
from covet.exceptions import ConfigurationError
from covet.security.tokens import generate_token
from covet.server.running import explain_and_exit


@click.command()
@click.option("--env", "as_line", is_flag=True, help="Write the line of .env that sets security.secret_key.")
@click.option("--env-prefix", help=f"What the name in that line begins with; {DEFAULT_PREFIX} by default.")
def secret(*, as_line: bool, env_prefix: str | None) -> None:
    """
    Write a new secret key: 256 random bits, as 43 characters that need no quotes anywhere.

    It is shown once and stored nowhere.
    """
    if env_prefix is not None and not as_line:
        raise click.UsageError("--env-prefix belongs to --env: without it no name is written.")
    name = ""
    if as_line:
        try:
            names = VariableNames(Settings.read_shape(), env_prefix or DEFAULT_PREFIX)
        except ConfigurationError as exc:
            raise explain_and_exit(exc) from exc
        name = f"{names.write(('security', 'secret_key'))}="
    click.echo(f"{name}{generate_token()}")
