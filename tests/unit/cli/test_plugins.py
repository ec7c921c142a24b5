"""
`covet plugins list`: the table, and a start to try it.
"""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from covet.cli.commands import covet


def call(*arguments: str, variable: str | None = None) -> SimpleNamespace:
    """Call the command in this process; returns status, output and errors."""
    result = CliRunner().invoke(covet, ["plugins", "list", *arguments], env={"COVET_APP": variable})
    return SimpleNamespace(status=result.exit_code, output=result.stdout, errors=result.stderr)


def test_plugins_are_listed_in_the_order_of_their_start(plugged: Path) -> None:
    """With state, origin and what they need; nothing is started."""
    result = call("plugged:app")

    assert result.status == 0
    assert [line.split()[:6] for line in result.output.splitlines()] == [
        ["NAME", "VERSION", "STATE", "ORIGIN", "NEEDS", "REQUIRED"],
        ["database", "1.4", "initialised", "argument", "-", "yes"],
        ["shop", "1.0", "initialised", "argument", "database>=1,<2", "no"],
    ]
    assert result.output.splitlines()[1].endswith(" ms  -      -")


def test_start_shows_what_starts_and_what_does_not(plugged: Path) -> None:
    """As the application then runs: degraded, for a reason."""
    result = call("plugged:app", "--start")

    lines = result.output.splitlines()
    assert result.status == 0
    assert [line.split()[2] for line in lines[1:3]] == ["started", "failed"]
    assert lines[1].count(" ms") == 3
    assert lines[3] == "shop failed: on_startup() raised ConnectionError: no warehouse"


def test_start_that_fails_is_explained(plugged: Path) -> None:
    """Below the table that says which plugin it was, with status 1."""
    result = call("plugged:broken", "--start")

    assert result.status == 1
    assert [line.split()[2] for line in result.output.splitlines()[1:3]] == ["failed", "initialised"]
    assert "ConnectionError: refused" in result.errors
    assert "while starting: plugin broken" in result.errors
    assert result.errors.endswith("The application could not be started and stopped.\n")


def test_stop_that_fails_is_explained(plugged: Path) -> None:
    """The table shows that it had started."""
    result = call("plugged:stuck", "--start")

    assert result.status == 1
    assert result.output.splitlines()[1].split()[2] == "started"
    assert "ConnectionError: lost" in result.errors


def test_json_has_everything(plugged: Path) -> None:
    """For other programs."""
    result = call("plugged:app", "--start", "--json")

    database, shop = json.loads(result.output)
    assert sorted(database.pop("timings")) == ["init_app", "on_shutdown", "on_startup"]
    assert database == {
        "name": "database",
        "version": "1.4",
        "state": "started",
        "origin": "argument",
        "dependencies": [],
        "required": True,
        "reason": "",
        "description": "Keeps things.",
    }
    assert shop["reason"] == "on_startup() raised ConnectionError: no warehouse"


def test_application_without_plugins_says_so(plugged: Path) -> None:
    """An empty table would not."""
    assert call("plugged:empty").output == "plugged:empty has no plugins.\n"


def test_factory_may_be_called(plugged: Path) -> None:
    """As `covet run` does."""
    assert call("plugged:create", "--factory").output.splitlines()[1].split()[0] == "database"


def test_application_may_be_named_by_the_environment(plugged: Path) -> None:
    """For whoever works on one of them all day."""
    assert call(variable="plugged:empty").output == "plugged:empty has no plugins.\n"


def test_application_has_to_be_named() -> None:
    """The error says how."""
    result = call()

    assert result.status == 2
    assert "Which application? Write covet plugins list main:app, or set COVET_APP." in result.errors


@pytest.mark.parametrize(
    ("target", "error"),
    [
        ("plugged:missing", "Module 'plugged' has no 'missing'."),
        ("plugged:foreign", "'plugged:foreign' has no plugins to list.\n  This command reads CovetPy applications."),
    ],
)
def test_what_is_no_application_is_refused(plugged: Path, target: str, error: str) -> None:
    """With status 1, without a traceback."""
    result = call(target)

    assert result.status == 1
    assert error in result.errors
