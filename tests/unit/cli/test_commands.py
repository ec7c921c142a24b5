"""
The table of commands: help, version, errors, and how little is imported for them.
"""

import subprocess
import sys
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from covet import __version__
from covet.cli import main
from covet.cli.commands import COMMANDS, covet


def call(*arguments: str) -> SimpleNamespace:
    """Call the command in this process; returns status, output and errors."""
    result = CliRunner().invoke(covet, arguments)
    return SimpleNamespace(status=result.exit_code, output=result.stdout, errors=result.stderr)


def test_help_lists_every_command() -> None:
    """`covet --help` shows the commands of the table with their summaries."""
    result = call("--help")

    assert result.status == 0
    for name, command in COMMANDS.items():
        assert name in result.output
        assert command.summary in result.output


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_of_the_table_is_there(name: str) -> None:
    """What the table promises can be imported and explains itself."""
    result = call(name, "--help")

    assert result.status == 0
    assert f"Usage: covet {name}" in result.output


def test_the_version_is_written() -> None:
    """`covet --version` writes name and version."""
    assert call("--version").output == f"covet {__version__}\n"


def test_a_misspelt_command_is_suggested() -> None:
    """An unknown command names the closest one."""
    result = call("rnu")

    assert result.status == 2
    assert (
        f"There is no command 'rnu'. Did you mean 'run'? Available: {', '.join(sorted(COMMANDS))}. "
        "Those of plugins need --app main:app, or COVET_APP." in result.errors
    )


def test_help_imports_no_command() -> None:
    """`covet --help` imports neither commands nor servers."""
    program = (
        "import sys\n"
        "sys.argv = ['covet', '--help']\n"
        "from covet.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit:\n"
        "    heavy = {'granian', 'msgspec', 'uvicorn', 'hypercorn', 'multiprocessing'}\n"
        "    heavy |= {'covet.plugins', 'covet.server', 'covet.config', 'covet.di', 'covet.events', 'covet.debug'}\n"
        "    from covet.cli.commands import COMMANDS\n"
        "    heavy |= {command.module for command in COMMANDS.values()}\n"
        "    print('HEAVY', sorted(heavy & set(sys.modules)))\n"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert "HEAVY []" in ended.stdout


def test_without_click_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command needs click, and names the extra that brings it."""
    monkeypatch.setitem(sys.modules, "click", None)

    with pytest.raises(SystemExit) as caught:
        main()

    assert caught.value.code == 1
    assert capsys.readouterr().err == (
        'click is needed for the covet command.\n  Install it with: pip install "covetpy[standard]"\n'
    )
