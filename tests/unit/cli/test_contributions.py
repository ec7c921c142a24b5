"""
Commands of plugins: found in the application that is named, imported when they are called.
"""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from covet.cli.commands import covet


def call(*arguments: str, variable: str | None = None) -> SimpleNamespace:
    """Call the command in this process; returns status, output and errors."""
    result = CliRunner().invoke(covet, arguments, env={"COVET_APP": variable})
    return SimpleNamespace(status=result.exit_code, output=result.stdout, errors=result.stderr)


@pytest.mark.parametrize(
    ("arguments", "variable"), [(["--app", "plugged:app"], None), ([], "plugged:app")], ids=["option", "variable"]
)
def test_command_is_called(plugged: Path, arguments: list[str], variable: str | None) -> None:
    """The application is named on the command line or in the environment."""
    result = call(*arguments, "ping", variable=variable)

    assert (result.status, result.output) == (0, "pong\n")


def test_command_line_wins_over_the_environment(plugged: Path) -> None:
    """It is nearer."""
    assert call("--app", "plugged:app", "ping", variable="plugged:empty").output == "pong\n"


def test_command_of_a_text_is_imported_when_it_is_called(plugged: Path) -> None:
    """Others do not wait for what it needs."""
    call("ping", variable="plugged:app")
    imported_before = "late_commands" in sys.modules

    result = call("migrate", "head", variable="plugged:app")

    assert (imported_before, result.output) == (False, "migrated to head\n")


def test_help_lists_the_commands_of_the_application(plugged: Path) -> None:
    """Apart from those of covet; one that is not imported yet has its plugin's name."""
    result = call("--help", variable="plugged:app")

    assert result.status == 0
    listed = result.output.partition("Commands of plugged:app:\n")[2]
    assert [line.split(maxsplit=1) for line in listed.splitlines()] == [
        ["lost", "Of the plugin database."],
        ["migrate", "Of the plugin database."],
        ["ping", "Ping the database."],
    ]
    assert "late_commands" not in sys.modules


def test_help_lists_nothing_more_for_an_application_without_commands(plugged: Path) -> None:
    """There is no empty heading."""
    assert "Commands of" not in call("--help", variable="plugged:empty").output


def test_help_works_though_the_application_does_not() -> None:
    """One asks for it when something does not work; it says why commands are missing."""
    result = call("--help", variable="no_such_module:app")

    assert result.status == 0
    assert "Serve an application." in result.output
    assert "The commands of no_such_module:app cannot be listed: There is no module 'no_such_module'" in " ".join(
        result.output.split()
    )


def test_own_commands_do_not_import_the_application() -> None:
    """`covet routes` reads the application that it is given."""
    result = call("routes", "--help", variable="no_such_module:app")

    assert result.status == 0


def test_unknown_command_is_suggested(plugged: Path) -> None:
    """From those of the application, too."""
    result = call("pnig", variable="plugged:app")

    assert result.status == 2
    assert "There is no command 'pnig'. Did you mean 'ping'?" in result.errors
    assert "COVET_APP" not in result.errors


@pytest.mark.parametrize(
    ("target", "command", "error"),
    [
        ("no_such_module:app", "ping", "There is no module 'no_such_module'"),
        (
            "plugged:shadow",
            "ping",
            (
                "The plugin 'shadow' has a command 'run', which is one of covet's own.\n"
                "  Give it another name, such as 'shadow-run'."
            ),
        ),
        (
            "plugged:app",
            "lost",
            (
                "The command 'lost' of the plugin 'database': 'late_commands:lost' cannot be imported: "
                "AttributeError: module 'late_commands' has no attribute 'lost'.\n"
                '  Its commands() gives "package.module:attribute".'
            ),
        ),
        (
            "plugged:wrong",
            "wrong",
            (
                "The command 'wrong' of the plugin 'wrong' is no click command: 7.\n"
                "  Decorate the function with click.command()."
            ),
        ),
    ],
)
def test_command_that_cannot_be_had_says_why(plugged: Path, target: str, command: str, error: str) -> None:
    """Without a traceback, and with status 1."""
    result = call(command, variable=target)

    assert result.status == 1
    assert error in result.errors
    assert "Traceback" not in result.errors


def test_application_of_another_framework_adds_nothing(plugged: Path) -> None:
    """`covet run` serves it all the same."""
    result = call("ping", variable="plugged:foreign")

    assert result.status == 2
    assert "There is no command 'ping'." in result.errors
