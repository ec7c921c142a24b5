"""
`covet config`: show, explain, check, schema.
"""

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from covet.cli.commands import covet
from covet.cli.config import read_assignments, write_toml
from covet.config import Settings
from covet.config.secret import MASK
from covet.exceptions import ConfigurationError

PROGRAM = """
from covet.config import Settings, section

@section
class Mail:
    host: str = "localhost"

class Shop(Settings):
    mail: Mail

class Broken(Settings):
    replace: int
"""


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working directory with settings and a module, which is forgotten afterwards."""
    (tmp_path / "shop_settings.py").write_text(PROGRAM)
    (tmp_path / "config.toml").write_text("[database]\nurl = 'postgresql://ada:hunter2@db/shop'\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    sys.modules.pop("shop_settings", None)


def call(*arguments: str) -> SimpleNamespace:
    """Call the command in this process; returns status, output and errors."""
    result = CliRunner().invoke(covet, ["config", *arguments])
    return SimpleNamespace(status=result.exit_code, output=result.stdout, errors=result.stderr)


def test_show_writes_a_file_that_loads(directory: Path) -> None:
    """The settings in use are TOML, secrets masked."""
    result = call("show", "--set", "plugins.hello.greeting=hi there", "-e", "staging")

    assert (result.status, result.errors) == (0, "")
    shown = tomllib.loads(result.output)
    assert shown["environment"] == "staging"
    assert shown["database"]["url"] == f"postgresql://ada:{MASK}@db/shop"
    assert shown["plugins"] == {"hello": {"greeting": "hi there"}}
    assert shown["server"]["port"] == 8000
    assert "# uds is not set" in result.output
    (directory / "shown.toml").write_text(result.output)
    assert call("check", "--file", "shown.toml").status == 0


def test_show_writes_json_on_demand(directory: Path) -> None:
    """For programs, with the values that are not set."""
    shown = json.loads(call("show", "--json", "--settings", "shop_settings:Shop").output)

    assert shown["mail"] == {"host": "localhost"}
    assert shown["server"]["uds"] is None


def test_explain_says_where_values_come_from(directory: Path) -> None:
    """The command line is a layer, as are the file and its lines."""
    result = call("explain", "--set", "server.port=9", "--set", "logging.level=debug")

    rows = {line.split()[0]: line.split()[1:] for line in result.output.splitlines()}
    assert rows["server.port"] == ["9", "command", "line", "server.port"]
    assert rows["database.url"][1:] == ["config", "file", "config.toml:2", "database.url"]
    assert "hunter2" not in result.output


def test_explain_writes_json_on_demand(directory: Path) -> None:
    """Each value is an object."""
    rows = json.loads(call("explain", "--json").output)

    assert next(row for row in rows if row["path"] == "database.url") == {
        "path": "database.url",
        "value": f"postgresql://ada:{MASK}@db/shop",
        "layer": "config file",
        "name": "database.url",
        "file": "config.toml",
        "line": 2,
        "reloadable": False,
    }


def test_check_is_quiet_about_good_settings(directory: Path) -> None:
    """One sentence, and status 0."""
    result = call("check", "--environment", "prod")

    assert (result.status, result.output, result.errors) == (0, "The settings are good for production.\n", "")


def test_check_reports_everything(directory: Path) -> None:
    """The report goes to standard error, with status 1."""
    result = call("check", "-e", "prod", "--set", "debug=on", "--set", "server.prot=1")

    assert (result.status, result.output) == (1, "")
    lines = result.errors.splitlines()
    assert lines[0] == "2 settings are wrong."
    assert lines[1].startswith("  server.prot is no setting. Did you mean 'port'?")
    assert lines[2].startswith("  debug is on, which production refuses")
    assert "(command line debug)" in lines[2]


def test_warnings_are_written_beside(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are no reason to fail."""
    monkeypatch.setenv("SHOP_DATABSE_URL", "x")

    result = call("check", "--env-prefix", "SHOP_")

    assert result.status == 0
    assert result.errors == (
        "warning: SHOP_DATABSE_URL in the environment sets nothing: there is no such setting. "
        "Did you mean 'SHOP_DATABASE_URL'?\n"
    )


def test_schema_is_that_of_the_class(directory: Path) -> None:
    """An editor is pointed to it."""
    assert json.loads(call("schema").output) == Settings.json_schema()
    assert "mail" in json.loads(call("schema", "--settings", "shop_settings:Shop").output)["properties"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "--set", "port"), "--set 'port' sets nothing.\n  Write --set server.port=8080.\n"),
        (("show", "--set", ".=hunter2"), "--set '.' sets nothing.\n"),
        (("explain", "--file", "nowhere.toml"), "1 setting is wrong.\n  nowhere.toml cannot be read: No such file"),
        (("schema", "--settings", "shop_settings:Shp"), "shop_settings:Shp is not there; it must be Settings or a sub"),
        (("schema", "--settings", "shop_settings:Mail"), "shop_settings:Mail is the class Mail; it must be Settings"),
        (("check", "--settings", "shop_settings:Broken"), "Broken has a setting named 'replace', which is a name of"),
        (("check", "--settings", "shop_setings:Shop"), "There is no module 'shop_setings'"),
        (("check", "--env-prefix", "shop"), "env_prefix must be capitals and digits that end with '_', got 'shop'."),
    ],
)
def test_what_is_wrong_is_explained(directory: Path, arguments: tuple[str, ...], message: str) -> None:
    """In words, without a traceback, with status 1."""
    result = call(*arguments)

    assert (result.status, result.output) == (1, "")
    assert result.errors.startswith(message)
    assert "hunter2" not in result.errors


def test_assignments_have_names() -> None:
    """A value may hold anything, further signs included."""
    assert read_assignments(("a.b=c=d", "e=")) == {"a.b": "c=d", "e": ""}
    with pytest.raises(ConfigurationError):
        read_assignments(("a..b=1",))


def test_toml_is_written_of_everything() -> None:
    """What comes back is what went in, but for what is not set."""
    data = {
        "text": 'a "b" \n ü',
        "list": [1, "x", {"y z": None}],
        "empty": [],
        "quoted key": 1.5,
        "table": {"inner": {"deep": True}, "none": None},
        "blank": {},
    }

    written = tomllib.loads(write_toml(data))

    assert written == data | {"list": [1, "x", {"y z": ""}], "table": {"inner": {"deep": True}}}


def test_other_commands_do_not_import_it() -> None:
    """`covet --help` stays quick: settings are imported when they are asked for."""
    program = (
        "import sys\n"
        "sys.argv = ['covet', '--help']\n"
        "from covet.cli import main\n"
        "try:\n"
        "    main()\n"
        "except SystemExit:\n"
        "    pass\n"
        "assert not [name for name in sys.modules if name.startswith('covet.config') or name == 'covet.cli.config']\n"
    )

    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, timeout=30)
