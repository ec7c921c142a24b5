"""
Which application a command is about: `MODULE:APP` behind the command, else `--app`, else `COVET_APP`.

All commands name it in this one way. It must never import an application before a command asks for it.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final

import click

from covet.app import CovetPy
from covet.exceptions import ConfigurationError

APP_VARIABLE: Final = "COVET_APP"
_TARGET_KEY: Final = "covet.cli.application.target"
_FACTORY_KEY: Final = "covet.cli.application.factory"


@dataclass(frozen=True, slots=True)
class NamedApplication:
    """
    An application by its name.

    Attributes:
        target: Where it is, such as `"main:app"`.
        factory: Whether what is there makes it.
    """

    target: str
    factory: bool = False

    def __str__(self) -> str:
        return self.target

    def load(self) -> object:
        """
        Import the application, of whatever framework.

        Raises:
            TargetError: If it is not there, or is no application.
        """
        # Loaded here: `covet --help` needs no servers.
        from covet.server.target import ImportTarget

        return ImportTarget.parse(self.target, factory=self.factory).load()

    def load_own(self, wanted: str) -> CovetPy:
        """
        Import an application of CovetPy's.

        Args:
            wanted: What the command reads of it, for the message: `"plugins to list"`.

        Raises:
            TargetError: If it is not there, or of another framework.
        """
        app = self.load()
        if not isinstance(app, CovetPy):
            from covet.server.target import TargetError

            raise TargetError(f"{self.target!r} has no {wanted}.", hint="This command reads CovetPy applications.")
        return app


# Any: commands take and return what they like.
def takes_application(function: Callable[..., Any]) -> Callable[..., Any]:
    """
    Let a command take an application: its first parameter becomes a `NamedApplication`.

    What is wrong with the application ends the command with status 1 and a text that says how to mend it.

    Args:
        function: The command's function, below the decorators of its other parameters.
    """

    @click.argument("target", metavar="[MODULE:APP]", required=False)
    @app_option
    @factory_option
    @click.pass_context
    @wraps(function)
    def command(ctx: click.Context, /, *, target: str | None, **options: Any) -> Any:
        named = find_application(ctx) if target is None else NamedApplication(target, find_factory(ctx))
        if named is None:
            example = f"{ctx.command_path} {' '.join(str(options[name]) for name in _list_arguments(ctx))}".rstrip()
            raise click.UsageError(f"Which application? Write {example} main:app, or set {APP_VARIABLE}.", ctx)
        try:
            return function(named, **options)
        except ConfigurationError as exc:
            # Loaded here, as above.
            from covet.server.running import explain_and_exit

            raise explain_and_exit(exc) from exc

    return command


def _list_arguments(ctx: click.Context) -> list[str]:
    """List the names of a command's other arguments, which stand before the application."""
    arguments = [item for item in ctx.command.params if isinstance(item, click.Argument)]
    return [item.name for item in arguments if item.name is not None and item.name != "target"]


def _remember_target(ctx: click.Context, _parameter: click.Parameter, value: str | None) -> None:
    if value is not None:
        ctx.meta[_TARGET_KEY] = value


def _remember_factory(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value:
        ctx.meta[_FACTORY_KEY] = True


app_option: Final = click.option(
    "--app",
    metavar="MODULE:APP",
    is_eager=True,
    expose_value=False,
    callback=_remember_target,
    help=f"The application; {APP_VARIABLE} by default.",
)
"""The option that names the application, of `covet` itself and of its commands."""

factory_option: Final = click.option(
    "--factory",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_remember_factory,
    help="MODULE:APP is a function that makes the application.",
)
"""The option that says that the name is that of a factory."""


def find_factory(ctx: click.Context) -> bool:
    """Tell whether the command line says that the name is that of a factory."""
    return bool(ctx.meta.get(_FACTORY_KEY))


def find_application(ctx: click.Context) -> NamedApplication | None:
    """Return the application that an option or the environment names, if one does."""
    target = ctx.meta.get(_TARGET_KEY) or os.environ.get(APP_VARIABLE)
    return None if not target else NamedApplication(str(target), find_factory(ctx))
