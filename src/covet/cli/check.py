"""
`covet check module:app`: everything that the start checks, in one report.
"""

import asyncio
import json

import click

from covet.cli.application import NamedApplication, takes_application
from covet.cli.report import add_checks, check_application, report_failure
from covet.exceptions import ConfigurationError


@click.command()
@takes_application
@click.option("--deploy", is_flag=True, help="Check as well whether strangers may see it.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON instead of text.")
def check(application: NamedApplication, *, deploy: bool, as_json: bool) -> None:
    """
    Check the application found at MODULE:APP as its start does, without starting it.

    Settings, plugins, routes and services, and what the checks of plugins look at, such as pending migrations: whatever
    is wrong is one report, and ends the command with status 1. With --deploy, so does what is unsafe to deploy; what is
    only unwise is a warning.
    """
    try:
        app = application.load_own("start to check")
    except ConfigurationError as exc:
        report = report_failure(application.target, exc)
    else:
        report = check_application(app, application.target)
        asyncio.run(add_checks(report, app, deploy=deploy))
    if as_json:
        click.echo(json.dumps(report.to_dict(), indent=2, ensure_ascii=False))
    else:
        click.echo(str(report), err=not report.is_good)
    if not report.is_good:
        raise SystemExit(1)
