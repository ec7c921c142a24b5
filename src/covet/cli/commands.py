"""
The table of commands: what `covet --help` shows, without importing what they need.
"""

from importlib import import_module
from typing import NamedTuple

import click

from covet._version import __version__
from covet.cli.application import app_option, factory_option, find_application
from covet.cli.contributions import find_contributions
from covet.exceptions import ConfigurationError, suggest


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
    "check": LazyCommand("covet.cli.check", "check", "Check what the start of an application checks."),
    "config": LazyCommand("covet.cli.config", "config", "Show, explain and check the settings."),
    "di": LazyCommand("covet.cli.di", "di", "Draw and check the services of an application."),
    "explain": LazyCommand("covet.cli.explain", "explain", "Explain what answers a request."),
    "openapi": LazyCommand("covet.cli.openapi", "openapi", "Write the OpenAPI document of an application."),
    "plugins": LazyCommand("covet.cli.plugins", "plugins", "Show the plugins of an application."),
    "routes": LazyCommand("covet.cli.routes", "routes", "List the routes of an application."),
    "run": LazyCommand("covet.cli.run", "run", "Serve an application."),
    "secret": LazyCommand("covet.cli.secret", "secret", "Make a secret key."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called; the plugins of an application add theirs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the names of the commands, in the order of the alphabet."""
        return sorted({*super().list_commands(ctx), *COMMANDS, *find_contributions(ctx, COMMANDS)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command: one of the table, or of a plugin."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            contributed = find_contributions(ctx, COMMANDS).get(cmd_name)
            return super().get_command(ctx, cmd_name) if contributed is None else contributed.load()
        command = getattr(import_module(entry.module), entry.attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{entry.module}:{entry.attribute} is no click command.")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is called, or say which one may have been meant."""
        name = args[0]
        try:
            # What stands in the table needs no application.
            if name not in COMMANDS and name not in self.list_commands(ctx) and not name.startswith("-"):
                hint = "" if find_application(ctx) else " Those of plugins need --app main:app, or COVET_APP."
                raise click.UsageError(
                    f"There is no command {name!r}. {suggest(name, self.list_commands(ctx))}{hint}", ctx
                )
            return super().resolve_command(ctx, args)
        except ConfigurationError as exc:
            raise _explain_and_exit(exc) from exc

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table: importing them only for their summary would be slow."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.summary) for name, command in sorted(COMMANDS.items())])
        target = find_application(ctx)
        try:
            contributed = find_contributions(ctx, COMMANDS)
        except ConfigurationError as exc:
            # The help is what one asks for when something does not work.
            formatter.write_paragraph()
            formatter.write_text(f"The commands of {target} cannot be listed: {exc}")
            return
        if contributed:
            with formatter.section(f"Commands of {target}"):
                formatter.write_dl([(name, command.summary) for name, command in sorted(contributed.items())])


def _explain_and_exit(exc: ConfigurationError) -> SystemExit:
    # Loaded here: the servers' module is large, and only an error needs it.
    from covet.server.running import explain_and_exit

    return explain_and_exit(exc)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "--version", "-V", prog_name="covet", message="%(prog)s %(version)s")
@app_option
@factory_option
def covet() -> None:
    """CovetPy: an async-first web framework."""


__all__ = ["COMMANDS", "LazyCommand", "LazyGroup", "covet"]
