"""
`covet db`.
"""

import asyncio
import json
import logging
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from covet.database.migrations import Migrations
from covet.database.migrations.commands import create_commands
from tests.unit.database.migrations.conftest import Workshop, empty, make_models

Call = Callable[..., Result]


@pytest.fixture
def call(sqlite: Workshop) -> Call:
    """Call the commands for two databases."""
    databases = {
        "default": Migrations(sqlite.url, make_models(), sqlite.directory),
        "archive": Migrations(f"sqlite:///{sqlite.folder}/archive.db", sa.MetaData(), sqlite.folder / "archive"),
    }

    def call(*arguments: str, is_production: bool = False) -> Result:
        group = create_commands(lambda: databases, is_production=is_production)
        return CliRunner().invoke(group, arguments, prog_name="covet db")

    return call


def test_a_life(call: Call, sqlite: Workshop) -> None:
    """From the directory to the beginning again."""
    done = call("init")
    assert done.output == f"wrote {sqlite.directory}/env.py\nwrote {sqlite.directory}/script.py.mako\n"
    assert call("history").output == "There are no migrations yet.\n"

    done = call("revision", "-m", "add notes", "--rev-id", "a1")
    assert done.exit_code == 0, done.output
    assert done.output.startswith(f"wrote {sqlite.directory}/versions/")
    assert done.output.endswith(
        "Read it before it runs: a renamed column, for one, looks like a dropped and an added one.\n"
    )
    assert call("current").output == "The database stands at the beginning.\n"

    done = call("check")
    assert done.exit_code == 1
    assert done.stderr == (
        "pending: a1 'add notes'\nRun them: covet db upgrade. The models are compared once nothing is pending.\n"
    )
    assert "CREATE TABLE users" in call("upgrade", "--dry-run").output
    assert call("sql").output == call("upgrade", "--dry-run").output

    assert call("upgrade").output == "ran a1 'add notes'\n"
    assert call("upgrade").output == "Nothing to run.\n"
    assert call("current").output == "a1 'add notes' (head)\n"
    assert [line.split() for line in call("history").output.splitlines()] == [
        ["REVISION", "APPLIED", "FOLLOWS", "MESSAGE"],
        ["a1", "yes", "-", "add", "notes"],
    ]
    done = call("check")
    assert (done.exit_code, done.stdout) == (0, "The database is as the models are.\n")
    done = call("revision", "-m", "nothing")
    assert done.output == (
        "The models and the database do not differ: nothing was written. --empty writes one all the same.\n"
    )

    assert call("downgrade", "base", "--yes").output == "took back a1 'add notes'\n"
    assert call("downgrade", "base", "--yes").output == "Nothing to take back.\n"


def test_differences_are_listed(call: Call) -> None:
    """Each on a line, with status 1; for programs as JSON."""
    call("init")

    done = call("check")
    as_json = call("check", "--json")

    assert (done.exit_code, as_json.exit_code) == (1, 1)
    assert "the table 'notes' is in the models alone\n" in done.stderr
    content = json.loads(as_json.stdout)
    assert content["ok"] is False
    assert content["pending"] == []
    assert "the table 'notes' is in the models alone" in content["differences"]


def test_advice_is_about_the_database_that_is_named(call: Call) -> None:
    """Otherwise what it says would upgrade, or take back, the first one."""
    missing = call("--database", "archive", "upgrade")
    call("--database", "archive", "init")
    call("--database", "archive", "revision", "--empty", "-m", "nothing", "--rev-id", "a1")

    pending = call("--database", "archive", "check")
    early = call("--database", "archive", "revision", "-m", "more")

    assert missing.stderr.endswith("  Make the directory: covet db --database archive init\n")
    assert "Run them: covet db --database archive upgrade. The models" in pending.stderr
    assert early.stderr.endswith("  Run it first: covet db --database archive upgrade\n")


def test_another_database_is_named(call: Call, sqlite: Workshop) -> None:
    """Before the command."""
    assert call("--database", "archive", "init").exit_code == 0
    assert (sqlite.folder / "archive" / "env.py").exists()

    done = call("--database", "archives", "upgrade")

    assert done.exit_code == 1
    assert done.stderr == ("There is no database 'archives'.\n  Did you mean 'archive'? Available: archive, default.\n")


def test_an_application_without_migrations_says_so() -> None:
    """It is no crash."""
    done = CliRunner().invoke(create_commands(dict), ["upgrade"])

    assert done.exit_code == 1
    assert done.stderr == "The application has no database that could have migrations.\n"


def test_an_error_is_a_text(call: Call, sqlite: Workshop) -> None:
    """Without a trace."""
    done = call("upgrade")

    assert done.exit_code == 1
    assert (
        done.stderr == f"There are no migrations in {str(sqlite.directory)!r}.\n  Make the directory: covet db init\n"
    )


def test_data_is_not_lost_by_a_script(call: Call) -> None:
    """Nobody is there to be asked."""
    call("init")
    call("revision", "-m", "add notes", "--rev-id", "a1")
    call("upgrade")

    done = call("downgrade", "-1")

    assert done.exit_code == 1
    assert done.stderr == (
        "The downgrade loses data: a1 'add notes' drops the table 'notes'; a1 'add notes' drops the table 'users'.\n"
        "  If that is meant: covet db downgrade --yes\n"
    )
    assert call("current").output == "a1 'add notes' (head)\n"


def test_an_option_that_is_mistyped_is_no_revision(call: Call, sqlite: Workshop) -> None:
    """Though what begins with a dash may be one."""
    sqlite.write("a1")

    done = call("downgrade", "--yess")

    assert done.exit_code == 1
    assert done.stderr.startswith(f"There is no migration '--yess' in {str(sqlite.directory)!r}.\n")


@pytest.mark.parametrize(("answer", "status"), [("y\n", 0), ("n\n", 1)])
def test_a_person_is_asked(
    call: Call, monkeypatch: pytest.MonkeyPatch, sqlite: Workshop, answer: str, status: int
) -> None:
    """After they saw what goes."""
    call("init")
    call("revision", "-m", "add notes", "--rev-id", "a1")
    call("upgrade")
    monkeypatch.setattr("covet.database.migrations.commands._is_asked_by_a_person", lambda: True)
    group = create_commands(lambda: {"default": Migrations(sqlite.url, make_models(), sqlite.directory)})

    done = CliRunner().invoke(group, ["downgrade", "base"], input=answer)

    assert done.exit_code == status
    assert "a1 'add notes' drops the table 'notes'\n" in done.stderr
    assert "The data in it is lost. Go on?" in done.output
    assert ("took back a1" in done.output) is (status == 0)


def test_production_is_not_downgraded_by_accident(call: Call) -> None:
    """Whatever the downgrade does."""
    call("init")
    call("revision", "-m", "nothing yet", "--empty", "--rev-id", "a1")
    call("upgrade", is_production=True)

    refused = call("downgrade", "base", is_production=True)
    done = call("downgrade", "base", "--yes", is_production=True)

    assert refused.exit_code == 1
    assert refused.stderr == (
        "This is production, where nothing is downgraded by accident.\n  If it is meant, add --yes.\n"
    )
    assert done.output == "took back a1 'nothing yet'\n"


def test_heads_are_joined(call: Call, sqlite: Workshop) -> None:
    """As the error says."""
    for revision in ("b2", "c3"):
        sqlite.write(revision)

    assert "covet db revision --merge -m" in call("upgrade").stderr
    assert call("revision", "--merge", "-m", "join the heads", "--rev-id", "d4").exit_code == 0
    assert call("upgrade").output.splitlines()[-1] == "ran d4 'join the heads'"


def test_a_span_is_written(call: Call, sqlite: Workshop) -> None:
    """Up, down, or from the beginning."""
    sqlite.write("a1", "op.execute('SELECT 1')")
    sqlite.write("b2", "op.create_table('t', sa.Column('i', sa.Integer))", "op.drop_table('t')", follows="a1")

    assert "CREATE TABLE t" in call("sql", "a1:b2").output
    assert "DROP TABLE t" in call("sql", "b2:a1").output
    assert "CREATE TABLE t" in call("sql", ":b2").output


def test_what_takes_long_is_shown(call: Call, sqlite: Workshop) -> None:
    """Beside the output; the logger is as before."""
    sqlite.write("a1", "import logging\nlogging.getLogger('covet.database.migrations').info('notes: 5 of 9 rows')")
    logger = logging.getLogger("covet.database.migrations")
    before = (logger.level, list(logger.handlers))

    done = call("upgrade")

    assert done.stderr == "notes: 5 of 9 rows\n"
    assert (logger.level, logger.handlers) == before


def test_covet_has_the_commands_of_a_plugin(tmp_path: Path) -> None:
    """As `covet db`, in a process of its own."""
    (tmp_path / "shop.py").write_text(
        "import sqlalchemy as sa\n"
        "from covet import CovetPy\n"
        "from covet.database.migrations import Migrations\n"
        "from covet.database.migrations.commands import create_commands\n"
        "from covet.plugins import Plugin\n\n"
        "class ShopPlugin(Plugin):\n"
        "    name = 'shop'\n"
        "    version = '1.0.0'\n\n"
        "    def init_app(self, app): ...\n\n"
        "    def commands(self):\n"
        "        return {'db': create_commands(lambda: {'shop': Migrations('sqlite:///shop.db', sa.MetaData())})}\n\n"
        "app = CovetPy(plugins=[ShopPlugin])\n"
    )

    outputs = [
        subprocess.run(
            [sys.executable, "-m", "covet", "--app", "shop:app", "db", command],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=50,
            check=True,
        ).stdout
        for command in ("init", "upgrade", "check")
    ]

    assert outputs[0] == "wrote migrations/env.py\nwrote migrations/script.py.mako\n"
    assert outputs[1:] == ["Nothing to run.\n", "The database is as the models are.\n"]


PROGRAM = """
import sys, sqlalchemy
from covet.database.migrations import Migrations
from covet.database.migrations.commands import create_commands

url, directory = sys.argv[1:]
create_commands(lambda: {"default": Migrations(url, sqlalchemy.MetaData(), directory)})(["upgrade"])
"""


async def test_who_presses_ctrl_c_is_told_what_is_left(postgresql_url: str, tmp_path: Path) -> None:
    """The migration does not go on to its end behind their back."""
    workshop = Workshop(postgresql_url, tmp_path)
    empty("postgresql", postgresql_url)
    workshop.write(
        "a1", "op.execute('CREATE TABLE one ()')\nprint('sleeps', flush=True)\nop.execute('SELECT pg_sleep(100)')"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, workshop.url, str(workshop.directory), stdout=-1, stderr=-1
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"sleeps\n"
    await asyncio.sleep(0.3)

    process.send_signal(signal.SIGINT)
    _, errors = await process.communicate()

    assert errors.decode() == (
        "The migration a1 'do a1' was interrupted, and is taken back.\n"
        "Interrupted. covet db current shows where the database stands.\n"
    )
    assert process.returncode == 130
    assert await workshop.list_tables() == set()
