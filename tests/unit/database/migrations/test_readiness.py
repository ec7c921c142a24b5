"""
An application is ready when nothing is pending.
"""

import asyncio
from pathlib import Path
from time import monotonic

import pytest
import sqlalchemy as sa

from covet import CovetPy
from covet.checks import run_checks
from covet.database.migrations import Migrations, PendingMigrationsError, create_check, create_health_check
from covet.database.orm import OrmPlugin
from covet.plugins import Plugin
from covet.testing import TestClient
from tests.unit.database.migrations.conftest import Workshop


async def test_it_is_healthy_once_nothing_is_pending(workshop: Workshop) -> None:
    """What is pending is listed; a complete database is not asked again."""
    path = workshop.write("a1")
    migrations = workshop.open()
    check = create_health_check(migrations)

    with pytest.raises(PendingMigrationsError) as caught:
        await check()
    await migrations.upgrade()

    assert str(caught.value) == "The database lacks 1 migration: a1 'do a1'.\n  Run it first: covet db upgrade"
    assert await check()
    path.unlink()
    assert await check()


async def test_another_database_than_the_first_is_named(sqlite: Workshop) -> None:
    """In what is said and in what is advised; the plugin of the ORM knows which one is the first."""
    sqlite.write("a1")
    plugins = [OrmPlugin(url=sqlite.url, name=name, migrations=sqlite.directory) for name in ("orm", "archive")]
    app = CovetPy(plugins=plugins)
    texts = []

    async with TestClient(app):
        for plugin, name in zip(plugins, ("migrations", "migrations_archive"), strict=True):
            with pytest.raises(PendingMigrationsError) as caught:
                await plugin.health_checks()[name]()
            texts.append(str(caught.value))

    assert texts == [
        "The database lacks 1 migration: a1 'do a1'.\n  Run it first: covet db upgrade",
        "The database 'archive' lacks 1 migration: a1 'do a1'.\n  Run it first: covet db --database archive upgrade",
    ]


async def test_a_plugin_contributes_it(sqlite: Workshop) -> None:
    """It stands with the other checks."""
    sqlite.write("a1")
    check = create_health_check(sqlite.open())

    class NotesPlugin(Plugin):
        name = "notes"
        version = "1.0.0"

        def init_app(self, app: CovetPy) -> None: ...

        def health_checks(self):  # type: ignore[no-untyped-def]
            return {"migrations": check}

    app = CovetPy(plugins=[NotesPlugin])
    await app.startup()

    before = await app.plugin_manager.check_health()
    await sqlite.open().upgrade()
    after = await app.plugin_manager.check_health()

    await app.shutdown()
    assert not before["migrations"].is_healthy
    assert after["migrations"].is_healthy


async def test_what_is_pending_is_found_before_a_start(workshop: Workshop) -> None:
    """Each migration by its name; then nothing is."""
    workshop.write("a1")
    workshop.write("b2", follows="a1")
    check = create_check(workshop.open())

    before = await run_checks([check])
    await workshop.open().upgrade("a1")
    between = await run_checks([check])
    await workshop.open().upgrade()

    assert [str(problem) for problem in before] == [
        "[M101] The database lacks 2 migrations: a1 'do a1', b2 'do b2'.\n  Run what is missing: covet db upgrade"
    ]
    assert "lacks 1 migration: b2 'do b2'." in between[0].message
    assert before[0].severity == "error"
    assert await run_checks([check]) == []


async def test_a_further_database_is_named(sqlite: Workshop) -> None:
    """With the command that is about it."""
    sqlite.write("a1")

    [problem] = await run_checks([create_check(sqlite.open(), database="reports")])

    assert str(problem) == (
        "[M101] The database 'reports' lacks 1 migration: a1 'do a1'.\n"
        "  Run what is missing: covet db --database reports upgrade"
    )


async def test_a_question_makes_no_file(sqlite: Workshop) -> None:
    """A database that is not there lacks everything, and is not there afterwards."""
    sqlite.write("a1")
    migrations = sqlite.open()

    problems = await run_checks([create_check(migrations)])
    report = await migrations.check()

    assert (len(problems), [str(item) for item in report.pending]) == (1, ["a1 'do a1'"])
    assert not Path(migrations.url.database).exists()


async def test_migrations_that_cannot_be_read_are_an_error(tmp_path: Path) -> None:
    """The fix is what the error says, for the database that it is about."""
    migrations = Migrations(f"sqlite:///{tmp_path}/notes.db", sa.MetaData(), tmp_path / "nowhere")

    [problem] = await run_checks([create_check(migrations, database="reports")])

    assert (problem.severity, problem.fix) == ("error", "Make the directory: covet db --database reports init")
    assert problem.message == f"There are no migrations in '{tmp_path}/nowhere'."


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
async def test_a_database_that_does_not_answer_is_a_warning(sqlite: Workshop, kind: str) -> None:
    """It is waited for as long as was said, and no longer."""
    sqlite.write("a1")
    sqlite.open()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    url = f"{kind}://ada@127.0.0.1:{port}/shop"
    migrations = Migrations(url, sa.MetaData(), sqlite.directory, connect_timeout=0.3)

    began = monotonic()
    [problem] = await run_checks([create_check(migrations)])
    seconds = monotonic() - began
    silent.close()
    await silent.wait_closed()

    assert problem.severity == "warning"
    assert problem.message == (f"migrations could not be checked: The database at {url} did not answer within 0.3 s.")
    assert problem.fix == "See that it runs, and that nothing between here and there keeps it from answering."
    assert seconds < 3
