"""
`covet config`: what an application is configured with, where each value comes from, and whether it is good.

Secrets are masked in everything that is written here.
"""

import json
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import click

from covet.config import ConfigurationWarning, Settings, Sources
from covet.exceptions import ConfigurationError
from covet.server.running import explain_and_exit
from covet.server.target import ImportTarget

# Any: a decorator keeps the function, whatever its parameters.
CommandT = TypeVar("CommandT", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Choice:
    """
    Which settings are meant: a class, and where its values are looked for.

    Attributes:
        cls: The class.
        sources: The sources, with what the command line says.
    """

    cls: type[Settings]
    sources: Sources

    @classmethod
    def make(
        cls,
        settings: str | None,
        file: Path | None,
        environment: str | None,
        values: tuple[str, ...],
        env_prefix: str | None,
    ) -> "Choice":
        """
        Read the options that all commands share.

        Raises:
            ConfigurationError: If the class is not there, or a value is no assignment.
        """
        found = Settings if settings is None else ImportTarget.parse(settings).load_class(Settings)
        given: dict[str, object] = {} if environment is None else {"environment": environment}
        sources = Sources(file=file, command_line=given | read_assignments(values))
        return cls(found, sources if env_prefix is None else replace(sources, env_prefix=env_prefix))

    def load(self) -> Settings:
        """
        Load the settings; warnings are written to standard error.

        Raises:
            InvalidSettingsError: If anything is wrong.
        """
        with _written_warnings():
            return self.cls(sources=self.sources)


def shared_options(command: CommandT) -> CommandT:
    """Give a command the options that say which settings are meant."""
    options = (
        click.option("--settings", metavar="MODULE:CLASS", help="A subclass of Settings; Settings itself by default."),
        click.option("--file", "-f", type=click.Path(path_type=Path), help="The configuration file."),
        click.option("--environment", "-e", help="Such as production."),
        click.option("--set", "values", metavar="NAME=VALUE", multiple=True, help="Such as server.port=8080."),
        click.option("--env-prefix", help="What the names of variables begin with; COVET_ by default."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def config() -> None:
    """Show, explain and check the settings of an application; secrets are masked."""


@config.command()
@shared_options
@click.option("--json", "as_json", is_flag=True, help="Write JSON instead of TOML.")
def show(*, as_json: bool, **options: Any) -> None:
    """Write the settings that would be in use."""
    settings = _load(options)
    plain = settings.dict()
    click.echo(json.dumps(plain, indent=2, ensure_ascii=False) if as_json else write_toml(plain))


@config.command()
@shared_options
@click.option("--json", "as_json", is_flag=True, help="Write JSON instead of a table.")
def explain(*, as_json: bool, **options: Any) -> None:
    """Say for each value which layer gave it, in which file and line."""
    explanation = _load(options).explain()
    click.echo(json.dumps(explanation.to_list(), indent=2, ensure_ascii=False) if as_json else str(explanation))


@config.command()
@shared_options
def check(**options: Any) -> None:
    """Check the settings; ends with status 1 and a report of everything that is wrong."""
    settings = _load(options)
    click.echo(f"The settings are good for {settings.environment}.")


@config.command()
@shared_options
def schema(**options: Any) -> None:
    """Write the JSON Schema of configuration files, for editors."""
    try:
        written = Choice.make(**options).cls.json_schema()
    except ConfigurationError as exc:
        raise explain_and_exit(exc) from exc
    click.echo(json.dumps(written, indent=2, ensure_ascii=False))


def read_assignments(texts: tuple[str, ...]) -> dict[str, object]:
    """
    Read `name=value`, one of a command line after the other.

    Raises:
        ConfigurationError: If one is no assignment.

    Example:
        >>> read_assignments(("server.port=8080", "app.name=a=b"))
        {'server.port': '8080', 'app.name': 'a=b'}
    """
    found: dict[str, object] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not all(name.split(".")):
            # Only the name: what stands behind it may be a secret.
            raise ConfigurationError(f"--set {name!r} sets nothing.", hint="Write --set server.port=8080.")
        found[name] = value
    return found


def write_toml(plain: Mapping[str, object], path: tuple[str, ...] = ()) -> str:
    """
    Write nested builtins as TOML; what is `None` is a comment, since TOML has no word for it.

    Example:
        >>> print(write_toml({"debug": True, "server": {"port": 80, "uds": None}}))
        debug = true
        <BLANKLINE>
        [server]
        port = 80
        # uds is not set
    """
    values = {name: value for name, value in plain.items() if not isinstance(value, Mapping)}
    tables = {name: value for name, value in plain.items() if isinstance(value, Mapping)}
    lines = [
        f"# {name} is not set" if value is None else f"{_write_key(name)} = {_write_value(value)}"
        for name, value in values.items()
    ]
    heading = [f"[{'.'.join(map(_write_key, path))}]"] if path and (values or not tables) else []
    blocks = ["\n".join([*heading, *lines])] if heading or lines else []
    blocks += [block for name, table in tables.items() if (block := write_toml(table, (*path, name)))]
    return "\n\n".join(blocks)


def _write_key(name: str) -> str:
    is_bare = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if is_bare else json.dumps(name)


def _write_value(value: object) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_write_value, value))}]"
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{_write_key(str(key))} = {_write_value(item)}' for key, item in value.items())} }}"
    # TOML's numbers, words and basic strings are JSON's, but for what a table within a list may lack.
    return json.dumps(value, ensure_ascii=False) if value is not None else '""'


def _load(options: Mapping[str, Any]) -> Settings:
    try:
        return Choice.make(**options).load()
    except ConfigurationError as exc:
        raise explain_and_exit(exc) from exc


@contextmanager
def _written_warnings() -> Iterator[None]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConfigurationWarning)
        try:
            yield
        finally:
            for warning in caught:
                sys.stderr.write(f"warning: {warning.message}\n")
