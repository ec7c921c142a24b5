"""
`covet explain GET /users/1 module:app`: what happens to a request, without a request.
"""

import json

import click

from covet.cli.application import NamedApplication, takes_application
from covet.cli.explained_request import explain_request
from covet.cli.explained_text import make_plain, write_text
from covet.cli.report import find_compile_errors
from covet.exceptions import ConfigurationError
from covet.http.urls import URL, unquote_path


def _check_path(ctx: click.Context, _parameter: click.Parameter, value: str) -> str:
    if not value.startswith("/"):
        raise click.UsageError(
            f"PATH begins with a slash, got {value!r}. Write METHOD PATH MODULE:APP, in this order.", ctx
        )
    return value


@click.command()
@click.argument("method", metavar="METHOD")
@click.argument("path", metavar="PATH", callback=_check_path)
@takes_application
@click.option("--json", "as_json", is_flag=True, help="Write JSON instead of text.")
def explain(application: NamedApplication, *, method: str, path: str, as_json: bool) -> None:
    """
    Explain what the application found at MODULE:APP makes of a request, such as GET /users/1?page=2.

    Route, middleware, the source of each argument, services, limits, errors, response: from the plan that answers.
    """
    app = application.load_own("routes to explain")
    if find_compile_errors(app):
        raise ConfigurationError(
            f"{application} cannot start, so it answers nothing.", hint=f"covet check {application} says why."
        )
    target = URL(path)
    explained = explain_request(app, method.upper(), unquote_path(target.path), target.query)
    if as_json:
        click.echo(json.dumps(make_plain(explained), indent=2, ensure_ascii=False))
    else:
        click.echo(write_text(explained))
