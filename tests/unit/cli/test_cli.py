"""
The `covet` command: its table of commands, its errors, and how little it imports.
"""

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from covet import __version__
from covet.cli import main
from covet.cli.commands import COMMANDS, covet
from covet.cli.routes import RouteRow, make_table, read_routes
from covet.cli.run import run
from covet.server.options import RunOptions
from covet.server.target import TargetError

APPLICATION = """
class Route:
    def __init__(self, path, methods, handler, name=None, middleware=()):
        self.path, self.methods, self.handler = path, methods, handler
        self.name, self.middleware = name, middleware

class Router:
    def __init__(self, routes):
        self.routes = routes

class Outer: ...

def list_users(): ...
def show_user(): ...

class App:
    def __init__(self, routes):
        self.router = Router(routes)
    def __call__(self, scope, receive, send): ...

app = App([
    Route("/users", {"POST", "GET"}, list_users, "users"),
    Route("/users/{user_id:int}", {"GET"}, show_user, middleware=(Outer(), Outer, show_user)),
])
empty = App([])
def plain(scope, receive, send): ...
def create_app(): return app
"""


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory with an application, whose module is forgotten afterwards."""
    (tmp_path / "listed.py").write_text(APPLICATION)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    sys.modules.pop("listed", None)


def call(*arguments: str) -> SimpleNamespace:
    """Call the command in this process; returns status, output and errors."""
    result = CliRunner().invoke(covet, arguments)
    return SimpleNamespace(status=result.exit_code, output=result.stdout, errors=result.stderr)


# ── The table ────────────────────────────────────────────────────────────────


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
    assert "MODULE:APP" in result.output


def test_the_version_is_written() -> None:
    """`covet --version` writes name and version."""
    assert call("--version").output == f"covet {__version__}\n"


def test_a_misspelt_command_is_suggested() -> None:
    """An unknown command names the closest one."""
    result = call("rnu")

    assert result.status == 2
    assert "There is no command 'rnu'. Did you mean 'run'? Available: routes, run." in result.errors


def test_help_is_quick_and_imports_no_command() -> None:
    """`covet --help` takes less than 0.3 s of CPU, since it imports neither commands nor servers."""
    program = (
        "import sys\n"
        "sys.argv = ['covet', '--help']\n"
        "from covet.cli import main\n"
        "try:\n    main()\n"
        "except SystemExit:\n"
        "    heavy = {'granian', 'uvicorn', 'hypercorn', 'covet.cli.run', 'covet.cli.routes', 'multiprocessing'}\n"
        "    print('HEAVY', sorted(heavy & set(sys.modules)))\n"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert "HEAVY []" in ended.stdout
    # Twice the promise, for a loaded machine; what is imported is what decides, and that is exact.
    assert (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime) < 0.6


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


def test_python_m_covet_is_the_command() -> None:
    """`python -m covet` does the same."""
    ended = subprocess.run([sys.executable, "-m", "covet", "--version"], capture_output=True, text=True, check=True)

    assert ended.stdout == f"covet {__version__}\n"


# ── run ──────────────────────────────────────────────────────────────────────


def test_every_option_of_run_has_a_flag() -> None:
    """The command line offers what `run()` takes, by the same names."""
    flags = {parameter.name for parameter in run.params} - {"target"}

    assert flags == set(RunOptions.__annotations__)


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["run"], 2, "Missing argument 'MODULE:APP'."),
        (["run", "app:app", "--server", "granain"], 2, "'granain' is not one of"),
        (["run", "app:app", "--prot", "80"], 2, "'--port'?"),
        (["run", "app:app", "--reload", "--workers", "2"], 1, "reload=True serves with one worker"),
        (["run", "app.py"], 1, "Write it with dots and without .py: app:app"),
        (["run", "app:app", "--server", "uvicorn", "--http", "2"], 1, "uvicorn cannot do http='2'."),
    ],
)
def test_a_wrong_call_is_explained(arguments: list[str], status: int, message: str) -> None:
    """What is wrong with the arguments is said without a trace."""
    result = call(*arguments)

    assert result.status == status
    assert message in result.errors
    assert "Traceback" not in result.errors


# ── routes ───────────────────────────────────────────────────────────────────


def test_routes_are_a_table(directory: Path) -> None:
    """Method, path, name, handler and middleware stand under their headings."""
    result = call("routes", "listed:app")

    assert result.status == 0
    assert [line.split() for line in result.output.splitlines()] == [
        ["METHOD", "PATH", "NAME", "HANDLER", "MIDDLEWARE"],
        ["GET,POST", "/users", "users", "listed:list_users", "-"],
        ["GET", "/users/{user_id:int}", "-", "listed:show_user", "listed:Outer,", "listed:Outer,", "listed:show_user"],
    ]


def test_routes_are_json_on_demand(directory: Path) -> None:
    """`--json` writes the same for programs."""
    result = call("routes", "listed:create_app", "--factory", "--json")

    assert json.loads(result.output)[0] == {
        "methods": ["GET", "POST"],
        "path": "/users",
        "name": "users",
        "handler": "listed:list_users",
        "middleware": [],
    }


def test_no_routes_are_said(directory: Path) -> None:
    """An application without routes gets a sentence, not an empty table."""
    assert call("routes", "listed:empty").output == "listed:empty has no routes.\n"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("listed:ap", "Module 'listed' has no 'ap'.\n  Did you mean 'app'?"),
        ("listde:app", "There is no module 'listde'"),
        ("listed:plain", "'listed:plain' has no router.routes to list."),
    ],
)
def test_routes_of_nothing_are_explained(directory: Path, target: str, message: str) -> None:
    """A target that cannot be listed is explained without a trace, with status 1."""
    result = call("routes", target)

    assert result.status == 1
    assert message in result.errors
    assert "Traceback" not in result.errors


def test_an_application_without_a_router_is_refused() -> None:
    """Only CovetPy's applications have routes to read."""
    with pytest.raises(TargetError, match=r"This command reads CovetPy applications"):
        read_routes(object(), "main:app")


def test_columns_are_as_wide_as_needed() -> None:
    """Every column starts at the same place on each line."""
    rows = [RouteRow(["GET"], "/", "", "a:b", []), RouteRow(["DELETE"], "/long/path", "n", "a:b", [])]

    lines = make_table(rows).splitlines()

    assert len({line.index("a:b") for line in lines[1:]}) == 1
