"""
The commands that the plugins of an application add to `covet`: `--app module:app`, or `COVET_APP` in the environment.

It must never import the application for what `covet` itself knows.
"""

import os
from collections.abc import Mapping
from typing import NamedTuple

import click

from covet.exceptions import ConfigurationError
from covet.import_paths import ImportPathError, import_path

_TARGET_KEY = "covet.cli.contributions.target"
_FOUND_KEY = "covet.cli.contributions.found"
APP_VARIABLE = "COVET_APP"


class ContributedCommand(NamedTuple):
    """
    A command of a plugin.

    Attributes:
        name: What it is called.
        plugin: The name of its plugin.
        item: A click command, or `"package.module:attribute"` of one.
    """

    name: str
    plugin: str
    item: object

    @property
    def summary(self) -> str:
        """The line that `covet --help` shows; what is not imported yet has its plugin's name there."""
        return (
            self.item.get_short_help_str() if isinstance(self.item, click.Command) else f"Of the plugin {self.plugin}."
        )

    def load(self) -> click.Command:
        """
        Return the command.

        Raises:
            ConfigurationError: If it cannot be imported, or is none.
        """
        item = self.item
        if isinstance(item, str):
            try:
                item = import_path(item)
            except ImportPathError as exc:
                raise ConfigurationError(
                    f"The command {self.name!r} of the plugin {self.plugin!r}: {exc.message}",
                    hint='Its commands() gives "package.module:attribute".',
                ) from exc.__cause__
        if not isinstance(item, click.Command):
            raise ConfigurationError(
                f"The command {self.name!r} of the plugin {self.plugin!r} is no click command: {item!r}.",
                hint="Decorate the function with click.command().",
            )
        return item


def remember_target(ctx: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    """Note the application that was named on the command line: the callback of `--app`."""
    if value is not None:
        ctx.meta[_TARGET_KEY] = value


def find_target(ctx: click.Context) -> str | None:
    """Return the application that was named on the command line or in the environment, if one was."""
    target = ctx.meta.get(_TARGET_KEY) or os.environ.get(APP_VARIABLE)
    return None if target is None else str(target)


def find_contributions(ctx: click.Context, own: Mapping[str, object]) -> Mapping[str, ContributedCommand]:
    """
    Find the commands of the application's plugins; none if no application is named. It is imported once.

    Args:
        ctx: The context of the call.
        own: The commands that `covet` has itself.

    Raises:
        ConfigurationError: If there is no such application, or one of its commands has the name of another.
    """
    target = find_target(ctx)
    if target is None:
        return {}
    found: dict[str, ContributedCommand] | None = ctx.meta.get(_FOUND_KEY)
    if found is None:
        found = ctx.meta[_FOUND_KEY] = _read(target, own)
    return found


def _read(target: str, own: Mapping[str, object]) -> dict[str, ContributedCommand]:
    # Loaded here: `covet --help` needs no servers.
    from covet.server.target import ImportTarget

    manager = getattr(ImportTarget.parse(target).load(), "plugin_manager", None)
    if manager is None:
        # Another framework's application: `covet run` serves it, and it adds nothing.
        return {}
    found = {}
    for name, (plugin, item) in manager.list_commands().items():
        if name in own:
            raise ConfigurationError(
                f"The plugin {plugin!r} has a command {name!r}, which is one of covet's own.",
                hint=f"Give it another name, such as {f'{plugin}-{name}'!r}.",
            )
        found[name] = ContributedCommand(name, plugin, item)
    return found
