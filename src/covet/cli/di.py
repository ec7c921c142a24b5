"""
`covet di`: the services of an application, drawn and checked.
"""

import json
from collections.abc import Callable
from typing import Final, Literal

import click

from covet.app import CovetPy
from covet.cli.application import NamedApplication, takes_application
from covet.cli.report import count, find_compile_errors
from covet.di import DependencyError, DependencyGraphError
from covet.di.diagram import Diagram

Format = Literal["text", "mermaid", "json"]

_WRITERS: Final[dict[str, Callable[[Diagram], str]]] = {
    "text": Diagram.to_text,
    "mermaid": Diagram.to_mermaid,
    "json": lambda diagram: json.dumps(diagram.to_list(), indent=2, ensure_ascii=False),
}


@click.group()
def di() -> None:
    """Draw and check the services of the application at MODULE:APP."""


@di.command()
@takes_application
@click.option(
    "--format", "form", type=click.Choice(list(_WRITERS)), default="text", show_default=True, help="How it is written."
)
@click.option("--all", "is_all", is_flag=True, help="What the framework offers and nobody takes, too.")
def graph(application: NamedApplication, *, form: Format, is_all: bool) -> None:
    """Draw the services, what they need, and the routes that inject them."""
    app = application.load_own("services to draw")
    errors = find_compile_errors(app)
    diagram = app.container.graph()
    diagram = diagram if is_all else diagram.without_unused()
    if not diagram.services and form == "text":
        click.echo(f"{application} has no services.")
    else:
        click.echo(_WRITERS[form](diagram))
    if errors:
        click.echo(f"Not everything is right: covet check {application} says what.", err=True)


@di.command()
@takes_application
def check(application: NamedApplication) -> None:
    """Check the wiring as the start does; ends with status 1 and a report of everything that is wrong."""
    app = application.load_own("services to check")
    errors = find_compile_errors(app)
    wrong = [error for error in errors if isinstance(error, DependencyError)]
    others = len(errors) - len(wrong)
    if others:
        wrong_routes = count(others, "other error")
        click.echo(f"There may be more behind {wrong_routes}, which covet check {application} shows.", err=True)
    if wrong:
        click.echo(str(DependencyGraphError(wrong)), err=True)
    else:
        click.echo(_summarise(app))
    if errors:
        raise SystemExit(1)


def _summarise(app: CovetPy) -> str:
    services = app.container.graph().without_unused().services
    askers = sum(not service.lifetime for service in services)
    return f"The wiring is good: {count(len(services) - askers, 'service')}, injected in {count(askers, 'place')}."
