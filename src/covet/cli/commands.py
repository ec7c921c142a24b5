"""
The table of commands: what `covet --help` shows, without importing what they need.
"""

from importlib import import_module
from typing import NamedTuple

import click

from covet._version import __version__
from covet.exceptions import suggest


class LazyCommand(NamedTuple):
    """
    A command that is not imported yet.

    Attributes:
        module: The module that defines it.
        attribute: The command's name in that module.
        summary: The line that `covet --help` shows.
    """

    module: str
    attribute: str
    summary: str


COMMANDS = {
    "config": LazyCommand("covet.cli.config", "config", "Show, explain and check the settings."),
    "routes": LazyCommand("covet.cli.routes", "routes", "List the routes of an application."),
    "run": LazyCommand("covet.cli.run", "run", "Serve an application."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the names of the commands, in the order of the alphabet."""
        return sorted({*super().list_commands(ctx), *COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return super().get_command(ctx, cmd_name)
        command = getattr(import_module(entry.module), entry.attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{entry.module}:{entry.attribute} is no click command.")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is called, or say which one may have been meant."""
        name = args[0]
        if name not in self.list_commands(ctx) and not name.startswith("-"):
            raise click.UsageError(f"There is no command {name!r}. {suggest(name, self.list_commands(ctx))}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table: importing them only for their summary would be slow."""
        rows = []
        for name in self.list_commands(ctx):
            command = super().get_command(ctx, name)
            rows.append((name, COMMANDS[name].summary if command is None else command.get_short_help_str()))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", "-V", prog_name="covet", message="%(prog)s %(version)s")
def covet() -> None:
    """CovetPy: an async-first web framework."""


__all__ = ["COMMANDS", "LazyCommand", "LazyGroup", "covet"]
