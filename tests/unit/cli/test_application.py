"""
One way to name an application: behind the command, by `--app`, by `COVET_APP`; and `--factory`.
"""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from covet.cli.application import APP_VARIABLE, NamedApplication
from covet.cli.commands import covet
from covet.server.target import TargetError

# Every command that reads an application, up to the place of its name.
COMMANDS = (
    ("check",),
    ("di", "check"),
    ("di", "graph"),
    ("explain", "GET", "/"),
    ("plugins", "list"),
    ("routes",),
)

every_command = pytest.mark.parametrize("command", COMMANDS, ids=" ".join)


def call(*arguments: str, variable: str | None = None) -> SimpleNamespace:
    """Call the command in this process; returns status, output and errors."""
    result = CliRunner().invoke(covet, arguments, env={APP_VARIABLE: variable})
    return SimpleNamespace(status=result.exit_code, output=result.stdout, errors=result.stderr)


@every_command
def test_all_ways_lead_to_the_application(plugged: Path, command: tuple[str, ...]) -> None:
    """They are the same for every command."""
    found = [
        call(*command, "plugged:app"),
        call(*command, "--app", "plugged:app"),
        call("--app", "plugged:app", *command),
        call(*command, variable="plugged:app"),
    ]

    assert found[0].status == 0
    assert found[0].output
    # The times of plugins are other ones each time.
    assert {(item.status, item.output.partition(" ms")[0][:-4]) for item in found} == {
        (0, found[0].output.partition(" ms")[0][:-4])
    }


@every_command
def test_nearest_name_wins(plugged: Path, command: tuple[str, ...]) -> None:
    """The argument over the option of the command, that over the option before it, that over the environment."""
    wrong, right = "plugged:missing", "plugged:empty"

    assert call("--app", wrong, *command, "--app", wrong, right, variable=wrong).status == 0
    assert call("--app", wrong, *command, "--app", right, variable=wrong).status == 0
    assert call("--app", right, *command, variable=wrong).status == 0


@every_command
def test_factory_makes_the_application(plugged: Path, command: tuple[str, ...]) -> None:
    """Before the command or behind it."""
    assert call(*command, "plugged:create", "--factory").status == 0
    assert call("--app", "plugged:create", "--factory", *command).status == 0
    assert "--factory on the command line" in call(*command, "plugged:create").errors or command == ("check",)


@every_command
def test_application_has_to_be_named(command: tuple[str, ...]) -> None:
    """The error repeats the command as it should have been."""
    result = call(*command)

    assert result.status == 2
    assert f"Which application? Write covet {' '.join(command)} main:app, or set COVET_APP." in result.errors


def test_commands_of_a_factory_s_plugins_are_found(plugged: Path) -> None:
    """The option stands before the command, as the name does."""
    assert call("--app", "plugged:create", "--factory", "ping").output == "pong\n"


@pytest.mark.parametrize("command", COMMANDS[:3] + COMMANDS[4:5], ids=" ".join)
def test_application_of_another_framework_is_refused(plugged: Path, command: tuple[str, ...]) -> None:
    """These commands read what CovetPy's alone have."""
    result = call(*command, "plugged:foreign")

    assert result.status == 1
    assert "'plugged:foreign' has no " in result.errors
    assert "This command reads CovetPy applications." in result.errors


def test_name_is_what_is_written() -> None:
    """For messages."""
    assert str(NamedApplication("main:app")) == "main:app"


def test_missing_application_is_an_error(importable: Path) -> None:
    """As everywhere."""
    with pytest.raises(TargetError, match="There is no module 'no_such_module'"):
        NamedApplication("no_such_module:app").load()


def test_naming_imports_nothing() -> None:
    """`covet --help` needs neither servers nor the application."""
    program = "import sys, covet.cli.application; print('covet.server.target' in sys.modules)"

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert ended.stdout == "False\n"
