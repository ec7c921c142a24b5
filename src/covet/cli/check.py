"""
`covet check module:app`: everything that the start checks, in one report.
"""

import json

import click

from covet.cli.application import NamedApplication, takes_application
from covet.cli.report import check_application, report_failure
from covet.exceptions import ConfigurationError


@click.command()
@takes_application
@click.option("--json", "as_json", is_flag=True, help="Write JSON instead of text.")
def check(application: NamedApplication, *, as_json: bool) -> None:
    """
    Check the application found at MODULE:APP as its start does, without starting it.

    Settings, plugins, routes and services: whatever is wrong is one report, and ends the command with status 1.
    """
    try:
        app = application.load_own("start to check")
    except ConfigurationError as exc:
        report = report_failure(application.target, exc)
    else:
        report = check_application(app, application.target)
    if as_json:
        click.echo(json.dumps(report.to_dict(), indent=2, ensure_ascii=False))
    else:
        click.echo(str(report), err=not report.is_good)
    if not report.is_good:
        raise SystemExit(1)
