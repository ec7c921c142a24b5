"""
What the plugin adds to the `covet` command.
"""

import click


@click.command()
@click.argument("name")
def greet(name: str) -> None:
    """Greet somebody on the command line."""
    click.echo(f"Hello, {name}!")
