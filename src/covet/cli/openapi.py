"""
`covet openapi module:app`: write the OpenAPI document of an application.
"""

import json
from pathlib import Path
from typing import Any, Final

import click

from covet._extras import require_extra
from covet.app import CovetPy
from covet.cli.application import NamedApplication, takes_application
from covet.exceptions import ConfigurationError, suggest
from covet.openapi import OpenAPIConfig, OpenAPIPlugin, find_documents
from covet.serialization import encode_json
from covet.server.target import TargetError

_FORMATS: Final = {".json": "json", ".yaml": "yaml", ".yml": "yaml"}


@click.command()
@takes_application
@click.option("--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="A file to write to.")
@click.option("--format", "form", type=click.Choice(["json", "yaml"]), help="By the file's name, or else JSON.")
@click.option("--document", metavar="NAME", help="The plugin whose document is meant, if there are several.")
def openapi(
    application: NamedApplication,
    *,
    output: Path | None,
    form: str | None,
    document: str | None,
) -> None:
    """
    Write the OpenAPI document of the application found at MODULE:APP.

    Nothing is started. An application without OpenAPIPlugin is described as one with it would be. MODULE:APP may be
    left out if --app or COVET_APP names it.
    """
    if form is None:
        form = "json" if output is None else find_format(output)
    made = choose_document(application.load(), application.target, document).make_document()
    text = write_text(made, form)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, "utf-8")
    except OSError as exc:
        raise ConfigurationError(
            f"{str(output)!r} cannot be written: {exc.strerror or exc}.",
            hint="Name a file in a directory that is there.",
        ) from exc
    click.echo(f"{output}: {len(made['paths'])} paths.")


def find_format(output: Path) -> str:
    """
    Find the format that a file's name says.

    Raises:
        ConfigurationError: If it says none of the two.

    Example:
        >>> find_format(Path("openapi.yml")), find_format(Path("openapi.json"))
        ('yaml', 'json')
    """
    form = _FORMATS.get(output.suffix.lower())
    if form is None:
        raise ConfigurationError(
            f"The name of {str(output)!r} says no format.",
            hint="Let it end with .json or .yaml, or write --format json or --format yaml.",
        )
    return form


def choose_document(app: object, target: str, name: str | None) -> OpenAPIPlugin:
    """
    Choose the plugin that describes an application; one without gets one that nobody else sees.

    Args:
        app: The application.
        target: What it was found by.
        name: The name of the plugin; `None` if there is only one.

    Raises:
        TargetError: If it is no application of CovetPy, or it is not clear which document is meant.
    """
    if not isinstance(app, CovetPy):
        raise TargetError(f"{target!r} has no routes to describe.", hint="This command reads CovetPy applications.")
    found = find_documents(app)
    if not found and name is None:
        plugin = OpenAPIPlugin(OpenAPIConfig())
        # Not registered: the application keeps its routes, and may have one of the same path.
        plugin.app = app
        return plugin
    if name is None and len(found) > 1:
        raise TargetError(
            f"{target!r} has {len(found)} documents.", hint=f"Say which: --document {' or '.join(found)}."
        )
    if name is not None and name not in found:
        raise TargetError(f"{target!r} has no document {name!r}.", hint=suggest(name, found) if found else None)
    return found[name or next(iter(found))]


# Any: an object of OpenAPI.
def write_text(document: dict[str, Any], form: str) -> str:
    """
    Write a document as text.

    Raises:
        MissingDependencyError: If YAML is wanted, and PyYAML is not installed.

    Example:
        >>> print(write_text({"openapi": "3.1.0"}, "yaml"), end="")
        openapi: 3.1.0
    """
    plain = json.loads(encode_json(document))
    if form == "json":
        return json.dumps(plain, indent=2, ensure_ascii=False) + "\n"
    yaml: Any = require_extra("yaml", extra="yaml", needed_for="covet openapi --format yaml")
    written: str = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=120)
    return written
