"""
The commands that the plugins of an application add to `covet`: `--app module:app`, or `COVET_APP` in the environment.

It must never import the application for what `covet` itself knows.
"""

from collections.abc import Mapping
from typing import NamedTuple

import click

from covet.cli.application import NamedApplication, find_application
from covet.exceptions import ConfigurationError
from covet.import_paths import ImportPathError, import_path

_FOUND_KEY = "covet.cli.contributions.found"


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


def find_contributions(ctx: click.Context, own: Mapping[str, object]) -> Mapping[str, ContributedCommand]:
    """
    Find the commands of the application's plugins; none if no application is named. It is imported once.

    Args:
        ctx: The context of the call.
        own: The commands that `covet` has itself.

    Raises:
        ConfigurationError: If there is no such application, or one of its commands has the name of another.
    """
    named = find_application(ctx)
    if named is None:
        return {}
    found: dict[str, ContributedCommand] | None = ctx.meta.get(_FOUND_KEY)
    if found is None:
        found = ctx.meta[_FOUND_KEY] = _read(named, own)
    return found


def _read(named: NamedApplication, own: Mapping[str, object]) -> dict[str, ContributedCommand]:
    manager = getattr(named.load(), "plugin_manager", None)
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
