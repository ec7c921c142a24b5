"""
`covet openapi` writes the document of an application, started or not.
"""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml  # type: ignore[import-untyped]
from click.testing import CliRunner

from covet import CovetPy
from covet.cli.commands import covet
from covet.cli.openapi import choose_document
from covet.openapi import OpenAPIPlugin

APPLICATION = """
from covet import CovetPy
from covet.openapi import OpenAPIPlugin, operation

def is_inner(route): return route.path == "/inner"

app = CovetPy(plugins=[OpenAPIPlugin(title="Größen")])
plain = CovetPy()
several = CovetPy(plugins=[
    OpenAPIPlugin(),
    OpenAPIPlugin(name="inner", path="/i.json", docs_path=None, redoc_path=None, include=is_inner),
])
wrong = CovetPy(plugins=[OpenAPIPlugin()])

@app.get("/users")
@plain.get("/openapi.json")
@several.get("/inner")
async def list_users() -> list[str]: ...

@wrong.get("/a")
@operation(responses={404: complex})
async def broken() -> None: ...

def create(): return app

async def foreign(scope, receive, send): ...
"""


@pytest.fixture
def directory(importable: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with applications of a module `described`."""
    (importable / "described.py").write_text(APPLICATION, "utf-8")
    monkeypatch.chdir(importable)
    monkeypatch.delenv("COVET_APP", raising=False)
    return importable


def call(*arguments: str) -> SimpleNamespace:
    """Call the command in this process; returns status, output and errors."""
    result = CliRunner().invoke(covet, ["openapi", *arguments])
    return SimpleNamespace(status=result.exit_code, output=result.stdout, errors=result.stderr)


@pytest.mark.parametrize("arguments", [["described:app"], ["described:create", "--factory"], ["described:plain"]])
def test_the_document_is_written_as_json(directory: Path, arguments: list[str]) -> None:
    """
    By an application with the plugin, by one that a function makes, by one without the plugin, whatever its paths are.
    """
    result = call(*arguments)

    assert result.status == 0, result.errors
    assert json.loads(result.output)["openapi"] == "3.1.0"
    assert len(json.loads(result.output)["paths"]) == 1


def test_yaml_says_the_same(directory: Path) -> None:
    """
    Letters are written as they are.
    """
    as_json, as_yaml = call("described:app"), call("described:app", "--format", "yaml")

    assert yaml.safe_load(as_yaml.output) == json.loads(as_json.output)
    assert "title: Größen\n" in as_yaml.output


@pytest.mark.parametrize(
    ("name", "arguments", "begin"),
    [
        ("a.json", [], "{"),
        ("a.yaml", [], "openapi: "),
        ("a.yml", [], "openapi: "),
        ("a.YAML", [], "openapi: "),
        ("a.yaml", ["--format", "json"], "{"),
        ("a.txt", ["--format", "yaml"], "openapi: "),
    ],
)
def test_it_is_written_to_a_file(directory: Path, name: str, arguments: list[str], begin: str) -> None:
    """
    In the format that its name says, unless another is asked for.
    """
    result = call("described:app", "--output", name, *arguments)

    assert result.output == f"{name}: 1 paths.\n"
    assert (directory / name).read_text("utf-8").startswith(begin)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--output", "none/a.json"], "'none/a.json' cannot be written: No such file or directory."),
        (["--output", "a.txt"], "The name of 'a.txt' says no format."),
        (["--output", "a"], "Let it end with .json or .yaml, or write --format json or --format yaml."),
    ],
)
def test_what_is_wrong_with_a_file_is_said(directory: Path, arguments: list[str], message: str) -> None:
    """
    Without a trace, and without a file whose name says another thing than its content.
    """
    result = call("described:app", *arguments)

    assert result.status == 1
    assert message in result.errors
    assert "Traceback" not in result.errors
    assert not (directory / arguments[-1]).exists()


def test_the_document_is_chosen_by_the_plugins_name(directory: Path) -> None:
    """
    Where there are several, one has to be named.
    """
    chosen = call("described:several", "--document", "inner")
    unclear = call("described:several")
    unknown = call("described:several", "--document", "iner")

    assert list(json.loads(chosen.output)["paths"]) == ["/inner"]
    assert (unclear.status, unknown.status) == (1, 1)
    assert "'described:several' has 2 documents." in unclear.errors
    assert "Say which: --document openapi or inner." in unclear.errors
    assert "'described:several' has no document 'iner'." in unknown.errors
    assert "Did you mean 'inner'?" in unknown.errors


def test_the_application_may_be_named_in_the_environment(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Without any, the error says how to name it.
    """
    nameless = call()
    monkeypatch.setenv("COVET_APP", "described:app")
    named = call()

    assert nameless.status == 2
    assert "Which application? Write covet openapi main:app, or set COVET_APP." in nameless.errors
    assert json.loads(named.output)["info"]["title"] == "Größen"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("described:foreign", "'described:foreign' has no routes to describe."),
        ("described:wrong", "GET /a: Its response 404 cannot be described"),
        ("described:nothing", "nothing"),
    ],
)
def test_what_is_wrong_is_said(directory: Path, target: str, message: str) -> None:
    """
    The command ends with 1, and without a trace.
    """
    result = call(target)

    assert result.status == 1
    assert message in result.errors
    assert "Traceback" not in result.errors


def test_an_application_without_the_plugin_stays_as_it_is() -> None:
    """
    Nothing is added to it.
    """
    app = CovetPy()

    assert isinstance(choose_document(app, "main:app", None), OpenAPIPlugin)
    assert app.plugin_manager.list_plugins() == []
    assert list(app.router.routes) == []
