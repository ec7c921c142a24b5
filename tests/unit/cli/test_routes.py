"""
`covet routes`: the table, JSON, and what has no routes.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from covet.cli.commands import covet
from covet.cli.routes import RouteRow, make_table, read_routes
from covet.server.target import TargetError

APPLICATION = """
from covet import CovetPy
from covet.core import CovetRouter
from covet.middleware import Middleware

class Outer(Middleware):
    def on_finish(self, request, response, error): ...
class Inner(Outer): ...

async def around(request, call_next):
    return await call_next(request)

app = CovetPy(middleware=[Outer])
users = CovetRouter(middleware=[Inner()])

@app.route("/users", methods=["POST", "GET"], name="users")
def list_users(): ...

@users.get("/{user_id:int}", middleware=["listed:around"])
def show_user(user_id: int): ...

app.include_router(users, "/users", middleware=[around])

def plain(scope, receive, send): ...
app.mount("/plain", plain, name="mounted")
empty = CovetPy()
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


def test_routes_are_a_table(directory: Path) -> None:
    """
    Method, path, name, handler and middleware stand under their headings.

    The middleware is all that runs around a route, the outermost first; what is mounted is listed, too.
    """
    result = call("routes", "listed:app")

    assert result.status == 0
    assert [line.split() for line in result.output.splitlines()] == [
        ["METHOD", "PATH", "NAME", "HANDLER", "MIDDLEWARE"],
        ["GET,POST", "/users", "users", "listed:list_users", "listed:Outer"],
        [
            *("GET", "/users/{user_id:int}", "show_user", "listed:show_user"),
            *("listed:Outer,", "listed:around,", "listed:Inner,", "listed:around"),
        ],
        ["*", "/plain/*", "mounted", "listed:plain", "-"],
    ]


def test_files_are_listed_with_their_layers(directory: Path) -> None:
    """They have methods and middleware, as routes do."""
    (directory / "listed.py").write_text(f"{APPLICATION}app.static('/files', '.', name='files', middleware=[around])")

    result = call("routes", "listed:app")

    assert result.output.splitlines()[-1].split() == [
        *("GET,HEAD", "/files/*", "files", "covet.staticfiles.files:StaticFiles.answer"),
        *("listed:Outer,", "listed:around"),
    ]


def test_routes_are_json_on_demand(directory: Path) -> None:
    """`--json` writes the same for programs."""
    result = call("routes", "listed:create_app", "--factory", "--json")

    assert json.loads(result.output)[0] == {
        "methods": ["GET", "POST"],
        "path": "/users",
        "name": "users",
        "handler": "listed:list_users",
        "middleware": ["listed:Outer"],
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
