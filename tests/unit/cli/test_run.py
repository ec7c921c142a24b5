"""
`covet run`: its flags, and what it says about a wrong call. What it serves is tested in tests/e2e.
"""

import pytest
from click.testing import CliRunner

from covet.cli.commands import covet
from covet.cli.run import run
from covet.server.options import RunOptions


def test_every_option_of_run_has_a_flag() -> None:
    """The command line offers what `run()` takes, by the same names."""
    flags = {parameter.name for parameter in run.params} - {"target", "app"}

    assert flags == set(RunOptions.__annotations__)


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["run"], 2, "Which application? Write covet run main:app, or set COVET_APP."),
        (["run", "app:app", "--server", "granain"], 2, "'granain' is not one of"),
        (["run", "app:app", "--prot", "80"], 2, "'--port'?"),
        (["run", "app:app", "--reload", "--workers", "2"], 1, "reload=True serves with one worker"),
        (["run", "app.py"], 1, "Write it with dots and without .py: app:app"),
        (["run", "app:app", "--server", "uvicorn", "--http", "2"], 1, "uvicorn cannot do http='2'."),
    ],
)
def test_a_wrong_call_is_explained(arguments: list[str], status: int, message: str) -> None:
    """What is wrong with the arguments is said without a trace."""
    result = CliRunner().invoke(covet, arguments)

    assert result.exit_code == status
    assert message in result.stderr
    assert "Traceback" not in result.stderr
