"""
`covet run`: its flags, and what it says about a wrong call. What it serves is tested in tests/e2e.
"""

import pytest
from click.testing import CliRunner

from covet import CovetPy
from covet.cli.commands import covet
from covet.cli.run import run
from covet.server.options import RunOptions

app = CovetPy()


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
        (["run", f"{__name__}:app", "--server", "uvicorn", "--http", "2"], 1, "uvicorn cannot do http='2'."),
    ],
)
def test_a_wrong_call_is_explained(arguments: list[str], status: int, message: str) -> None:
    """What is wrong with the arguments is said without a trace."""
    result = CliRunner().invoke(covet, arguments)

    assert result.exit_code == status
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_what_is_not_given_is_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what stands on the command line is said to the server: the rest is the settings' to say."""
    served: list[tuple[object, object]] = []
    monkeypatch.setattr("covet.cli.run.serve", lambda target, given: served.append((target, given)))

    for arguments in ([], ["--port", "0", "--no-reload", "--no-websockets", "--log-format", "json", "--factory"]):
        CliRunner().invoke(covet, ["run", "app:app", *arguments], catch_exceptions=False)

    assert served == [
        ("app:app", {}),
        ("app:app", {"port": 0, "reload": False, "websockets": False, "log_format": "json", "factory": True}),
    ]


@pytest.mark.parametrize("text", ["(127.0.0.1)", "(8000)", "(30.0)", "(info)", "(text)", "(off)", "(on)"])
def test_help_shows_what_holds_without_settings(text: str) -> None:
    """The defaults are those of `run()`."""
    result = CliRunner().invoke(covet, ["run", "--help"])

    assert text in result.stdout
